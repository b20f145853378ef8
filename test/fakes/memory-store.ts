import { randomUUID } from 'node:crypto';
import { fitsPattern } from '../../src/domain/access/caller-patterns.js';
import type { AccountId } from '../../src/domain/identifiers.js';
import { Duplicate, OutdatedHash, StoreUnavailable, TooMany } from '../../src/ports/store.js';
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
  PinMatch,
  Recording,
  Store,
  Trunk,
} from '../../src/ports/store.js';
import type { Delivery } from '../../src/ports/store-deliveries.js';
import type { AuditLine } from '../../src/ports/store-privacy.js';
import { MemoryBookings, type BookedPin } from './memory-bookings.js';

const fold = (name: string): string => name.normalize('NFC').toLowerCase();

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new RangeError(`limit ${limit}`);
}

/** Newest first; of records of the same moment the one written last. */
const newestFirst = <T extends { readonly startedAt: number }>(records: readonly T[]): readonly T[] =>
  records.toReversed().sort((a, b) => b.startedAt - a.startedAt);

/** 90 days. */
const RETIRED_MS = 7_776_000_000;

/** A store without a disk; as a test wants it, one that fails. */
export class MemoryStore extends MemoryBookings implements Store {
  /** Set to make every call throw {@link StoreUnavailable}. */
  broken = false;
  #accounts: Account[] = [];
  readonly #now: () => number;
  #keyVersion = 1;
  readonly #keyChecks = new Map<string, string>();
  readonly #pins = new Map<PinHash, BookedPin>();
  /** When each is free again. */
  readonly #retired = new Map<PinHash, number>();
  #numbers: DialInNumber[] = [];
  #trunks: Trunk[] = [];
  #blocks: Block[] = [];
  #recordings: Recording[] = [];
  readonly #live = { call: new Map<string, string>(), conference: new Map<string, string>() };
  readonly #drained = new Set<string>();
  readonly #audit: AuditLine[] = [];

  constructor(now: () => number = Date.now) {
    super();
    this.#now = now;
  }

  close(): void {
    this.broken = true;
  }

  check(): readonly string[] {
    return this.broken ? ['the store is closed or broken'] : [];
  }

