/** Edit distance of Levenshtein: letters added, left out or replaced. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** What was probably meant by a name that is not known: the nearest known one, or `null` when none is near. */
export function suggest(unknown: string, known: readonly string[]): string | null {
  const asked = unknown.toLowerCase();
  // a nested key written without its group, or in the wrong one
  const last = asked.slice(asked.lastIndexOf('.') + 1);
  const sameEnd = known.filter((name) => name.toLowerCase().endsWith(`.${last}`) || name.toLowerCase() === last);
  if (sameEnd.length === 1) return sameEnd[0] ?? null;
  let best: { name: string; away: number } | null = null;
  for (const name of known) {
    const away = distance(asked, name.toLowerCase());
    if (best === null || away < best.away) best = { name, away };
  }
  return best !== null && best.away <= Math.max(1, Math.min(3, Math.floor(best.name.length / 4))) ? best.name : null;
}
