import type { Database } from 'better-sqlite3';
import type { AuditLine, PrivacyStore } from '../../ports/store-privacy.js';
import { AuditTable } from './audit.js';
import { checkLimit, StoreBase } from './store-base.js';

/** The store's side of privacy. */
export abstract class PrivacySide extends StoreBase implements PrivacyStore {
  readonly #audit: AuditTable;

  protected constructor(file: string, database: Database) {
    super(file, database);
    this.#audit = new AuditTable(database);
  }

  audited<T>(line: AuditLine | ((done: T) => AuditLine | null), change: () => T): T {
    return this.change(() => {
      const done = change();
      const noted = typeof line === 'function' ? line(done) : line;
      if (noted !== null) this.#audit.add(noted);
      return done;
    });
  }

  auditLines(filter: Parameters<PrivacyStore['auditLines']>[0]): ReturnType<PrivacyStore['auditLines']> {
    checkLimit(filter.limit);
    return this.read(() => this.#audit.page(filter));
  }
}
