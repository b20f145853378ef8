import Table from 'cli-table3';

/**
 * Text as it may go to a terminal: callers choose the numbers they dial and the names they send, and control characters
 * in them would move the cursor or colour the screen.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns for people: no lines, no colours, nothing cut off. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = new Table({
    head: [...head],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  shown.push(...rows.map((row) => row.map(printable)));
  return trimLines(shown.toString());
}

/** One thing's properties, a line each. */
export function block(lines: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return trimLines(lines.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n'));
}

const trimLines = (text: string): string => text.replace(/ +$/gm, '');

const pad = (value: number): string => String(value).padStart(2, '0');

/** Date and time on the clock of this machine, for people. */
export function localTime(time: number): string {
  const date = new Date(time);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Date and time in UTC, for programs (RFC 3339). */
export const isoTime = (time: number): string => new Date(time).toISOString();

/** A length of time such as 1:02:03 or 4:05. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** One line of CSV (RFC 4180). A spreadsheet must not take what a caller sent for a formula. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = printable(cell);
  const harmless = /^[=@+-]/.test(text) && !/^\+\d+$/.test(text) ? `'${text}` : text;
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
