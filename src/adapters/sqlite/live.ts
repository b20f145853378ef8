import type { Database, Statement } from 'better-sqlite3';
import type { LiveChange } from '../../ports/store.js';

interface LiveRow {
  readonly id: string;
  readonly data: string;
}

/** What lives now, for the process that comes after; and the mixers being drained. */
export class LiveTables {
  readonly #save: Statement<[string, string, string]>;
  readonly #forget: Statement<[string, string]>;
  readonly #all: Statement<[string], LiveRow>;
  readonly #drain: Statement<[string]>;
  readonly #undrain: Statement<[string]>;
  readonly #drained: Statement<[], { readonly name: string }>;

  constructor(database: Database) {
    this.#save = database.prepare('INSERT OR REPLACE INTO live (kind, id, data) VALUES (?, ?, ?)');
    this.#forget = database.prepare('DELETE FROM live WHERE kind = ? AND id = ?');
    this.#all = database.prepare('SELECT id, data FROM live WHERE kind = ? ORDER BY id');
    this.#drain = database.prepare('INSERT OR IGNORE INTO drained_mixers (name) VALUES (?)');
    this.#undrain = database.prepare('DELETE FROM drained_mixers WHERE name = ?');
    this.#drained = database.prepare('SELECT name FROM drained_mixers ORDER BY name');
  }

  save(changes: readonly LiveChange[]): void {
    for (const { kind, id, data } of changes) {
      if (data === null) this.#forget.run(kind, id);
      else this.#save.run(kind, id, data);
    }
  }

  all(kind: LiveChange['kind']): readonly LiveRow[] {
    return this.#all.all(kind);
  }

  drained(): readonly string[] {
    return this.#drained.all().map(({ name }) => name);
  }

  setDrained(name: string, drained: boolean): boolean {
    return (drained ? this.#drain : this.#undrain).run(name).changes > 0;
  }
}
