/**
 * Callers by number and pattern (product: section 4, blocked and allowed callers): digits, `?` for any one digit, and `*` at the end for any
 * that follow, or none. Written as numbers are: with or without `+` or the international prefix `00`, and with separators.
 */

import { callerDigits } from './callers.js';
import { withoutSeparators } from './dial-in.js';

/** Longest number or pattern, characters. */
const LONGEST = 32;

/** The one form of a number or pattern, or `null` when it is none: it has at least one digit. */
export function callerPattern(text: string): string | null {
  const pattern = /[?*]/.test(text) ? patternOf(text) : callerDigits(text.trim());
  return pattern === null || pattern.length > LONGEST ? null : pattern;
}

function patternOf(text: string): string | null {
  const bare = withoutSeparators(text);
  const pattern = bare.replace(/^(?:\+|00(?=[1-9]))/, '');
  return /^[\d?]+\*?$/.test(pattern) && /\d/.test(pattern) ? pattern : null;
}

/** Whether the number, digits only, is the pattern's. Linear in its length. */
export function fitsPattern(number: string, pattern: string): boolean {
  const open = pattern.endsWith('*');
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? number.length < fixed.length : number.length !== fixed.length) return false;
  for (let index = 0; index < fixed.length; index += 1) {
    if (fixed[index] !== '?' && fixed[index] !== number[index]) return false;
  }
  return true;
}

/** Whether a list of numbers and patterns has the caller on it; a withheld number is on none. */
export const isListed = (number: string | null, patterns: readonly string[]): boolean =>
  number !== null && patterns.some((pattern) => fitsPattern(number, pattern));
