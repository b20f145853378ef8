import type { Database } from 'better-sqlite3';
import type { AccountId } from '../../domain/identifiers.js';
import type {
  AuditLine,
  AuditStore,
  HeldRows,
  NumberFindings,
  PrivacyStore,
  Purged,
  Retention,
} from '../../ports/store-privacy.js';
import { hasDeadImport, takeOutDead } from './account-import.js';
import { AuditTable } from './audit.js';
import { ErasureTable } from './erasures.js';
import { HeldTables } from './held.js';
import { NumberSearch } from './number-search.js';
import { IN_MEMORY } from './open-database.js';
import type { PinTable } from './pins.js';
import { clearDead, hasDeadRekeying } from './rekeying.js';
import { RetentionTables } from './retention.js';
import { SlackWiper } from './slack.js';
import { checkLimit, StoreBase } from './store-base.js';

/** The store's side of privacy. */
export abstract class PrivacySide extends StoreBase implements AuditStore, PrivacyStore {
  readonly #pins: PinTable;
  readonly #audit: AuditTable;
  readonly #erasures: ErasureTable;
  readonly #retention: RetentionTables;
  readonly #held: HeldTables;
  readonly #numbers: NumberSearch;
  readonly #slack: SlackWiper;

  protected constructor(file: string, database: Database, pins: PinTable) {
    super(file, database);
    this.#pins = pins;
    this.#audit = new AuditTable(database);
    this.#erasures = new ErasureTable(database, pins);
    this.#retention = new RetentionTables(database, pins);
    this.#held = new HeldTables(database);
    this.#numbers = new NumberSearch(database);
    this.#slack = new SlackWiper(file, () => this.emptyLog());
  }

  audited<T>(line: AuditLine | ((done: T) => AuditLine | null), change: () => T): T {
    return this.change(() => {
      const done = change();
      const noted = typeof line === 'function' ? line(done) : line;
      if (noted !== null) this.#audit.add(noted);
      return done;
    });
  }

  auditLines(filter: Parameters<AuditStore['auditLines']>[0]): ReturnType<AuditStore['auditLines']> {
    checkLimit(filter.limit);
    return this.read(() => this.#audit.page(filter));
  }

  beginErasure(id: AccountId, records: 'keep' | 'erase'): boolean {
    return this.change(() => this.#erasures.begin(id, records === 'erase'));
  }

  eraseSome(limit: number): ReturnType<PrivacyStore['eraseSome']> {
    checkLimit(limit);
    return this.record(() => this.#erasures.some(limit));
  }

  erasures(after: number, limit: number): ReturnType<PrivacyStore['erasures']> {
    checkLimit(limit);
    return this.read(() => this.#erasures.noted(after, limit));
  }

  purgeSome(retention: Retention, limit: number): Purged {
    checkLimit(limit);
    return this.record(() => this.#retention.some(retention, limit));
  }

  sweepSome(limit: number): boolean {
    checkLimit(limit);
    const now = this.#pins.now();
    // most often there is nothing: then nobody waits for the lock
    if (!this.read(() => hasDeadRekeying(this.database, now) || hasDeadImport(this.database, now))) return false;
    return this.change(() => clearDead(this.database, now, limit) || takeOutDead(this.database, now, limit));
  }

  *heldOn(id: AccountId): Generator<HeldRows> {
    const pages = this.#held.on(id);
    for (;;) {
      const page = this.read(() => pages.next());
      if (page.done === true) return;
      yield page.value;
    }
  }

  callsOfNumber(digits: string, after: number, limit: number): NumberFindings {
    checkLimit(limit);
    return this.read(() => {
      const walk = this.#numbers.calls(digits, after, limit);
      return { next: walk.next, callRecords: this.#numbers.records(walk) };
    });
  }

  eraseNumber(
    digits: string,
    after: number,
    limit: number,
  ): { readonly next: number | null; readonly changed: number } {
    checkLimit(limit);
    // looked for without a lock, which is held for what is found alone
    const walk = this.read(() => this.#numbers.calls(digits, after, limit));
    const elsewhere = after === 0 ? this.read(() => this.#numbers.elsewhere(digits)) : null;
    if (walk.calls.length === 0 && elsewhere === null) return { next: walk.next, changed: 0 };
    const changed = this.change(
      () => this.#numbers.eraseCalls(walk) + (elsewhere === null ? 0 : this.#numbers.eraseElsewhere(digits, elsewhere)),
    );
    return { next: walk.next, changed };
  }

  *heldOnNumber(digits: string): Generator<HeldRows> {
    const pages = this.#numbers.held(digits);
    for (;;) {
      const page = this.read(() => pages.next());
      if (page.done === true) return;
      yield page.value;
    }
  }

  liveHoldsNumber(digits: string): boolean {
    return this.read(() => this.#erasures.liveHoldsNumber(digits));
  }

  emptyWriteAheadLog(): boolean {
    return this.emptyLog();
  }

  wipeSome(after: number): number | null | 'busy' {
    return this.file === IN_MEMORY ? null : this.read(() => this.#slack.some(after));
  }
}
