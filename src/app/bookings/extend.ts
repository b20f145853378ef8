import type { InviteeId } from '../../domain/identifiers.js';
import { asError } from '../../bridge/bounded.js';
import type { Booking, Invitee } from '../../ports/store-bookings.js';
import type { AuditLine } from '../../ports/store-privacy.js';
import type { OpenStore } from '../compose-store.js';
import { drawUntilAccepted } from '../drawing.js';
import { pinsAt, shownPins, slotsOf, wantedOf, type ShownPins } from './booking-pins.js';
import { AHEAD, unroll } from './recurrence.js';
import { expectUnchanged, untilUnchanged } from './unchanged.js';

/** PINs of occurrences ahead of one booking, at most: so many invitees with PINs of their own have fewer occurrences ahead. */
const MOST_PINS_AHEAD = 10_000;
/** PINs that are drawn and written in one transaction, about. */
const PINS_AT_ONCE = 100;
/** As many as all that may be ahead take, one by one. */
const MOST_STEPS = AHEAD.occurrences;

/** What goes into the audit trail with a change. @param isDone whether it changed anything */
type AuditNote = (isDone: boolean) => AuditLine | null;
const NO_NOTE: AuditNote = () => null;

/**
 * Makes further occurrences of a booking known, as far ahead as they are kept, in short transactions. Where each has PINs of its own they
 * are drawn and shown this once: nobody else can tell host PINs later.
 * @param pinLength digits of PINs that are drawn
 * @param note goes into the audit trail with the first of them, where PINs are drawn
 * @returns the PINs that were written, to be shown in any case, and what ended it early, or `null`: {PinsExhausted}, {BookingChanged}, or what
 * the store throws
 */
export function extend(
  stores: OpenStore,
  booking: Booking,
  pinLength: number,
  note: AuditNote = NO_NOTE,
): { readonly shown: readonly ShownPins[]; readonly trouble: Error | null } {
  const shown: ShownPins[] = [];
  const until = stores.clock.wall() + AHEAD.ms;
  try {
    for (let current: Booking | null = booking, step = 0; current !== null && step < MOST_STEPS; step += 1) {
      const now = current;
      const some = untilUnchanged(() =>
        extendOnce(stores, now, { until, pinLength, note: shown.length === 0 ? note : NO_NOTE }),
      );
      if (some === null) break;
      shown.push(...some);
      current = stores.store.booking(booking.id);
    }
  } catch (error) {
    return { shown, trouble: asError(error) };
  }
  return { shown, trouble: null };
}

/** One short transaction of it. @returns `null`: there was nothing to do, or somebody else does it */
export function extendOnce(
  stores: OpenStore,
  booking: Booking,
  {
    until,
    pinLength,
    note = NO_NOTE,
  }: { readonly until: number; readonly pinLength: number; readonly note?: AuditNote },
): readonly ShownPins[] | null {
  const { store, clock } = stores;
  const { id, accountId, durationMs, pinsEach, personalPins, unrolledUntil: from } = booking;
  const now = clock.wall();
  if (from === null || from >= until || booking.cancelledAt !== null) return null;
  const own = personalPins ? invitedTo(stores, booking) : null;
  const limit = room(stores, booking, now, (own?.length ?? 1) + 1);
  if (limit <= 0) return null;
  const unrolled = unroll(booking, { from, until, limit });
  const endsAt = (startsAt: number): number => startsAt + durationMs;
  if (!pinsEach) {
    const occurrences = unrolled.starts.map((startsAt) => ({ startsAt, endsAt: endsAt(startsAt), pins: null }));
    return store.unroll(id, { from, until: unrolled.until, occurrences }) ? [] : null;
  }
  const slots = unrolled.starts.flatMap((startsAt) => slotsOf(startsAt, own));
  const written = { isDone: false };
  const digits = drawUntilAccepted(
    stores,
    wantedOf(slots, { account: accountId, booking: id, length: pinLength }),
    (codes) => {
      const occurrences = unrolled.starts.map((startsAt) => ({
        startsAt,
        endsAt: endsAt(startsAt),
        pins: pinsAt(startsAt, slots, codes),
      }));
      written.isDone = store.audited(slots.length === 0 ? NO_NOTE : note, () => {
        expectUnchanged(own === null || own.join() === invitedTo(stores, booking).join());
        return store.unroll(id, { from, until: unrolled.until, occurrences });
      });
    },
  );
  return written.isDone ? shownPins(slots, digits) : null;
}

const invitedTo = ({ store }: OpenStore, { id }: Booking): readonly InviteeId[] =>
  store
    .invitees(id)
    .filter(isInvited)
    .map((one) => one.id);

export const isInvited = ({ revokedAt }: Invitee): boolean => revokedAt === null;

/** Occurrences that may become known now. @param pins that each has, where they are its own */
function room({ store }: OpenStore, { id, pinsEach }: Booking, now: number, pins: number): number {
  const most = pinsEach ? Math.min(AHEAD.occurrences, Math.floor(MOST_PINS_AHEAD / pins)) : AHEAD.occurrences;
  const ahead = store.occurrences({ bookingId: id, from: now, cancelled: true, limit: AHEAD.occurrences }).length;
  const atOnce = pinsEach ? occurrencesAtOnce(pins) : AHEAD.occurrences;
  return Math.min(most - ahead, atOnce);
}

/** Occurrences with PINs of their own that are written in one transaction. @param pins that each has */
export const occurrencesAtOnce = (pins: number): number => Math.max(1, Math.floor(PINS_AT_ONCE / pins));
