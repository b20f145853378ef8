import { bookingId, inviteeId, type BookingId } from '../../domain/identifiers.js';
import type { Booking, NewBooking, NewInvitee } from '../../ports/store-bookings.js';
import type { OpenStore } from '../compose-store.js';
import { drawUntilAccepted } from '../drawing.js';
import { pinsAt, shownPins, slotsOf, wantedOf, type ShownPins } from './booking-pins.js';
import { extend, occurrencesAtOnce } from './extend.js';
import { AHEAD, unroll } from './recurrence.js';
import { momentOf } from './wall-time.js';

/** A booking as it is wanted: its rule is settled, its time zone known. */
export interface WantedBooking extends Omit<NewBooking, 'id' | 'createdAt' | 'unrolledUntil'> {
  readonly invitees: readonly Omit<NewInvitee, 'id'>[];
  /** Digits of each PIN. */
  readonly pinLength: number;
}

export interface MadeBooking {
  readonly booking: Booking;
  readonly invitees: readonly NewInvitee[];
  /** Shown this once: host PINs are kept nowhere in readable form. */
  readonly pins: readonly ShownPins[];
  /** Why it does not know all of its occurrences that it might, or `null`. */
  readonly trouble: Error | null;
}

/** The account is not there any more. */
export class AccountGone extends Error {
  override readonly name = 'AccountGone';
}

/**
 * Adds a booking with its first occurrences, PINs and invitees, in one transaction: there is never half a booking. Where every occurrence has
 * PINs of its own and there are many, later ones follow in transactions of their own; a booking that was interrupted then is a whole one
 * that knows fewer of its occurrences.
 * @throws {PinsExhausted}, {AccountGone}, or what the store throws; then nothing was added
 */
export function makeBooking(stores: OpenStore, { invitees: named, pinLength, ...wanted }: WantedBooking): MadeBooking {
  const { store, clock, randomness } = stores;
  const id = bookingId(randomness.identifier('b'));
  const createdAt = clock.wall();
  const invitees = named.map((one) => ({ ...one, id: inviteeId(randomness.identifier('i')) }));
  const own = wanted.personalPins ? invitees.map((one) => one.id) : null;
  const start = momentOf(wanted.startsLocal, wanted.timeZone);
  // The first is known however far ahead it is.
  const until = Math.max(createdAt + AHEAD.ms, start + 1);
  const limit = wanted.pinsEach ? occurrencesAtOnce((own?.length ?? 1) + 1) : AHEAD.occurrences;
  const unrolled = unroll(wanted, { from: start, until, limit });
  const times = wanted.pinsEach ? unrolled.starts : [null];
  const slots = times.flatMap((startsAt) => slotsOf(startsAt, own));
  const digits = drawUntilAccepted(
    stores,
    wantedOf(slots, { account: wanted.accountId, booking: id, length: pinLength }),
    (codes) => {
      const occurrences = unrolled.starts.map((startsAt) => ({
        startsAt,
        endsAt: startsAt + wanted.durationMs,
        pins: wanted.pinsEach ? pinsAt(startsAt, slots, codes) : null,
      }));
      const pins = wanted.pinsEach ? null : pinsAt(null, slots, codes);
      const booking = { ...wanted, id, createdAt, unrolledUntil: unrolled.until };
      const isAdded = store.audited(
        (added: boolean) => (added ? { at: createdAt, action: 'booking-added', subject: id, detail: null } : null),
        () => store.addBooking(booking, { occurrences, pins, invitees }),
      );
      if (!isAdded) throw new AccountGone('the account was removed meanwhile: nothing was booked');
    },
  );
  const later = wanted.pinsEach ? extend(stores, whole(stores, id), pinLength) : { shown: [], trouble: null };
  const pins = [...shownPins(slots, digits), ...later.shown];
  return { booking: whole(stores, id), invitees, pins, trouble: later.trouble };
}

function whole({ store }: OpenStore, id: BookingId): Booking {
  const booking = store.booking(id);
  if (booking === null) throw new AccountGone('the booking was removed meanwhile');
  return booking;
}
