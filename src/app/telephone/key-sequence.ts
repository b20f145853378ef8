import { isKey, type Key } from '../../domain/keys.js';

/** Keys to be pressed one after the other; a comma is a pause, as in a telephone's address book. */
export type KeyStep = { readonly kind: 'key'; readonly key: Key } | { readonly kind: 'pause'; readonly ms: number };

/** What a comma waits. */
export const PAUSE_MS = 1_000;
/** Nobody keys more by hand. */
const MOST_STEPS = 200;

/** The keys cannot be pressed; the message is one line that does not repeat them, since they may be secret. */
export class NotKeyable extends Error {
  override readonly name = 'NotKeyable';
}

/** @throws {NotKeyable} for anything but 0-9, *, #, A-D, commas and white space (which is left out) */
export function readKeys(text: string): readonly KeyStep[] {
  const characters = Array.from(text.replaceAll(/\s/g, '').toUpperCase());
  if (characters.length > MOST_STEPS) throw new NotKeyable(`at most ${MOST_STEPS} keys and pauses at once`);
  return characters.map((character) => {
    if (character === ',') return { kind: 'pause', ms: PAUSE_MS };
    if (isKey(character)) return { kind: 'key', key: character };
    throw new NotKeyable('a telephone has the keys 0 to 9, *, # and A to D; a comma is a pause of one second');
  });
}
