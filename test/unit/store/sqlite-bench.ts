import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import type { Store } from '../../../src/ports/store.js';
import { account, pin } from '../../conformance/store-stage.js';

/** A database file of its own, and those who have it open. */
export class SqliteBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'partyline-file-'));
  readonly file = join(this.directory, 'data', 'partyline.db');
  readonly #opened: Store[] = [];

  open(options: Partial<Parameters<typeof SqliteStore.open>[0]> = {}): SqliteStore {
    const store = SqliteStore.open({ file: this.file, ...options });
    this.#opened.push(store);
    return store;
  }

  /** Runs SQL beside the store, as a later version or a careless hand would. */
  tamper(sql: string): void {
    const database = new SqliteDatabase(this.file);
    database.exec(sql);
    database.close();
  }

  /** Files of the database that hold this text, whatever the case. */
  holding(text: string): readonly string[] {
    const data = join(this.directory, 'data');
    const read = (name: string): string => readFileSync(join(data, name), 'latin1').toLowerCase();
    return readdirSync(data).filter((name) => read(name).includes(text.toLowerCase()));
  }

  dispose(): void {
    this.#opened.forEach((store) => store.close());
    chmodSync(this.directory, 0o700);
    rmSync(this.directory, { recursive: true });
  }
}

export const add = (store: Store, id: string, name?: string): void =>
  store.addAccount(account(id, name === undefined ? {} : { name }), {
    host: pin(`${id}-host`),
    guest: pin(`${id}-guest`),
  });
