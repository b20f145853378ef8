import type { Role } from '../domain/conference-options.js';
import type { AccountId, BookingId, CallId, ConferenceId, InviteeId } from '../domain/identifiers.js';
import type { CallOutcome, ConferenceOutcome } from '../domain/outcomes.js';
import type { Delivery } from './store-deliveries.js';

/** The part of the store that keeps what happened: records of calls and conferences (product: section 6). */

/** One per call attempt; times in milliseconds since 1970-01-01T00:00Z. */
export interface CallRecord {
  readonly id: CallId;
  /** `out`: placed for a host. */
  readonly direction: 'in' | 'out';
  readonly sipCallId: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly joinedAt: number | null;
  readonly endedAt: number;
  readonly trunk: string | null;
  readonly dialled: string;
  /** As configured: masked before it gets here. `null`: withheld. */
  readonly caller: string | null;
  readonly accountId: AccountId | null;
  /** The booking whose PIN it was, and the invitee whose own. */
  readonly bookingId: BookingId | null;
  readonly inviteeId: InviteeId | null;
  readonly conferenceRecordId: number | null;
  readonly role: Role | null;
  readonly outcome: CallOutcome;
  readonly keyMethod: 'event' | 'info' | 'inband' | null;
  readonly codec: string | null;
  readonly mixer: string | null;
  /** Share of the caller's packets that never came, 0 to 1. */
  readonly packetLoss: number | null;
  readonly jitterMs: number | null;
}

export interface ConferenceRecord {
  readonly conferenceId: ConferenceId;
  readonly accountId: AccountId;
  readonly bookingId: BookingId | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly peak: number;
  /** Attempts the lock kept out. */
  readonly lockedOut: number;
  /** Attempts of blocked callers, and of callers who are not on the account's list. */
  readonly blocked: number;
  readonly outcome: ConferenceOutcome | null;
}

/** How a conference ended. */
export type ConferenceEnd = Pick<ConferenceRecord, 'peak' | 'lockedOut' | 'blocked'> & {
  readonly endedAt: number;
  readonly outcome: ConferenceOutcome;
};

/** Which calls are meant; what is left out does not count. */
export interface CallFilter {
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly accountId?: AccountId;
  readonly bookingId?: BookingId;
  readonly conferenceRecordId?: number;
  /** One of these, exactly as it stands in the records: trunks spell a number differently. */
  readonly dialled?: readonly string[];
  readonly trunk?: string;
  readonly role?: Role;
  readonly outcome?: CallOutcome;
}

export interface CallRecordFilter extends CallFilter {
  /** Newest first; at most so many (1 to 10 000). */
  readonly limit: number;
}

/** Where a page of records ended; opaque. */
export interface RecordCursor {
  readonly at: number;
  readonly seq: number;
}

/** A call with the names that its identifiers have now; `null`: none, or erased. */
export interface ReportedCall extends CallRecord {
  readonly accountName: string | null;
  readonly bookingTitle: string | null;
  readonly inviteeName: string | null;
}

export interface ConferenceFilter {
  /** Those that began then or later, milliseconds since the epoch. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly accountId?: AccountId;
}

export interface ReportedConference extends ConferenceRecord {
  /** Number of the record, which its calls name. */
  readonly id: number;
  readonly accountName: string | null;
  readonly bookingTitle: string | null;
  /** Kept recordings of it. */
  readonly recordings: number;
}

/** Newest first; `next` is where the next page begins, `null`: there is none. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: RecordCursor | null;
}

/** Calls summed. */
export interface CallSum {
  /** Call attempts, and those of them that were in a conference. */
  readonly calls: number;
  readonly joined: number;
  /** In a conference, milliseconds. */
  readonly talkMs: number;
  /** Of them placed for hosts, and how long those were answered, milliseconds. */
  readonly placed: number;
  readonly placedMs: number;
}

export type SumKey = 'account' | 'number' | 'trunk';

/** Of one account, dialled number or trunk. */
export interface KeyedSum extends CallSum {
  /** `null`: calls without one. */
  readonly key: string | null;
  /** Name of the account, `null` where it has none any more or the sum is not of an account. */
  readonly name: string | null;
}

export interface ReportStore {
  /** @returns the record's number, for the call records. */
  startConferenceRecord(record: ConferenceRecord): number;
  /**
   * @param report to be sent of it: kept together with the end, or not at all; left out, or `null`: none.
   * @returns whether it ended by this: where it had ended before, its end stays as it was.
   */
  endConferenceRecord(id: number, end: ConferenceEnd, report?: Delivery | null): boolean;
  conferenceRecords(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[];
  /**
   * Ends those that never ended, the bridge having died: when their last call did, else when they began.
   * @param running conferences that go on.
   * @returns how many.
   */
  endLostConferences(running: readonly ConferenceId[]): number;
  /** @param story what happened in the call, as text; `null`: nothing is known. */
  addCallRecord(record: CallRecord, story?: string | null): void;
  /** Calls placed for an account that began since then (milliseconds since the epoch), and how long any were answered since then, milliseconds. */
  placedSince(id: AccountId, from: number): { readonly calls: number; readonly answeredMs: number };
  callRecords(filter: CallRecordFilter): readonly CallRecord[];

  /** `limit` 1 to 10 000. */
  callPage(
    filter: CallFilter,
    page: { readonly limit: number; readonly after: RecordCursor | null },
  ): Page<ReportedCall>;
  conferencePage(
    filter: ConferenceFilter,
    page: { readonly limit: number; readonly after: RecordCursor | null },
  ): Page<ReportedConference>;
  /** `null`: there is none of this number. */
  conferenceReported(id: number): ReportedConference | null;
  /** Calls by their id, SIP Call-ID, or the beginning of either; those named whole first; at most `limit` (1 to 10 000). */
  callsLike(reference: string, limit: number): readonly ReportedCall[];
  /** As it was written; `null`: there is none. */
  callStory(id: CallId): string | null;
  /** When the first and the last of these calls began; `null`: there are none. */
  callSpan(filter: CallFilter): { readonly first: number; readonly last: number } | null;
  sumCalls(filter: CallFilter): CallSum;
  /**
   * Accounts in order of name, then others in order of key; numbers in one spelling each. Nothing may be written to this store until the last was taken.
   * @param filter with the period that is summed in one go.
   */
  sumCallsBy(key: SumKey, filter: CallFilter): Iterable<KeyedSum>;
}
