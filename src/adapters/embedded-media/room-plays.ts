import type { ConferenceId, PlayId } from '../../domain/identifiers.js';
import type { PlayItem, PlayOutcome } from '../../ports/media.js';
import type { RoomRegistry } from './room-registry.js';
import type { SoundShelf } from './sound-shelf.js';
import type { WorkerSlot } from './worker-team.js';

interface RoomPlay {
  readonly room: ConferenceId;
  readonly slot: WorkerSlot;
  /** A file of the list could not be read. */
  readonly incomplete: boolean;
}

export interface RoomPlaysUser {
  /** Told once for each play, never from within a call. */
  finished(room: ConferenceId, playId: PlayId, outcome: PlayOutcome): void;
  trouble(message: string): void;
}

/** What is played to rooms, as the main thread knows it. */
export class RoomPlays {
  private readonly rooms: RoomRegistry;
  private readonly sounds: SoundShelf;
  private readonly user: RoomPlaysUser;
  private readonly plays = new Map<PlayId, RoomPlay>();
  /** Files are read in order of call, per room. */
  private readonly queues = new Map<ConferenceId, Promise<void>>();

  constructor(rooms: RoomRegistry, sounds: SoundShelf, user: RoomPlaysUser) {
    this.rooms = rooms;
    this.sounds = sounds;
    this.user = user;
  }

  play(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    if (this.rooms.find(room) === null) {
      this.finish(room, playId, 'failed');
      return;
    }
    const before = this.queues.get(room) ?? Promise.resolve();
    const queue = before.then(() => this.send(room, playId, items));
    this.queues.set(room, queue);
    void queue.then(() => {
      if (this.queues.get(room) === queue) this.queues.delete(room);
    });
  }

  /** The worker in `slot` told the end of this one. */
  ended(slot: WorkerSlot, told: string, outcome: PlayOutcome): void {
    const playId = told as PlayId;
    const play = this.plays.get(playId);
    if (play?.slot === slot) this.finish(play.room, playId, play.incomplete ? 'failed' : outcome);
  }

  /** The worker in `slot` was replaced: what it played is over. */
  workerLost(slot: WorkerSlot): void {
    for (const [playId, play] of this.plays) if (play.slot === slot) this.finish(play.room, playId, 'failed');
  }

  private async send(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): Promise<void> {
    const { sounds, failures } = await this.sounds.load(items);
    for (const failure of failures) this.user.trouble(failure);
    const slot = this.rooms.find(room);
    if (slot === null || (sounds.length === 0 && failures.length > 0)) {
      this.finish(room, playId, 'failed');
      return;
    }
    this.plays.set(playId, { room, slot, incomplete: failures.length > 0 });
    slot.link.command({ type: 'playToRoom', room, play: { playId, sounds } });
  }

  private finish(room: ConferenceId, playId: PlayId, outcome: PlayOutcome): void {
    this.plays.delete(playId);
    queueMicrotask(() => this.user.finished(room, playId, outcome));
  }
}
