import type { Database, Statement } from 'better-sqlite3';
import { Duplicate, OutdatedHash } from '../../ports/store.js';
import type { CodeRole, NewPin } from '../../ports/store.js';

/** Nobody is given a code so long after it was replaced or removed, milliseconds (90 days). */
const RETIRED_MS = 90 * 86_400_000;

/** Row numbers of what codes belong to: an account itself, or one of its bookings, of that one occurrence alone, or one invitee. */
export interface PinOwner {
  readonly accountSeq: number | bigint;
  readonly bookingSeq?: number | bigint;
  readonly occurrenceSeq?: number | bigint;
  readonly inviteeSeq?: number | bigint;
}

/** All codes at or below one thing, e.g. those of a booking with those of its occurrences and invitees. */
export type PinScope =
  | { readonly accountSeq: number | bigint }
  | { readonly bookingSeq: number | bigint }
  | { readonly occurrenceSeq: number | bigint }
  | { readonly inviteeSeq: number | bigint };

const COLUMNS = {
  accountSeq: 'account_seq',
  bookingSeq: 'booking_seq',
  occurrenceSeq: 'occurrence_seq',
  inviteeSeq: 'invitee_seq',
} as const;

const ROLES: readonly CodeRole[] = ['host', 'guest', 'access', 'moderator', 'security'];

const OF_OWNER = `account_seq = :account AND role = :role AND coalesce(booking_seq, 0) = :booking
  AND coalesce(occurrence_seq, 0) = :occurrence AND coalesce(invitee_seq, 0) = :invitee`;

/** The first so many, in an order that stays. */
const someOf = (column: string): string =>
  `hash IN (SELECT hash FROM pins WHERE ${column} = :seq ORDER BY hash LIMIT :limit)`;

const ownerValues = (owner: PinOwner): Readonly<Record<string, number | bigint>> => ({
  account: owner.accountSeq,
  booking: owner.bookingSeq ?? 0,
  occurrence: owner.occurrenceSeq ?? 0,
  invitee: owner.inviteeSeq ?? 0,
});

/** Version of the PIN key that a hash is under, or `null`: it says none. */
export const versionOf = (hash: string): number | null => {
  const version = /^v(\d+)\./.exec(hash)?.[1];
  return version === undefined ? null : Number(version);
};

/** PINs and codes of every kind and owner, and those that are retired: within a transaction of the caller. */
export class PinTable {
  readonly #now: () => number;
  readonly #add: Statement;
  readonly #retired: Statement<[string, number], { readonly 1: 1 }>;
  readonly #keyVersion: Statement<[], { readonly value: string }>;
  readonly #retireOwn: Statement;
  readonly #removeOwn: Statement;
  readonly #retireScope: ReadonlyMap<string, Statement>;
  readonly #removeScope: ReadonlyMap<string, Statement>;
  readonly #taken: Statement<[string], { readonly 1: 1 }>;
  readonly #count: Statement<[number], { readonly n: number }>;
  readonly #sealed: Statement<[], { readonly 1: 1 }>;
  readonly #countSealed: Statement<[], { readonly n: number }>;
  readonly #lastOf: Statement<[string, number], { readonly last: string | null; readonly n: number }>;
  readonly #forgetSealed: Statement<[string, string]>;
  readonly #forget: Statement<[number, number]>;

