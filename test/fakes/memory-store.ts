import { randomUUID } from 'node:crypto';
import { accountId, conferenceId } from '../../src/domain/identifiers.js';
import type { AccountId } from '../../src/domain/identifiers.js';
import { Duplicate, StoreUnavailable } from '../../src/ports/store.js';
import type {
  Account,
  CallRecord,
  CallRecordFilter,
  ConferenceRecord,
  DialInNumber,
  LiveChange,
  PinHash,
  PinMatch,
  Store,
  Trunk,
} from '../../src/ports/store.js';

const fold = (name: string): string => name.normalize('NFC').toLowerCase();

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new RangeError(`limit ${limit}`);
}

/** Newest first; of records of the same moment the one written last. */
const newestFirst = <T extends { readonly startedAt: number }>(records: readonly T[]): readonly T[] =>
  records.toReversed().sort((a, b) => b.startedAt - a.startedAt);

/** A store without a disk; as a test wants it, one that fails. */
export class MemoryStore implements Store {
  /** Set to make every call throw {@link StoreUnavailable}. */
  broken = false;
  #accounts: Account[] = [];
  readonly #pins = new Map<PinHash, { readonly id: AccountId; readonly role: 'host' | 'guest' }>();
  #numbers: DialInNumber[] = [];
  #trunks: Trunk[] = [];
  #conferences: ConferenceRecord[] = [];
  #calls: CallRecord[] = [];
  readonly #live = { call: new Map<string, string>(), conference: new Map<string, string>() };
  readonly #drained = new Set<string>();

  close(): void {
    this.broken = true;
  }

  check(): readonly string[] {
    return this.broken ? ['the store is closed or broken'] : [];
  }

  addAccount(account: Account, pins: { readonly host: PinHash; readonly guest: PinHash }): void {
    this.#work();
    const taken = this.#pins.has(pins.host) || this.#pins.has(pins.guest) || pins.host === pins.guest;
    if (taken || this.#accounts.some(({ id }) => id === account.id)) throw new Duplicate('taken already');
    this.#accounts.push(structuredClone(account));
    this.#pins.set(pins.host, { id: account.id, role: 'host' });
    this.#pins.set(pins.guest, { id: account.id, role: 'guest' });
  }

  account(id: AccountId): Account | null {
    this.#work();
    return this.#accounts.find((account) => account.id === id) ?? null;
  }

  accountsNamed(name: string): readonly Account[] {
    this.#work();
    return this.#accounts.filter((account) => fold(account.name) === fold(name));
  }

  accounts({ limit, after }: { readonly limit: number; readonly after?: AccountId }): readonly Account[] {
    checkLimit(limit);
    this.#work();
    if (after === undefined) return this.#accounts.slice(0, limit);
    const index = this.#accounts.findIndex(({ id }) => id === after);
    return index < 0 ? [] : this.#accounts.slice(index + 1, index + 1 + limit);
  }

  updateAccount(id: AccountId, change: Partial<Pick<Account, 'name' | 'enabled' | 'options'>>): boolean {
    this.#work();
    const found = this.#accounts.some((account) => account.id === id);
    this.#accounts = this.#accounts.map((account) => (account.id === id ? { ...account, ...change } : account));
    return found;
  }

  removeAccount(id: AccountId): boolean {
    this.#work();
    if (!this.#accounts.some((account) => account.id === id)) return false;
    this.#accounts = this.#accounts.filter((account) => account.id !== id);
    for (const [hash, pin] of this.#pins) if (pin.id === id) this.#pins.delete(hash);
    this.#calls = this.#calls.map((call) => (call.accountId === id ? { ...call, accountId: null } : call));
    const label = `removed${randomUUID()}`;
    this.#conferences = this.#conferences.map((record) =>
      record.accountId === id ? { ...record, accountId: accountId(label), conferenceId: conferenceId(label) } : record,
    );
    return true;
  }

  countAccounts(): number {
    this.#work();
    return this.#accounts.length;
  }

  findPin(hash: PinHash): PinMatch | null {
    this.#work();
    const pin = this.#pins.get(hash);
    const account = this.#accounts.find(({ id, enabled }) => enabled && id === pin?.id);
    return pin === undefined || account === undefined ? null : { account, role: pin.role };
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

  startConferenceRecord(record: ConferenceRecord): number {
    this.#work();
    return this.#conferences.push(record);
  }

  endConferenceRecord(
    id: number,
    end: Pick<ConferenceRecord, 'peak' | 'lockedOut'> & {
      readonly endedAt: number;
      readonly outcome: NonNullable<ConferenceRecord['outcome']>;
    },
  ): void {
    this.#work();
    this.#conferences = this.#conferences.map((record, index) => (index === id - 1 ? { ...record, ...end } : record));
  }

  conferenceRecords(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[] {
    checkLimit(filter.limit);
    this.#work();
    const of = filter.accountId;
    return newestFirst(this.#conferences.filter((record) => of === undefined || record.accountId === of)).slice(
      0,
      filter.limit,
    );
  }

  addCallRecord(record: CallRecord): void {
    this.#work();
    if (this.#calls.some(({ id }) => id === record.id)) throw new Duplicate('taken already');
    const known = this.#accounts.some(({ id }) => id === record.accountId);
    const whole = (time: number | null): number | null => (time === null ? null : Math.round(time));
    this.#calls.push({
      ...record,
      accountId: known ? record.accountId : null,
      startedAt: Math.round(record.startedAt),
      answeredAt: whole(record.answeredAt),
      joinedAt: whole(record.joinedAt),
      endedAt: Math.round(record.endedAt),
    });
  }

  callRecords({ from, to, accountId: account, outcome, limit }: CallRecordFilter): readonly CallRecord[] {
    checkLimit(limit);
    this.#work();
    const matches = (call: CallRecord): boolean =>
      (from === undefined || call.startedAt >= from) &&
      (to === undefined || call.startedAt < to) &&
      (account === undefined || call.accountId === account) &&
      (outcome === undefined || call.outcome === outcome);
    return newestFirst(this.#calls.filter(matches)).slice(0, limit);
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

  #work(): void {
    if (this.broken) throw new StoreUnavailable('the store is closed or broken');
  }
}
