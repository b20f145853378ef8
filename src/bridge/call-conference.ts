import type { Admission, CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { CallId, NameId } from '../domain/identifiers.js';
import type { SignalingCall } from '../ports/signaling.js';
import { asError } from './bounded.js';
import type { CallMemory } from './call-memory.js';
import type { CallDependencies } from './call-parts.js';
import { isHeld } from './held-line.js';
import type { SaidName } from './name-recorder.js';
import { lookUpPin, type PinLookupParts } from './pin-lookup.js';
import { toConference, type Report } from './reports.js';
import type { WithoutTime } from './without-time.js';

type Parts = PinLookupParts &
  Pick<CallDependencies, 'arriveAtConference' | 'lookAtGate' | 'toConference' | 'forgetName' | 'changed' | 'names'>;

/** One call and the conference it is for: what they have to do with each other. */
export class CallConference {
  readonly #id: CallId;
  readonly #parts: Parts;
  /** Whether the conference knows the caller. */
  readonly #isKnown: () => boolean;
  #admission: Admission | null;
  #name: SaidName | null;
  #held: boolean;
  /** Has come to the conference without a name. */
  #unnamed = false;

  constructor(id: CallId, { admission, name, held }: CallMemory, parts: Parts, isKnown: () => boolean) {
    this.#id = id;
    this.#admission = admission;
    this.#name = name;
    this.#held = held;
    this.#parts = parts;
    this.#isKnown = isKnown;
  }

  memory(): Pick<CallMemory, 'admission' | 'name' | 'held'> {
    return { admission: this.#admission, name: this.#name, held: this.#held };
  }

  get admission(): Admission | null {
    return this.#admission;
  }

  /** Whose PIN it is. Whoever gets no further is recorded with the account whose PIN it was. */
  lookUp(caller: SignalingCall, effect: Extract<CallEffect, { type: 'LookUpPin' }>): WithoutTime<CallEvent> {
    const found = lookUpPin(this.#parts, caller, effect);
    if (found.type === 'PinMatched') this.#admission = found.admission;
    return found;
  }

  lookAtGate(admission: Admission): void {
    this.#admission = admission;
    this.#parts.lookAtGate(admission);
  }

  arrive({ admission, name: wanted }: Extract<CallEffect, { type: 'RequestAdmission' }>): void {
    const { log, arriveAtConference } = this.#parts;
    this.#admission = admission;
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
  }

  /** Something that only a conference that knows the caller is to know. */
  tell(event: WithoutTime<ConferenceEvent>): void {
    if (this.#admission !== null && this.#isKnown()) this.#parts.toConference(this.#admission.conferenceId, event);
  }

  /** The call is over. The name of a caller who did not come in, or came in without it, is nobody's any more. */
  ended(hasBeenIn: boolean): void {
    if (this.#name !== null && (this.#unnamed || !hasBeenIn)) this.#parts.forgetName(this.#name);
  }
}
