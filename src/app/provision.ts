import { drawPins } from '../domain/access/pins.js';
import type { ConferenceOptions } from '../domain/conference-options.js';
import { accountId, type AccountId } from '../domain/identifiers.js';
import { Duplicate, type DialInNumber } from '../ports/store.js';
import type { OpenStore } from './compose-store.js';

/** PINs that are taken are drawn again so often; more than a few only when nearly all are taken. */
const MOST_DRAWS = 50;

/** Hardly any PIN of the wanted length is free. */
export class PinsExhausted extends Error {
  override readonly name = 'PinsExhausted';
}

/**
 * Adds an account with freshly drawn PINs; they are returned this once and kept nowhere in readable form.
 * @param pinLength digits, 6 to 12
 * @throws {PinsExhausted} or what the store throws; then nothing was added
 */
export function provisionAccount(
  { store, pins, clock, randomness }: OpenStore,
  name: string,
  options: ConferenceOptions,
  pinLength: number,
): { readonly id: AccountId; readonly host: string; readonly guest: string } {
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const id = accountId(randomness.identifier('a'));
    const { host, guest } = drawPins((count) => randomness.digits(count), pinLength);
    try {
      const account = { id, name, enabled: true, options, createdAt: clock.wall() };
      store.addAccount(account, { host: pins.hash(host), guest: pins.hash(guest) });
      return { id, host, guest };
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
    }
  }
  throw new PinsExhausted(`hardly any PIN of ${pinLength} digits is free: give a larger --pin-length`);
}

/** PINs are as long as the dial-in numbers want them: all alike, or the configured length where they differ or there are none. */
export function usualPinLength(numbers: readonly DialInNumber[], configured: number): number {
  const lengths = [...new Set(numbers.map(({ pinLength }) => pinLength))];
  if (lengths.length === 0 || lengths.includes(configured)) return configured;
  return Math.max(...lengths);
}
