import type { Database } from 'better-sqlite3';
import type { AccountId } from '../../domain/identifiers.js';
import type {
  Account,
  AccountChange,
  AccountCodes,
  AccountPage,
  AccountPin,
  AccountPins,
  Block,
  CodeRole,
  DialInNumber,
  LiveChange,
  NewPin,
  NextPinKey,
  PinHash,
  Recording,
  Store,
  Trunk,
} from '../../ports/store.js';
import type { AuditLine } from '../../ports/store-privacy.js';
import type { PrivacyStore } from '../../ports/store-privacy.js';
import { importAccounts } from './account-import.js';
import { AccountPages } from './account-pages.js';
import { AccountTable } from './accounts.js';
import { BlockTable, toBlock } from './blocks.js';
import { BookingSide } from './booking-side.js';
import { DirectoryTables } from './directory.js';
import { translated } from './errors.js';
import { FactTable } from './facts.js';
import { findingsOf } from './health.js';
import { LiveTables } from './live.js';
import { openDatabase } from './open-database.js';
import type { OpenOptions } from './open-database.js';
import { PinTable } from './pins.js';
import { rekeyPins } from './rekeying.js';
import { RecordingTable } from './recordings.js';
import { checkLimit, LARGEST_PAGE } from './store-base.js';

/**
 * The store in one SQLite file, shared by the bridge and the command line (docs/adr/0004-store.md).
 *
 * What an administrator changes is on the disk when the call returns (`synchronous = FULL`); records of calls and
 * conferences are written without waiting for the disk, so that the last of them may be lost with the power, never
 * with the process.
 */
export class SqliteStore extends BookingSide implements Store, PrivacyStore {
  readonly #accounts: AccountTable;
  readonly #pages: AccountPages;
  readonly #pins: PinTable;
  readonly #directory: DirectoryTables;
  readonly #blocks: BlockTable;
  readonly #recordings: RecordingTable;
  readonly #live: LiveTables;
  readonly #facts: FactTable;

  private constructor(file: string, database: Database, now: () => number) {
    const pins = new PinTable(database, now);
    super(file, database, pins);
    this.#accounts = new AccountTable(database, pins);
    this.#pages = new AccountPages(database);
    this.#pins = pins;
    this.#directory = new DirectoryTables(database);
    this.#blocks = new BlockTable(database);
    this.#recordings = new RecordingTable(database);
    this.#live = new LiveTables(database);
    this.#facts = new FactTable(database);
  }

