import { drawPin, drawPins } from '../domain/access/pins.js';
import type { ConferenceOptions } from '../domain/conference-options.js';
import { accountId, type AccountId } from '../domain/identifiers.js';
import { Duplicate, type AccountChange, type AccountPins, type DialInNumber } from '../ports/store.js';
import type { OpenStore } from './compose-store.js';

/** PINs that are taken are drawn again so often; more than a few only when nearly all are taken. */
const MOST_DRAWS = 50;

/** Hardly any PIN of the wanted length is free. */
export class PinsExhausted extends Error {
  override readonly name = 'PinsExhausted';
}

/** What is drawn for an account. */
interface Wanted {
  /** Digits of each PIN and code, 6 to 12. */
  readonly pinLength: number;
  /** A security code too; none where nothing is said. */
  readonly securityCode?: boolean;
}

/**
 * Adds an account with freshly drawn PINs; they are returned this once and kept nowhere in readable form.
 * @throws {PinsExhausted} or what the store throws; then nothing was added
 */
export function provisionAccount(
  stores: OpenStore,
  name: string,
  options: ConferenceOptions,
  wanted: Wanted,
): { readonly id: AccountId; readonly host: string; readonly guest: string; readonly security: string | null } {
  const { pins } = stores;
  return addDrawn(stores, name, options, wanted, ({ host, guest }) => ({
    host: pins.hash(host),
    guest: pins.hash(guest),
  }));
}

/** The same with one access code for all and a moderator PIN. */
export function provisionAccessCode(
  stores: OpenStore,
  name: string,
  options: ConferenceOptions,
  wanted: Wanted,
): { readonly id: AccountId; readonly access: string; readonly moderator: string; readonly security: string | null } {
  const { pins } = stores;
  const { id, host, guest, security } = addDrawn(stores, name, options, wanted, (drawn) => ({
    access: pins.hash(drawn.guest),
    moderator: pins.hash(drawn.host),
  }));
  return { id, access: guest, moderator: host, security };
}

/**
 * Changes an account and gives it a freshly drawn security code in place of the one it may have; it is returned this once.
 * @throws {PinsExhausted} or what the store throws; then nothing was changed
 */
export function changeWithSecurityCode(
  { store, pins, randomness }: OpenStore,
  id: AccountId,
  change: Omit<AccountChange, 'securityCode'>,
  length: number,
): string {
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const code = drawPin((count) => randomness.digits(count), length);
    try {
      store.updateAccount(id, { ...change, securityCode: pins.hash(code) });
      return code;
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
    }
  }
  throw exhausted(length);
}

function addDrawn(
  { store, pins, clock, randomness }: OpenStore,
  name: string,
  options: ConferenceOptions,
  { pinLength, securityCode }: Wanted,
  hashes: (drawn: ReturnType<typeof drawPins>) => AccountPins,
): ReturnType<typeof provisionAccount> {
  const digits = (count: number): string => randomness.digits(count);
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const id = accountId(randomness.identifier('a'));
    const drawn = drawPins(digits, pinLength);
    const security = securityCode === true ? drawPin(digits, pinLength) : null;
    const codes = security === null ? {} : { security: pins.hash(security) };
    try {
      const account = { id, name, enabled: true, options, createdAt: clock.wall() };
      store.addAccount(account, { ...hashes(drawn), ...codes });
      return { id, ...drawn, security };
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
    }
  }
  throw exhausted(pinLength);
}

const exhausted = (length: number): PinsExhausted =>
  new PinsExhausted(`hardly any PIN of ${length} digits is free: give a larger --pin-length`);

/** PINs are as long as the dial-in numbers want them: all alike, or the configured length where they differ or there are none. */
export function usualPinLength(numbers: readonly DialInNumber[], configured: number): number {
  const lengths = [...new Set(numbers.map(({ pinLength }) => pinLength))];
  if (lengths.length === 0 || lengths.includes(configured)) return configured;
  return Math.max(...lengths);
}

/** A code that goes with PINs of unknown length can be keyed at every number: an entry ends by itself at the number's PIN length. */
export const usualCodeLength = (numbers: readonly DialInNumber[], configured: number): number =>
  numbers.length === 0 ? configured : Math.min(...numbers.map(({ pinLength }) => pinLength));
