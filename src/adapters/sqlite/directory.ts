import type { Database, Statement } from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.js';
import type { DialInNumber, Trunk } from '../../ports/store.js';
import { foldName } from './accounts.js';

interface NumberRow {
  readonly number: string;
  readonly pin_length: number;
  readonly greeting: string | null;
  readonly label: string | null;
  readonly created_at: number;
}

interface TrunkRow {
  readonly name: string;
  readonly sources: string;
  readonly enabled: number;
  readonly created_at: number;
}

function readSources(text: string): readonly string[] {
  try {
    return JSON.parse(text) as readonly string[];
  } catch {
    throw new StoreUnavailable('the database is damaged: sources of a trunk cannot be read, restore a backup');
  }
}

/** Dial-in numbers and trunks, each in order of creation. */
export class DirectoryTables {
  readonly #addNumber: Statement;
  readonly #numbers: Statement<[], NumberRow>;
  readonly #removeNumber: Statement<[string]>;
  readonly #addTrunk: Statement;
  readonly #trunks: Statement<[], TrunkRow>;
  readonly #removeTrunk: Statement<[string]>;

  constructor(database: Database) {
    this.#addNumber = database.prepare(
      'INSERT INTO numbers (number, pin_length, greeting, label, created_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#numbers = database.prepare(
      'SELECT number, pin_length, greeting, label, created_at FROM numbers ORDER BY seq',
    );
    this.#removeNumber = database.prepare('DELETE FROM numbers WHERE number = ?');
    this.#addTrunk = database.prepare(
      'INSERT INTO trunks (name, folded_name, sources, enabled, created_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#trunks = database.prepare('SELECT name, sources, enabled, created_at FROM trunks ORDER BY seq');
    this.#removeTrunk = database.prepare('DELETE FROM trunks WHERE folded_name = ?');
  }

  addNumber({ number, pinLength, greeting, label, createdAt }: DialInNumber): void {
    this.#addNumber.run(number, pinLength, greeting, label ?? null, Math.round(createdAt));
  }

  numbers(): readonly DialInNumber[] {
    return this.#numbers.all().map((row) => ({
      number: row.number,
      pinLength: row.pin_length,
      greeting: row.greeting,
      ...(row.label === null ? {} : { label: row.label }),
      createdAt: row.created_at,
    }));
  }

  removeNumber(number: string): boolean {
    return this.#removeNumber.run(number).changes > 0;
  }

  addTrunk({ name, sources, enabled, createdAt }: Trunk): void {
    this.#addTrunk.run(name, foldName(name), JSON.stringify(sources), enabled ? 1 : 0, Math.round(createdAt));
  }

  trunks(): readonly Trunk[] {
    return this.#trunks.all().map((row) => ({
      name: row.name,
      sources: readSources(row.sources),
      enabled: row.enabled === 1,
      createdAt: row.created_at,
    }));
  }

  removeTrunk(name: string): boolean {
    return this.#removeTrunk.run(foldName(name)).changes > 0;
  }
}
