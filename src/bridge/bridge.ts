import { assertNever } from '../domain/assert-never.js';
import { DEFAULT_ENTRY_OPTIONS, type EntryOptions } from '../domain/conference-options.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { CallEvent } from '../domain/call-flow/contract.js';
import { callerDigits } from '../domain/access/callers.js';
import type { DialIn } from '../domain/access/dial-in.js';
import type { CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Key, KeyMethod } from '../domain/keys.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import {
  MediaNotAcceptable,
  type Media,
  type MediaEndpoint,
  type MediaListener,
  type PlayItem,
  type PlayOutcome,
} from '../ports/media.js';
import {
  CallGone,
  MediaOfferRefused,
  type Refusal,
  type Signaling,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../ports/signaling.js';
import type { PinHash, Store } from '../ports/store.js';
import { masked, recordOf, type Attempt } from './attempt.js';
import { asError, within } from './bounded.js';
import { CallRunner, type CallEnd } from './call-runner.js';
import { ConferenceRunner } from './conference-runner.js';
import type { KnownSources } from './known-sources.js';
import type { Log } from './log.js';
import { ENDPOINT_LIMIT_MS, RETRY_AFTER_S, setUp } from './set-up.js';
import type { WithoutTime } from './without-time.js';

/** Longest wait for calls to end in order at shutdown, milliseconds. */
const SHUTDOWN_LIMIT_MS = 5_000;

/** Digits of a caller number that logs show. */
const LOGGED_DIGITS = 3;

export interface BridgeOptions {
  /** Calls at once, set-ups included. */
  readonly maximumCalls: number;
  readonly entry: Omit<EntryOptions, 'pinLength' | 'greeting'>;
  /** Digits of a caller number kept in records; the rest is starred. `null`: kept whole. */
  readonly recordedDigits: number | null;
}

export const DEFAULT_BRIDGE_OPTIONS: BridgeOptions = {
  maximumCalls: 2_000,
  entry: DEFAULT_ENTRY_OPTIONS,
  recordedDigits: null,
};

export interface BridgeParts {
  readonly signaling: Signaling;
  readonly media: Media;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly sources: KnownSources;
  readonly hashPin: (digits: string) => PinHash;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** The dial-in number a user part names, or `null`: 404. */
  readonly dialIn: (user: string) => DialIn | null;
}

export interface BridgeStatus {
  readonly calls: number;
  readonly conferences: number;
  readonly callsTotal: number;
  readonly draining: boolean;
  /** Call attempts ended, by outcome, since the start. */
  readonly outcomes: ReadonlyMap<CallOutcome, number>;
}

/** Lets calls in, runs a state machine for each call and each conference, and writes the records. */
export class Bridge implements SignalingListener, MediaListener {
  readonly #parts: BridgeParts;
  readonly #options: BridgeOptions;
  readonly #attempts = new Map<CallId, Attempt>();
  readonly #conferences = new Map<ConferenceId, ConferenceRunner>();
  /** Which record a call's conference had when the call came in: the conference may be over before the call's record is written. */
  readonly #conferenceRecords = new Map<CallId, ConferenceRunner>();
  readonly #outcomes = new Map<CallOutcome, number>();
  #callsTotal = 0;
  #draining = false;
  /** Who waits for the last call to end. */
  readonly #untilEmpty = new Set<() => void>();

  constructor(parts: BridgeParts, options: BridgeOptions = DEFAULT_BRIDGE_OPTIONS) {
    this.#parts = parts;
    this.#options = options;
  }

  /** @throws Error with one clear line from the engine that could not start; nothing is left running then. */
  async start(): Promise<void> {
    const { media, signaling } = this.#parts;
    await media.start(this);
    try {
      await signaling.start(this);
    } catch (error) {
      await media.stop();
      throw error;
    }
  }

  status(): BridgeStatus {
    return {
      calls: this.#attempts.size,
      conferences: this.#conferences.size,
      callsTotal: this.#callsTotal,
      draining: this.#draining,
      outcomes: this.#outcomes,
    };
  }

  /** No new calls from now on (503 with Retry-After); resolves when the last has ended, or rejects after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#draining = true;
    await this.#whenEmpty(limitMs);
  }

  /** Ends every call and both engines, in order and within bounds. */
  async stop(): Promise<void> {
    this.#draining = true;
    for (const conference of [...this.#conferences.values()]) conference.dispatch({ type: 'ShutdownRequested' });
    for (const attempt of [...this.#attempts.values()]) {
      this.#tell(attempt, { type: 'Dismissed', outcome: 'draining', farewell: [] });
      if (attempt.runner === null) void attempt.call.hangUp();
    }
    try {
      await this.#whenEmpty(SHUTDOWN_LIMIT_MS);
    } catch {
      this.#parts.log.warn({ calls: this.#attempts.size }, 'calls were cut off at shutdown');
      for (const attempt of [...this.#attempts.values()]) this.#end(attempt, 'draining');
    }
    try {
      await this.#parts.signaling.stop();
    } finally {
      await this.#parts.media.stop();
    }
  }

  async #whenEmpty(limitMs: number): Promise<void> {
    if (this.#attempts.size === 0) return;
    let waiting: () => void = () => undefined;
    const empty = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    this.#untilEmpty.add(waiting);
    try {
      await within(this.#parts.clock, limitMs, 'ending all calls', empty);
    } finally {
      this.#untilEmpty.delete(waiting);
    }
  }

  // --- what the signalling tells

  isKnownSource(source: Source): boolean {
    return this.#parts.sources.trunkOf(source.address) !== null;
  }

  incomingCall(call: SignalingCall): void {
    this.#callsTotal += 1;
    const attempt: Attempt = {
      call,
      startedAt: this.#parts.clock.wall(),
      trunk: this.#parts.sources.trunkOf(call.source.address),
      cancelled: false,
      ended: false,
      runner: null,
      missed: [],
    };
    this.#attempts.set(call.id, attempt);
    this.#parts.log.info(
      {
        call: call.id,
        trunk: attempt.trunk,
        dialled: call.requestUser,
        caller: masked(call.callerNumber, LOGGED_DIGITS),
        sipCallId: call.sipCallId,
      },
      'call came in',
    );
    this.#arrive(attempt).catch((error: unknown) => {
      this.#parts.log.error({ call: call.id, error: asError(error).message }, 'call could not be set up');
      this.#refuse(attempt, { status: 500 }, 'failed');
    });
  }

  cancelled(id: CallId): void {
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) attempt.cancelled = true;
  }

  hungUp(id: CallId, end: { readonly lineLost: boolean; readonly cause: string }): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    if (end.lineLost) this.#parts.log.warn({ call: id, cause: end.cause }, 'line lost');
    this.#tell(attempt, { type: 'CallerHungUp', lineLost: end.lineLost });
  }

  async mediaOffered(id: CallId, offer: string | null): Promise<string> {
    const runner = this.#attempts.get(id)?.runner;
    if (runner === null || runner === undefined) throw new CallGone('no such call');
    try {
      return await within(this.#parts.clock, ENDPOINT_LIMIT_MS, 'renegotiating', runner.endpoint.renegotiate(offer));
    } catch (error) {
      if (error instanceof MediaNotAcceptable) throw new MediaOfferRefused(error.message);
      this.#parts.log.error({ call: id, error: asError(error).message }, 're-offer failed');
      throw error;
    }
  }

  mediaAnswered(id: CallId, answer: string): void {
    this.#attempts
      .get(id)
      ?.runner?.endpoint.acceptAnswer(answer)
      .catch((error: unknown) => {
        this.#parts.log.warn({ call: id, error: asError(error).message }, 'answer to our re-offer is not usable');
      });
  }

  // --- what signalling and media tell

  keyPressed(id: CallId, key: Key, method: KeyMethod = 'info'): void {
    this.#attempts.get(id)?.runner?.keyPressed(key, method);
  }

  trouble(message: string): void {
    this.#parts.log.warn({}, message);
  }

  // --- what the media tell

  playFinished(id: CallId, play: PlayId, outcome: PlayOutcome): void {
    if (outcome === 'failed') this.#parts.log.warn({ call: id, play }, 'something could not be played');
    this.#attempts.get(id)?.runner?.playFinished(play);
  }

  roomPlayFinished(room: ConferenceId, play: PlayId, outcome: PlayOutcome): void {
    if (outcome === 'failed')
      this.#parts.log.debug({ conference: room, play }, 'something could not be played to the room');
    this.#conferences.get(room)?.roomPlayFinished(play);
  }

  audioMissing(id: CallId, silentMs: number): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    this.#parts.log.warn({ call: id, silentMs }, 'no audio from the caller; asking whether the line is still there');
    attempt.runner?.audioMissing(silentMs);
  }

  roomLeft(id: CallId, room: ConferenceId): void {
    this.#parts.log.warn({ call: id, conference: room }, 'the mixer took a caller out of the room');
  }

  endpointLost(id: CallId, reason: string): void {
    this.#parts.log.error({ call: id, reason }, 'endpoint lost');
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) this.#tell(attempt, { type: 'MediaFailed' });
  }

  #tell(attempt: Attempt, event: WithoutTime<CallEvent>): void {
    if (attempt.runner === null) attempt.missed.push(event);
    else attempt.runner.dispatch(event);
  }

  // --- letting a call in

  async #arrive(attempt: Attempt): Promise<void> {
    const { call } = attempt;
    const { dialIn } = this.#parts;
    if (attempt.trunk === null) {
      this.#refuse(attempt, { status: 403 }, 'unknown-source');
      return;
    }
    if (this.#draining) {
      this.#refuse(attempt, { status: 503, retryAfter: RETRY_AFTER_S }, 'draining');
      return;
    }
    if (this.#attempts.size > this.#options.maximumCalls) {
      this.#refuse(attempt, { status: 503, retryAfter: RETRY_AFTER_S }, 'overloaded');
      return;
    }
    const number = dialIn(call.requestUser) ?? dialIn(call.toUser);
    if (number === null) {
      this.#refuse(attempt, { status: 404 }, 'unknown-number');
      return;
    }
    const result = await setUp(attempt, number, this.#parts);
    switch (result.kind) {
      case 'refused': {
        this.#refuse(attempt, result.refusal, result.outcome);
        return;
      }
      case 'gone': {
        this.#end(attempt, result.outcome);
        return;
      }
      case 'answered': {
        this.#begin(attempt, result.endpoint, number);
        return;
      }
      default:
        return assertNever(result);
    }
  }

  /** The call is answered and acknowledged: its flow begins. */
  #begin(attempt: Attempt, endpoint: MediaEndpoint, number: DialIn): void {
    const { clock, store, log, hashPin, resolve } = this.#parts;
    const entry: EntryOptions = { ...this.#options.entry, pinLength: number.pinLength, greeting: number.greeting };
    const runner = new CallRunner(attempt.call, endpoint, entry, {
      clock,
      store,
      log,
      hashPin,
      resolve,
      arriveAtConference: (arriving, admission) =>
        this.#conferenceOf(arriving, admission.conferenceId, admission.accountId).dispatch({
          type: 'CallerArrived',
          callId: arriving.call.id,
          role: admission.role,
          callerNumber: callerDigits(arriving.call.callerNumber),
          options: admission.options,
        }),
      toConference: (id, event) => this.#toConference(id, event),
      closed: (ended, end) => this.#answeredCallEnded(attempt, ended, end),
    });
    attempt.runner = runner;
    runner.answered();
    for (const event of attempt.missed) runner.dispatch(event);
  }

  #refuse(attempt: Attempt, refusal: Refusal, outcome: CallOutcome): void {
    if (attempt.ended) return;
    attempt.call.refuse(refusal);
    this.#end(attempt, attempt.cancelled ? 'cancelled' : outcome);
  }

  // --- conferences

  #conferenceOf(
    runner: CallRunner,
    id: ConferenceId,
    account: ConstructorParameters<typeof ConferenceRunner>[1],
  ): ConferenceRunner {
    let conference = this.#conferences.get(id);
    if (conference === undefined) {
      conference = new ConferenceRunner(id, account, {
        clock: this.#parts.clock,
        media: this.#parts.media,
        store: this.#parts.store,
        log: this.#parts.log,
        resolve: this.#parts.resolve,
        toCall: (call, event) => this.#toCall(call, event),
        closed: (closing) => this.#conferences.delete(closing),
      });
      this.#conferences.set(id, conference);
    }
    this.#conferenceRecords.set(runner.call.id, conference);
    return conference;
  }

  #toCall(id: CallId, event: WithoutTime<CallEvent>): void {
    this.#attempts.get(id)?.runner?.dispatch(event);
  }

  #toConference(id: ConferenceId, event: WithoutTime<ConferenceEvent>): void {
    this.#conferences.get(id)?.dispatch(event);
  }

  // --- endings

  #answeredCallEnded(attempt: Attempt, runner: CallRunner, end: CallEnd): void {
    const conference = this.#conferenceRecords.get(runner.call.id);
    this.#conferenceRecords.delete(runner.call.id);
    this.#end(attempt, end.outcome, end, conference?.recordId ?? null);
  }

  #end(
    attempt: Attempt,
    outcome: CallOutcome,
    end: CallEnd | null = null,
    conferenceRecordId: number | null = null,
  ): void {
    if (attempt.ended) return;
    attempt.ended = true;
    const { call } = attempt;
    this.#attempts.delete(call.id);
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    const record = recordOf(attempt, {
      outcome,
      end,
      conferenceRecordId,
      now: this.#parts.clock.wall(),
      recordedDigits: this.#options.recordedDigits,
    });
    try {
      this.#parts.store.addCallRecord(record);
    } catch (error) {
      this.#parts.log.error({ call: call.id, error: asError(error).message }, 'call record could not be written');
    }
    this.#parts.log.info({ call: call.id, outcome }, 'call ended');
    if (this.#attempts.size === 0) for (const resolve of this.#untilEmpty) resolve();
  }
}
