import { setTimeout as pause } from 'node:timers/promises';

/** Shortest pause between two steps of long work, milliseconds. */
const LEAST_PAUSE_MS = 2;

/**
 * Does long work in short steps and leaves the database to others between them for as long as a step took.
 * @param step returns whether there is more to do
 * @param goesOn asked before each step: `false` ends it there
 * @returns whether all was done
 */
export async function gently(step: () => boolean, goesOn: () => boolean = () => true): Promise<boolean> {
  for (;;) {
    if (!goesOn()) return false;
    const began = performance.now();
    if (!step()) return true;
    await pause(Math.max(LEAST_PAUSE_MS, performance.now() - began));
  }
}
