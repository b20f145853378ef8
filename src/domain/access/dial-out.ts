/** Whether a host may call a number (product: section 8, toll fraud). Pure: what was called before is told. */

import type { DialOutRights } from '../conference-options.js';

/** Calls that hosts of one account placed, answered or not, and those under way. */
export interface DialOutUse {
  /** Begun within the last hour. */
  readonly callsLastHour: number;
  /** Under way now, ringing or answered. */
  readonly atOnce: number;
  /** Answered time within the last 24 hours, milliseconds, of those under way up to now. */
  readonly answeredMs: number;
}

/**
 * `off`: the account may not at all; `number`: what was keyed is no number; `prefix`: it is none of those that may be called;
 * `rate`, `at-once`, `budget`: enough was called.
 */
export type DialOutRefusal = 'off' | 'number' | 'prefix' | 'rate' | 'at-once' | 'budget';

export type DialOutVerdict =
  | {
      readonly allowed: true;
      /** As it is dialled at the trunk: digits, in the form it is keyed. */
      readonly number: string;
    }
  | { readonly allowed: false; readonly reason: DialOutRefusal };

/** Digits of a number with its international prefix (ITU-T E.164: 15), and a few to spare. */
const MOST_DIGITS = 20;
const INTERNATIONAL = '00';

/** A number or a prefix as it is keyed: `+44 20…` is `004420…`. `null`: not one. */
export function keyedForm(text: string): string | null {
  const bare = text.replaceAll(/[\s().\-/]/g, '');
  const digits = bare.startsWith('+') ? INTERNATIONAL + bare.slice(1) : bare;
  return /^\d+$/.test(digits) && digits.length <= MOST_DIGITS ? digits : null;
}

/** @param rights `null`: the account may call nobody. */
export function checkDialOut(rights: DialOutRights | null, keyed: string, used: DialOutUse): DialOutVerdict {
  if (rights === null) return refused('off');
  const number = keyedForm(keyed);
  if (number === null) return refused('number');
  if (!rights.prefixes.some((prefix) => covers(prefix, number))) return refused('prefix');
  if (used.callsLastHour >= rights.callsPerHour) return refused('rate');
  if (used.atOnce >= rights.atOnce) return refused('at-once');
  if (leftMs(rights, used) <= 0) return refused('budget');
  return { allowed: true, number };
}

/** Of the day's answered time, milliseconds. */
export const leftMs = ({ minutesPerDay }: DialOutRights, { answeredMs }: Pick<DialOutUse, 'answeredMs'>): number =>
  minutesPerDay * 60_000 - answeredMs;

/**
 * An international number needs a prefix that says so: `0` for all national numbers is not to open the whole world. The prefix alone
 * is no number.
 */
function covers(prefix: string, number: string): boolean {
  const digits = keyedForm(prefix);
  if (digits === null || digits === '' || number.length <= digits.length || !number.startsWith(digits)) return false;
  return digits.startsWith(INTERNATIONAL) || !number.startsWith(INTERNATIONAL);
}

const refused = (reason: DialOutRefusal): DialOutVerdict => ({ allowed: false, reason });
