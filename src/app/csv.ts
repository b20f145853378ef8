import { parse, CsvError } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** A record of a CSV file. */
export interface CsvRow {
  /** The line it begins in, 1 for the first. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The file is no CSV that can be read: one line that says where and why. */
export class CsvUnreadable extends Error {
  override readonly name = 'CsvUnreadable';
}

/** Characters of one record: far beyond any account, so that a quote nobody closed does not swallow the file. */
const LONGEST_RECORD = 100_000;

/**
 * Reads CSV as programs write it (RFC 4180): UTF-8 with or without a byte order mark, lines ending in LF or CRLF, commas, or semicolons
 * where the first line has those alone. Empty lines are passed over.
 * @throws {CsvUnreadable}
 */
export function readCsv(bytes: Uint8Array): readonly CsvRow[] {
  const text = decoded(bytes);
  const head = text.slice(0, text.search(/\r|\n|$/));
  try {
    const rows: CsvRow[] = [];
    parse(text, {
      bom: true,
      delimiter: head.includes(';') && !head.includes(',') ? ';' : ',',
      max_record_size: LONGEST_RECORD,
      // nothing else of a record is kept: there may be many
      on_record(cells: readonly string[], { lines }) {
        rows.push({ line: lines - linesWithin(cells), cells });
        return null;
      },
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
    });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvUnreadable(`it is no CSV: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`);
  }
}

/** Line ends inside of quotes: the reader counts where a record ends. */
const linesWithin = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CsvUnreadable('it is not in UTF-8: save it as CSV UTF-8');
  }
}

/** Text that a spreadsheet takes for a formula, be its sign of full width; or such text behind guards. */
const FORMULA = /^('*)\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
/** Telephone numbers are none. */
const NUMBER = /^\+\d+$/;

/** A quote before what a spreadsheet might take for a formula says that it is text; before what looks guarded already, so that it stays as it is. */
const guarded = (text: string): string => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);

/** The text without the quote that was put before it. */
export const withoutGuard = (text: string): string => ((FORMULA.exec(text)?.[1] ?? '') === '' ? text : text.slice(1));

/** What a cell may hold; `null` is an empty one. */
export type CsvValue = string | number | boolean | null;

/** A cell that holds none of these is written as it is. */
const TO_BE_QUOTED = /[",\r\n]/;

const textOf = (cell: CsvValue): string =>
  typeof cell === 'string' ? guarded(cell) : cell === null ? '' : String(cell);

/** Of half a million rows hardly one has anything to be quoted. */
function lineOf(row: readonly CsvValue[]): string {
  const cells = row.map(textOf);
  const isPlain = !cells.some((cell) => TO_BE_QUOTED.test(cell));
  return isPlain
    ? `${cells.join(',')}\r\n`
    : stringify([cells], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}

/** Lines of CSV (RFC 4180), each ending in CRLF. No cell is taken for a formula by a spreadsheet. */
export const csvLines = (rows: readonly (readonly CsvValue[])[]): string => rows.map(lineOf).join('');
