import type { Database, Statement } from 'better-sqlite3';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../domain/conference-options.js';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import { StoreUnavailable } from '../../ports/store.js';
import type { Account, AccountChange, AccountCodes, AccountPins, NewPin, PinHash } from '../../ports/store.js';
import type { PinTable } from './pins.js';

export interface AccountRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly enabled: number;
  readonly options: string;
  readonly created_at: number;
}

export const ACCOUNT_COLUMNS = 'a.seq, a.id, a.name, a.enabled, a.options, a.created_at';

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
});

/** Accounts and their PINs and codes. */
export class AccountTable {
  readonly #pins: PinTable;
  readonly #add: Statement;
  readonly #byId: Statement<[string], AccountRow>;
  readonly #byName: Statement<[string], AccountRow>;
  readonly #first: Statement<[number], AccountRow>;
  readonly #after: Statement<[string, number], AccountRow>;
  readonly #update: Statement;
  readonly #remove: Statement<[string]>;
  readonly #forgetInCalls: Statement<[string]>;
  readonly #relabelConferences: Statement<[string]>;
  readonly #count: Statement<[], { n: number }>;
  readonly #codeMatches: Statement<[string, string, string], { readonly 1: 1 }>;
  readonly #rolesOf: Statement<[string], { readonly role: string }>;
  readonly #securityCodeOf: Statement<[string], { readonly hash: string }>;

  constructor(database: Database, pins: PinTable) {
    this.#pins = pins;
    this.#add = database.prepare(
      `INSERT INTO accounts (id, name, folded_name, enabled, options, created_at)
       VALUES (:id, :name, :foldedName, :enabled, :options, :createdAt)`,
    );
    this.#byId = database.prepare(`SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE a.id = ?`);
    this.#byName = database.prepare(`SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE a.folded_name = ? ORDER BY a.seq`);
    this.#first = database.prepare(`SELECT ${ACCOUNT_COLUMNS} FROM accounts a ORDER BY a.seq LIMIT ?`);
    this.#after = database.prepare(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE a.seq > (SELECT seq FROM accounts WHERE id = ?) ORDER BY a.seq LIMIT ?`,
    );
    this.#update = database.prepare(
      `UPDATE accounts SET name = coalesce(:name, name), folded_name = coalesce(:foldedName, folded_name),
         enabled = coalesce(:enabled, enabled), options = coalesce(:options, options) WHERE id = :id`,
    );
    this.#remove = database.prepare('DELETE FROM accounts WHERE id = ?');
    this.#forgetInCalls = database.prepare('UPDATE call_records SET account_id = NULL WHERE account_id = ?');
    // one label for all of the account's conferences: they still belong together, to nobody
    this.#relabelConferences = database.prepare(
      `UPDATE conference_records SET account_id = label.text, conference_id = label.text
       FROM (SELECT 'removed' || lower(hex(randomblob(10))) AS text) AS label WHERE account_id = ?`,
    );
    this.#count = database.prepare('SELECT count(*) AS n FROM accounts');
    this.#codeMatches = database.prepare(
      `SELECT 1 FROM pins p JOIN accounts a ON a.seq = p.account_seq
       WHERE p.hash = ? AND p.role = ? AND a.id = ? AND a.enabled = 1`,
    );
    this.#rolesOf = database.prepare(
      'SELECT p.role FROM pins p JOIN accounts a ON a.seq = p.account_seq WHERE a.id = ? AND p.booking_seq IS NULL',
    );
    this.#securityCodeOf = database.prepare(
      `SELECT p.hash FROM pins p JOIN accounts a ON a.seq = p.account_seq WHERE a.id = ? AND p.role = 'security' AND p.booking_seq IS NULL`,
    );
  }

  add(account: Account, pins: AccountPins): void {
    const { lastInsertRowid } = this.#add.run({
      id: account.id,
      name: account.name,
      foldedName: foldName(account.name),
      enabled: account.enabled ? 1 : 0,
      options: JSON.stringify(account.options),
      createdAt: Math.round(account.createdAt),
    });
    this.#pins.add({ accountSeq: lastInsertRowid }, pins);
  }

  byId(id: AccountId): Account | null {
    const row = this.#byId.get(id);
    return row === undefined ? null : toAccount(row);
  }

  named(name: string): readonly Account[] {
    return this.#byName.all(foldName(name)).map(toAccount);
  }

  page({ limit, after }: { readonly limit: number; readonly after?: AccountId }): readonly Account[] {
    return (after === undefined ? this.#first.all(limit) : this.#after.all(after, limit)).map(toAccount);
  }

  update(id: AccountId, change: AccountChange): boolean {
    const { changes } = this.#update.run({
      id,
      name: change.name ?? null,
      foldedName: change.name === undefined ? null : foldName(change.name),
      enabled: change.enabled === undefined ? null : change.enabled ? 1 : 0,
      options: change.options === undefined ? null : JSON.stringify(change.options),
    });
    if (changes > 0 && change.securityCode !== undefined) this.#setSecurityCode(id, change.securityCode);
    return changes > 0;
  }

  /** Its PINs, blocks and recordings go with it; its records stay, without it. */
  remove(id: AccountId): boolean {
    const account = this.#byId.get(id);
    if (account === undefined) return false;
    this.#pins.retireAll({ accountSeq: account.seq });
    this.#remove.run(id);
    this.#forgetInCalls.run(id);
    this.#relabelConferences.run(id);
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

  #setSecurityCode(id: AccountId, code: NewPin | null): void {
    const account = this.#byId.get(id);
    if (account === undefined) return;
    const owner = { accountSeq: account.seq };
    this.#pins.retire(owner, ['security']);
    if (code !== null) this.#pins.add(owner, { security: code });
  }
}