  /** @param now milliseconds since the epoch */
  constructor(database: Database, now: () => number) {
    this.#now = now;
    this.#add = database.prepare(
      `INSERT INTO pins (hash, account_seq, role, booking_seq, occurrence_seq, invitee_seq, length, sealed)
       VALUES (:hash, :account, :role, nullif(:booking, 0), nullif(:occurrence, 0), nullif(:invitee, 0), :length, :sealed)`,
    );
    this.#retired = database.prepare('SELECT 1 FROM retired_pins WHERE hash = ? AND free_at > ?');
    this.#keyVersion = database.prepare(`SELECT value FROM facts WHERE name = 'pin-key-version'`);
    const retire = (where: string): Statement =>
      database.prepare(
        `INSERT INTO retired_pins (hash, free_at) SELECT hash, :freeAt FROM pins WHERE ${where}
         ON CONFLICT (hash) DO UPDATE SET free_at = excluded.free_at`,
      );
    this.#retireOwn = retire(OF_OWNER);
    this.#removeOwn = database.prepare(`DELETE FROM pins WHERE ${OF_OWNER}`);
    const columns = Object.values(COLUMNS);
    this.#retireScope = new Map(columns.map((column) => [column, retire(someOf(column))]));
    this.#removeScope = new Map(
      columns.map((column) => [column, database.prepare(`DELETE FROM pins WHERE ${someOf(column)}`)]),
    );
    this.#taken = database.prepare('SELECT 1 FROM pins WHERE hash = ?');
    this.#count = database.prepare(
      'SELECT (SELECT count(*) FROM pins WHERE length = ?) + (SELECT count(*) FROM pins WHERE length IS NULL) AS n',
    );
    this.#sealed = database.prepare('SELECT 1 FROM pins WHERE sealed IS NOT NULL LIMIT 1');
    this.#countSealed = database.prepare('SELECT count(*) AS n FROM pins WHERE sealed IS NOT NULL');
    this.#lastOf = database.prepare(
      'SELECT max(hash) AS last, count(*) AS n FROM (SELECT hash FROM pins WHERE hash > ? ORDER BY hash LIMIT ?)',
    );
    this.#forgetSealed = database.prepare(
      'UPDATE pins SET sealed = NULL WHERE hash > ? AND hash <= ? AND sealed IS NOT NULL',
    );
    this.#forget = database.prepare(
      'DELETE FROM retired_pins WHERE hash IN (SELECT hash FROM retired_pins WHERE free_at <= ? ORDER BY free_at LIMIT ?)',
    );
  }

  /**
   * Adds codes, one of each role at most; the owner has none of that role (retire it first).
   * @throws {Duplicate} when one is taken, or retired and not free yet; {OutdatedHash}
   */
  add(owner: PinOwner, codes: Readonly<Partial<Record<CodeRole, NewPin>>>): void {
    const values = ownerValues(owner);
    for (const role of ROLES) {
      const code = codes[role];
      if (code === undefined) continue;
      this.check(code.hash);
      this.#add.run({ ...values, role, hash: code.hash, length: code.length, sealed: code.sealed ?? null });
    }
  }

  /** Retires the owner's own codes of these roles, all of them where nothing is said: they open nothing any more. @returns how many */
  retire(owner: PinOwner, roles: readonly CodeRole[] = ROLES): number {
    const values = ownerValues(owner);
    let retired = 0;
    for (const role of roles) {
      this.#retireOwn.run({ ...values, role, freeAt: this.#freeAt() });
      retired += this.#removeOwn.run({ ...values, role }).changes;
    }
    return retired;
  }

  /** Retires all codes of an account, a booking, an occurrence or an invitee; before its row is removed. @param limit at most so many, -1: all @returns how many */
  retireAll(scope: PinScope, limit = -1): number {
    const [name, seq] = Object.entries(scope)[0] as [keyof typeof COLUMNS, number | bigint];
    this.#retireScope.get(COLUMNS[name])?.run({ seq, limit, freeAt: this.#freeAt() });
    return this.#removeScope.get(COLUMNS[name])?.run({ seq, limit }).changes ?? 0;
  }

  /** Live codes of so many digits, of every kind, with those of unknown length. */
  countOfLength(length: number): number {
    return this.#count.get(length)?.n ?? 0;
  }

  /** Forgets retired codes whose time is over, at most `limit` of them. @returns how many */
  forgetRetired(limit: number): number {
    return this.#forget.run(this.#now(), limit).changes;
  }

  /** Whether nobody has it, nor had it in the last 90 days. */
  isFree(hash: string): boolean {
    return this.#taken.get(hash) === undefined && this.#retired.get(hash, this.#now()) === undefined;
  }

  hasSealed(): boolean {
    return this.#sealed.get() !== undefined;
  }

  countSealed(): number {
    return this.#countSealed.get()?.n ?? 0;
  }

  /** Destroys sealed copies among the next codes, in the order of their hashes. @returns where to go on, `null`: nowhere; and how many there were */
  forgetSealed(after: string, limit: number): { readonly next: string | null; readonly forgotten: number } {
    const { last, n } = this.#lastOf.get(after, limit) ?? { last: null, n: 0 };
    const forgotten = last === null ? 0 : this.#forgetSealed.run(after, last).changes;
    return { next: n < limit ? null : last, forgotten };
  }

  /** The version of the PIN key that all hashes are under. */
  keyVersion(): number {
    return Number(this.#keyVersion.get()?.value ?? 1);
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now();
  }

  #freeAt(): number {
    return Math.round(this.#now()) + RETIRED_MS;
  }

  /** @throws {Duplicate}, {OutdatedHash} */
  check(hash: string): void {
    const version = versionOf(hash);
    if (version !== null && version !== this.keyVersion()) throw new OutdatedHash('hashed under another PIN key');
    if (this.#retired.get(hash, this.#now()) !== undefined) throw new Duplicate('taken already (retired_pins.hash)');
  }
}
