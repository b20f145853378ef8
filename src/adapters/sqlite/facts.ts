import type { Database, Statement } from 'better-sqlite3';

/** One value for each name. */
export class FactTable {
  readonly #value: Statement<[string], { readonly value: string }>;
  readonly #set: Statement<[string, string]>;

  constructor(database: Database) {
    this.#value = database.prepare('SELECT value FROM facts WHERE name = ?');
    this.#set = database.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)');
  }

  /** `null`: there is none. */
  value(name: string): string | null {
    return this.#value.get(name)?.value ?? null;
  }

  set(name: string, value: string): void {
    this.#set.run(name, value);
  }
}
