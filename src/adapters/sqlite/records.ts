import type { Database, Statement } from 'better-sqlite3';
import type { AccountId, ConferenceId } from '../../domain/identifiers.js';
import type { CallRecord, CallRecordFilter, ConferenceEnd, ConferenceRecord } from '../../ports/store-reports.js';
import { CALL_COLUMNS, callsWhere, toCall, toConference } from './record-rows.js';
import type { CallRow, ConferenceRow, Parameters } from './record-rows.js';
import { Statements } from './statements.js';

const wholeMs = (time: number | null): number | null => (time === null ? null : Math.round(time));

/** Beyond the longest conference and its longest call, milliseconds: older records are not looked at. */
const LONGEST_CALL_MS = 86_400_000;

/** Not of an account that was removed meanwhile. */
const KNOWN = ':accountId IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE id = :accountId)';

/** Records of calls and conferences as the bridge writes them, newest first. */
export class RecordTables {
  readonly #statements: Statements;
  readonly #startConference: Statement;
  readonly #endConference: Statement;
  readonly #lostConferences: Statement<[], { readonly id: number; readonly conference_id: string }>;
  readonly #endLost: Statement;
  readonly #addCall: Statement;
  readonly #placed: Statement<[Parameters], { readonly calls: number; readonly answered_ms: number }>;
  readonly #conferences: Statement<[number], ConferenceRow>;
  readonly #conferencesOf: Statement<[string, number], ConferenceRow>;

  constructor(database: Database) {
    this.#statements = new Statements(database);
    this.#startConference = database.prepare(
      `INSERT INTO conference_records
         (conference_id, account_id, booking_id, started_at, ended_at, peak, locked_out, blocked, outcome)
       VALUES (:conferenceId, :accountId, :bookingId, :startedAt, :endedAt, :peak, :lockedOut, :blocked, :outcome)`,
    );
    this.#endConference = database.prepare(
      `UPDATE conference_records SET ended_at = :endedAt, peak = :peak, locked_out = :lockedOut, blocked = :blocked, outcome = :outcome
       WHERE id = :id AND ended_at IS NULL`,
    );
    this.#lostConferences = database.prepare('SELECT id, conference_id FROM conference_records WHERE ended_at IS NULL');
    this.#endLost = database.prepare(
      `UPDATE conference_records SET outcome = 'failed',
         ended_at = coalesce((SELECT max(c.ended_at) FROM call_records c WHERE c.conference_record_id = conference_records.id), started_at)
       WHERE id = ? AND ended_at IS NULL`,
    );
    // the record of a call that was up while its account was removed comes under the label of the others, or of none
    this.#addCall = database.prepare(
      `INSERT INTO call_records (id, direction, sip_call_id, started_at, answered_at, joined_at, ended_at, trunk, dialled, caller,
         account_id, booking_id, invitee_id, conference_record_id, role, outcome, key_method, codec, mixer, packet_loss, jitter_ms, story)
       VALUES (:id, :direction, :sipCallId, :startedAt, :answeredAt, :joinedAt, :endedAt, :trunk, :dialled, :caller,
         coalesce((SELECT label FROM erasures WHERE account_id = :accountId), (SELECT id FROM accounts WHERE id = :accountId)),
         iif(${KNOWN}, :bookingId, NULL), iif(${KNOWN}, :inviteeId, NULL), :conferenceRecordId, :role, :outcome, :keyMethod,
         :codec, :mixer, :packetLoss, :jitterMs, :story)`,
    );
    this.#placed = database.prepare(
      `SELECT coalesce(sum(started_at >= :from), 0) AS calls,
         coalesce(sum(max(0, ended_at - max(answered_at, :from))), 0) AS answered_ms
       FROM call_records
       WHERE account_id = :account AND started_at >= :from - :longest AND ended_at >= :from AND direction = 'out'`,
    );
    this.#conferences = database.prepare('SELECT * FROM conference_records ORDER BY started_at DESC, id DESC LIMIT ?');
    this.#conferencesOf = database.prepare(
      'SELECT * FROM conference_records WHERE account_id = ? ORDER BY started_at DESC, id DESC LIMIT ?',
    );
  }

  startConference(record: ConferenceRecord): number {
    const { lastInsertRowid } = this.#startConference.run({
      ...record,
      startedAt: wholeMs(record.startedAt),
      endedAt: wholeMs(record.endedAt),
    });
    return Number(lastInsertRowid);
  }

  endConference(id: number, end: ConferenceEnd): boolean {
    return this.#endConference.run({ ...end, id, endedAt: wholeMs(end.endedAt) }).changes > 0;
  }

  endLostConferences(running: readonly ConferenceId[]): number {
    const goingOn = new Set<string>(running);
    const lost = this.#lostConferences.all().filter((row) => !goingOn.has(row.conference_id));
    for (const { id } of lost) this.#endLost.run(id);
    return lost.length;
  }

  conferences(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[] {
    const rows =
      filter.accountId === undefined
        ? this.#conferences.all(filter.limit)
        : this.#conferencesOf.all(filter.accountId, filter.limit);
    return rows.map(toConference);
  }

  addCall(record: CallRecord, story: string | null): void {
    this.#addCall.run({
      ...record,
      story,
      startedAt: wholeMs(record.startedAt),
      answeredAt: wholeMs(record.answeredAt),
      joinedAt: wholeMs(record.joinedAt),
      endedAt: wholeMs(record.endedAt),
    });
  }

  placedSince(id: AccountId, from: number): { readonly calls: number; readonly answeredMs: number } {
    const row = this.#placed.get({ account: id, from, longest: LONGEST_CALL_MS });
    return { calls: row?.calls ?? 0, answeredMs: row?.answered_ms ?? 0 };
  }

  calls({ limit, ...filter }: CallRecordFilter): readonly CallRecord[] {
    const { sql, parameters } = callsWhere(filter);
    return this.#statements
      .prepared<CallRow>(
        `SELECT ${CALL_COLUMNS} FROM call_records c ${sql} ORDER BY c.started_at DESC, c.seq DESC LIMIT :limit`,
      )
      .all({ ...parameters, limit })
      .map(toCall);
  }
}
