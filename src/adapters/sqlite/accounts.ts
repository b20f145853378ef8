import type { Database, Statement } from 'better-sqlite3';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../domain/conference-options.js';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import { StoreUnavailable } from '../../ports/store.js';
import type {
  Account,
  AccountChange,
  AccountCodes,
  AccountPin,
  AccountPins,
  CodeRole,
  NewPin,
  PinHash,
} from '../../ports/store.js';
import type { PinTable } from './pins.js';

export interface AccountRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly enabled: number;
  readonly options: string;
  readonly created_at: number;
  readonly email: string | null;
  readonly time_zone: string | null;
  readonly language: string | null;
}

export const ACCOUNT_COLUMNS =
  'a.seq, a.id, a.name, a.enabled, a.options, a.created_at, a.email, a.time_zone, a.language';

/** Whether account `a` is there: until an import is over none of its accounts are. */
export const IS_THERE = 'NOT EXISTS (SELECT 1 FROM importing WHERE account_seq = a.seq)';

/** Names are the same whatever their case, in every script; SQLite itself folds only ASCII. */
export const foldName = (name: string): string => name.normalize('NFC').toLowerCase();

/** An option that came with a later version has its default in accounts made before. */
function readOptions(text: string): ConferenceOptions {
  try {
    return { ...DEFAULT_CONFERENCE_OPTIONS, ...(JSON.parse(text) as Partial<ConferenceOptions>) };
  } catch {
    throw new StoreUnavailable('the database is damaged: options of an account cannot be read, restore a backup');
  }
}

export const toAccount = (row: AccountRow): Account => ({
  id: accountId(row.id),
  name: row.name,
  enabled: row.enabled === 1,
  options: readOptions(row.options),
  createdAt: row.created_at,
  ...(row.email === null ? {} : { email: row.email }),
  ...(row.time_zone === null ? {} : { timeZone: row.time_zone }),
  ...(row.language === null ? {} : { language: row.language }),
});

export const STORED = 'id, name, folded_name, enabled, options, created_at, email, time_zone, language';

/** The columns of an account but for when it was made. */
export const storedOf = (
  account: Omit<Account, 'email' | 'timeZone' | 'language' | 'createdAt'> &
    Pick<AccountChange, 'email' | 'timeZone' | 'language'>,
): Readonly<Record<string, string | number | null>> => ({
  id: account.id,
  name: account.name,
  foldedName: foldName(account.name),
  enabled: account.enabled ? 1 : 0,
  options: JSON.stringify(account.options),
  email: account.email ?? null,
  timeZone: account.timeZone ?? null,
  language: account.language ?? null,
});

/** Accounts and their PINs and codes. */
export class AccountTable {
  readonly #pins: PinTable;
  readonly #add: Statement;
  readonly #byId: Statement<[string], AccountRow>;
  readonly #byName: Statement<[string], AccountRow>;
  readonly #update: Statement;
  readonly #count: Statement<[], { n: number }>;
  readonly #codeMatches: Statement<[string, string, string], { readonly 1: 1 }>;
  readonly #pinsOf: Statement<[string], AccountPin>;
  readonly #rolesOf: Statement<[string], { readonly role: string }>;
  readonly #securityCodeOf: Statement<[string], { readonly hash: string }>;

  constructor(database: Database, pins: PinTable) {
    this.#pins = pins;
    this.#add = database.prepare(
      `INSERT INTO accounts (${STORED}) VALUES (:id, :name, :foldedName, :enabled, :options, :createdAt, :email, :timeZone, :language)`,
    );
    this.#byId = database.prepare(`SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE a.id = ? AND ${IS_THERE}`);
    this.#byName = database.prepare(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE a.folded_name = ? AND ${IS_THERE} ORDER BY a.seq`,
    );
    this.#update = database.prepare(
      `UPDATE accounts SET name = :name, folded_name = :foldedName, enabled = :enabled, options = :options,
         email = :email, time_zone = :timeZone, language = :language WHERE id = :id`,
    );
    this.#count = database.prepare('SELECT count(*) AS n FROM accounts');
    this.#codeMatches = database.prepare(
      `SELECT 1 FROM pins p JOIN accounts a ON a.seq = p.account_seq
       WHERE p.hash = ? AND p.role = ? AND a.id = ? AND a.enabled = 1`,
    );
    this.#pinsOf = database.prepare(
      `SELECT p.role, p.length, p.sealed FROM pins p JOIN accounts a ON a.seq = p.account_seq
       WHERE a.id = ? AND p.booking_seq IS NULL ORDER BY p.role`,
    );
    this.#rolesOf = database.prepare(
      'SELECT p.role FROM pins p JOIN accounts a ON a.seq = p.account_seq WHERE a.id = ? AND p.booking_seq IS NULL',
    );
    this.#securityCodeOf = database.prepare(
      `SELECT p.hash FROM pins p JOIN accounts a ON a.seq = p.account_seq WHERE a.id = ? AND p.role = 'security' AND p.booking_seq IS NULL`,
    );
  }

  add(account: Account, pins: AccountPins): void {
    const { lastInsertRowid } = this.#add.run({ ...storedOf(account), createdAt: Math.round(account.createdAt) });
    this.#pins.add({ accountSeq: lastInsertRowid }, pins);
  }

  byId(id: AccountId): Account | null {
    const row = this.#byId.get(id);
    return row === undefined ? null : toAccount(row);
  }

  named(name: string): readonly Account[] {
    return this.#byName.all(foldName(name)).map(toAccount);
  }

  update(id: AccountId, change: AccountChange): boolean {
    const row = this.#byId.get(id);
    if (row === undefined) return false;
    this.#update.run(storedOf({ ...toAccount(row), ...change }));
    if (change.securityCode !== undefined) this.#setSecurityCode(row.seq, change.securityCode);
    return true;
  }

  count(): number {
    return this.#count.get()?.n ?? 0;
  }

  codesOf(id: AccountId): AccountCodes | null {
    if (this.#byId.get(id) === undefined) return null;
    const roles = this.#rolesOf.all(id).map(({ role }) => role);
    return { accessCode: roles.includes('access'), securityCode: roles.includes('security') };
  }

  codeMatches(id: AccountId, code: 'moderator' | 'security', hash: PinHash): boolean {
    return this.#codeMatches.get(hash, code, id) !== undefined;
  }

  securityCodeOf(id: AccountId): PinHash | null {
    return this.#securityCodeOf.get(id)?.hash ?? null;
  }

  pinsOf(id: AccountId): readonly AccountPin[] {
    return this.#pinsOf.all(id);
  }

  /** Puts these in place of the account's own of the same roles. @returns whether there is such an account */
  rotate(id: AccountId, codes: Readonly<Partial<Record<CodeRole, NewPin>>>): boolean {
    const account = this.#byId.get(id);
    if (account === undefined) return false;
    const owner = { accountSeq: account.seq };
    this.#pins.retire(owner, Object.keys(codes) as CodeRole[]);
    this.#pins.add(owner, codes);
    return true;
  }

  #setSecurityCode(accountSeq: number, code: NewPin | null): void {
    const owner = { accountSeq };
    this.#pins.retire(owner, ['security']);
    if (code !== null) this.#pins.add(owner, { security: code });
  }
}
