import type { Database, Statement } from 'better-sqlite3';
import type { Parameters } from './record-rows.js';

/** Statements that depend on the filters asked for, each prepared once: there are as many as sets of filters. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement<[Parameters]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  prepared<Row>(sql: string): Statement<[Parameters], Row> {
    const known = this.#prepared.get(sql) ?? this.#database.prepare<[Parameters]>(sql);
    this.#prepared.set(sql, known);
    return known as Statement<[Parameters], Row>;
  }
}