  addAccount(account: Account, pins: AccountPins): void {
    this.#work();
    const codes = Object.entries(pins) as [CodeRole, NewPin][];
    const hashes = new Set(codes.map(([, { hash }]) => hash));
    const taken = hashes.size < codes.length || [...hashes].some((hash) => this.#isTaken(hash));
    if (taken || this.#has(account.id)) throw new Duplicate('taken already');
    this.#accounts.push(structuredClone(account));
    for (const [role, code] of codes) this.#pins.set(code.hash, { ...code, id: account.id, role, of: null });
  }

  account(id: AccountId): Account | null {
    this.#work();
    return this.#accounts.find((account) => account.id === id) ?? null;
  }

  accountsNamed(name: string): readonly Account[] {
    this.#work();
    return this.#accounts.filter((account) => fold(account.name) === fold(name));
  }

  accounts({ limit, after, namePrefix, email, enabled }: AccountPage): readonly Account[] {
    checkLimit(limit);
    this.#work();
    const prefix = fold(namePrefix ?? '');
    const ordered =
      namePrefix === undefined
        ? this.#accounts
        : this.#accounts.toSorted((a, b) => Number(fold(a.name) > fold(b.name)) - Number(fold(a.name) < fold(b.name)));
    const from = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && from === 0) return [];
    const wanted = ordered
      .slice(from)
      .filter(
        (one) =>
          fold(one.name).startsWith(prefix) &&
          (email === undefined || one.email?.toLowerCase() === email.toLowerCase()) &&
          (enabled === undefined || one.enabled === enabled),
      );
    return wanted.slice(0, limit);
  }

  importAccounts(
    accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>,
    note?: AuditLine,
  ): void {
    this.#work();
    const [before, pins] = [this.#accounts, new Map(this.#pins)];
    this.#accounts = [...before];
    try {
      for (const one of accounts) this.addAccount(one.account, one.pins);
      if (note !== undefined) this.audited(note, () => undefined);
    } catch (error) {
      this.#accounts = before;
      this.#pins.clear();
      for (const [hash, pin] of pins) this.#pins.set(hash, pin);
      throw error;
    }
  }

  pinsOf(id: AccountId): readonly AccountPin[] {
    this.#work();
    return [...this.#pins.values()]
      .filter((pin) => pin.id === id && pin.of === null)
      .map(({ role, length, sealed }) => ({ role, length, sealed: sealed ?? null }))
      .sort((a, b) => (a.role < b.role ? -1 : 1));
  }

  rotatePins(id: AccountId, pins: Readonly<Partial<Record<CodeRole, NewPin>>>): boolean {
    this.#work();
    if (!this.#has(id)) return false;
    const codes = Object.entries(pins) as [CodeRole, NewPin][];
    if (codes.some(([, { hash }]) => this.#isTaken(hash))) throw new Duplicate('taken already');
    for (const [hash, pin] of this.#pins) {
      if (pin.id === id && pin.of === null && codes.some(([role]) => role === pin.role)) this.#retire(hash);
    }
    for (const [role, code] of codes) this.#pins.set(code.hash, { ...code, id, role, of: null });
    return true;
  }

  isFree(hash: PinHash): boolean {
    this.#work();
    return !this.#pins.has(hash) && (this.#retired.get(hash) ?? 0) <= this.#now();
  }

  livePins(length: number): number {
    this.#work();
    return [...this.#pins.values()].filter((pin) => pin.length === length).length;
  }

  updateAccount(id: AccountId, { securityCode, ...change }: AccountChange): boolean {
    this.#work();
    if (!this.#has(id)) return false;
    if (securityCode !== undefined) this.#setSecurityCode(id, securityCode);
    const changed = (account: Account): Account => {
      const values = Object.entries({ ...account, ...change }).filter(([, value]) => value !== null);
      return Object.fromEntries(values) as unknown as Account;
    };
    this.#accounts = this.#accounts.map((account) => (account.id === id ? changed(account) : account));
    return true;
  }

  removeAccount(id: AccountId): boolean {
    this.#work();
    if (!this.#accounts.some((account) => account.id === id)) return false;
    this.#accounts = this.#accounts.filter((account) => account.id !== id);
    for (const [hash, pin] of this.#pins) if (pin.id === id) this.#retire(hash);
    this.#blocks = this.#blocks.filter((block) => block.accountId !== id);
    this.#recordings = this.#recordings.filter((recording) => recording.accountId !== id);
    this.forgetBookings(id);
    this.forgetDeliveries((delivery) => delivery.accountId === id);
    this.forgetRecords(id, `removed${randomUUID()}`);
    return true;
  }

  countAccounts(): number {
    this.#work();
    return this.#accounts.length;
  }

  findPin(hash: PinHash, at: number): PinMatch | null {
    this.#work();
    const pin = this.#pins.get(hash);
    const account = this.#accounts.find(({ id, enabled }) => enabled && id === pin?.id);
    if (pin === undefined || account === undefined || pin.role === 'moderator' || pin.role === 'security') return null;
    const role = pin.role === 'host' ? 'host' : 'guest';
    if (pin.of !== null) {
      const opened = this.openedBy(pin.of, at);
      if (opened === null) return null;
      const { securityCode, ...booking } = opened;
      return { account, role, byAccessCode: false, securityCode, booking };
    }
    const { securityCode } = this.codesOf(account.id) ?? { securityCode: false };
    return { account, role, byAccessCode: pin.role === 'access', securityCode, booking: null };
  }

  stillOpens(hash: PinHash, startsAt: number | null): boolean {
    this.#work();
    const pin = this.#pins.get(hash);
    if (pin === undefined || pin.role === 'moderator' || pin.role === 'security') return false;
    if (!this.#accounts.some(({ id, enabled }) => enabled && id === pin.id)) return false;
    return pin.of === null ? startsAt === null : startsAt !== null && this.mayOpen(pin.of, startsAt);
  }

  codesOf(id: AccountId): AccountCodes | null {
    this.#work();
    if (!this.#has(id)) return null;
    const roles = [...this.#pins.values()]
      .filter((pin) => pin.id === id && pin.of === null)
      .map(({ role }): string => role);
    return { accessCode: roles.includes('access'), securityCode: roles.includes('security') };
  }

  codeMatches(id: AccountId, code: 'moderator' | 'security', hash: PinHash): boolean {
    this.#work();
    const pin = this.#pins.get(hash);
    return pin?.id === id && pin.role === code && this.#accounts.some((one) => one.id === id && one.enabled);
  }

  securityCodeOf(id: AccountId): PinHash | null {
    this.#work();
    return [...this.#pins].find(([, pin]) => pin.id === id && pin.role === 'security')?.[0] ?? null;
  }

  pinKeyVersion(): number {
    this.#work();
    return this.#keyVersion;
  }

  rekeyPins(prepare: (version: number) => NextPinKey, note?: AuditLine): number {
    this.#work();
    const { next, keep } = prepare(this.#keyVersion);
    keep();
    if (note !== undefined) this.audited(note, () => undefined);
    const old = `v${this.#keyVersion}.`;
    const moved = <T>(map: Map<PinHash, T>, of: (value: T, hash: PinHash) => T): void => {
      for (const [hash, value] of [...map].filter(([one]) => one.startsWith(old))) {
        map.delete(hash);
        map.set(next(hash), of(value, next(hash)));
      }
    };
    moved(this.#pins, (pin, hash) => ({ ...pin, hash }));
    moved(this.#retired, (at) => at);
    this.#keyVersion += 1;
    return this.#keyVersion;
  }

  hasSealedPins(): boolean {
    this.#work();
    return [...this.#pins.values()].some(({ sealed }) => sealed !== undefined);
  }

  countSealedPins(): number {
    this.#work();
    return [...this.#pins.values()].filter(({ sealed }) => sealed !== undefined).length;
  }

  forgetSealedPins(after: string, limit: number): { readonly next: string | null; readonly forgotten: number } {
    checkLimit(limit);
    this.#work();
    const hashes = [...this.#pins.keys()].filter((hash) => hash > after).sort();
    const page = hashes.slice(0, limit);
    let forgotten = 0;
    for (const hash of page) {
      const { sealed, ...rest } = this.#pins.get(hash) as BookedPin;
      if (sealed === undefined) continue;
      this.#pins.set(hash, rest);
      forgotten += 1;
    }
    return { next: page.length < limit ? null : (page.at(-1) ?? null), forgotten };
  }

  keyCheck(key: string): string | null {
    this.#work();
    return this.#keyChecks.get(key) ?? null;
  }

  noteKeyCheck(key: string, value: string): void {
    this.#work();
    this.#keyChecks.set(key, value);
  }

  #setSecurityCode(id: AccountId, code: NewPin | null): void {
    if (code !== null && this.#isTaken(code.hash)) throw new Duplicate('taken already');
    const own = [...this.#pins].find(([, pin]) => pin.id === id && pin.role === 'security')?.[0];
    if (own !== undefined) this.#retire(own);
    if (code !== null) this.#pins.set(code.hash, { ...code, id, role: 'security', of: null });
  }

  protected hasAccount(id: AccountId): boolean {
    return this.#has(id);
  }

  protected allPins(): readonly BookedPin[] {
    return [...this.#pins.values()];
  }

  protected isTaken(hash: PinHash): boolean {
    return this.#isTaken(hash);
  }

  protected keepPins(pins: readonly BookedPin[]): void {
    for (const pin of pins) this.#pins.set(pin.hash, pin);
  }

  protected retirePins(which: (pin: BookedPin) => boolean): void {
    for (const [hash, pin] of this.#pins) if (which(pin)) this.#retire(hash);
  }

  #retire(hash: PinHash): void {
    this.#pins.delete(hash);
    this.#retired.set(hash, this.#now() + RETIRED_MS);
  }

  #isTaken(hash: PinHash): boolean {
    const version = /^v(\d+)\./.exec(hash)?.[1];
    if (version !== undefined && Number(version) !== this.#keyVersion)
      throw new OutdatedHash('hashed under another key');
    return this.#pins.has(hash) || (this.#retired.get(hash) ?? 0) > this.#now();
  }

  addBlock(block: Block): void {
    this.#work();
    const { accountId: id, callerNumber } = block;
    const is = (one: Block): boolean => one.accountId === id && one.callerNumber === callerNumber;
    if ((id !== null && !this.#has(id)) || this.#blocks.some(is)) return;
    if (this.#blocks.filter((one) => one.accountId === id).length >= 10_000) throw new TooMany('too many blocks');
    this.#blocks.push(block);
  }

  blocks(id?: AccountId): readonly Block[] {
    this.#work();
    return this.#blocks.filter((one) => id === undefined || one.accountId === null || one.accountId === id);
  }

  removeBlock(id: AccountId | null, callerNumber: string): boolean {
    this.#work();
    const before = this.#blocks.length;
    this.#blocks = this.#blocks.filter((one) => one.accountId !== id || one.callerNumber !== callerNumber);
    return this.#blocks.length < before;
  }

  isBlocked(id: AccountId | null, callerNumber: string): boolean {
    this.#work();
    const count = this.#blocks.filter((one) => one.accountId === null || one.accountId === id);
    return count.some((block) => fitsPattern(callerNumber, block.callerNumber));
  }

  addRecording(recording: Recording): boolean {
    this.#work();
    if (this.#recordings.some(({ id }) => id === recording.id)) throw new Duplicate('taken already');
    if (!this.#has(recording.accountId)) return false;
    this.#recordings.push({
      ...recording,
      startedAt: Math.round(recording.startedAt),
      durationMs: Math.round(recording.durationMs),
      dueAt: Math.round(recording.dueAt),
    });
    return true;
  }

  recordings({
    limit,
    accountId: of,
  }: {
    readonly limit: number;
    readonly accountId?: AccountId;
  }): readonly Recording[] {
    checkLimit(limit);
    this.#work();
    return newestFirst(this.#recordings.filter((one) => of === undefined || one.accountId === of)).slice(0, limit);
  }

  recordingsById(after: string, limit: number): readonly Recording[] {
    checkLimit(limit);
    this.#work();
    const later = this.#recordings.filter(({ id }) => id > after);
    return later.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  recording(id: string): Recording | null {
    this.#work();
    return this.#recordings.find((recording) => recording.id === id) ?? null;
  }

  removeRecording(id: string): boolean {
    this.#work();
    const before = this.#recordings.length;
    this.#recordings = this.#recordings.filter((recording) => recording.id !== id);
    return this.#recordings.length < before;
  }

  recordingsDue(at: number, limit: number): readonly Recording[] {
    checkLimit(limit);
    this.#work();
    const due = this.#recordings.filter(({ dueAt }) => dueAt <= at);
    return due.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  addNumber(number: DialInNumber): void {
    this.#work();
    if (this.#numbers.some((one) => one.number === number.number)) throw new Duplicate('taken already');
    this.#numbers.push(number);
  }

  numbers(): readonly DialInNumber[] {
    this.#work();
    return [...this.#numbers];
  }

  removeNumber(number: string): boolean {
    this.#work();
    const before = this.#numbers.length;
    this.#numbers = this.#numbers.filter((one) => one.number !== number);
    return this.#numbers.length < before;
  }

  addTrunk(trunk: Trunk): void {
    this.#work();
    if (this.#trunks.some((one) => fold(one.name) === fold(trunk.name))) throw new Duplicate('taken already');
    this.#trunks.push(trunk);
  }

  trunks(): readonly Trunk[] {
    this.#work();
    return [...this.#trunks];
  }

  removeTrunk(name: string): boolean {
    this.#work();
    const before = this.#trunks.length;
    this.#trunks = this.#trunks.filter((one) => fold(one.name) !== fold(name));
    return this.#trunks.length < before;
  }

  saveLive(changes: readonly LiveChange[]): void {
    this.#work();
    for (const { kind, id, data } of changes) {
      if (data === null) this.#live[kind].delete(id);
      else this.#live[kind].set(id, data);
    }
  }

  live(kind: LiveChange['kind']): readonly { readonly id: string; readonly data: string }[] {
    this.#work();
    return [...this.#live[kind]].map(([id, data]) => ({ id, data })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  drainedMixers(): readonly string[] {
    this.#work();
    return [...this.#drained].sort();
  }

  setMixerDrained(name: string, drained: boolean): boolean {
    this.#work();
    if (!drained) return this.#drained.delete(name);
    const isNew = !this.#drained.has(name);
    this.#drained.add(name);
    return isNew;
  }

  audited<T>(line: AuditLine | ((done: T) => AuditLine | null), change: () => T): T {
    this.#work();
    const done = change();
    const noted = typeof line === 'function' ? line(done) : line;
    if (noted !== null) this.#audit.push({ ...noted, at: Math.round(noted.at) });
    return done;
  }

  auditLines(filter: Parameters<Store['auditLines']>[0]): ReturnType<Store['auditLines']> {
    checkLimit(filter.limit);
    this.#work();
    const { from = 0, to = Infinity, after = 0, limit } = filter;
    return this.#audit
      .map((line, index) => ({ ...line, number: index + 1 }))
      .filter(({ at, number }) => at >= from && at < to && number > after)
      .slice(0, limit);
  }

  protected override now(): number {
    return this.#now();
  }

  protected override checkWorks(): void {
    this.#work();
  }

  protected override knows({ accountId: id, bookingId }: Delivery): boolean {
    return this.#has(id) && bookingId === null;
  }

  protected override nameOf(id: AccountId): string | null {
    return this.#accounts.find((account) => account.id === id)?.name ?? null;
  }

  protected override recordingsOf(conferenceRecordId: number): number {
    return this.#recordings.filter((one) => one.conferenceRecordId === conferenceRecordId).length;
  }

  #has(id: AccountId): boolean {
    return this.#accounts.some((account) => account.id === id);
  }

  #work(): void {
    if (this.broken) throw new StoreUnavailable('the store is closed or broken');
  }
}
