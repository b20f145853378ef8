import type { Role } from '../../domain/conference-options.js';
import { accountId, bookingId, callId, conferenceId, inviteeId } from '../../domain/identifiers.js';
import type { CallOutcome, ConferenceOutcome } from '../../domain/outcomes.js';
import type {
  CallRecord,
  ConferenceFilter,
  CallFilter,
  ConferenceRecord,
  ReportedCall,
  ReportedConference,
} from '../../ports/store-reports.js';

/** A call record, without its story. */
export const CALL_COLUMNS = `c.seq, c.id, c.direction, c.sip_call_id, c.started_at, c.answered_at, c.joined_at, c.ended_at, c.trunk,
  c.dialled, c.caller, c.account_id, c.booking_id, c.invitee_id, c.conference_record_id, c.role, c.outcome, c.key_method, c.codec,
  c.mixer, c.packet_loss, c.jitter_ms`;

export interface CallRow {
  readonly seq: number;
  readonly id: string;
  readonly direction: CallRecord['direction'];
  readonly sip_call_id: string;
  readonly started_at: number;
  readonly answered_at: number | null;
  readonly joined_at: number | null;
  readonly ended_at: number;
  readonly trunk: string | null;
  readonly dialled: string;
  readonly caller: string | null;
  readonly account_id: string | null;
  readonly booking_id: string | null;
  readonly invitee_id: string | null;
  readonly conference_record_id: number | null;
  readonly role: Role | null;
  readonly outcome: CallOutcome;
  readonly key_method: CallRecord['keyMethod'];
  readonly codec: string | null;
  readonly mixer: string | null;
  readonly packet_loss: number | null;
  readonly jitter_ms: number | null;
}

export interface ReportedCallRow extends CallRow {
  readonly account_name: string | null;
  readonly booking_title: string | null;
  readonly invitee_name: string | null;
}

export interface ConferenceRow {
  readonly id: number;
  readonly conference_id: string;
  readonly account_id: string;
  readonly booking_id: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly peak: number;
  readonly locked_out: number;
  readonly blocked: number;
  readonly outcome: ConferenceOutcome | null;
}

export interface ReportedConferenceRow extends ConferenceRow {
  readonly account_name: string | null;
  readonly booking_title: string | null;
  readonly recordings: number;
}

export const toCall = (row: CallRow): CallRecord => ({
  id: callId(row.id),
  direction: row.direction,
  sipCallId: row.sip_call_id,
  startedAt: row.started_at,
  answeredAt: row.answered_at,
  joinedAt: row.joined_at,
  endedAt: row.ended_at,
  trunk: row.trunk,
  dialled: row.dialled,
  caller: row.caller,
  accountId: row.account_id === null ? null : accountId(row.account_id),
  bookingId: row.booking_id === null ? null : bookingId(row.booking_id),
  inviteeId: row.invitee_id === null ? null : inviteeId(row.invitee_id),
  conferenceRecordId: row.conference_record_id,
  role: row.role,
  outcome: row.outcome,
  keyMethod: row.key_method,
  codec: row.codec,
  mixer: row.mixer,
  packetLoss: row.packet_loss,
  jitterMs: row.jitter_ms,
});

export const toReportedCall = (row: ReportedCallRow): ReportedCall => ({
  ...toCall(row),
  accountName: row.account_name,
  bookingTitle: row.booking_title,
  inviteeName: row.invitee_name,
});

export const toConference = (row: ConferenceRow): ConferenceRecord => ({
  conferenceId: conferenceId(row.conference_id),
  accountId: accountId(row.account_id),
  bookingId: row.booking_id === null ? null : bookingId(row.booking_id),
  startedAt: row.started_at,
  endedAt: row.ended_at,
  peak: row.peak,
  lockedOut: row.locked_out,
  blocked: row.blocked,
  outcome: row.outcome,
});

export const toReportedConference = (row: ReportedConferenceRow): ReportedConference => ({
  ...toConference(row),
  id: row.id,
  accountName: row.account_name,
  bookingTitle: row.booking_title,
  recordings: row.recordings,
});

export type Parameters = Record<string, string | number>;

/** Conditions of an SQL statement with named parameters, and the values of these. */
export interface Where {
  readonly sql: string;
  readonly parameters: Parameters;
}

const whereOf = (
  conditions: readonly (readonly [sql: string, name: string, value: string | number | undefined])[],
): Where => {
  const given = conditions.flatMap(([sql, name, value]) => (value === undefined ? [] : [{ sql, name, value }]));
  return {
    sql: given.length === 0 ? '' : `WHERE ${given.map(({ sql }) => sql).join(' AND ')}`,
    parameters: Object.fromEntries(given.map(({ name, value }) => [name, value])),
  };
};

/** Of call records `c`. */
export const callsWhere = (filter: CallFilter): Where =>
  whereOf([
    ['c.started_at >= :from', 'from', filter.from],
    ['c.started_at < :to', 'to', filter.to],
    ['c.account_id = :accountId', 'accountId', filter.accountId],
    ['c.booking_id = :bookingId', 'bookingId', filter.bookingId],
    ['c.conference_record_id = :conferenceRecordId', 'conferenceRecordId', filter.conferenceRecordId],
    [
      'c.dialled IN (SELECT value FROM json_each(:dialled))',
      'dialled',
      filter.dialled && JSON.stringify(filter.dialled),
    ],
    ['c.trunk = :trunk', 'trunk', filter.trunk],
    ['c.role = :role', 'role', filter.role],
    ['c.outcome = :outcome', 'outcome', filter.outcome],
  ]);

/** Of conference records `c`. */
export const conferencesWhere = ({ from, to, accountId: account }: ConferenceFilter): Where =>
  whereOf([
    ['c.started_at >= :from', 'from', from],
    ['c.started_at < :to', 'to', to],
    ['c.account_id = :accountId', 'accountId', account],
  ]);

/** The same, and after that row in the order of time and number, newest first. @param number column of the record's number */
export const after = (
  { sql, parameters }: Where,
  number: 'seq' | 'id',
  cursor: { readonly at: number; readonly seq: number } | null,
): Where => {
  if (cursor === null) return { sql, parameters };
  const condition = `c.started_at <= :at AND (c.started_at < :at OR c.${number} < :seq)`;
  return {
    sql: sql === '' ? `WHERE ${condition}` : `${sql} AND ${condition}`,
    parameters: { ...parameters, at: cursor.at, seq: cursor.seq },
  };
};
