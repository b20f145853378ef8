import { canonicalNumber, comparableNumber } from '../../src/domain/access/dial-in.js';
import type { AccountId, CallId, ConferenceId } from '../../src/domain/identifiers.js';
import { accountId, conferenceId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type { Delivery } from '../../src/ports/store-deliveries.js';
import type {
  CallFilter,
  CallRecord,
  CallRecordFilter,
  CallSum,
  ConferenceEnd,
  ConferenceFilter,
  ConferenceRecord,
  KeyedSum,
  Page,
  RecordCursor,
  ReportedCall,
  ReportedConference,
  ReportStore,
  SumKey,
} from '../../src/ports/store-reports.js';
import { MemoryDeliveries } from './memory-deliveries.js';

interface PageOf {
  readonly limit: number;
  readonly after: RecordCursor | null;
}

type Numbered<T> = T & { readonly seq: number };

function plain<T extends { readonly seq: number }>(record: T): Omit<T, 'seq'> {
  const rest: Omit<T, 'seq'> & { seq?: number } = { ...record };
  delete rest.seq;
  return rest;
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new RangeError(`limit ${limit}`);
}

const whole = (time: number | null): number | null => (time === null ? null : Math.round(time));

const newestFirst = <T extends { readonly startedAt: number; readonly seq: number }>(records: readonly T[]): T[] =>
  [...records].sort((a, b) => b.startedAt - a.startedAt || b.seq - a.seq);

function paged<T extends { readonly startedAt: number; readonly seq: number }>(
  all: readonly T[],
  page: PageOf,
): Page<T> {
  checkLimit(page.limit);
  const { after, limit } = page;
  const isAfter = (row: T): boolean =>
    after === null || row.startedAt < after.at || (row.startedAt === after.at && row.seq < after.seq);
  const rows = newestFirst(all).filter(isAfter).slice(0, limit);
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { rows, next: last === undefined ? null : { at: last.startedAt, seq: last.seq } };
}

function matches(filter: CallFilter): (call: CallRecord) => boolean {
  const { from, to, accountId: account, bookingId, conferenceRecordId, dialled, trunk, role, outcome } = filter;
  const same = <T>(wanted: T | undefined, value: T | null): boolean => wanted === undefined || wanted === value;
  return (call) =>
    (from === undefined || call.startedAt >= from) &&
    (to === undefined || call.startedAt < to) &&
    same(account, call.accountId) &&
    same(bookingId, call.bookingId) &&
    same(conferenceRecordId, call.conferenceRecordId) &&
    (dialled === undefined || dialled.includes(call.dialled)) &&
    same(trunk, call.trunk) &&
    same(role, call.role) &&
    same(outcome, call.outcome);
}

const sumOf = (calls: readonly CallRecord[]): CallSum => {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const placed = calls.filter(({ direction }) => direction === 'out');
  return {
    calls: calls.length,
    joined: calls.filter(({ joinedAt }) => joinedAt !== null).length,
    talkMs: sum(calls.map(({ joinedAt, endedAt }) => (joinedAt === null ? 0 : endedAt - joinedAt))),
    placed: placed.length,
    placedMs: sum(placed.map(({ answeredAt, endedAt }) => (answeredAt === null ? 0 : endedAt - answeredAt))),
  };
};

/** Records of calls and conferences without a disk. */
export abstract class MemoryReports extends MemoryDeliveries implements ReportStore {
  #conferences: Numbered<ConferenceRecord>[] = [];
  #calls: Numbered<CallRecord>[] = [];
  readonly #stories = new Map<CallId, string>();

  protected abstract nameOf(account: AccountId): string | null;
  /** Recordings of a conference. */
  protected abstract recordingsOf(conferenceRecordId: number): number;

  protected forgetRecords(id: AccountId, label: string): void {
    this.#calls = this.#calls.map((record) =>
      record.accountId === id ? { ...record, accountId: accountId(label), bookingId: null, inviteeId: null } : record,
    );
    this.#conferences = this.#conferences.map((record) =>
      record.accountId === id ? { ...record, accountId: accountId(label), conferenceId: conferenceId(label) } : record,
    );
  }

  startConferenceRecord(record: ConferenceRecord): number {
    this.checkWorks();
    return this.#conferences.push({ ...record, seq: this.#conferences.length + 1 });
  }

  endConferenceRecord(id: number, end: ConferenceEnd, report: Delivery | null = null): boolean {
    this.checkWorks();
    const running = this.#conferences.some(({ seq, endedAt }) => seq === id && endedAt === null);
    this.#conferences = this.#conferences.map((record) =>
      record.seq === id && running ? { ...record, ...end } : record,
    );
    if (running && report !== null) this.addDeliveries([report]);
    return running;
  }

  endLostConferences(running: readonly ConferenceId[]): number {
    this.checkWorks();
    const isLost = (one: ConferenceRecord): boolean => one.endedAt === null && !running.includes(one.conferenceId);
    const lost = this.#conferences.filter(isLost).length;
    this.#conferences = this.#conferences.map((one) => {
      if (!isLost(one)) return one;
      const ends = this.#calls.filter((call) => call.conferenceRecordId === one.seq).map(({ endedAt }) => endedAt);
      return { ...one, outcome: 'failed', endedAt: ends.length === 0 ? one.startedAt : Math.max(...ends) };
    });
    return lost;
  }

  conferenceRecords(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[] {
    checkLimit(filter.limit);
    this.checkWorks();
    const of = filter.accountId;
    const found = this.#conferences.filter((record) => of === undefined || record.accountId === of);
    return newestFirst(found).slice(0, filter.limit).map(plain);
  }

  addCallRecord(record: CallRecord, story: string | null = null): void {
    this.checkWorks();
    if (this.#calls.some(({ id }) => id === record.id)) throw new Duplicate('taken already');
    const known = record.accountId !== null && this.nameOf(record.accountId) !== null;
    this.#calls.push({
      ...record,
      accountId: known ? record.accountId : null,
      startedAt: Math.round(record.startedAt),
      answeredAt: whole(record.answeredAt),
      joinedAt: whole(record.joinedAt),
      endedAt: Math.round(record.endedAt),
      seq: this.#calls.length + 1,
    });
    if (story !== null) this.#stories.set(record.id, story);
  }

  placedSince(of: AccountId, from: number): { readonly calls: number; readonly answeredMs: number } {
    this.checkWorks();
    const placed = this.#calls.filter((call) => call.direction === 'out' && call.accountId === of);
    const answered = placed.map(({ answeredAt, endedAt }) =>
      answeredAt === null ? 0 : Math.max(0, endedAt - Math.max(answeredAt, from)),
    );
    return {
      calls: placed.filter(({ startedAt }) => startedAt >= from).length,
      answeredMs: answered.reduce((sum, ms) => sum + ms, 0),
    };
  }

  callRecords({ limit, ...filter }: CallRecordFilter): readonly CallRecord[] {
    checkLimit(limit);
    this.checkWorks();
    return newestFirst(this.#calls.filter(matches(filter)))
      .slice(0, limit)
      .map(plain);
  }

  callPage(filter: CallFilter, page: PageOf): Page<ReportedCall> {
    this.checkWorks();
    const { rows, next } = paged(this.#calls.filter(matches(filter)), page);
    return { rows: rows.map((row) => this.#reported(row)), next };
  }

  conferencePage({ from, to, accountId: of }: ConferenceFilter, page: PageOf): Page<ReportedConference> {
    this.checkWorks();
    const found = this.#conferences.filter(
      (one) =>
        (from === undefined || one.startedAt >= from) &&
        (to === undefined || one.startedAt < to) &&
        (of === undefined || one.accountId === of),
    );
    const { rows, next } = paged(found, page);
    return { rows: rows.map((row) => this.#reportedConference(row)), next };
  }

  conferenceReported(id: number): ReportedConference | null {
    this.checkWorks();
    const found = this.#conferences.find(({ seq }) => seq === id);
    return found === undefined ? null : this.#reportedConference(found);
  }

  callsLike(reference: string, limit: number): readonly ReportedCall[] {
    checkLimit(limit);
    this.checkWorks();
    const named = this.#calls.filter((call) => call.id === reference || call.sipCallId === reference);
    const like = this.#calls.filter((call) => call.id.startsWith(reference) || call.sipCallId.startsWith(reference));
    const found = named.length > 0 ? named : like;
    return found
      .toReversed()
      .slice(0, limit)
      .map((call) => this.#reported(call));
  }

  callStory(id: CallId): string | null {
    this.checkWorks();
    return this.#stories.get(id) ?? null;
  }

  callSpan(filter: CallFilter): { readonly first: number; readonly last: number } | null {
    this.checkWorks();
    const times = this.#calls.filter(matches(filter)).map(({ startedAt }) => startedAt);
    return times.length === 0 ? null : { first: Math.min(...times), last: Math.max(...times) };
  }

  sumCalls(filter: CallFilter): CallSum {
    this.checkWorks();
    return sumOf(this.#calls.filter(matches(filter)));
  }

  *sumCallsBy(key: SumKey, filter: CallFilter): Iterable<KeyedSum> {
    this.checkWorks();
    const keyOf = (call: CallRecord): string | null =>
      ({ account: call.accountId, number: comparableNumber(call.dialled), trunk: call.trunk })[key];
    const calls = this.#calls.filter(matches(filter));
    const sums = [...new Set(calls.map(keyOf))].map((one) => {
      const those = calls.filter((call) => keyOf(call) === one);
      const [spelling = null] = those.map(({ dialled }) => canonicalNumber(dialled)).sort();
      return {
        ...sumOf(those),
        key: key === 'number' ? spelling : one,
        name: key === 'account' && one !== null ? this.nameOf(accountId(one)) : null,
      };
    });
    const order = ({ name, key: one }: KeyedSum): string =>
      [name === null ? 1 : 0, name?.toLowerCase() ?? '', one === null ? 1 : 0, one ?? ''].join('\0');
    yield* sums.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  #reported(numbered: Numbered<CallRecord>): ReportedCall {
    const call = plain(numbered);
    const accountName = call.accountId === null ? null : this.nameOf(call.accountId);
    return { ...call, accountName, bookingTitle: null, inviteeName: null };
  }

  #reportedConference({ seq, ...one }: Numbered<ConferenceRecord>): ReportedConference {
    const names = { accountName: this.nameOf(one.accountId), bookingTitle: null };
    return { ...one, id: seq, ...names, recordings: this.recordingsOf(seq) };
  }
}
