import type { CliContext } from '../cli/context.js';
import { printable } from '../cli/output.js';
import { csvLines } from '../csv.js';
import type { CsvValue } from '../csv.js';
import type { Shape } from './shapes.js';

export type Format = 'table' | 'csv' | 'json';

/** Callers choose some of the texts: no control characters come out of them. */
const shown = (value: CsvValue): CsvValue => (typeof value === 'string' ? printable(value) : value);

/** Writes rows as they come, so that any number of them may: a table, CSV, or an array of JSON. */
export class RowsOut<T> {
  readonly #context: CliContext;
  readonly #format: Format;
  readonly #shape: Shape<T>;
  #rows = 0;

  constructor(context: CliContext, format: Format, shape: Shape<T>) {
    this.#context = context;
    this.#format = format;
    this.#shape = shape;
    if (format === 'csv') context.io.stdout(csvLines([shape.columns]));
    if (format === 'json') context.io.stdout('[');
  }

  /** How many were written. */
  get rows(): number {
    return this.#rows;
  }

  add(rows: readonly T[]): void {
    if (rows.length === 0) return;
    const { head, cells, columns, json } = this.#shape;
    if (this.#format === 'table') {
      // columns as wide as these rows need, as nobody knows those to come
      this.#context.printTable(head, rows.map(cells));
    } else if (this.#format === 'csv') {
      const values = rows.map(json).map((row) => columns.map((column) => shown((row[column] ?? null) as CsvValue)));
      this.#context.io.stdout(csvLines(values));
    } else {
      const text = JSON.stringify(rows.map(json), null, 2).slice(1, -2);
      this.#context.io.stdout(this.#rows === 0 ? text : `,${text}`);
    }
    this.#rows += rows.length;
  }

  /** @param none what people read where there was no row */
  end(none: string): void {
    if (this.#format === 'json') this.#context.io.stdout(this.#rows === 0 ? ']\n' : '\n]\n');
    if (this.#format === 'table' && this.#rows === 0) this.#context.print(none);
  }
}
