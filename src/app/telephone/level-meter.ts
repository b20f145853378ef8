/** A level as a bar of text. */

/** Below this a bar is empty: a quiet line. */
const FLOOR_DBFS = -60;
/** A cell in eighths, from empty to full. */
const EIGHTHS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;

/**
 * A bar of `width` cells for -60 to 0 dBFS, in steps of an eighth of a cell.
 * @param dbfs -Infinity for digital silence
 */
export function levelBar(dbfs: number, width: number): string {
  const share = Math.min(1, Math.max(0, (dbfs - FLOOR_DBFS) / -FLOOR_DBFS));
  const eighths = Number.isNaN(share) ? 0 : Math.round(share * width * 8);
  const full = Math.floor(eighths / 8);
  const part = full < width ? (EIGHTHS[eighths % 8] ?? ' ') : '';
  return (EIGHTHS[8].repeat(full) + part).padEnd(width);
}

/** e.g. ` -23 dBFS`, always nine characters wide; silence is `    quiet`. */
export function levelText(dbfs: number): string {
  return dbfs < FLOOR_DBFS || Number.isNaN(dbfs) ? '    quiet' : `${dbfs.toFixed(0).padStart(4)} dBFS`;
}

/** e.g. `1:02:03`, `02:03`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}

/**
 * The one line that is refreshed while a call lasts: both bars, both levels, the time; at most `columns` wide.
 * Narrow terminals get shorter bars, the narrowest only the figures.
 */
export function meterLine(
  levels: { readonly inDbfs: number; readonly outDbfs: number },
  elapsedMs: number,
  columns: number,
): string {
  const figures = `in  ${levelText(levels.inDbfs)}  out ${levelText(levels.outDbfs)}  ${durationText(elapsedMs)}`;
  const width = Math.min(24, Math.floor((columns - 1 - figures.length - 6) / 2));
  if (width < 4) return figures.slice(0, Math.max(0, columns - 1));
  const bar = (dbfs: number): string => `|${levelBar(dbfs, width)}|`;
  return [
    `in  ${bar(levels.inDbfs)}${levelText(levels.inDbfs)}`,
    `out ${bar(levels.outDbfs)}${levelText(levels.outDbfs)}`,
    durationText(elapsedMs),
  ].join('  ');
}
