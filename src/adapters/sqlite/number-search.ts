import type { Database, Statement } from 'better-sqlite3';
import { callerDigits, maskCaller } from '../../domain/access/callers.js';
import type { HeldRows } from '../../ports/store-privacy.js';
import { shown } from './held.js';
import type { Row } from './held.js';

interface NumberRow {
  readonly seq: number;
  readonly number: string;
}

interface CallRow {
  readonly seq: number;
  readonly direction: 'in' | 'out';
  readonly caller: string | null;
  readonly dialled: string;
}

interface AllowingRow {
  readonly seq: number;
  readonly id: string;
  readonly options: string;
}

/** Accounts looked through by one short read. */
const ACCOUNTS = 50_000;
const PAGE = 1_000;

/** Whether these options of an account name the number among those who may call; a pattern names nobody. */
function allows(options: string, digits: string): boolean {
  const { allowedCallers } = JSON.parse(options) as { readonly allowedCallers?: readonly string[] };
  return allowedCallers?.includes(digits) === true;
}

const wholeRows = (statement: Statement<[number], Row>, seqs: readonly number[]): readonly Row[] =>
  seqs.map((seq) => statement.get(seq)).filter((row) => row !== undefined);

function* pagesOf(kind: string, rows: readonly Row[]): Generator<HeldRows> {
  for (let from = 0; from < rows.length; from += PAGE) yield { kind, rows: rows.slice(from, from + PAGE).map(shown) };
}

/** Rows of one walk, in which a number was looked for. */
interface Walk {
  readonly next: number | null;
  readonly calls: readonly CallRow[];
}

const is = (number: string | null, digits: string): boolean => callerDigits(number) === digits;

/** Whom a number stands for in a record: who called, or who was called for a host. */
const isOf = ({ direction, caller, dialled }: CallRow, digits: string): boolean =>
  is(caller, digits) || (direction === 'out' && is(dialled, digits));

/**
 * A telephone number, wherever it is held. It is looked for by its digits, whatever its spelling; one that is held masked is nobody's.
 * Everything is looked through in order, since no index of callers is worth its size for what is asked for once a year.
 */
export class NumberSearch {
  readonly #numbers: Statement<[number, number], CallRow>;
  readonly #whole: Statement<[number], Row>;
  readonly #cut: Statement<[string | null, string, number]>;
  readonly #removeBlocks: Statement<[string]>;
  readonly #invitees: Statement<[], NumberRow>;
  readonly #forgetPhone: Statement<[number]>;
  readonly #deliveries: Statement<[], NumberRow>;
  readonly #removeDelivery: Statement<[number]>;

  readonly #blocks: Statement<[string], Row>;
  readonly #allowing: Statement<[{ readonly digits: string; readonly after: number }], AllowingRow>;
  readonly #lastAccount: Statement<[], { readonly seq: number }>;
  readonly #wholeInvitee: Statement<[number], Row>;
  readonly #wholeDelivery: Statement<[number], Row>;

  constructor(database: Database) {
    this.#numbers = database.prepare(
      'SELECT seq, direction, caller, dialled FROM call_records WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#whole = database.prepare('SELECT * FROM call_records WHERE seq = ?');
    this.#cut = database.prepare('UPDATE call_records SET caller = ?, dialled = ? WHERE seq = ?');
    this.#removeBlocks = database.prepare('DELETE FROM blocks WHERE caller_number = ?');
    this.#invitees = database.prepare('SELECT seq, phone AS number FROM invitees WHERE phone IS NOT NULL');
    this.#forgetPhone = database.prepare('UPDATE invitees SET phone = NULL WHERE seq = ?');
    this.#deliveries = database.prepare(`SELECT seq, address AS number FROM deliveries WHERE channel = 'sms'`);
    this.#blocks = database.prepare(
      'SELECT a.id AS account_id, b.* FROM blocks b LEFT JOIN accounts a ON a.seq = b.account_seq WHERE b.caller_number = ?',
    );
    this.#allowing = database.prepare(
      `SELECT seq, id, options FROM accounts
       WHERE seq > :after AND seq <= :after + ${ACCOUNTS} AND instr(options, 'allowedCallers') > 0 AND instr(options, :digits) > 0`,
    );
    this.#wholeInvitee = database.prepare(
      `SELECT a.id AS account_id, b.id AS booking_id, i.* FROM invitees i JOIN bookings b ON b.seq = i.booking_seq
       JOIN accounts a ON a.seq = b.account_seq WHERE i.seq = ?`,
    );
    this.#wholeDelivery = database.prepare(
      'SELECT a.id AS account_id, d.* FROM deliveries d JOIN accounts a ON a.seq = d.account_seq WHERE d.seq = ?',
    );
    this.#lastAccount = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM accounts');
    this.#removeDelivery = database.prepare('DELETE FROM deliveries WHERE seq = ?');
  }

  calls(digits: string, after: number, limit: number): Walk {
    const rows = this.#numbers.all(after, limit);
    const last = rows.at(-1);
    return {
      next: last === undefined || rows.length < limit ? null : last.seq,
      calls: rows.filter((row) => isOf(row, digits)),
    };
  }

  records({ calls }: Walk): readonly Row[] {
    return calls.flatMap(({ seq }) => {
      const row = this.#whole.get(seq);
      return row === undefined ? [] : [shown(row)];
    });
  }

  /** Row numbers of invitees and of messages to be sent. */
  elsewhere(digits: string): { readonly invitees: readonly number[]; readonly deliveries: readonly number[] } {
    const found = (rows: IterableIterator<NumberRow>): readonly number[] => {
      const seqs: number[] = [];
      for (const { seq, number } of rows) if (is(number, digits)) seqs.push(seq);
      return seqs;
    };
    return { invitees: found(this.#invitees.iterate()), deliveries: found(this.#deliveries.iterate()) };
  }

  /** What else is held on it, by short reads. */
  *held(digits: string): Generator<HeldRows> {
    yield* pagesOf('blocks', this.#blocks.all(digits));
    const last = this.#lastAccount.get()?.seq ?? 0;
    for (let after = 0; after < last; after += ACCOUNTS) {
      const accounts = this.#allowing.all({ digits, after }).filter(({ options }) => allows(options, digits));
      yield* pagesOf(
        'allowed-callers',
        accounts.map(({ id }) => ({ account_id: id, caller_number: digits })),
      );
    }
    const { invitees, deliveries } = this.elsewhere(digits);
    yield* pagesOf('invitees', wholeRows(this.#wholeInvitee, invitees));
    yield* pagesOf('deliveries', wholeRows(this.#wholeDelivery, deliveries));
  }

  eraseCalls({ calls }: Walk): number {
    for (const { seq, direction, caller, dialled } of calls) {
      const called = direction === 'out' ? maskCaller(dialled, 0) : dialled;
      this.#cut.run(caller === null ? null : maskCaller(caller, 0), called, seq);
    }
    return calls.length;
  }

  eraseElsewhere(digits: string, { invitees, deliveries }: ReturnType<NumberSearch['elsewhere']>): number {
    for (const seq of invitees) this.#forgetPhone.run(seq);
    for (const seq of deliveries) this.#removeDelivery.run(seq);
    return this.#removeBlocks.run(digits).changes + invitees.length + deliveries.length;
  }
}
