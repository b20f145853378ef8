import type { Admission } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { AccountId, CallId, ConferenceId } from '../domain/identifiers.js';
import type { WithoutTime } from './without-time.js';

/** A host's wish to call someone, as the conference has it. */
export interface PlacedCallRequest {
  readonly accountId: AccountId;
  readonly conferenceId: ConferenceId;
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

export interface PlacedCallsParts {
  readonly toConference: (id: ConferenceId, event: WithoutTime<ConferenceEvent>) => void;
}

/** Calls placed for hosts, from the wish to the answer. */
export class PlacedCalls {
  readonly #parts: PlacedCallsParts;

  constructor(parts: PlacedCallsParts) {
    this.#parts = parts;
  }

  /** Ends in `PlacedCallAnswered` or `PlacedCallEnded`. */
  place({ conferenceId, placed }: PlacedCallRequest): void {
    this.#parts.toConference(conferenceId, { type: 'PlacedCallEnded', placed, reason: 'not-allowed' });
  }

  /** What the signalling tells of a call we placed. */
  progressed(_id: CallId, _progress: { readonly status: number; readonly sdp: string | null }): void {}

  answered(_id: CallId, _sdp: string): void {}

  notAnswered(_id: CallId, _end: { readonly status: number; readonly cause: string }): void {}

  /** The conference is over: what is still being placed for it is given up. */
  conferenceClosed(_id: ConferenceId): void {}
}