  /** @throws {StoreUnavailable} or {@link UnknownSchema}, one line each */
  static open(options: OpenOptions): SqliteStore {
    const { file } = options;
    return translated(file, () => {
      const database = openDatabase(options);
      try {
        return new SqliteStore(file, database, options.now ?? Date.now);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  close(): void {
    this.database.close();
  }

  check(): readonly string[] {
    return findingsOf(this.database, this.file, (write) => this.durably(write));
  }

  addAccount(account: Account, pins: AccountPins): void {
    this.change(() => this.#accounts.add(account, pins));
  }

  account(id: AccountId): Account | null {
    return this.read(() => this.#accounts.byId(id));
  }

  accountsNamed(name: string): readonly Account[] {
    return this.read(() => this.#accounts.named(name));
  }

  accounts(page: AccountPage): readonly Account[] {
    checkLimit(page.limit);
    return this.read(() => this.#pages.page(page));
  }

  importAccounts(
    accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>,
    note?: AuditLine,
  ): void {
    this.read(() => importAccounts({ ...this.#longWork(note), pins: this.#pins }, accounts));
  }

  updateAccount(id: AccountId, change: AccountChange): boolean {
    return this.change(() => this.#accounts.update(id, change));
  }

  removeAccount(id: AccountId): boolean {
    if (!this.beginErasure(id, 'keep')) return false;
    while (['more', 'onwards'].includes(this.eraseSome(LARGEST_PAGE)));
    this.emptyLog();
    return true;
  }

  countAccounts(): number {
    return this.read(() => this.#accounts.count());
  }

  codesOf(id: AccountId): AccountCodes | null {
    return this.read(() => this.#accounts.codesOf(id));
  }

  codeMatches(id: AccountId, code: 'moderator' | 'security', hash: PinHash): boolean {
    return this.read(() => this.#accounts.codeMatches(id, code, hash));
  }

  securityCodeOf(id: AccountId): PinHash | null {
    return this.read(() => this.#accounts.securityCodeOf(id));
  }

  pinKeyVersion(): number {
    return this.read(() => this.#pins.keyVersion());
  }

  rekeyPins(prepare: (version: number) => NextPinKey, note?: AuditLine): number {
    const parts = { ...this.#longWork(note), version: () => this.#pins.keyVersion(), now: () => this.#pins.now() };
    return this.read(() => rekeyPins(parts, prepare));
  }

  pinsOf(id: AccountId): readonly AccountPin[] {
    return this.read(() => this.#accounts.pinsOf(id));
  }

  rotatePins(id: AccountId, pins: Readonly<Partial<Record<CodeRole, NewPin>>>): boolean {
    return this.change(() => this.#accounts.rotate(id, pins));
  }

  isFree(hash: PinHash): boolean {
    return this.read(() => this.#pins.isFree(hash));
  }

  livePins(length: number): number {
    return this.read(() => this.#pins.countOfLength(length));
  }

  hasSealedPins(): boolean {
    return this.read(() => this.#pins.hasSealed());
  }

  countSealedPins(): number {
    return this.read(() => this.#pins.countSealed());
  }

  forgetSealedPins(after: string, limit: number): ReturnType<Store['forgetSealedPins']> {
    checkLimit(limit);
    return this.record(() => this.#pins.forgetSealed(after, limit));
  }

  keyCheck(key: string): string | null {
    return this.read(() => this.#facts.value(`key-check-${key}`));
  }

  noteKeyCheck(key: string, value: string): void {
    this.change(() => this.#facts.set(`key-check-${key}`, value));
  }

  addBlock(block: Block): void {
    this.change(() => this.#blocks.add(block));
  }

  *blocks(id?: AccountId): Iterable<Block> {
    for (const row of this.each(() => this.#blocks.list(id))) yield toBlock(row);
  }

  removeBlock(id: AccountId | null, callerNumber: string): boolean {
    return this.change(() => this.#blocks.remove(id, callerNumber));
  }

  isBlocked(id: AccountId | null, callerNumber: string): boolean {
    return this.read(() => this.#blocks.isBlocked(id, callerNumber));
  }

  addRecording(recording: Recording): boolean {
    return this.change(() => this.#recordings.add(recording));
  }

  recordings(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly Recording[] {
    checkLimit(filter.limit);
    return this.read(() => this.#recordings.list(filter));
  }

  recordingsById(after: string, limit: number): readonly Recording[] {
    checkLimit(limit);
    return this.read(() => this.#recordings.listById(after, limit));
  }

  recording(id: string): Recording | null {
    return this.read(() => this.#recordings.byId(id));
  }

  removeRecording(id: string): boolean {
    const removed = this.change(() => this.#recordings.remove(id));
    if (removed) this.emptyLog();
    return removed;
  }

  recordingsDue(at: number, limit: number): readonly Recording[] {
    checkLimit(limit);
    return this.read(() => this.#recordings.due(at, limit));
  }

  addNumber(number: DialInNumber): void {
    this.change(() => this.#directory.addNumber(number));
  }

  numbers(): readonly DialInNumber[] {
    return this.read(() => this.#directory.numbers());
  }

  removeNumber(number: string): boolean {
    return this.change(() => this.#directory.removeNumber(number));
  }

  addTrunk(trunk: Trunk): void {
    this.change(() => this.#directory.addTrunk(trunk));
  }

  trunks(): readonly Trunk[] {
    return this.read(() => this.#directory.trunks());
  }

  removeTrunk(name: string): boolean {
    return this.change(() => this.#directory.removeTrunk(name));
  }

  saveLive(changes: readonly LiveChange[]): void {
    this.record(() => this.#live.save(changes));
  }

  live(kind: LiveChange['kind']): readonly { readonly id: string; readonly data: string }[] {
    return this.read(() => this.#live.all(kind));
  }

  drainedMixers(): readonly string[] {
    return this.read(() => this.#live.drained());
  }

  setMixerDrained(name: string, drained: boolean): boolean {
    return this.change(() => this.#live.setDrained(name, drained));
  }

  /** Transactions of work that needs many; the one that completes it brings all of them to the disk. @param note of that one */
  #longWork(note?: AuditLine): {
    readonly database: Database;
    readonly change: (action: () => void) => void;
    readonly noted: (action: () => void) => void;
  } {
    const change = (action: () => void): void => this.record(action);
    const noted = (action: () => void): void => (note === undefined ? this.change(action) : this.audited(note, action));
    return { database: this.database, change, noted };
  }
}
