const MINUTE_MS = 60_000;
const UNITS = [
  [1_440, 'day'],
  [60, 'hour'],
  [1, 'minute'],
] as const;

/** A length of time as people say it, e.g. `1 hour 30 minutes`; `none` below a minute. @param ms milliseconds; seconds are left out */
export function lengthInWords(ms: number): string {
  let rest = Math.floor(ms / MINUTE_MS);
  const parts: string[] = [];
  for (const [minutes, name] of UNITS) {
    const count = Math.floor(rest / minutes);
    rest -= count * minutes;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.length === 0 ? 'none' : parts.join(' ');
}
