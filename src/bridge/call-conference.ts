import type { Admission, CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { CallId, NameId } from '../domain/identifiers.js';
import type { SignalingCall } from '../ports/signaling.js';
import { asError } from './bounded.js';
import type { CallMemory } from './call-memory.js';
import type { CallDependencies } from './call-parts.js';
import { isHeld } from './held-line.js';
import type { SaidName } from './name-recorder.js';
import { PinAgain, type KeyedPin } from './keyed-pin.js';
import { checkCode, lookUpPin, type PinLookupParts } from './pin-lookup.js';
import { toConference, type Report } from './reports.js';
import type { WithoutTime } from './without-time.js';

type Parts = PinLookupParts &
  Pick<
    CallDependencies,
    'arriveAtConference' | 'lookAtGate' | 'toConference' | 'leaveRecord' | 'forgetName' | 'changed' | 'names'
  >;

/** The flow of the call, as far as it matters here. */
interface Flow {
  /** Whether the conference knows the caller. */
  readonly isKnown: () => boolean;
  /** Whether the caller waits and was never in. */
  readonly isOutside: () => boolean;
  readonly dispatch: (event: WithoutTime<CallEvent>) => void;
}

/** One call and the conference it is for: what they have to do with each other. */
export class CallConference {
  readonly #id: CallId;
  readonly #parts: Parts;
  readonly #flow: Flow;
  readonly #again: PinAgain;
  #admission: Admission | null;
  #keyed: KeyedPin | null;
  /** What was keyed was found to be, last time it was looked at. */
  #stopped = false;
  #name: SaidName | null;
  #held: boolean;
  /** Has come to the conference without a name. */
  #unnamed = false;

  constructor(id: CallId, { admission, keyed, name, held }: CallMemory, parts: Parts, flow: Flow) {
    this.#id = id;
    this.#admission = admission;
    this.#name = name;
    this.#held = held;
    this.#parts = parts;
    this.#keyed = keyed ?? null;
    this.#flow = flow;
    this.#again = new PinAgain(id, parts);
  }

  memory(): Pick<CallMemory, 'admission' | 'keyed' | 'name' | 'held'> {
    return { admission: this.#admission, keyed: this.#keyed, name: this.#name, held: this.#held };
  }

  get admission(): Admission | null {
    return this.#admission;
  }

  /** Whose PIN it is. Whoever gets no further is recorded with the account whose PIN it was. */
  lookUp(caller: SignalingCall, effect: Extract<CallEffect, { type: 'LookUpPin' }>): WithoutTime<CallEvent> {
    const { event, by } = lookUpPin(this.#parts, caller, effect);
    if (event.type !== 'PinMatched') return event;
    const { admission } = event;
    // he may have waited for another one before
    if (this.#admission?.conferenceId !== admission.conferenceId) this.#parts.leaveRecord();
    this.#admission = admission;
    this.#keyed = by === null ? null : { hash: by, startsAt: admission.booking?.startsAt ?? null, moderator: null };
    return event;
  }

  /** Whether it is the second code of the account. */
  checkCode(caller: SignalingCall, effect: Extract<CallEffect, { type: 'CheckCode' }>): WithoutTime<CallEvent> {
    const { event, by } = checkCode(this.#parts, caller, effect);
    if (by !== null && this.#keyed !== null) this.#keyed = { ...this.#keyed, moderator: by };
    return event;
  }

  lookAtGate(admission: Admission): void {
    this.#admission = admission;
    if (this.#stops()) this.#flow.dispatch({ type: 'PinStopped' });
    else this.#parts.lookAtGate(admission);
  }

  /** Of one who waits: what was keyed is looked at again, as at every way in. @returns whether that was to be done */
  lookAgain(): boolean {
    if (!this.#flow.isOutside() || this.#keyed === null) return false;
    if (this.#stops()) this.#flow.dispatch({ type: 'PinStopped' });
    return true;
  }

  /** What an event comes to: nobody is admitted from outside by what is stopped. */
  judged(event: CallEvent): CallEvent {
    const refused = event.type === 'Admitted' && this.#flow.isOutside() && this.#stops();
    return refused ? { type: 'PinStopped', at: event.at } : event;
  }

  #stops(): boolean {
    if (this.#admission === null || this.#keyed === null) return false;
    this.#stopped = this.#again.isStopped(this.#keyed, this.#admission.accountId);
    return this.#stopped;
  }

  arrive({ admission, name: wanted }: Extract<CallEffect, { type: 'RequestAdmission' }>): void {
    const { log, arriveAtConference } = this.#parts;
    this.#admission = admission;
    if (this.#stops()) {
      this.#flow.dispatch({ type: 'PinStopped' });
      return;
    }
    const name = admission.booking?.spoken === true ? this.#givenName(wanted) : wanted;
    this.#unnamed = name === null;
    log.info({ call: this.#id, conference: admission.conferenceId, role: admission.role }, 'PIN accepted');
    arriveAtConference(admission, name);
    if (this.#held) this.tell({ type: 'LineHeld', callId: this.#id, held: true });
  }

  /** A name is to be recorded; `null` where there is no conference for it. */
  named(name: NameId): SaidName | null {
    if (this.#admission === null) return null;
    this.#name = { conference: this.#admission.conferenceId, name };
    this.#unnamed = false;
    return this.#name;
  }

  /** The name of an invitee, recorded by somebody else before; `null` where that fails: an unnamed caller, nothing worse. */
  #givenName(name: NameId | null): NameId | null {
    const { store, names, log } = this.#parts;
    const inviteeId = this.#admission?.booking?.inviteeId ?? null;
    const said = name === null ? null : this.named(name);
    if (said === null || inviteeId === null) return null;
    try {
      const sound = store.spokenName(inviteeId);
      if (sound === null) return null;
      names.lay(said.conference, said.name, sound);
      return said.name;
    } catch (error) {
      log.error({ call: this.#id, error: asError(error).message }, 'the name of an invitee could not be had');
      return null;
    }
  }

  /** A recording is over: that of a caller who did not wait for it is nobody's. */
  recorded(): void {
    if (this.#unnamed) this.ended(false);
  }

  /** What the far end said last tells whether it has put its line on hold. */
  farEndSaid(sdp: string | null): void {
    if (sdp === null || isHeld(sdp) === this.#held) return;
    this.#held = !this.#held;
    this.#parts.changed();
    this.tell({ type: 'LineHeld', callId: this.#id, held: this.#held });
  }

  report(report: Report): void {
    if (this.#admission === null) return;
    this.#parts.toConference(this.#admission.conferenceId, toConference(this.#id, report));
    // Of one who was called, and answered on hold, nothing could be told before.
    if (report.type === 'ReportJoined' && this.#held) this.tell({ type: 'LineHeld', callId: this.#id, held: true });
    // Whoever is in stays in.
    if (report.type === 'ReportJoined') this.#keyed = null;
    if (report.type === 'ReportLeft' && this.#stopped) this.#comeAnew();
  }

  /** The caller may come by another PIN, to another conference: the name said for this one is nobody's any more. */
  #comeAnew(): void {
    if (this.#name !== null) this.#parts.forgetName(this.#name);
    // its recording may end only later, and is nobody's then
    this.#unnamed = true;
    this.#keyed = null;
    this.#stopped = false;
  }

  /** Something that only a conference that knows the caller is to know. */
  tell(event: WithoutTime<ConferenceEvent>): void {
    if (this.#admission !== null && this.#flow.isKnown()) this.#parts.toConference(this.#admission.conferenceId, event);
  }

  /** The call is over. The name of a caller who did not come in, or came in without it, is nobody's any more. */
  ended(hasBeenIn: boolean): void {
    if (this.#name !== null && (this.#unnamed || !hasBeenIn)) this.#parts.forgetName(this.#name);
  }
}
