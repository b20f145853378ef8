import { assertNever } from '../domain/assert-never.js';
import { callerDigits } from '../domain/access/callers.js';
import type { Admission, CallEvent } from '../domain/call-flow/contract.js';
import type { EntryOptions } from '../domain/conference-options.js';
import type { CallId } from '../domain/identifiers.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { MediaEndpoint } from '../ports/media.js';
import type { Refusal, SignalingCall } from '../ports/signaling.js';
import { identityOf, masked, named, newAttempt, type Attempt, type CallIdentity } from './attempt.js';
import { snapshotOf } from './attempt-snapshot.js';
import { asError, within } from './bounded.js';
import type { BridgeOptions, BridgeParts } from './bridge-parts.js';
import { freshMemory, type CallMemory } from './call-memory.js';
import { CallRecords } from './call-records.js';
import type { CallBasis, CallDependencies, CallEnd } from './call-parts.js';
import { CallRunner } from './call-runner.js';
import type { Conferences } from './conferences.js';
import { lookAtCall } from './first-look.js';
import type { LiveKeeper } from './live-keeper.js';
import type { Moves } from './moves.js';
import type { PlacedCalls } from './placed-calls.js';
import { setUp } from './set-up.js';
import { writeSnapshot, type CallSnapshot } from './snapshots.js';
import type { WithoutTime } from './without-time.js';

/** Of callers whom the conference counts, though it never saw them. */
const TURNED_AWAY: readonly CallOutcome[] = ['blocked', 'not-allowed'];

/** Digits of a caller number that logs show. */
const LOGGED_DIGITS = 3;

export interface CallsParts extends BridgeParts {
  readonly conferences: () => Conferences;
  readonly placed: () => PlacedCalls;
  readonly keeper: LiveKeeper;
  readonly moves: Moves;
  /** A caller waits, who was never in. */
  readonly waits: () => void;
}

/** The call attempts there are now, from INVITE to record. */
export class Calls {
  readonly #parts: CallsParts;
  readonly #options: BridgeOptions;
  readonly records: CallRecords;
  readonly #attempts = new Map<CallId, Attempt>();
  #total = 0;
  #draining = false;
  /** Who waits for the last call to end. */
  readonly #untilEmpty = new Set<() => void>();

  constructor(parts: CallsParts, options: BridgeOptions) {
    this.#parts = parts;
    this.#options = options;
    this.records = new CallRecords(parts);
  }

  get size(): number {
    return this.#attempts.size;
  }

  /** Since the start. */
  get total(): number {
    return this.#total;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  get(id: CallId): Attempt | undefined {
    return this.#attempts.get(id);
  }

