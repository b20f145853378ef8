import type { Database, Statement } from 'better-sqlite3';
import type { AuditAction, AuditLine } from '../../ports/store-privacy.js';

interface AuditRow {
  readonly number: number;
  readonly at: number;
  readonly action: AuditAction;
  readonly subject: string | null;
  readonly detail: string | null;
}

interface AuditFilter {
  readonly limit: number;
  readonly from?: number;
  readonly to?: number;
  readonly after?: number;
}

/** What administrators did, in the order they did it. */
export class AuditTable {
  readonly #add: Statement<[number, string, string | null, string | null]>;
  readonly #page: Statement<[Required<AuditFilter>], AuditRow>;

  constructor(database: Database) {
    this.#add = database.prepare('INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)');
    // by number: the clock may have been put back between two lines
    this.#page = database.prepare(
      `SELECT seq AS number, at, action, subject, detail FROM audit
       WHERE seq > :after AND at >= :from AND at < :to ORDER BY seq LIMIT :limit`,
    );
  }

  add({ at, action, subject, detail }: AuditLine): void {
    this.#add.run(Math.round(at), action, subject, detail);
  }

  page({ limit, from = 0, to = Number.MAX_SAFE_INTEGER, after = 0 }: AuditFilter): readonly AuditRow[] {
    return this.#page.all({ limit, from, to, after });
  }
}
