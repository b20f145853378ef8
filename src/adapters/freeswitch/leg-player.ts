import type { PlayId } from '../../domain/identifiers.js';
import type { PlayItem, PlayOutcome } from '../../ports/media.js';
import { within, type Channel } from './channel.js';
import type { SocketEvent } from './event-socket.js';
import type { RoomSeat } from './leg-room.js';
import { freshTag, PLAY_TAG, playCommand, soundArgument } from './names.js';

export interface PlayerListener {
  finished(playId: PlayId, outcome: PlayOutcome): void;
  trouble(message: string): void;
}

interface Play {
  readonly playId: PlayId;
  readonly items: readonly PlayItem[];
  /** Comes back with the end of each of its files in a room. */
  tag: string;
  /** Files that ended, repetitions included. */
  ended: number;
  failed: boolean;
  /** Short repetitions in a row. */
  hasty: number;
  lastEnd: number;
}

/**
 * A break is given once more when the channel is not free after so long: it is lost when it comes just as a file begins.
 * Milliseconds.
 */
const BREAK_MS = 250;
const BREAK_TRIES = 8;
/** A channel that plays nothing takes a command within so long, milliseconds. */
const IDLE_MS = 100;
/** A looping file shorter than this, so many times in a row, is taken for unplayable. */
const HASTY_MS = 15;
const HASTY_TIMES = 20;

/**
 * Plays lists to one leg.
 *
 * Outside a room every file is an execution of its own, queued with an event lock, so that FreeSWITCH goes from one to the
 * next by itself; without the lock a second file would interrupt the first, which would resume afterwards. Inside a room
 * the files go into the member's own queue of the mixer and are heard over the room.
 *
 * All but {@link play} and {@link stop} run one after the other with the leg's joining and leaving, see `serial`.
 */
export class LegPlayer {
  readonly #channel: Channel;
  readonly #listener: PlayerListener;
  readonly #serial: (work: () => Promise<void>) => void;
  #seat: RoomSeat | null = null;
  #current: Play | null = null;
  /** Files queued on the channel whose end has not been told. */
  readonly #queued = new Set<Promise<unknown>>();
  #closed = false;

