import type { Database, Statement } from 'better-sqlite3';
import type { CallId } from '../../domain/identifiers.js';
import type {
  CallFilter,
  CallSum,
  ConferenceFilter,
  KeyedSum,
  Page,
  RecordCursor,
  ReportedCall,
  ReportedConference,
  SumKey,
} from '../../ports/store-reports.js';
import {
  after,
  CALL_COLUMNS,
  callsWhere,
  conferencesWhere,
  toReportedCall,
  toReportedConference,
} from './record-rows.js';
import type { ReportedCallRow, ReportedConferenceRow } from './record-rows.js';
import { Statements } from './statements.js';

interface PageOf {
  readonly limit: number;
  readonly after: RecordCursor | null;
}

interface SumRow {
  readonly calls: number;
  readonly joined: number;
  readonly talk_ms: number;
  readonly placed: number;
  readonly placed_ms: number;
}

interface KeyedRow extends SumRow {
  readonly key: string | null;
  readonly name: string | null;
}

const CALLS = `SELECT ${CALL_COLUMNS}, a.name AS account_name, b.title AS booking_title, i.name AS invitee_name
  FROM call_records c LEFT JOIN accounts a ON a.id = c.account_id
    LEFT JOIN bookings b ON b.id = c.booking_id LEFT JOIN invitees i ON i.id = c.invitee_id`;

const CONFERENCES = `SELECT c.*, a.name AS account_name, b.title AS booking_title,
    (SELECT count(*) FROM recordings r WHERE r.conference_record_id = c.id) AS recordings
  FROM conference_records c LEFT JOIN accounts a ON a.id = c.account_id LEFT JOIN bookings b ON b.id = c.booking_id`;

const SUMS = `count(*) AS calls, count(c.joined_at) AS joined, coalesce(sum(c.ended_at - c.joined_at), 0) AS talk_ms,
  coalesce(sum(c.direction = 'out'), 0) AS placed,
  coalesce(sum(CASE c.direction WHEN 'out' THEN c.ended_at - c.answered_at END), 0) AS placed_ms`;

const SUM_COLUMNS: Readonly<Record<SumKey, string>> = { account: 'account_id', number: 'dialled', trunk: 'trunk' };

/** Above every character, for the end of a range of texts that begin alike. */
const LAST = '\u{10ffff}';

const toSum = (row: SumRow): CallSum => ({
  calls: row.calls,
  joined: row.joined,
  talkMs: row.talk_ms,
  placed: row.placed,
  placedMs: row.placed_ms,
});

/** What is read of the records of calls and conferences, with the names that their identifiers have now. */
export class ReportTables {
  readonly #statements: Statements;
  readonly #conference: Statement<[number], ReportedConferenceRow>;
  readonly #named: Statement<[{ reference: string; limit: number }], ReportedCallRow>;
  readonly #like: Statement<[{ reference: string; end: string; limit: number }], ReportedCallRow>;
  readonly #story: Statement<[string], { readonly story: string | null }>;

  constructor(database: Database) {
    this.#statements = new Statements(database);
    this.#conference = database.prepare(`${CONFERENCES} WHERE c.id = ?`);
    // each condition has an index of its own
    this.#named = database.prepare(
      `${CALLS} WHERE c.seq IN (SELECT seq FROM call_records WHERE id = :reference
         UNION SELECT seq FROM call_records WHERE sip_call_id = :reference) ORDER BY c.seq DESC LIMIT :limit`,
    );
    this.#like = database.prepare(
      `${CALLS} WHERE c.seq IN (
           SELECT * FROM (SELECT seq FROM call_records WHERE id >= :reference AND id < :end LIMIT :limit)
         UNION SELECT * FROM (SELECT seq FROM call_records WHERE sip_call_id >= :reference AND sip_call_id < :end LIMIT :limit))
       ORDER BY c.seq DESC LIMIT :limit`,
    );
    this.#story = database.prepare('SELECT story FROM call_records WHERE id = ?');
  }

  calls(filter: CallFilter, page: PageOf): Page<ReportedCall> {
    const { sql, parameters } = after(callsWhere(filter), 'seq', page.after);
    const rows = this.#statements
      .prepared<ReportedCallRow>(`${CALLS} ${sql} ORDER BY c.started_at DESC, c.seq DESC LIMIT :limit`)
      .all({ ...parameters, limit: page.limit });
    const last = rows.length < page.limit ? undefined : rows.at(-1);
    return {
      rows: rows.map(toReportedCall),
      next: last === undefined ? null : { at: last.started_at, seq: last.seq },
    };
  }

  conferences(filter: ConferenceFilter, page: PageOf): Page<ReportedConference> {
    const { sql, parameters } = after(conferencesWhere(filter), 'id', page.after);
    const rows = this.#statements
      .prepared<ReportedConferenceRow>(`${CONFERENCES} ${sql} ORDER BY c.started_at DESC, c.id DESC LIMIT :limit`)
      .all({ ...parameters, limit: page.limit });
    const last = rows.length < page.limit ? undefined : rows.at(-1);
    return {
      rows: rows.map(toReportedConference),
      next: last === undefined ? null : { at: last.started_at, seq: last.id },
    };
  }

  conference(id: number): ReportedConference | null {
    const row = this.#conference.get(id);
    return row === undefined ? null : toReportedConference(row);
  }

  callsLike(reference: string, limit: number): readonly ReportedCall[] {
    const named = this.#named.all({ reference, limit });
    const rows = named.length > 0 ? named : this.#like.all({ reference, end: reference + LAST, limit });
    return rows.map(toReportedCall);
  }

  story(id: CallId): string | null {
    return this.#story.get(id)?.story ?? null;
  }

  span(filter: CallFilter): { readonly first: number; readonly last: number } | null {
    const { sql, parameters } = callsWhere(filter);
    const at = (order: 'ASC' | 'DESC'): number | undefined =>
      this.#statements
        .prepared<{ readonly at: number }>(
          `SELECT c.started_at AS at FROM call_records c ${sql} ORDER BY c.started_at ${order} LIMIT 1`,
        )
        .get(parameters)?.at;
    const [first, last] = [at('ASC'), at('DESC')];
    return first === undefined || last === undefined ? null : { first, last };
  }

  sum(filter: CallFilter): CallSum {
    const { sql, parameters } = callsWhere(filter);
    const row = this.#statements.prepared<SumRow>(`SELECT ${SUMS} FROM call_records c ${sql}`).get(parameters);
    return toSum(row ?? { calls: 0, joined: 0, talk_ms: 0, placed: 0, placed_ms: 0 });
  }

  *sumBy(key: SumKey, filter: CallFilter): Iterable<KeyedSum> {
    const { sql, parameters } = callsWhere(filter);
    const column = SUM_COLUMNS[key];
    const sums = `SELECT c.${column} AS key, ${SUMS} FROM call_records c ${sql} GROUP BY c.${column}`;
    const named =
      key === 'account'
        ? `SELECT s.*, a.name FROM (${sums}) s LEFT JOIN accounts a ON a.id = s.key
           ORDER BY a.folded_name IS NULL, a.folded_name, s.key IS NULL, s.key`
        : `SELECT s.*, NULL AS name FROM (${sums}) s ORDER BY s.key IS NULL, s.key`;
    for (const row of this.#statements.prepared<KeyedRow>(named).iterate(parameters)) {
      yield { ...toSum(row), key: row.key, name: row.name };
    }
  }
}
