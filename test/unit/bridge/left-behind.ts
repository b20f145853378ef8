import type { World } from './world.js';

/** How the calls ended that have. */
export const outcomes = (world: World): readonly string[] => world.records().map(({ outcome }) => outcome);

/** What is stored of calls and conferences that live. */
export const stored = (world: World): readonly string[] =>
  (['call', 'conference'] as const).flatMap((kind) => world.store.live(kind).map(({ id }) => id));
