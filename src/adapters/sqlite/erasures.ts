import type { Database, Statement } from 'better-sqlite3';
import { accountId, type AccountId } from '../../domain/identifiers.js';
import { holdsNumber } from './live-numbers.js';
import type { PinTable } from './pins.js';

interface ErasureRow {
  readonly seq: number;
  readonly account_id: string;
  readonly label: string;
  readonly erase_records: number;
  readonly begun_at: number;
}

/** What an account has of its own, in an order in which each goes alone. Anything else goes with the account's row. */
const OWN = [
  ['deliveries', 'account_seq = :account'],
  ['invitees', 'booking_seq IN (SELECT seq FROM bookings WHERE account_seq = :account)'],
  ['occurrences', 'booking_seq IN (SELECT seq FROM bookings WHERE account_seq = :account)'],
  ['bookings', 'account_seq = :account'],
  ['blocks', 'account_seq = :account'],
  ['recordings', 'account_seq = :account'],
] as const;

const LABEL = `'removed' || lower(hex(randomblob(10)))`;
/** Erasures looked at in one go. */
const PAGE = 50;
/** Longer than the longest conference: by then no call is up that was up when the erasing began, milliseconds (8 days). */
const LATE_MS = 8 * 86_400_000;
/** How long what is up is taken for what it was, milliseconds. */
const LIVE_MS = 10_000;

/** Accounts on their way out: marked in one transaction, gone in many short ones, whoever makes them. */
export class ErasureTable {
  readonly #pins: PinTable;
  readonly #begin: Statement<[string, number, number]>;
  readonly #unname: Statement<[string, string]>;
  readonly #page: Statement<[number, number], ErasureRow>;
  readonly #seqOf: Statement<[string], { readonly seq: number }>;
  readonly #removeOwn: readonly Statement[];
  readonly #removeAccount: Statement<[string]>;
  readonly #removeCalls: Statement<[string, number]>;
  readonly #removeConferences: Statement<[string, number]>;
  readonly #labelCalls: Statement;
  readonly #labelConferences: Statement;
  readonly #allLive: Statement<[], { readonly id: string; readonly data: string }>;
  readonly #end: Statement<[number]>;
  /** Where the round is, and whether it has come by one that waits. */
  #behind = 0;
  #waits = false;
  #live: { readonly at: number; readonly words: ReadonlySet<string> } | null = null;

  constructor(database: Database, pins: PinTable) {
    this.#pins = pins;
    this.#begin = database.prepare(
      `INSERT INTO erasures (account_id, label, erase_records, begun_at) VALUES (?, ${LABEL}, ?, ?)
       ON CONFLICT (account_id) DO UPDATE SET erase_records = max(erase_records, excluded.erase_records)`,
    );
    this.#unname = database.prepare(
      `UPDATE accounts SET enabled = 0, name = e.label, folded_name = e.label, email = NULL, time_zone = NULL,
         language = NULL, options = '{}'
       FROM (SELECT label FROM erasures WHERE account_id = ?) AS e WHERE id = ?`,
    );
    this.#page = database.prepare(
      'SELECT seq, account_id, label, erase_records, begun_at FROM erasures WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#seqOf = database.prepare('SELECT seq FROM accounts WHERE id = ?');
    this.#removeOwn = OWN.map(([table, condition]) =>
      database.prepare(`DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE ${condition} LIMIT :limit)`),
    );
    this.#removeAccount = database.prepare('DELETE FROM accounts WHERE id = ?');
    this.#removeCalls = database.prepare(
      'DELETE FROM call_records WHERE seq IN (SELECT seq FROM call_records WHERE account_id = ? LIMIT ?)',
    );
    this.#removeConferences = database.prepare(
      'DELETE FROM conference_records WHERE id IN (SELECT id FROM conference_records WHERE account_id = ? LIMIT ?)',
    );
    // bookings and invitees are gone: what still named them would only tie records to a mail somebody kept
    this.#labelCalls = database.prepare(
      `UPDATE call_records SET account_id = :label, booking_id = NULL, invitee_id = NULL
       WHERE seq IN (SELECT seq FROM call_records WHERE account_id = :id LIMIT :limit)`,
    );
    this.#labelConferences = database.prepare(
      `UPDATE conference_records SET account_id = :label, conference_id = :label, booking_id = NULL
       WHERE id IN (SELECT id FROM conference_records WHERE account_id = :id LIMIT :limit)`,
    );
    this.#allLive = database.prepare('SELECT id, data FROM live');
    this.#end = database.prepare('DELETE FROM erasures WHERE seq = ?');
  }

  begin(id: AccountId, eraseRecords: boolean): boolean {
    if (this.#seqOf.get(id) === undefined) return false;
    this.#begin.run(id, eraseRecords ? 1 : 0, Math.round(this.#pins.now()));
    this.#unname.run(id, id);
    return true;
  }

  /** Goes round: each call goes on behind the erasures that the call before found to have nothing left. */
  some(limit: number): 'more' | 'onwards' | 'live' | 'done' {
    const erasures = this.#page.all(this.#behind, PAGE);
    for (const erasure of erasures) {
      if (this.#someOf(erasure, limit)) return 'more';
      if (this.#liveWords().has(erasure.account_id)) this.#waits = true;
      else if (erasure.begun_at < this.#pins.now() - LATE_MS) this.#end.run(erasure.seq);
      this.#behind = erasure.seq;
    }
    if (erasures.length === PAGE) return 'onwards';
    const waits = this.#waits;
    [this.#behind, this.#waits, this.#live] = [0, false, null];
    return waits ? 'live' : 'done';
  }

  /** Those that are noted, the first that began first. @param after their number */
  noted(after: number, limit: number): readonly { readonly number: number; readonly accountId: AccountId }[] {
    return this.#page.all(after, limit).map((row) => ({ number: row.seq, accountId: accountId(row.account_id) }));
  }

  /** @param digits of a telephone number, only digits */
  liveHoldsNumber(digits: string): boolean {
    for (const { data } of this.#allLive.iterate()) if (holdsNumber(data, digits)) return true;
    return false;
  }

  /** All words in what is up, ids among them, looked through once for many erasures. */
  #liveWords(): ReadonlySet<string> {
    const now = this.#pins.now();
    if (this.#live !== null && Math.abs(now - this.#live.at) < LIVE_MS) return this.#live.words;
    const words = new Set<string>();
    for (const { id, data } of this.#allLive.iterate()) {
      for (const [word] of `${id} ${data}`.matchAll(/\w+/g)) words.add(word);
    }
    this.#live = { at: now, words };
    return words;
  }

  /** @returns whether there was anything */
  #someOf({ account_id: id, label, erase_records: erases }: ErasureRow, limit: number): boolean {
    const account = this.#seqOf.get(id)?.seq;
    if (account !== undefined) {
      if (this.#pins.retireAll({ accountSeq: account }, limit) > 0) return true;
      if (this.#removeOwn.some((remove) => remove.run({ account, limit }).changes > 0)) return true;
      return this.#removeAccount.run(id).changes > 0;
    }
    if (erases === 1) {
      // those of calls that ended meanwhile are under the label
      return [id, label].some(
        (whose) =>
          this.#removeCalls.run(whose, limit).changes > 0 || this.#removeConferences.run(whose, limit).changes > 0,
      );
    }
    const values = { id, label, limit };
    return this.#labelCalls.run(values).changes > 0 || this.#labelConferences.run(values).changes > 0;
  }
}
