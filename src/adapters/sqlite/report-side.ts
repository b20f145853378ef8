import type { Database } from 'better-sqlite3';
import type { AccountId, CallId, ConferenceId } from '../../domain/identifiers.js';
import type { Delivery } from '../../ports/store-deliveries.js';
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
} from '../../ports/store-reports.js';
import { DeliverySide } from './delivery-side.js';
import type { PinTable } from './pins.js';
import { RecordTables } from './records.js';
import { ReportTables } from './reports.js';
import { checkLimit } from './store-base.js';

interface PageOf {
  readonly limit: number;
  readonly after: RecordCursor | null;
}

/** The store's side of records and reports. */
export abstract class ReportSide extends DeliverySide implements ReportStore {
  readonly #records: RecordTables;
  readonly #reports: ReportTables;

  protected constructor(file: string, database: Database, pins: PinTable) {
    super(file, database, pins);
    this.#records = new RecordTables(database);
    this.#reports = new ReportTables(database);
  }

  startConferenceRecord(record: ConferenceRecord): number {
    return this.record(() => this.#records.startConference(record));
  }

  endConferenceRecord(id: number, end: ConferenceEnd, report: Delivery | null = null): boolean {
    return this.record(() => {
      const ended = this.#records.endConference(id, end);
      if (ended && report !== null) this.addDeliveries([report]);
      return ended;
    });
  }

  endLostConferences(running: readonly ConferenceId[]): number {
    return this.record(() => this.#records.endLostConferences(running));
  }

  conferenceRecords(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[] {
    checkLimit(filter.limit);
    return this.read(() => this.#records.conferences(filter));
  }

  addCallRecord(record: CallRecord, story: string | null = null): void {
    this.record(() => this.#records.addCall(record, story));
  }

  placedSince(id: AccountId, from: number): { readonly calls: number; readonly answeredMs: number } {
    return this.read(() => this.#records.placedSince(id, from));
  }

  callRecords(filter: CallRecordFilter): readonly CallRecord[] {
    checkLimit(filter.limit);
    return this.read(() => this.#records.calls(filter));
  }

  callPage(filter: CallFilter, page: PageOf): Page<ReportedCall> {
    checkLimit(page.limit);
    return this.read(() => this.#reports.calls(filter, page));
  }

  conferencePage(filter: ConferenceFilter, page: PageOf): Page<ReportedConference> {
    checkLimit(page.limit);
    return this.read(() => this.#reports.conferences(filter, page));
  }

  conferenceReported(id: number): ReportedConference | null {
    return this.read(() => this.#reports.conference(id));
  }

  callsLike(reference: string, limit: number): readonly ReportedCall[] {
    checkLimit(limit);
    return this.read(() => this.#reports.callsLike(reference, limit));
  }

  callStory(id: CallId): string | null {
    return this.read(() => this.#reports.story(id));
  }

  callSpan(filter: CallFilter): { readonly first: number; readonly last: number } | null {
    return this.read(() => this.#reports.span(filter));
  }

  sumCalls(filter: CallFilter): CallSum {
    return this.read(() => this.#reports.sum(filter));
  }

  sumCallsBy(key: SumKey, filter: CallFilter): Iterable<KeyedSum> {
    return this.each(() => this.#reports.sumBy(key, filter));
  }
}
