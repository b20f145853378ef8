/** Which dial-in number a call is for, from the user part it was sent to (product: section 1). */

/** What a dial-in number decides for its callers. */
export interface DialIn {
  readonly number: string;
  /** Digits of every PIN keyed at it. */
  readonly pinLength: number;
  /** Name of a greeting, or `null` for none. */
  readonly greeting: string | null;
}

/** The user part that is answered as long as no number is provisioned. */
export const UNPROVISIONED_NUMBER = 'conference';

const LONGEST = 64;
/** Shorter ones are extensions, of which `0012` and `12` may be two. */
const SHORTEST_E164 = 7;

/** Visual separators (RFC 3966 section 5.1.1), blanks, dashes of every kind, and marks of direction that come along when a number is pasted. */
const SEPARATORS = /[\s().\-/\u2010-\u2015\u2212\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** The zero that is dialled at home alone, as in `+44 (0)20`. */
const ZERO_AT_HOME = /^([\s(]{0,4}(?:\+|00)[\d\s().-]{1,8}?)\(0\)/;

export const withoutSeparators = (text: string): string => text.replaceAll(SEPARATORS, '');

/**
 * The number as it is stored and shown: separators and blanks taken out, an international prefix `00` written as `+`. Names such as
 * `conference` and short extensions stay as they are.
 */
export function canonicalNumber(text: string): string {
  const bare = text.trim();
  const digits = withoutSeparators(bare.replace(ZERO_AT_HOME, '$1'));
  if (!/^\+?\d+$/.test(digits)) return bare;
  return /^00[1-9]\d+$/.test(digits) && digits.length - 2 >= SHORTEST_E164 ? `+${digits.slice(2)}` : digits;
}

/** Whether the text can be a dial-in number: digits with or without `+`, or a plain name. */
export function isDialInNumber(text: string): boolean {
  const number = canonicalNumber(text);
  return number.length <= LONGEST && (/^\+?\d+$/.test(number) || /^[a-z][\w.-]*$/i.test(number));
}

/** One form for all the ways a number is sent, to compare them: carriers write E.164 with `+`, with `00`, or with neither. */
export function comparableNumber(user: string): string {
  // parameters within the user part, such as ;phone-context=, say nothing about which number it is
  const number = canonicalNumber(user.slice(0, LONGEST * 2).split(';')[0] ?? '').toLowerCase();
  const digits = number.replace(/^\+/, '');
  return /^\d+$/.test(digits) && digits.length >= SHORTEST_E164 ? digits : number;
}

/** Whether two spellings are the same dial-in number. */
export const sameNumber = (a: string, b: string): boolean => comparableNumber(a) === comparableNumber(b);

/**
 * The dial-in number that a user part means, or `null`: unknown, refused with 404. As long as no number is provisioned,
 * `conference` is answered with the configured defaults, so that a fresh bridge can be tried.
 */
export function dialInNumberFor<T extends DialIn>(
  numbers: readonly T[],
  unprovisioned: { readonly pinLength: number; readonly greeting: string | null },
  user: string,
): T | DialIn | null {
  const wanted = comparableNumber(user);
  if (numbers.length > 0) return numbers.find(({ number }) => comparableNumber(number) === wanted) ?? null;
  if (wanted !== UNPROVISIONED_NUMBER) return null;
  return { number: UNPROVISIONED_NUMBER, pinLength: unprovisioned.pinLength, greeting: unprovisioned.greeting };
}
