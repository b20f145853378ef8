import type { PlayOutcome } from '../../ports/media.js';
import { FRAME_SAMPLES } from './frame.js';
import { mixOnce, RoomMix, type MixMember } from './mix.js';
import { Player } from './player.js';
import type { MeasuredLeg, PlayOrder } from './protocol.js';
import type { RecordingTap } from './recording-tap.js';
import type { Session } from './session.js';

/** What a room's recording is made of. */
export interface RoomTap {
  /** As the main thread names it. */
  readonly recording: number;
  readonly tap: RecordingTap;
  /** With what is played to the room. */
  readonly plays: boolean;
  paused: boolean;
}

/** One conference's mix inside a worker, with the queue of what is played to all. */
export class Room {
  readonly name: string;
  private readonly sessions = new Set<Session>();
  /** The same members for {@link mixOnce}, kept so that a tick builds no list. */
  private members: readonly MixMember[] = [];
  private readonly mix = new RoomMix();
  private readonly queue: PlayOrder[] = [];
  private player: Player | null = null;
  private readonly played = new Int16Array(FRAME_SAMPLES);
  private tap: RoomTap | null = null;
  private readonly finished: (playId: string, outcome: PlayOutcome) => void;

  constructor(name: string, finished: (playId: string, outcome: PlayOutcome) => void) {
    this.name = name;
    this.finished = finished;
  }

  get size(): number {
    return this.sessions.size;
  }

  add(session: Session): void {
    this.sessions.add(session);
    this.membersChanged();
  }

  remove(session: Session): void {
    this.sessions.delete(session);
    this.membersChanged();
    // He may have been in the middle of a word.
    if (session.member.speaking && !session.member.muted) for (const other of this.sessions) other.roomChanged();
  }

  /** Played after what waits already. */
  play(order: PlayOrder): void {
    this.queue.push(order);
  }

  /** Everyone's `output` is ready afterwards. */
  tick(): void {
    const played = this.pull();
    mixOnce(this.mix, this.members, played);
    const { tap } = this;
    if (tap === null || tap.paused) return;
    tap.tap.take(tap.plays ? this.mix.full : this.mix.bare(played));
    if (tap.tap.whole) this.tap = null;
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    if (this.tap?.paused === false) this.tap.tap.skip(ticks);
  }

  /** From now on; one at a time. @throws Error where it is being recorded. */
  record(tap: RoomTap): void {
    if (this.tap !== null) throw new Error('the room is being recorded already');
    this.tap = tap;
  }

  /** Nothing happens where it is another recording, or none. */
  pauseRecording(recording: number, paused: boolean): void {
    if (this.tap?.recording === recording) this.tap.paused = paused;
  }

  /** Tells what is left over, and no more. */
  stopRecording(recording: number): void {
    if (this.tap?.recording !== recording) return;
    this.tap.tap.flush();
    this.tap = null;
  }

  /** How everyone sounded lately. */
  measure(): readonly MeasuredLeg[] {
    return Array.from(this.sessions, (session) => ({ handle: session.descriptor.handle, ...session.figure() }));
  }

  /** The room ends, and what was still to be played with it. @returns the recording that ends here, `null` for none. */
  close(): number | null {
    for (const { playId } of this.queue) this.finished(playId, 'stopped');
    this.queue.length = 0;
    this.player = null;
    const recording = this.tap?.recording ?? null;
    if (recording !== null) this.stopRecording(recording);
    return recording;
  }

  /** The queue's first is the one that plays. */
  private pull(): Int16Array | null {
    const [order] = this.queue;
    if (order === undefined) return null;
    this.player ??= new Player(
      order.sounds.map(({ samples }) => samples),
      order.sounds.at(-1)?.loop ?? false,
    );
    const filled = this.player.pull(this.played);
    if (this.player.finished) {
      this.player = null;
      this.queue.shift();
      this.finished(order.playId, 'completed');
    }
    return filled ? this.played : null;
  }

  private membersChanged(): void {
    this.members = Array.from(this.sessions, ({ member }) => member);
  }
}