  all(): readonly Attempt[] {
    return [...this.#attempts.values()];
  }

  /** New calls get 503 with Retry-After from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Resolves when there is none; rejects after so many milliseconds. */
  async whenEmpty(limitMs: number): Promise<void> {
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

  tell(id: CallId, event: WithoutTime<CallEvent>): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    if (attempt.runner !== null) return attempt.runner.dispatch(event);
    attempt.missed.push(event);
    attempt.placing?.told(event);
  }

  // --- a call of ours

  /** Counted and recorded as those that come in; stored before its INVITE leaves, so that it is also where this process dies over it. */
  placing(call: SignalingCall, identity: CallIdentity, admission: Admission): Attempt {
    this.#total += 1;
    const attempt = newAttempt(call, identity, identity.dialled);
    attempt.placedFor = { admission, answeredAt: null };
    this.#attempts.set(call.id, attempt);
    this.changed(attempt);
    this.#parts.keeper.flush();
    return attempt;
  }

  /** It was answered: its flow begins. */
  placed(
    attempt: Attempt,
    { endpoint, remoteSdp }: { readonly endpoint: MediaEndpoint | null; readonly remoteSdp: string },
    memory: CallMemory,
  ): void {
    attempt.placing = null;
    if (attempt.placedFor !== null) attempt.placedFor = { ...attempt.placedFor, answeredAt: memory.answeredAt };
    const runner = this.#run(attempt, { call: attempt.call, label: attempt.label, remoteSdp }, memory);
    runner.answered(endpoint);
    for (const event of attempt.missed) runner.dispatch(event);
    this.changed(attempt);
    this.#parts.keeper.flush();
  }

  // --- a new call

  comeIn(call: SignalingCall): void {
    const { clock, sources, log } = this.#parts;
    this.#total += 1;
    const again = this.records.toldAgain(call.sipCallId);
    const trunk = sources.trunkOf(call.source.address);
    const startedAt = again?.startedAt ?? clock.wall();
    const attempt = newAttempt(call, identityOf(call, startedAt, trunk, this.#options.recordedDigits));
    this.#attempts.set(call.id, attempt);
    const { id, sipCallId, callerNumber, requestUser } = call;
    const caller = masked(callerNumber, LOGGED_DIGITS);
    log.info({ call: id, trunk, dialled: requestUser, caller, sipCallId }, 'call came in');
    this.changed(attempt);
    this.#arrive(attempt).catch((error: unknown) => {
      log.error({ call: id, error: asError(error).message }, 'call could not be set up');
      this.#refuse(attempt, { status: 500 }, 'failed');
    });
  }

  async #arrive(attempt: Attempt): Promise<void> {
    const { call } = attempt;
    const looked = lookAtCall(call, attempt.identity.trunk, {
      ...this.#parts,
      draining: this.#draining,
      full: this.#attempts.size > this.#options.maximumCalls,
      refuseBlocked: this.#options.refuseBlocked === true,
    });
    if (looked.kind === 'refused') {
      this.#refuse(attempt, looked.refusal, looked.outcome);
      return;
    }
    const { number } = looked;
    attempt.label = number.number;
    const answering = (endpoint: MediaEndpoint): void => {
      const entry: EntryOptions = { ...this.#options.entry, pinLength: number.pinLength, greeting: number.greeting };
      attempt.answering = { endpoint, memory: freshMemory(call.id, entry, this.#parts.clock.wall()) };
      this.changed(attempt);
      // Stored before the 200 leaves: a process that dies right after it must not leave an answered call that nobody knows.
      this.#parts.keeper.flush();
    };
    const result = await setUp(attempt, { ...this.#parts, answering });
    switch (result.kind) {
      case 'refused': {
        this.#refuse(attempt, result.refusal, result.outcome);
        return;
      }
      case 'gone': {
        this.end(attempt, result.outcome);
        return;
      }
      case 'answered': {
        if (attempt.answering === null || attempt.letGo) return;
        const memory = { ...attempt.answering.memory, answeredAt: this.#parts.clock.wall() };
        const runner = this.#run(attempt, { call, label: attempt.label, remoteSdp: result.remoteSdp }, memory);
        runner.answered(result.endpoint);
        for (const event of attempt.missed) runner.dispatch(event);
        return;
      }
      default:
        return assertNever(result);
    }
  }

  /** The call is answered and acknowledged: its flow begins. */
  #run(attempt: Attempt, basis: CallBasis, memory: CallMemory): CallRunner {
    attempt.runner = new CallRunner(basis, memory, this.#dependencies(attempt));
    return attempt.runner;
  }

  #dependencies(attempt: Attempt): CallDependencies {
    const { clock, store, log, hashPin, pinMatches, currentHash, resolve, media, moves, conferences, names, waits } =
      this.#parts;
    const { id, callerNumber, handle } = attempt.call;
    const number = callerDigits(callerNumber);
    return {
      ...{ clock, store, log, hashPin, pinMatches, currentHash, resolve, moves, names, waits, engine: media },
      heldCode: (conference) => conferences().heldCode(conference),
      placeRoom: (room, near) => conferences().placeRoom(room, near),
      arriveAtConference: (admission, name) => {
        const { role, options } = admission;
        const arrival = { callId: id, role, callerNumber: number, options, name };
        conferences().dispatchArrival(admission, handle !== null, arrival);
      },
      lookAtGate: ({ role, options, conferenceId }) =>
        conferences().lookAtGate(conferenceId, { callId: id, role, callerNumber: number, options }),
      forgetName: (said) => conferences().forgetName(said),
      inRoom: (call, room) => conferences().inRoom(call, room),
      toConference: (conference, event) => conferences().dispatch(conference, event),
      leaveRecord: () => conferences().forgetCall(id),
      changed: () => this.changed(attempt),
      sinceStart: () => clock.wall() - attempt.identity.startedAt,
      closed: (end) => this.end(attempt, end.outcome, end),
    };
  }

  // --- calls of a process before this one

  /** It goes on, as soon as its endpoint is back. */
  takeBack(call: SignalingCall, remoteSdp: string | null, snapshot: CallSnapshot & { memory: object }): CallRunner {
    const { identity, label, memory, conferenceRecordId } = snapshot;
    const attempt = newAttempt(call, identity, label);
    this.#attempts.set(call.id, attempt);
    const conference = memory.state.facts.knownToConference ? (memory.admission?.conferenceId ?? null) : null;
    this.#parts.conferences().restoreCall(call.id, conference, conferenceRecordId);
    const runner = this.#run(attempt, { call, label, remoteSdp }, memory);
    runner.resume(memory.timers, snapshot.endpoint);
    if (identity.direction === 'out') this.#parts.placed().takenBack(identity, memory);
    this.changed(attempt);
    return runner;
  }

  /** It cannot be taken back: its record is all that can be done. */
  lose(snapshot: CallSnapshot & { memory: object }): void {
    this.records.lost(snapshot);
    const { name, joinedAt } = snapshot.memory;
    if (name !== null && joinedAt === null) this.#parts.conferences().forgetName(name);
  }

  handOver(): void {
    for (const attempt of this.#attempts.values()) {
      attempt.letGo = true;
      attempt.runner?.handOver();
    }
  }

  // --- endings

  #refuse(attempt: Attempt, refusal: Refusal, outcome: CallOutcome): void {
    if (attempt.ended || attempt.letGo) return;
    attempt.call.refuse(refusal);
    this.end(attempt, attempt.cancelled ? 'cancelled' : outcome);
  }

  end(attempt: Attempt, outcome: CallOutcome, end: CallEnd | null = null): void {
    if (attempt.ended || attempt.letGo) return;
    attempt.ended = true;
    const { id } = attempt.call;
    const conferences = this.#parts.conferences();
    if (TURNED_AWAY.includes(outcome) && end?.joinedAt === null && end.admission !== null) {
      conferences.turnedAway(id, end.admission.conferenceId);
    }
    this.#attempts.delete(id);
    this.records.write(named(attempt), outcome, end, end === null ? null : conferences.recordIdOf(id));
    this.#parts.placed().ended(id);
    conferences.forgetCall(id);
    this.changed(attempt);
    if (this.#attempts.size === 0) for (const resolve of this.#untilEmpty) resolve();
  }

  /** Its snapshot has changed. */
  changed(attempt: Attempt): void {
    const { call } = attempt;
    if (call.handle === null && attempt.placedFor === null) return;
    this.#parts.keeper.changed('call', call.id, () => {
      const snapshot = snapshotOf(attempt, this.#parts.conferences().recordIdOf(call.id));
      return snapshot === null ? null : writeSnapshot(snapshot);
    });
  }
}
