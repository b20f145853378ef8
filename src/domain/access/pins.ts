/**
 * PINs: how they are drawn and how many of them a length bears (product: sections 4 and 8).
 *
 * A PIN is refused as too easy to guess when any of this holds:
 * - half of it or more (at least 4 keys) is one run of the same digit, or counts up or down by one (9 and 0 are neighbours);
 * - it is a shorter block said again and again, such as 121212 or 123123123;
 * - it has fewer than 4 different digits.
 * That takes a few in a hundred of all PINs of 6 digits and fewer of longer ones, so that little is lost to a guesser.
 */

/** Digits a PIN may have. */
export const PIN_LENGTHS = { least: 6, most: 12 } as const;

/** Turns a keyed PIN into what the store looks up; the key never leaves the one who implements this. */
export interface PinHasher {
  /** Keyed hash of the digits: the same digits give the same text. */
  hash(digits: string): string;
  /** Whether a hash is that of these digits, also one made before the last change of keys. */
  matches(digits: string, hash: string): boolean;
  /** What a hash made before the last change of keys has become; one that needs no change as it is. */
  current(hash: string): string;
}

/** Wrong PINs a day that the bridge hears at most, whoever keys them (product: section 8). */
export const MISSES_A_DAY = 300;

/** The most that guessing may succeed a day, over the whole bridge. */
export const GUESS_RISK_LIMIT = 0.001;

const LEAST_DIFFERENT = 4;
const MOST_DRAWS = 1000;

const isRun = (digits: readonly number[], step: number): number => {
  let longest = 1;
  let length = 1;
  for (let index = 1; index < digits.length; index += 1) {
    const follows = digits[index] === ((digits[index - 1] ?? 0) + step + 10) % 10;
    length = follows ? length + 1 : 1;
    longest = Math.max(longest, length);
  }
  return longest;
};

function isRepetition(pin: string): boolean {
  for (let size = 1; size <= pin.length / 2; size += 1) {
    if (pin.length % size === 0 && pin === pin.slice(0, size).repeat(pin.length / size)) return true;
  }
  return false;
}

/** Whether a PIN is a sequence, a repetition or of too few digits, by the rule above. */
export function isWeakPin(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const longestRun = Math.max(...[0, 1, -1].map((step) => isRun(digits, step)));
  return longestRun >= Math.max(4, pin.length / 2) || isRepetition(pin) || new Set(digits).size < LEAST_DIFFERENT;
}

/**
 * Draws a PIN that is not weak.
 * @param randomDigits a decimal string of so many digits, every value equally likely
 * @throws RangeError when `length` is no PIN length; Error when the source of digits is broken and gives only weak PINs
 */
export function drawPin(randomDigits: (length: number) => string, length: number): string {
  if (!Number.isInteger(length) || length < PIN_LENGTHS.least || length > PIN_LENGTHS.most) {
    throw new RangeError(`a PIN has ${PIN_LENGTHS.least} to ${PIN_LENGTHS.most} digits, not ${length}`);
  }
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const pin = randomDigits(length);
    if (!isWeakPin(pin)) return pin;
  }
  throw new Error('the source of random digits gives no usable PIN');
}

/** Draws the PINs of one account; host and guest always differ. */
export function drawPins(
  randomDigits: (length: number) => string,
  length: number,
): { readonly host: string; readonly guest: string } {
  const host = drawPin(randomDigits, length);
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const guest = drawPin(randomDigits, length);
    if (guest !== host) return { host, guest };
  }
  throw new Error('the source of random digits gives the same PIN again and again');
}

/** Chance a day that someone guesses any of so many live PINs. */
export const guessRisk = (livePins: number, length: number): number => (livePins * MISSES_A_DAY) / 10 ** length;

/** The fewest digits with which so many live PINs stay under the limit, or `null` when no length does. */
export function enoughDigits(livePins: number): number | null {
  for (let length: number = PIN_LENGTHS.least; length <= PIN_LENGTHS.most; length += 1) {
    if (guessRisk(livePins, length) <= GUESS_RISK_LIMIT) return length;
  }
  return null;
}
