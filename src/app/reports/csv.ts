import { stringify } from 'csv-stringify/sync';
import { printable } from '../cli/output.js';

/** A text that a spreadsheet does not take for a formula, be its sign of full width; numbers with their `+` are none. */
function harmless(text: string): string {
  const shown = printable(text);
  return /^\s*[=@+\-\uff1d\uff20\uff0b\uff0d]/.test(shown) && !/^\+\d+$/.test(shown) ? `'${shown}` : shown;
}

/** Lines of CSV (RFC 4180): CRLF, quotes where they are needed, nothing for `null`. */
export const csvLines = (rows: readonly (readonly (string | number | boolean | null)[])[]): string =>
  stringify(
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? harmless(cell) : cell))),
    { record_delimiter: 'windows', cast: { boolean: String } },
  );
