import type { Database, Statement } from 'better-sqlite3';
import { canonicalNumber, comparableNumber } from '../../domain/access/dial-in.js';
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

const CALLS = `SELECT ${CALL_COLUMNS}, a.name AS account_name, b.title AS booking_title, i.name AS invitee_name
  FROM call_records c LEFT JOIN accounts a ON a.id = c.account_id
    LEFT JOIN bookings b ON b.id = c.booking_id LEFT JOIN invitees i ON i.id = c.invitee_id`;

const CONFERENCES = `SELECT c.*, a.name AS account_name, b.title AS booking_title,
    (SELECT count(*) FROM recordings r WHERE r.conference_record_id = c.id) AS recordings
  FROM conference_records c LEFT JOIN accounts a ON a.id = c.account_id LEFT JOIN bookings b ON b.id = c.booking_id`;

/** The fields of a sum by their names: rows are handed on as they are, half a million of them. */
const SUMS = `count(*) AS calls, count(c.joined_at) AS joined, coalesce(sum(c.ended_at - c.joined_at), 0) AS talkMs,
  coalesce(sum(c.direction = 'out'), 0) AS placed,
  coalesce(sum(CASE c.direction WHEN 'out' THEN c.ended_at - c.answered_at END), 0) AS placedMs`;

const SUM_COLUMNS: Readonly<Record<SumKey, string>> = { account: 'account_id', number: 'dialled', trunk: 'trunk' };

/** Above every character, for the end of a range of texts that begin alike. */
const LAST = '\u{10ffff}';

/**
 * Sums of each account with its name, from an index that holds the names by id: half a million accounts read from the table itself, in
 * whatever order, take longer than all the rest. SQLite would take the shorter index of the ids alone.
 */
const withNames = (sums: string): string =>
  `SELECT s.key, a.name, s.calls, s.joined, s.talkMs, s.placed, s.placedMs
   FROM (${sums}) s LEFT JOIN accounts a INDEXED BY accounts_named ON a.id = s.key
   ORDER BY coalesce(a.folded_name, :last), s.key IS NULL, s.key`;

/** Sums of each number whatever its spelling, under that with `+` where there is one: it is the first in order. */
const inOneSpelling = (sums: string): string =>
  `SELECT min(canonical_number(s.key)) AS key, NULL AS name, sum(s.calls) AS calls, sum(s.joined) AS joined, sum(s.talkMs) AS talkMs,
     sum(s.placed) AS placed, sum(s.placedMs) AS placedMs
   FROM (${sums}) s GROUP BY comparable_number(s.key) ORDER BY 1`;

/** Sums by key, in order, with what they are called. */
const SHOWN: Readonly<Record<SumKey, (sums: string) => string>> = {
  account: withNames,
  number: inOneSpelling,
  trunk: (sums) => `SELECT s.*, NULL AS name FROM (${sums}) s ORDER BY s.key IS NULL, s.key`,
};

/** What is read of the records of calls and conferences, with the names that their identifiers have now. */
export class ReportTables {
  readonly #statements: Statements;
  readonly #conference: Statement<[number], ReportedConferenceRow>;
  readonly #named: Statement<[{ reference: string; limit: number }], ReportedCallRow>;
  readonly #like: Statement<[{ reference: string; end: string; limit: number }], ReportedCallRow>;
  readonly #story: Statement<[string], { readonly story: string | null }>;

  constructor(database: Database) {
    database.function('canonical_number', { deterministic: true }, (number) => canonicalNumber(String(number)));
    database.function('comparable_number', { deterministic: true }, (number) => comparableNumber(String(number)));
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
    const row = this.#statements.prepared<CallSum>(`SELECT ${SUMS} FROM call_records c ${sql}`).get(parameters);
    return row ?? { calls: 0, joined: 0, talkMs: 0, placed: 0, placedMs: 0 };
  }

  sumBy(key: SumKey, filter: CallFilter): IterableIterator<KeyedSum> {
    const { sql, parameters } = callsWhere(filter);
    const column = SUM_COLUMNS[key];
    const sums = `SELECT c.${column} AS key, ${SUMS} FROM call_records c ${sql} GROUP BY c.${column}`;
    const given = key === 'account' ? { ...parameters, last: LAST } : parameters;
    return this.#statements.prepared<KeyedSum>(SHOWN[key](sums)).iterate(given);
  }
}
