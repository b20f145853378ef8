import { assertNever } from '../domain/assert-never.js';
import type { ConferenceId, PlayId } from '../domain/identifiers.js';
import type { LegStatistics, MediaEndpoint } from '../ports/media.js';
import { asError, within } from './bounded.js';
import type { CallMediaParts } from './call-media-parts.js';
import { EndpointLost, HeldEndpoint } from './held-endpoint.js';
import { after, NOTHING, type MediaState, type MediaWork } from './media-state.js';
import { recordAnew, simply } from './media-work.js';
import { ReleasedEndpoints } from './released-endpoints.js';
import { Returns } from './returns.js';
import { tellUndone } from './undone-work.js';

/** Longest wait for a mixer to take or let go of a caller, milliseconds. */
const MIXER_LIMIT_MS = 10_000;

/**
 * What one call asks of its endpoint, in the order it was asked for: music after `leave` must not start before it. While the
 * endpoint is lost all of it waits; another one is made to do what the lost one did, then goes on with the rest.
 */
export class CallMedia {
  readonly #parts: CallMediaParts;
  readonly #queue: MediaWork[] = [];
  readonly #returns: Returns;
  /** What the endpoint was made to do, and another one is to be made to do. */
  #done: MediaState;
  #held: HeldEndpoint | null = null;
  #mixer = '';
  /** The endpoint is new: it does nothing of `#done` yet. Who waits for that. */
  #restoring: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #running = false;
  #over = false;
  readonly #released: ReleasedEndpoints;

  constructor(parts: CallMediaParts, done: MediaState = NOTHING) {
    this.#parts = parts;
    this.#done = done;
    this.#released = new ReleasedEndpoints(parts);
    this.#returns = new Returns(parts.clock);
  }

  /** `null` while it is lost. */
  get endpoint(): MediaEndpoint | null {
    return this.#held?.endpoint ?? null;
  }

  /** Name of the mixer the endpoint sits on, or sat on last. */
  get mixer(): string {
    return this.#mixer;
  }

  /** What is wanted, done or not yet. */
  get wanted(): MediaState {
    return this.#queue.reduce(after, this.#done);
  }

  /** The room the caller was brought into and not taken out of. */
  get room(): ConferenceId | null {
    return this.#done.room?.id ?? null;
  }

