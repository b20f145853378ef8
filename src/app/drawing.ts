import { drawPin } from '../domain/access/pins.js';
import type { SealedFor } from '../ports/pin-seal.js';
import { Duplicate, OutdatedHash, type NewPin, type Store } from '../ports/store.js';
import type { OpenStore } from './compose-store.js';

/** Codes that are taken are drawn again so often; more than a few only when nearly all are taken. */
const MOST_DRAWS = 50;

/** Hardly any code of the wanted length is free. */
export class PinsExhausted extends Error {
  override readonly name = 'PinsExhausted';
}

/** A code to be drawn. */
export interface WantedCode {
  /** Digits, 6 to 12. */
  readonly length: number;
  /** Whose it is, where it may be printed again: guest PINs and access codes, nothing else. */
  readonly sealedFor?: SealedFor;
}

/** What drawing needs of {@link OpenStore}. */
export type Drawing = Pick<OpenStore, 'pins' | 'seal' | 'randomness'>;

/**
 * Draws codes, all of them different, until the store takes them.
 * @param wanted each code by a name of the caller's
 * @param accept writes them in one transaction; what it throws but for a code that is taken comes out
 * @returns the digits by the same names, to be shown this once
 * @throws {PinsExhausted}; then nothing was written
 */
export function drawUntilAccepted<Name extends string>(
  drawing: Drawing,
  wanted: Readonly<Record<Name, WantedCode>>,
  accept: (codes: Readonly<Record<Name, NewPin>>) => void,
): Readonly<Record<Name, string>> {
  const names = Object.keys(wanted) as Name[];
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const digits = drawDistinct(drawing, wanted, names);
    if (digits === null) continue;
    const codes = Object.fromEntries(
      names.map((name) => [name, newPin(drawing, digits[name], wanted[name].sealedFor)]),
    ) as Record<Name, NewPin>;
    try {
      accept(codes);
      return digits;
    } catch (error) {
      if (!(error instanceof Duplicate || error instanceof OutdatedHash)) throw error;
    }
  }
  const shortest = Math.min(...names.map((name) => wanted[name].length));
  throw new PinsExhausted(`hardly any PIN of ${shortest} digits is free: give a larger --pin-length`);
}

/**
 * Draws codes that nobody has, for many who are to be added together.
 * @param taken hashes that were drawn for the others; those drawn now are added to it
 * @throws {PinsExhausted}
 */
export function drawFree<Name extends string>(
  drawing: Drawing & { readonly store: Pick<Store, 'isFree'> },
  wanted: Readonly<Record<Name, WantedCode>>,
  taken: Set<string>,
): { readonly digits: Readonly<Record<Name, string>>; readonly pins: Readonly<Record<Name, NewPin>> } {
  const accepted: Readonly<Record<Name, NewPin>>[] = [];
  const digits = drawUntilAccepted(drawing, wanted, (codes) => {
    const hashes = Object.values<NewPin>(codes).map(({ hash }) => hash);
    if (hashes.some((hash) => taken.has(hash) || !drawing.store.isFree(hash))) throw new Duplicate('taken already');
    for (const hash of hashes) taken.add(hash);
    accepted.push(codes);
  });
  const [pins] = accepted;
  if (pins === undefined) throw new PinsExhausted('no PIN was drawn');
  return { digits, pins };
}

/** A drawn code as the store keeps it. */
const newPin = ({ pins, seal }: Omit<Drawing, 'randomness'>, digits: string, sealedFor?: SealedFor): NewPin => ({
  hash: pins.hash(digits),
  length: digits.length,
  ...(sealedFor === undefined ? {} : { sealed: seal.seal(digits, sealedFor) }),
});

/** @returns `null` when two of them are the same */
function drawDistinct<Name extends string>(
  { randomness }: Drawing,
  wanted: Readonly<Record<Name, WantedCode>>,
  names: readonly Name[],
): Record<Name, string> | null {
  const drawn = names.map((name) => drawPin((count) => randomness.digits(count), wanted[name].length));
  if (new Set(drawn).size < drawn.length) return null;
  return Object.fromEntries(names.map((name, index) => [name, drawn[index]])) as Record<Name, string>;
}
