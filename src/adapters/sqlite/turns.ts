/** What one transaction of long work may take, milliseconds: whoever else writes waits as long. */
const TURN_MS = 200;
/** And what is left to others between two, milliseconds. */
const PAUSE_MS = 20;
/** Long work that gave no sign of life for so long is over, milliseconds. */
export const DEAD_MS = 60_000;
const FIRST_ROWS = 500;
const LEAST_ROWS = 100;
const MOST_ROWS = 20_000;

/**
 * Long work in short transactions, so that the bridge is not held up.
 * @param step one of them, of so many rows at most; says how many there were, and is not called again when there were fewer
 */
export function inTurns(step: (rows: number) => number): void {
  for (let rows = FIRST_ROWS; ;) {
    const from = performance.now();
    if (step(rows) < rows) return;
    const fitting = (rows * TURN_MS) / (performance.now() - from);
    rows = Math.round(Math.min(MOST_ROWS, rows * 2, Math.max(LEAST_ROWS, fitting)));
    rest();
  }
}

/** Lets whoever waits for the lock have it. */
function rest(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