  ask(work: MediaWork): void {
    if (this.#over) return;
    this.#queue.push(work);
    this.#parts.changed();
    this.#wake();
  }

  stopInbandDetection(): void {
    this.#done = { ...this.#done, inband: false };
    this.#held?.endpoint.stopInbandDetection();
    this.#parts.changed();
  }

  /** A play was told to have ended: it is not begun again on another endpoint. */
  finished(id: PlayId): void {
    if (this.#done.play?.id !== id) return;
    this.#done = { ...this.#done, play: null };
    this.#parts.changed();
  }

  /** The mixer took the caller out of the room. */
  roomLeft(room: ConferenceId): void {
    if (this.wanted.room?.id !== room) return;
    if (this.#returns.mayTry()) this.ask({ kind: 'rejoin', room });
    else this.#parts.failed();
  }

  /**
   * Another endpoint instead of the one before, which is released. Resolves when it does what that one did. @throws {EndpointLost}
   * it was lost meanwhile; another Error when it cannot be made to: it is released then.
   * @param adopted taken over from a process before this one.
   */
  replace(next: MediaEndpoint, adopted = false): Promise<void> {
    this.#drop();
    if (this.#over) {
      this.#released.add(next);
      return Promise.reject(new EndpointLost('the call is over'));
    }
    this.#held = new HeldEndpoint(next, adopted);
    this.#mixer = next.mixer;
    this.#parts.changed();
    const restored = new Promise<void>((resolve, reject) => {
      this.#restoring = { resolve, reject };
    });
    this.#wake();
    return restored;
  }

  /** The endpoint is lost. */
  lost(): void {
    this.#drop();
    this.#parts.changed();
  }

  /** The end of something done with the endpoint. @throws {EndpointLost} */
  during<T>(work: (endpoint: MediaEndpoint) => Promise<T>): Promise<T> {
    const held = this.#held;
    if (held === null) return Promise.reject(new EndpointLost('there is no endpoint now'));
    return held.during(work(held.endpoint));
  }

  statistics(): Promise<LegStatistics> {
    return this.during((endpoint) => endpoint.statistics());
  }

  /** Nothing more is asked of the endpoint; it is released. Never rejects. @returns its last figures, `null` where it has none to give. */
  async close(): Promise<LegStatistics | null> {
    this.#over = true;
    const { endpoint } = this;
    const statistics = endpoint === null ? null : await this.#released.lastFigures(() => this.statistics());
    this.#held = null;
    if (endpoint !== null) this.#released.add(endpoint);
    await this.#released.all();
    return statistics;
  }

  /** Lets go of the endpoint without ending it. */
  handOver(): void {
    this.#over = true;
    this.#held = null;
  }

  #drop(): void {
    const held = this.#held;
    this.#held = null;
    this.#restoring?.reject(new EndpointLost('the endpoint is lost'));
    this.#restoring = null;
    if (held === null) return;
    held.lose();
    this.#released.add(held.endpoint);
  }

  #wake(): void {
    if (this.#running || this.#over || this.#held === null) return;
    this.#running = true;
    // Not at once: what ends the call in the same step comes before.
    void Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      const held = this.#held;
      const [work] = this.#queue;
      if (this.#over || held === null) break;
      if (this.#restoring !== null) await this.#restore(held);
      else if (work === undefined) break;
      else await this.#carryOut(work, held);
    }
    this.#running = false;
  }

  /** Makes a new endpoint do what the one before it did. */
  async #restore({ endpoint, adopted }: HeldEndpoint): Promise<void> {
    const waiting = this.#restoring;
    const { room, inband, gains } = this.#done;
    try {
      if (!inband) endpoint.stopInbandDetection();
      if (gains.hearDb !== 0 || gains.speakDb !== 0) await this.#mixerDoes('volumes', () => endpoint.setGains(gains));
      if (room !== null) await this.#mixerDoes('joining the room', () => endpoint.join(room.id, { muted: room.muted }));
      else if (adopted) await this.#mixerDoes('leaving', () => endpoint.leave());
      if (this.#over || this.#restoring !== waiting) return;
      this.#restoring = null;
      this.#playAgain(endpoint);
      waiting?.resolve();
    } catch (error) {
      if (this.#over || this.#restoring !== waiting) return;
      this.#restoring = null;
      this.#drop();
      waiting?.reject(asError(error));
    }
  }

  /** What was not heard to its end, from its beginning; not what is stopped or replaced next. */
  #playAgain(endpoint: MediaEndpoint): void {
    const { play } = this.#done;
    if (play === null || this.wanted.play?.id !== play.id) return;
    try {
      endpoint.play(play.id, this.#parts.resolve(play.utterances));
    } catch (error) {
      this.#couldNotPlay(play.id, error);
    }
  }

  async #carryOut(work: MediaWork, held: HeldEndpoint): Promise<void> {
    const { endpoint } = held;
    const settle = (): void => {
      this.#queue.shift();
    };
    const done = (): void => {
      settle();
      this.#done = after(this.#done, work);
    };
    try {
      switch (work.kind) {
        case 'play':
          done();
          endpoint.play(work.id, this.#parts.resolve(work.utterances));
          return;
        case 'stop':
          done();
          endpoint.stopPlaying();
          return;
        case 'join':
          await this.#parts.place(work.room);
          if (this.#held !== held) return; // begun anew on the one in its place
          if (this.wanted.room?.id === work.room) {
            await this.#mixerDoes('joining the mixer', () => endpoint.join(work.room, { muted: work.muted }));
            done();
          } else settle(); // given up meanwhile
          if (!this.#isOver()) this.#parts.joined();
          return;
        case 'leave':
        case 'mute':
        case 'gains':
          await this.#mixerDoes(work.kind, () => simply(endpoint, work));
          done();
          return;
        case 'record':
          await recordAnew(endpoint, work.file, (what, asked) => this.#mixerDoes(what, asked));
          settle();
          this.#parts.recording(work.file);
          return;
        case 'record-end': {
          const recorded = await this.#mixerDoes('ending a recording', () => endpoint.stopRecording());
          settle();
          this.#parts.recorded(work.file, recorded !== null);
          return;
        }
        case 'rejoin':
          await this.#rejoin(held, work.room);
          settle();
          return;
        default:
          return assertNever(work);
      }
    } catch (error) {
      // What was under way when the endpoint was lost is done on the next one.
      if (error instanceof EndpointLost || held.isLost || this.#isOver()) return;
      if (this.#queue[0] === work) settle();
      this.#couldNot(work, error);
    }
  }

  #couldNot(work: MediaWork, error: unknown): void {
    if (work.kind === 'play') this.#couldNotPlay(work.id, error);
    else tellUndone(this.#parts, work, error);
  }

  #couldNotPlay(id: PlayId, error: unknown): void {
    this.#parts.log.error({ call: this.#parts.callId, error: asError(error).message }, 'something could not be played');
    this.finished(id);
    this.#parts.playFinished(id);
  }

  /** Back into the room, as long as the caller should be in it. */
  async #rejoin(held: HeldEndpoint, room: ConferenceId): Promise<void> {
    for (;;) {
      const { room: last } = this.#done;
      if (last?.id !== room) return;
      try {
        await this.#mixerDoes('joining again', () => held.endpoint.join(room, { muted: last.muted }));
        return;
      } catch (error) {
        if (error instanceof EndpointLost || this.#isOver() || !this.#returns.mayTry()) throw error;
        await held.during(this.#returns.pause());
      }
    }
  }

  #mixerDoes<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.during(() => within(this.#parts.clock, MIXER_LIMIT_MS, what, work()));
  }

  #isOver(): boolean {
    return this.#over;
  }
}
