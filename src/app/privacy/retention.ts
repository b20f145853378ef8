import type { PrivacyStore, Purged, Retention } from '../../ports/store-privacy.js';
import type { Config } from '../config.js';
import { gently } from './gently.js';

/** Rows of each kind in one short transaction. */
const BATCH = 500;

export const NOTHING_PURGED: Purged = {
  ...{ numbers: 0, callRecords: 0, conferenceRecords: 0, occurrences: 0, bookings: 0, invitees: 0 },
  ...{ deliveries: 0, retiredPins: 0 },
};

/** @param now milliseconds since 1970-01-01T00:00Z */
export const retentionOf = ({ privacy }: Config, now: number): Retention => ({
  numbersBefore: now - privacy.numbersMs,
  numberDigits: privacy.numberDigits,
  recordsBefore: privacy.recordsMs === null ? null : now - privacy.recordsMs,
  occurrencesBefore: now - privacy.bookingsMs,
  failedDeliveriesBefore: now - privacy.failedDeliveriesMs,
});

/** Removes and cuts what is too old. @param goesOn asked before each step: `false` ends it there */
export async function purgeTooOld(
  store: Pick<PrivacyStore, 'purgeSome'>,
  retention: Retention,
  goesOn?: () => boolean,
): Promise<Purged> {
  let sum = NOTHING_PURGED;
  await gently(() => {
    const some = store.purgeSome(retention, BATCH);
    sum = added(sum, some);
    return countOf(some) > 0;
  }, goesOn);
  return sum;
}

export const countOf = (purged: Purged): number => (Object.values(purged) as number[]).reduce((sum, n) => sum + n, 0);

const added = (one: Purged, other: Purged): Purged => ({
  numbers: one.numbers + other.numbers,
  callRecords: one.callRecords + other.callRecords,
  conferenceRecords: one.conferenceRecords + other.conferenceRecords,
  occurrences: one.occurrences + other.occurrences,
  bookings: one.bookings + other.bookings,
  invitees: one.invitees + other.invitees,
  deliveries: one.deliveries + other.deliveries,
  retiredPins: one.retiredPins + other.retiredPins,
});