  constructor(channel: Channel, listener: PlayerListener, serial: (work: () => Promise<void>) => void) {
    this.#channel = channel;
    this.#listener = listener;
    this.#serial = serial;
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    if (this.#closed) return;
    const replaced = this.#current;
    const play: Play = {
      playId,
      items,
      tag: freshTag(),
      ended: 0,
      failed: false,
      hasty: 0,
      lastEnd: performance.now(),
    };
    this.#current = play;
    this.#serial(async () => {
      await this.#quiet(() => {
        if (replaced !== null) this.#tell(replaced.playId, 'replaced');
      });
      if (this.#current === play && !this.#over()) await this.#begin(play);
    });
  }

  stop(): void {
    const play = this.#current;
    if (play === null) return;
    this.#current = null;
    this.#serial(() => this.#quiet(() => this.#tell(play.playId, 'stopped')));
  }

  /** Ends what plays, from within the leg's own sequence of steps. */
  async clear(): Promise<void> {
    const play = this.#current;
    this.#current = null;
    await this.#quiet(() => {
      if (play !== null) this.#tell(play.playId, 'stopped');
    });
  }

  /** The leg is in a room now, or no longer in one. */
  moved(seat: RoomSeat | null): void {
    const wasSeated = this.#seat !== null;
    this.#seat = seat;
    if (!wasSeated || seat !== null) return;
    const play = this.#current;
    this.#current = null;
    if (play !== null) this.#tell(play.playId, 'stopped');
  }

  /** Takes `play-file-member-done`. */
  roomFileDone(event: SocketEvent): void {
    const play = this.#current;
    if (play !== null && event.header(PLAY_TAG) === play.tag) this.#fileEnded(play, null);
  }

  /**
   * What happened on the channel is not known: after a cut of the event socket, or a change of process. What sounds is ended, and
   * what should play begins again.
   */
  recovered(): void {
    this.#queued.clear();
    this.#serial(async () => {
      await this.#hush();
      const play = this.#current;
      if (play === null || this.#over()) return;
      Object.assign(play, { tag: freshTag(), ended: 0, failed: false, hasty: 0, lastEnd: performance.now() });
      await this.#begin(play);
    });
  }

  /** No event comes afterwards. */
  close(): void {
    this.#closed = true;
    this.#current = null;
  }

  async #begin(play: Play): Promise<void> {
    const last = play.items.at(-1);
    if (last === undefined) {
      this.#finish(play, 'completed');
      return;
    }
    for (const { path } of play.items) await this.#queue(play, path);
    // A looping file is always queued once ahead, so that its end meets its beginning.
    if (last.loop) await this.#queue(play, last.path);
  }

  async #queue(play: Play, path: string): Promise<void> {
    if (this.#current !== play) return;
    const argument = soundArgument(path);
    if (argument === null) {
      this.#fileEnded(play, path);
      return;
    }
    const seat = this.#seat;
    if (seat === null) {
      const { done } = this.#channel.execute('playback', argument, true);
      this.#queued.add(done);
      void done.then((event) => {
        this.#queued.delete(done);
        if (this.#current !== play || event === null) return;
        this.#fileEnded(play, event.header('Application-Response') === 'FILE PLAYED' ? null : path);
      });
      return;
    }
    const reply = await this.#channel.once(playCommand(seat.room, play.tag, argument, seat.member));
    if (this.#current === play && !reply.startsWith('+OK')) this.#fileEnded(play, path);
  }

  /** @param failed the file, where it could not be played; the rest of the list is played all the same. */
  #fileEnded(play: Play, failed: string | null): void {
    const now = performance.now();
    play.hasty = now - play.lastEnd < HASTY_MS ? play.hasty + 1 : 0;
    play.lastEnd = now;
    play.ended++;
    if (failed !== null) {
      play.failed = true;
      this.#listener.trouble(`sound file could not be played: ${failed.slice(failed.lastIndexOf('/') + 1)}`);
    }
    if (play.ended < play.items.length) return;
    const last = play.items.at(-1);
    if (last?.loop !== true || failed !== null || play.hasty > HASTY_TIMES) {
      this.#finish(play, play.failed || last?.loop === true ? 'failed' : 'completed');
      return;
    }
    this.#serial(() => this.#queue(play, last.path));
  }

  #finish(play: Play, outcome: PlayOutcome): void {
    if (this.#current !== play) return;
    this.#current = null;
    this.#tell(play.playId, outcome);
  }

  #tell(playId: PlayId, outcome: PlayOutcome): void {
    if (!this.#closed) this.#listener.finished(playId, outcome);
  }

  #over(): boolean {
    return this.#channel.lost || this.#closed;
  }

  /**
   * Ends every file that runs or is queued, and returns when the channel is free for the next thing.
   * @param silent called once, as soon as nothing is heard any more.
   */
  async #quiet(silent: () => void): Promise<void> {
    let told = false;
    const tell = (): void => {
      if (!told) silent();
      told = true;
    };
    try {
      if (this.#seat !== null) await this.#channel.api(`conference ${this.#seat.room} stop all ${this.#seat.member}`);
      else await this.#interrupt(tell);
    } finally {
      tell();
    }
  }

  /** Ends whatever the channel plays, known or not. */
  async #hush(): Promise<void> {
    if (this.#seat !== null) {
      await this.#channel.api(`conference ${this.#seat.room} stop all ${this.#seat.member}`);
      return;
    }
    for (let attempt = 0; attempt < BREAK_TRIES && !this.#over(); attempt++) {
      const fence = this.#channel.execute('set', 'partyline_fence=1', true).done;
      if ((await within(fence, IDLE_MS, 'late')) !== 'late') return;
      await this.#channel.api(`uuid_break ${this.#channel.uuid} all`);
    }
  }

  async #interrupt(silent: () => void): Promise<void> {
    const fences: Promise<unknown>[] = [];
    for (let attempt = 0; attempt < BREAK_TRIES && this.#queued.size > 0 && !this.#over(); attempt++) {
      void Promise.race(this.#queued).then(silent);
      const broken = this.#channel.api(`uuid_break ${this.#channel.uuid} all`);
      // Sent at once, taken after the break: its end shows that nothing before it runs any more. What else was queued is
      // flushed by the break, and its end never told.
      fences.push(this.#channel.execute('set', 'partyline_fence=1', true).done);
      await broken;
      if ((await within(Promise.race(fences), BREAK_MS, 'late')) === 'late') continue;
      this.#queued.clear();
      this.#channel.flushed();
    }
  }
}
