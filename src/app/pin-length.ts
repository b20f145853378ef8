import { enoughDigits, GUESS_RISK_LIMIT, guessRisk, PIN_LENGTHS } from '../domain/access/pins.js';
import type { DialInNumber, Store } from '../ports/store.js';

/** What PINs of new accounts and bookings are to be like. */
export interface PopulationQuestion {
  readonly store: Store;
  /** Digits where there is no dial-in number yet (`entry.pinLength`). */
  readonly configured: number;
  /** PINs that are to be drawn. */
  readonly adding: number;
  /** Digits of PINs that they are to take the place of. */
  readonly replacing?: readonly (number | null)[];
}

/** So many PINs of the lengths that can be keyed would be too easy to guess: one line that says what to do. */
export class PinsTooShort extends Error {
  override readonly name = 'PinsTooShort';
  /** The longest that can be keyed. */
  readonly length: number;

  constructor(message: string, length: number) {
    super(message);
    this.length = length;
  }
}

/**
 * Digits of PINs that are drawn now (product: section 8). The usual length, or the next longer one that can be keyed at some dial-in number,
 * so that the live PINs of a length are guessed with a chance of 0.1 % a day at most.
 * @throws {PinsTooShort} where no number's PINs are long enough
 */
export function pinLengthFor({ store, configured, adding, replacing = [] }: PopulationQuestion): number {
  const numbers = store.numbers();
  const usual = usualPinLength(numbers, configured);
  const longer = [...new Set(numbers.map(({ pinLength }) => pinLength))].filter((length) => length > usual);
  const lengths = [usual, ...longer.sort((a, b) => a - b)];
  // live ones of unknown length count for every length
  const more = (length: number): number => adding - replacing.filter((one) => one === length || one === null).length;
  const found = lengths.find((length) => guessRisk(store.livePins(length) + more(length), length) <= GUESS_RISK_LIMIT);
  if (found === undefined) throw tooShort(store, lengths, more(Math.max(...lengths)));
  return found;
}

function tooShort(store: Store, lengths: readonly number[], adding: number): PinsTooShort {
  const length = Math.max(...lengths);
  const inUse = `with ${store.livePins(length) + adding} PINs in use, PINs of ${length} digits are too easy to guess`;
  const enough = enoughDigitsFor(store, adding);
  const remedy =
    enough === null
      ? `, and so would be those of ${PIN_LENGTHS.most}: remove accounts that nobody needs, or insist with --pin-length ${length}`
      : `: add a dial-in number for longer ones (partyline number add NUMBER --pin-length ${enough}), or insist with --pin-length ${length}`;
  return new PinsTooShort(`${inUse}${remedy}`, length);
}

/** The fewest digits of which so many more may be drawn, or `null`: of none. */
function enoughDigitsFor(store: Store, adding: number): number | null {
  const least = enoughDigits(adding);
  if (least === null) return null;
  for (let length = least; length <= PIN_LENGTHS.most; length += 1) {
    if (guessRisk(store.livePins(length) + adding, length) <= GUESS_RISK_LIMIT) return length;
  }
  return null;
}

/** PINs are as long as the dial-in numbers want them: all alike, or the configured length where they differ or there are none. */
export function usualPinLength(numbers: readonly DialInNumber[], configured: number): number {
  const lengths = [...new Set(numbers.map(({ pinLength }) => pinLength))];
  if (lengths.length === 0 || lengths.includes(configured)) return configured;
  return Math.max(...lengths);
}

/** A code that goes with PINs of unknown length can be keyed at every number: an entry ends by itself at the number's PIN length. */
export const usualCodeLength = (numbers: readonly DialInNumber[], configured: number): number =>
  numbers.length === 0 ? configured : Math.min(...numbers.map(({ pinLength }) => pinLength));
