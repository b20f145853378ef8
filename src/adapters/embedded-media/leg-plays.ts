import type { PlayId } from '../../domain/identifiers.js';
import type { PlayItem, PlayOutcome } from '../../ports/media.js';
import type { PlayOrder } from './protocol.js';
import type { SoundShelf } from './sound-shelf.js';

/** What happens to what is played to one caller. */
export interface LegPlaysUser {
  /** The worker is to play it, instead of what it plays. */
  begin(order: PlayOrder): void;
  /** The worker is to end what it plays, and tell so. */
  stop(): void;
  /** Told once for each play, never from within a call. */
  finished(playId: PlayId, outcome: PlayOutcome): void;
  trouble(message: string): void;
}

interface Playing {
  readonly playId: PlayId;
  /** A file of the list could not be read: the rest is played, and the play ends as failed. */
  incomplete: boolean;
  /** `null` while the files are being read. */
  order: PlayOrder | null;
}

/** What is played to one caller, as the main thread knows it: one list at a time. */
export class LegPlays {
  private readonly sounds: SoundShelf;
  private readonly user: LegPlaysUser;
  private playing: Playing | null = null;

  constructor(sounds: SoundShelf, user: LegPlaysUser) {
    this.sounds = sounds;
    this.user = user;
  }

  /** Something else is played than at another time when this is asked, where it is not the same. */
  get current(): object | null {
    return this.playing;
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    if (this.playing !== null) this.finish(this.playing.playId, 'replaced');
    const playing: Playing = { playId, incomplete: false, order: null };
    this.playing = playing;
    const ready = this.sounds.atHand(items);
    if (ready !== null) {
      this.begin(playing, { playId, sounds: ready });
      return;
    }
    this.user.stop();
    void this.sounds.load(items).then(({ sounds, failures }) => {
      if (this.playing !== playing) return;
      for (const failure of failures) this.user.trouble(failure);
      playing.incomplete = failures.length > 0;
      if (playing.incomplete && sounds.length === 0) this.finish(playId, 'failed');
      else this.begin(playing, { playId, sounds });
    });
  }

  stop(): void {
    if (this.playing === null) return;
    if (this.playing.order === null) this.finish(this.playing.playId, 'stopped');
    else this.user.stop();
  }

  /** The worker told the end of this one. */
  ended(told: string, outcome: PlayOutcome): void {
    if (this.playing?.playId !== told) return;
    const { playId, incomplete } = this.playing;
    this.finish(playId, incomplete && outcome === 'completed' ? 'failed' : outcome);
  }

  /** The worker was replaced: what its successor plays on. Of a list that does not loop nobody knows how much was heard. */
  again(): PlayOrder | null {
    const { playing } = this;
    if (playing?.order == null) return null;
    const last = playing.order.sounds.at(-1);
    if (last?.loop === true) return { playId: playing.playId, sounds: [last] };
    this.finish(playing.playId, 'failed');
    return null;
  }

  /** Has the worker play what it was not told, since another was to. */
  repeat(): void {
    if (this.playing?.order != null) this.begin(this.playing, this.playing.order);
  }

  /** The leg closes; nothing is told any more. */
  drop(): void {
    this.playing = null;
  }

  private begin(playing: Playing, order: PlayOrder): void {
    playing.order = order;
    this.user.begin(order);
  }

  private finish(playId: PlayId, outcome: PlayOutcome): void {
    if (this.playing?.playId === playId) this.playing = null;
    // Not from within `play` or `stop`: whoever listens may call them again.
    queueMicrotask(() => this.user.finished(playId, outcome));
  }
}
