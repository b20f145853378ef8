/** How much of a caller's number is shown or kept (product: section 7), and by what a caller is known again (section 1). */

import { canonicalNumber } from './dial-in.js';

const MASK = '***';

/**
 * The number with all but its last `keep` characters hidden, and never more than half of it shown, so that an extension of three
 * digits does not stay whole. The mask does not tell how many were hidden.
 * @param keep `null` keeps the whole number
 */
export function maskCaller(caller: string, keep: number | null): string {
  if (keep === null) return caller;
  const shown = Math.min(keep, Math.floor(caller.length / 2));
  return MASK + (shown === 0 ? '' : caller.slice(-shown));
}

/** The number as digits, one form for all its spellings, by which a caller is known again; `null` where a name is shown or nothing. */
export function callerDigits(caller: string | null): string | null {
  const digits = caller === null ? '' : canonicalNumber(caller).replace(/^\+/, '');
  return /^\d+$/.test(digits) ? digits : null;
}
