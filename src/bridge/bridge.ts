import type { CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Key, KeyMethod } from '../domain/keys.js';
import { MediaNotAcceptable, type MediaListener, type PlayOutcome } from '../ports/media.js';
import {
  CallGone,
  MediaOfferRefused,
  MediaOfferTooSoon,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../ports/signaling.js';
import { asError, within } from './bounded.js';
import { DEFAULT_BRIDGE_OPTIONS, type BridgeOptions, type BridgeParts, type BridgeStatus } from './bridge-parts.js';
import { Calls } from './calls.js';
import { Conferences } from './conferences.js';
import { LiveKeeper } from './live-keeper.js';
import { Moves } from './moves.js';
import { PinWatch } from './pin-watch.js';
import { PlacedCalls } from './placed-calls.js';
import { takeOver } from './take-over.js';

export type { BridgeStatus } from './bridge-parts.js';

/** Longest wait for calls to end in order at shutdown, milliseconds. */
const SHUTDOWN_LIMIT_MS = 5_000;
/** And for what was recorded to be ended, milliseconds. */
const RECORDINGS_LIMIT_MS = 3_000;

/** Lets calls in, runs a state machine for each call and each conference, and writes the records. */
export class Bridge implements SignalingListener, MediaListener {
  readonly #parts: BridgeParts;
  readonly #keeper: LiveKeeper;
  readonly #moves: Moves;
  readonly #calls: Calls;
  readonly #conferences: Conferences;
  readonly #placed: PlacedCalls;
  readonly #pinWatch: PinWatch;
  #takenBack = 0;
  /** What happens is another process's business. */
  #handedOver = false;

  constructor(parts: BridgeParts, options: BridgeOptions = DEFAULT_BRIDGE_OPTIONS) {
    this.#parts = parts;
    const { media, store, clock, log, resolve, names, recordings } = parts;
    const keeper = new LiveKeeper(store, log);
    const moves = new Moves(clock, (room) => {
      if (!this.#handedOver) this.#conferences.dispatch(room, { type: 'RoomMoved' });
    });
    this.#keeper = keeper;
    this.#moves = moves;
    this.#calls = new Calls(
      {
        ...{ ...parts, keeper, moves },
        conferences: () => this.#conferences,
        placed: () => this.#placed,
        waits: () => this.#pinWatch.wake(),
      },
      options,
    );
    this.#conferences = new Conferences({
      ...{ media, store, clock, log, resolve, keeper, names, recordings },
      placed: () => this.#placed,
      hostReport: parts.hostReport ?? (() => null),
      toCall: (id, event) => this.#calls.tell(id, event),
    });
    this.#placed = new PlacedCalls({
      ...parts,
      ...{ maximumCalls: options.maximumCalls, recordedDigits: options.recordedDigits },
      calls: () => this.#calls,
      toConference: (id, event) => this.#conferences.dispatch(id, event),
      placeRoom: (room) => this.#conferences.placeRoom(room),
      inRoom: (id, room) => this.#conferences.inRoom(id, room),
      belongs: (id, conference) => this.#conferences.restoreCall(id, conference, null),
    });
    this.#pinWatch = new PinWatch(clock, () => this.#calls.all().flatMap(({ runner }) => runner ?? []));
  }

  /**
   * Goes on with the calls of a process before this one, where the engines still have them.
   * @throws Error with one clear line from the engine that could not start; nothing is left running then.
   */
  async start(): Promise<void> {
    const { media, signaling } = this.#parts;
    await media.start(this);
    try {
      await signaling.start(this);
    } catch (error) {
      await media.stop();
      throw error;
    }
    const [keeper, calls, conferences] = [this.#keeper, this.#calls, this.#conferences];
    this.#takenBack = await takeOver({ ...this.#parts, keeper, calls, conferences });
  }

  status(): BridgeStatus {
    const { moving, moved } = this.#moves.counts();
    return {
      calls: this.#calls.size,
      conferences: this.#conferences.size,
      callsTotal: this.#calls.total,
      draining: this.#calls.isDraining,
      outcomes: this.#calls.records.outcomes,
      callsBeingMoved: moving,
      callsMoved: moved,
      callsTakenBack: this.#takenBack,
      recordings: this.#conferences.openRecordings().length,
      recordingFailures: this.#conferences.recordingFailures,
    };
  }

  /** No new calls from now on (503 with Retry-After); resolves when the last has ended, or rejects after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#calls.drain();
    await this.#calls.whenEmpty(limitMs);
  }

  /** Ends every call and both engines, in order and within bounds. */
  async stop(): Promise<void> {
    if (this.#handedOver) return;
    this.#pinWatch.end();
    this.#calls.drain();
    this.#conferences.shutDown();
    for (const { call, runner } of this.#calls.all()) {
      this.#calls.tell(call.id, { type: 'Dismissed', outcome: 'draining', farewell: [] });
      if (runner === null) void call.hangUp();
    }
    try {
      await this.#calls.whenEmpty(SHUTDOWN_LIMIT_MS);
    } catch {
      this.#parts.log.warn({ calls: this.#calls.size }, 'calls were cut off at shutdown');
      for (const attempt of this.#calls.all()) this.#calls.end(attempt, 'draining');
    }
    this.#calls.records.recordInterrupted();
    await this.#endRecordings();
    this.#keeper.close();
    try {
      await this.#parts.signaling.stop();
    } finally {
      await this.#parts.media.stop();
    }
  }

  /** What the mixers recorded is whole before they go; what is not sealed then is at the next start. */
  async #endRecordings(): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      await within(clock, RECORDINGS_LIMIT_MS, 'ending recordings', this.#conferences.recordingsEnded());
    } catch (error) {
      log.warn({ error: asError(error).message }, 'recordings are not sealed yet');
    }
  }

  /** Leaves everything to the process that comes next without ending a call, where both engines let calls outlive this one. */
  async handOver(): Promise<void> {
    if (this.#handedOver) return;
    this.#pinWatch.end();
    this.#calls.records.recordInterrupted();
    this.#placed.handOver();
    this.#keeper.close();
    this.#handedOver = true;
    this.#calls.handOver();
    this.#conferences.handOver();
    try {
      await this.#parts.signaling.release();
    } finally {
      await this.#parts.media.release();
    }
  }

  // --- what the signalling tells

  isKnownSource(source: Source): boolean {
    return this.#parts.sources.trunkOf(source.address) !== null;
  }

  incomingCall(call: SignalingCall): void {
    if (!this.#handedOver) this.#calls.comeIn(call);
  }

  cancelled(id: CallId): void {
    const attempt = this.#calls.get(id);
    if (attempt !== undefined) attempt.cancelled = true;
  }

  hungUp(id: CallId, end: { readonly lineLost: boolean; readonly cause: string }): void {
    if (this.#handedOver || this.#calls.get(id) === undefined) return;
    if (end.lineLost) this.#parts.log.warn({ call: id, cause: end.cause }, 'line lost');
    this.#calls.tell(id, { type: 'CallerHungUp', lineLost: end.lineLost });
  }

  async mediaOffered(id: CallId, offer: string | null): Promise<string> {
    const runner = this.#running(id);
    if (runner === null) {
      // Answered by the far end, whose answer our endpoint is still taking.
      if (!this.#handedOver && this.#calls.get(id)?.placing) throw new MediaOfferTooSoon('its answer is being taken');
      throw new CallGone('no such call');
    }
    try {
      return await runner.mediaOffered(offer);
    } catch (error) {
      if (error instanceof MediaNotAcceptable) throw new MediaOfferRefused(error.message);
      this.#parts.log.error({ call: id, error: asError(error).message }, 're-offer failed');
      throw error;
    }
  }

  mediaAnswered(id: CallId, answer: string): void {
    this.#running(id)
      ?.mediaAnswered(answer)
      .catch((error: unknown) => {
        this.#parts.log.warn({ call: id, error: asError(error).message }, 'answer to our re-offer is not usable');
      });
  }

  progressed(id: CallId, progress: { readonly status: number; readonly sdp: string | null }): void {
    if (!this.#handedOver) this.#placed.progressed(id, progress);
  }

  answered(id: CallId, sdp: string): void {
    if (!this.#handedOver) this.#placed.answered(id, sdp);
  }

  notAnswered(id: CallId, end: { readonly status: number; readonly cause: string }): void {
    if (!this.#handedOver) this.#placed.notAnswered(id, end);
  }

  // --- what signalling and media tell

  keyPressed(id: CallId, key: Key, method: KeyMethod = 'info'): void {
    this.#running(id)?.keyPressed(key, method);
  }

  trouble(message: string): void {
    this.#parts.log.warn({}, message);
  }

  // --- what the media tell

  playFinished(id: CallId, play: PlayId, outcome: PlayOutcome): void {
    if (outcome === 'failed') this.#parts.log.warn({ call: id, play }, 'something could not be played');
    this.#running(id)?.playFinished(play);
  }

  roomPlayFinished(room: ConferenceId, play: PlayId, outcome: PlayOutcome): void {
    if (outcome === 'failed')
      this.#parts.log.debug({ conference: room, play }, 'something could not be played to the room');
    if (this.#handedOver) return;
    this.#conferences.roomPlayFinished(room, play);
    this.#placed.roomPlayFinished(room, play, outcome);
  }

  audioMissing(id: CallId, silentMs: number): void {
    if (this.#calls.get(id) === undefined) return;
    this.#parts.log.warn({ call: id, silentMs }, 'no audio from the caller; asking whether the line is still there');
    this.#running(id)?.audioMissing(silentMs);
  }

  roomLeft(id: CallId, room: ConferenceId): void {
    this.#parts.log.warn({ call: id, conference: room }, 'the mixer took a caller out of the room');
    this.#running(id)?.roomLeft(room);
  }

  spokeWhileMuted(id: CallId): void {
    this.#running(id)?.spokeWhileMuted();
  }

  roomRecordingFailed(room: ConferenceId, reason: string): void {
    if (!this.#handedOver) this.#conferences.recordingBrokeOff(room, reason);
  }

  endpointLost(id: CallId, reason: string): void {
    const attempt = this.#calls.get(id);
    if (attempt === undefined || this.#handedOver) return;
    this.#parts.log.error({ call: id, reason }, 'endpoint lost');
    attempt.endpointLost = true;
    attempt.runner?.endpointLost();
  }

  #running(id: CallId) {
    return this.#handedOver ? null : (this.#calls.get(id)?.runner ?? null);
  }
}
