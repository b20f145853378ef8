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

/** Blanks between columns. */
const GAP = NO_LINES.middle.length;
/** A column is not made narrower than this for the sake of others. */
const NARROWEST = 8;

/**
 * Columns for people: no lines, no colours, nothing cut off.
 * @param width characters a line may have; cells that would not fit go on in the next line. `null`: as wide as it gets,
 * for whoever searches the lines
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null = null,
): string {
  const shownRows = rows.map((row) => row.map(printable));
  const columns = (head.length > 0 ? head : (rows[0] ?? [])).map((_, column) =>
    [head, ...shownRows].map((row) => row[column] ?? ''),
  );
  const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
  const natural = columns.map(longest);
  const unbroken = columns.map((cells) => longest(cells.flatMap((cell) => cell.split(AFTER_BREAK))));
  const widths = width === null ? natural : fitted(natural, unbroken, width);
  const shown = new Table({
    head: [...head],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  shown.push(...shownRows.map((row) => row.map((cell, column) => wrapped(cell, widths[column] ?? cell.length))));
  return trimLines(shown.toString());
}

/** Takes from the widest column, one character at a time, until all fit; where a word or number would break, only at last. */
function fitted(natural: readonly number[], unbroken: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  for (const least of [unbroken, natural.map(() => NARROWEST)]) {
    for (;;) {
      const total = widths.reduce((sum, one) => sum + one, 0) + GAP * (widths.length - 1);
      const givers = widths.map((one, column) => (one > (least[column] ?? NARROWEST) ? one : 0));
      const widest = Math.max(...givers);
      if (total <= width) return widths;
      if (widest === 0) break;
      widths[givers.indexOf(widest)] = widest - 1;
    }
  }
  return widths;
}

const AFTER_BREAK = /(?<=[ ,/-])/;

/** Text in lines of so many characters, broken after blanks, commas, slashes and hyphens where there are any. */
function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const end = /^.*[ ,/-]/s.exec(rest.slice(0, width + (rest[width] === ' ' ? 1 : 0)))?.[0].length ?? width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest].join('\n');
}

/** One thing's properties, a line each. */
export function block(lines: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return trimLines(lines.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n'));
}

const trimLines = (text: string): string => text.replace(/ +$/gm, '');

const pad = (value: number): string => String(value).padStart(2, '0');

/** Date and time on the clock of this machine, for people, to the minute. */
export function localTime(time: number): string {
  const date = new Date(time);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** Date and time in UTC, for programs (RFC 3339). */
export const isoTime = (time: number): string => new Date(time).toISOString();

/** A length of time such as 1:02:03 or 4:05. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
