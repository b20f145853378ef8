import { checkDialOut, type DialOutVerdict } from '../domain/access/dial-out.js';
import { startPlacedCall } from '../domain/call-flow/machine.js';
import type { Admission, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { AccountId, CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { CallOutcome } from '../domain/outcomes.js';
import { say } from '../domain/prompts.js';
import type { MediaEndpoint, MixerName, PlayOutcome } from '../ports/media.js';
import type { SignalingCall } from '../ports/signaling.js';
import { masked, type Attempt, type CallIdentity } from './attempt.js';
import { asError } from './bounded.js';
import type { BridgeParts, OutboundTrunk } from './bridge-parts.js';
import type { CallMemory } from './call-memory.js';
import type { CallEnd } from './call-parts.js';
import { NOTHING } from './media-state.js';
import { PlacedLedger } from './placed-ledger.js';
import { PlacedLine } from './placed-line.js';
import { PlacedSetUp, type PlacedEnd } from './placed-set-up.js';
import type { WithoutTime } from './without-time.js';

/** Digits of a number that logs show. */
const LOGGED_DIGITS = 3;

/** A host's wish to call someone, as the conference has it. */
export interface PlacedCallRequest {
  readonly accountId: AccountId;
  readonly conferenceId: ConferenceId;
  /** What the conference is an occurrence of. */
  readonly booking: Admission['booking'];
  /** The host who calls. */
  readonly host: CallId;
  /** Name of the call to be. */
  readonly placed: CallId;
  /** As keyed: digits. Never logged whole. */
  readonly number: string;
  /** Where host and callee meet. */
  readonly room: ConferenceId;
  readonly options: Admission['options'];
}

/** The calls there are, as far as those of ours are among them. */
interface AllCalls {
  readonly size: number;
  readonly isDraining: boolean;
  placing(call: SignalingCall, identity: CallIdentity, admission: Admission): Attempt;
  changed(attempt: Attempt): void;
  placed(
    attempt: Attempt,
    media: { readonly endpoint: MediaEndpoint | null; readonly remoteSdp: string },
    memory: CallMemory,
  ): void;
  tell(id: CallId, event: WithoutTime<CallEvent>): void;
  end(attempt: Attempt, outcome: CallOutcome, end: CallEnd): void;
}

export interface PlacedCallsParts extends Pick<
  BridgeParts,
  'signaling' | 'media' | 'store' | 'clock' | 'log' | 'resolve' | 'outboundTrunk'
> {
  readonly calls: () => AllCalls;
  readonly toConference: (id: ConferenceId, event: WithoutTime<ConferenceEvent>) => void;
  /** The mixer a room is on. @throws {MediaExhausted} */
  readonly placeRoom: (room: ConferenceId) => MixerName | null;
  /** The call is brought into this room; `null`: is in none. */
  readonly inRoom: (id: CallId, room: ConferenceId | null) => void;
  /** The call's record is one of this conference's. */
  readonly belongs: (id: CallId, conference: ConferenceId) => void;
  /** Calls at once, all together. */
  readonly maximumCalls: number;
  /** Digits of a number kept in records; `null`: all. */
  readonly recordedDigits: number | null;
}

/** A call until its answer. */
interface Pending {
  readonly request: PlacedCallRequest;
  readonly attempt: Attempt;
  readonly setUp: PlacedSetUp;
}

/** Calls placed for hosts: whether they may, from the wish to the answer, and for how long. */
export class PlacedCalls {
  readonly #parts: PlacedCallsParts;
  readonly #ledger: PlacedLedger;
  readonly #pending = new Map<CallId, Pending>();

  constructor(parts: PlacedCallsParts) {
    this.#parts = parts;
    const { store, clock, log } = parts;
    this.#ledger = new PlacedLedger({ store, clock, log, exhausted: (id) => this.#exhausted(id) });
  }

  /** Ends in `PlacedCallAnswered` or `PlacedCallEnded`. */
  place(request: PlacedCallRequest): void {
    const { outboundTrunk, log } = this.#parts;
    const { placed, conferenceId, host, options } = request;
    const number = masked(request.number, LOGGED_DIGITS);
    const verdict = this.#mayCall(request);
    const trunk = verdict.allowed && options.dialOut !== null ? outboundTrunk(options.dialOut.trunk) : null;
    if (!verdict.allowed || trunk === null) {
      const reason = verdict.allowed
        ? `no outbound trunk of this name: ${options.dialOut?.trunk ?? ''}`
        : verdict.reason;
      log.warn({ call: host, conference: conferenceId, number, reason }, 'call out not allowed');
      this.#parts.toConference(conferenceId, { type: 'PlacedCallEnded', placed, reason: 'not-allowed' });
      return;
    }
    log.info({ call: placed, conference: conferenceId, host, number, trunk: trunk.name }, 'call out');
    this.#begin(request, verdict.number, trunk);
  }

  /** What the signalling tells of a call we placed. */
  progressed(id: CallId, { sdp }: { readonly status: number; readonly sdp: string | null }): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.setUp.progressed(sdp);
    // Its Call-ID is known by now.
    this.#parts.calls().changed(pending.attempt);
  }

  answered(id: CallId, sdp: string): void {
    this.#pending.get(id)?.setUp.answered(sdp);
  }

  notAnswered(id: CallId, { status }: { readonly status: number; readonly cause: string }): void {
    this.#pending.get(id)?.setUp.notAnswered(status);
  }

  roomPlayFinished(room: ConferenceId, play: PlayId, outcome: PlayOutcome): void {
    for (const { request, setUp } of this.#pending.values()) {
      if (request.room === room) setUp.roomPlayFinished(play, outcome);
    }
  }

  /** The conference is over: what is still being placed for it is given up. */
  conferenceClosed(id: ConferenceId): void {
    for (const { request, setUp } of [...this.#pending.values()]) {
      if (request.conferenceId === id) setUp.giveUp('given-up');
    }
  }

  /** An answered call of a process before this one goes on. */
  takenBack(identity: CallIdentity, { admission, answeredAt }: CallMemory): void {
    if (admission === null) return;
    const { accountId, conferenceId, options } = admission;
    this.#ledger.set(identity.id, { accountId, rights: options.dialOut, startedAt: identity.startedAt, answeredAt });
    // That it was answered may have been told to nobody.
    this.#parts.toConference(conferenceId, { type: 'PlacedCallAnswered', placed: identity.id });
  }

  /** The call is over. */
  ended(id: CallId): void {
    this.#ledger.delete(id);
  }

  /** What is not answered ends with this process; the next tells the conference. */
  handOver(): void {
    for (const { request, attempt, setUp } of [...this.#pending.values()]) {
      this.#record(request, attempt, setUp.handOver());
    }
    this.#ledger.close();
  }

  #mayCall({ accountId, number, options }: PlacedCallRequest): DialOutVerdict | { allowed: false; reason: string } {
    const { calls, log, maximumCalls } = this.#parts;
    if (calls().isDraining) return { allowed: false, reason: 'draining' };
    if (calls().size >= maximumCalls) return { allowed: false, reason: 'overloaded' };
    try {
      return checkDialOut(options.dialOut, number, this.#ledger.use(accountId));
    } catch (error) {
      log.error({ error: asError(error).message }, 'what was called out before cannot be looked up');
      return { allowed: false, reason: 'store' };
    }
  }

  #begin(request: PlacedCallRequest, number: string, { target, credentials, callerNumber, name }: OutboundTrunk): void {
    const { clock, recordedDigits } = this.#parts;
    const { placed: id, accountId, conferenceId, room, options } = request;
    const startedAt = clock.wall();
    const line = new PlacedLine(id, number, target, callerNumber);
    const identity: CallIdentity = {
      ...{ id, direction: 'out', sipCallId: '', startedAt, trunk: name },
      // It is somebody's number as that of a caller is.
      dialled: masked(number, recordedDigits) ?? '',
      caller: callerNumber,
    };
    this.#parts.belongs(id, conferenceId);
    const attempt = this.#parts.calls().placing(line, identity, admissionOf(request));
    const setUp = new PlacedSetUp(attempt, line, room, {
      ...this.#parts,
      inRoom: (entered) => this.#parts.inRoom(id, entered),
      answered: (endpoint, remoteSdp) => this.#answered(request, attempt, endpoint, remoteSdp),
      ended: (end) => {
        this.#record(request, attempt, end);
        this.#parts.toConference(conferenceId, { type: 'PlacedCallEnded', placed: id, reason: 'not-answered' });
      },
    });
    attempt.placing = setUp;
    this.#pending.set(id, { request, attempt, setUp });
    this.#ledger.set(id, { accountId, rights: options.dialOut, startedAt, answeredAt: null });
    void setUp.start({ target, credentials });
  }

  #answered(request: PlacedCallRequest, attempt: Attempt, endpoint: MediaEndpoint | null, remoteSdp: string): void {
    const { placed: id, conferenceId, room } = request;
    const answeredAt = this.#parts.clock.wall();
    this.#pending.delete(id);
    const admission = admissionOf(request);
    const memory: CallMemory = {
      ...{ state: startPlacedCall({ callId: id, admission, room }), timers: [], answeredAt, joinedAt: null, admission },
      ...{ keyMethod: null, media: NOTHING, name: null, held: false },
    };
    // The host is told after the call is in the room's way: what ends it from now on is the flow's to report.
    this.#parts.calls().placed(attempt, { endpoint, remoteSdp }, memory);
    this.#ledger.answered(id, answeredAt);
    this.#parts.toConference(conferenceId, { type: 'PlacedCallAnswered', placed: id });
  }

  #record(request: PlacedCallRequest, attempt: Attempt, { outcome, mixer, answeredAt }: PlacedEnd): void {
    this.#pending.delete(request.placed);
    this.#parts.calls().end(attempt, outcome, {
      ...{ outcome, answeredAt, joinedAt: null, endedAt: this.#parts.clock.wall() },
      ...{ admission: admissionOf(request), keyMethod: null, statistics: null, mixer, story: null },
    });
  }

  #exhausted(id: CallId): void {
    this.#parts.log.warn({ call: id }, "the day's minutes of calling out are over");
    const farewell = [say('time-limit-reached'), say('goodbye')];
    this.#parts.calls().tell(id, { type: 'Dismissed', outcome: 'time-limit', farewell });
  }
}

const admissionOf = ({ accountId, conferenceId, options, booking }: PlacedCallRequest): Admission => ({
  ...{ accountId, conferenceId, role: 'guest', options },
  ...{ byAccessCode: false, securityCode: false, blocked: false, booking },
});
