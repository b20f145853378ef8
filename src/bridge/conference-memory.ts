import type { Booked } from '../domain/call-flow/contract.js';
import { startConference, type ConferenceState } from '../domain/conference/machine.js';
import type { AccountId, CallId, ConferenceId, NameId, PlayId } from '../domain/identifiers.js';
import type { HeldCode } from './held-code.js';
import { NOT_RECORDED, type RoomRecording } from './room-recording.js';
import type { PendingTimer } from './timers.js';

/** All that a runner knows of its conference: enough for another one to go on with. Plain data. */
export interface ConferenceMemory {
  readonly id: ConferenceId;
  readonly accountId: AccountId;
  /** What it is an occurrence of; `null`: it is the account's own. */
  readonly booking: Booked | null;
  /** `null`: the account's was not to be read as the conference began; what the account has counts. */
  readonly securityCode: HeldCode | null;
  readonly state: ConferenceState;
  readonly timers: readonly PendingTimer[];
  /** Tells the plays of this conference from those of the ones before it in the same room. */
  readonly mark: string;
  readonly recordId: number | null;
  /** Attempts of callers who are blocked or not allowed; left out by a version before: none. */
  readonly blocked?: number;
  /** Plays to the room that have not ended. */
  readonly playing: readonly PlayId[];
  /** Those who asked for a measurement that has not come yet. */
  readonly measuring: readonly CallId[];
  /** What callers have said as their names. */
  readonly names: readonly NameId[];
  readonly recording: RoomRecording;
}

/** Of a conference that nobody has come to yet. @param mark given to no other conference before. */
export const freshConference = (
  { id, accountId, booking, securityCode }: Pick<ConferenceMemory, 'id' | 'accountId' | 'booking' | 'securityCode'>,
  mark: string,
): ConferenceMemory => ({
  id,
  accountId,
  booking,
  securityCode,
  state: startConference({ conferenceId: id }),
  timers: [],
  mark,
  recordId: null,
  playing: [],
  measuring: [],
  names: [],
  recording: NOT_RECORDED,
});
