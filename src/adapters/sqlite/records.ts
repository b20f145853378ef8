import type { Database, Statement } from 'better-sqlite3';
import type { Role } from '../../domain/conference-options.js';
import { accountId, callId, conferenceId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { CallOutcome, ConferenceOutcome } from '../../domain/outcomes.js';
import type { CallRecord, CallRecordFilter, ConferenceRecord } from '../../ports/store.js';

interface CallRow {
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
  readonly conference_record_id: number | null;
  readonly role: Role | null;
  readonly outcome: CallOutcome;
  readonly key_method: CallRecord['keyMethod'];
  readonly codec: string | null;
  readonly mixer: string | null;
  readonly packet_loss: number | null;
  readonly jitter_ms: number | null;
}

interface ConferenceRow {
  readonly conference_id: string;
  readonly account_id: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly peak: number;
  readonly locked_out: number;
  readonly outcome: ConferenceOutcome | null;
}

type Parameters = Record<string, string | number>;

const toCall = (row: CallRow): CallRecord => ({
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
  conferenceRecordId: row.conference_record_id,
  role: row.role,
  outcome: row.outcome,
  keyMethod: row.key_method,
  codec: row.codec,
  mixer: row.mixer,
  packetLoss: row.packet_loss,
  jitterMs: row.jitter_ms,
});

const toConference = (row: ConferenceRow): ConferenceRecord => ({
  conferenceId: conferenceId(row.conference_id),
  accountId: accountId(row.account_id),
  startedAt: row.started_at,
  endedAt: row.ended_at,
  peak: row.peak,
  lockedOut: row.locked_out,
  outcome: row.outcome,
});

const wholeMs = (time: number | null): number | null => (time === null ? null : Math.round(time));

/** Beyond the longest conference and its longest call, milliseconds: older records are not looked at. */
const LONGEST_CALL_MS = 86_400_000;

/** Records of calls and conferences, newest first. */
export class RecordTables {
  readonly #database: Database;
  readonly #startConference: Statement;
  readonly #endConference: Statement;
  readonly #addCall: Statement;
  /** One statement for each set of filters that was ever asked for. */
  readonly #calls = new Map<string, Statement<[Parameters], CallRow>>();
  readonly #placed: Statement<[Parameters], { readonly calls: number; readonly answered_ms: number }>;
  readonly #conferences: Statement<[number], ConferenceRow>;
  readonly #conferencesOf: Statement<[string, number], ConferenceRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#startConference = database.prepare(
      `INSERT INTO conference_records (conference_id, account_id, started_at, ended_at, peak, locked_out, outcome)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#endConference = database.prepare(
      'UPDATE conference_records SET ended_at = ?, peak = ?, locked_out = ?, outcome = ? WHERE id = ?',
    );
    // an account that was removed while its caller talked leaves no trace in that caller's record
    this.#addCall = database.prepare(
      `INSERT INTO call_records (id, direction, sip_call_id, started_at, answered_at, joined_at, ended_at, trunk, dialled, caller,
         account_id, conference_record_id, role, outcome, key_method, codec, mixer, packet_loss, jitter_ms)
       VALUES (:id, :direction, :sipCallId, :startedAt, :answeredAt, :joinedAt, :endedAt, :trunk, :dialled, :caller,
         (SELECT id FROM accounts WHERE id = :accountId), :conferenceRecordId, :role, :outcome, :keyMethod, :codec,
         :mixer, :packetLoss, :jitterMs)`,
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
    const { lastInsertRowid } = this.#startConference.run(
      record.conferenceId,
      record.accountId,
      wholeMs(record.startedAt),
      wholeMs(record.endedAt),
      record.peak,
      record.lockedOut,
      record.outcome,
    );
    return Number(lastInsertRowid);
  }

  endConference(
    id: number,
    end: {
      readonly endedAt: number;
      readonly peak: number;
      readonly lockedOut: number;
      readonly outcome: ConferenceOutcome;
    },
  ): void {
    this.#endConference.run(wholeMs(end.endedAt), end.peak, end.lockedOut, end.outcome, id);
  }

  conferences(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[] {
    const rows =
      filter.accountId === undefined
        ? this.#conferences.all(filter.limit)
        : this.#conferencesOf.all(filter.accountId, filter.limit);
    return rows.map(toConference);
  }

  addCall(record: CallRecord): void {
    this.#addCall.run({
      ...record,
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

  calls(filter: CallRecordFilter): readonly CallRecord[] {
    const conditions: string[] = [];
    const parameters: Parameters = { limit: filter.limit };
    const where = (condition: string, name: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      parameters[name] = value;
    };
    where('started_at >= :from', 'from', filter.from);
    where('started_at < :to', 'to', filter.to);
    where('account_id = :accountId', 'accountId', filter.accountId);
    where('outcome = :outcome', 'outcome', filter.outcome);
    return this.#callStatement(conditions.join(' AND ')).all(parameters).map(toCall);
  }

  #callStatement(conditions: string): Statement<[Parameters], CallRow> {
    const known = this.#calls.get(conditions);
    if (known !== undefined) return known;
    const where = conditions === '' ? '' : `WHERE ${conditions}`;
    const statement = this.#database.prepare<[Parameters], CallRow>(
      `SELECT * FROM call_records ${where} ORDER BY started_at DESC, seq DESC LIMIT :limit`,
    );
    this.#calls.set(conditions, statement);
    return statement;
  }
}
