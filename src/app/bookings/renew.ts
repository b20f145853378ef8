import { inviteeId, type InviteeId } from '../../domain/identifiers.js';
import type { Booking, NewInvitee } from '../../ports/store-bookings.js';
import type { OpenStore } from '../compose-store.js';
import { drawUntilAccepted } from '../drawing.js';
import { pinsAt, shownPins, wantedOf, type PinSlot, type ShownPins } from './booking-pins.js';
import { AHEAD } from './recurrence.js';
import { BookingChanged, expectUnchanged, untilUnchanged } from './unchanged.js';

/**
 * Invites one more; where PINs are personal, with PINs of its own for the series or for the occurrences ahead.
 * @param sound how the name is said, a WAV file, or `null`
 * @throws {PinsExhausted}, {BookingChanged}, or what the store throws; then nobody was invited
 */
export function invite(
  stores: OpenStore,
  booking: Booking,
  invited: { readonly who: Omit<NewInvitee, 'id'>; readonly sound: Uint8Array | null },
  pinLength: number,
): { readonly id: InviteeId; readonly pins: readonly ShownPins[] } {
  return untilUnchanged(() => inviteOnce(stores, booking, invited, pinLength));
}

function inviteOnce(
  stores: OpenStore,
  booking: Booking,
  { who, sound }: Parameters<typeof invite>[2],
  pinLength: number,
): ReturnType<typeof invite> {
  const { store, clock, randomness } = stores;
  const id = inviteeId(randomness.identifier('i'));
  const at = clock.wall();
  const times = booking.personalPins ? timesOf(stores, booking) : [];
  const slots = times.map((startsAt): PinSlot => ({ startsAt, role: 'guest', inviteeId: id }));
  const wanted = wantedOf(slots, { account: booking.accountId, booking: booking.id, length: pinLength });
  const digits = drawUntilAccepted(stores, wanted, (codes) => {
    const own = slots.flatMap(({ startsAt }, place) => {
      const pin = codes[place];
      return pin === undefined ? [] : [{ startsAt, pin }];
    });
    const isAdded = store.audited(
      (added: boolean) => (added ? { at, action: 'invitee-added', subject: id, detail: null } : null),
      () => {
        const known = new Set(times);
        expectUnchanged(!booking.personalPins || timesOf(stores, booking).every((time) => known.has(time)));
        return store.addInvitee(booking.id, { ...who, id }, own) && (sound === null || store.keepSpokenName(id, sound));
      },
    );
    if (!isAdded) throw new BookingChanged('the booking was cancelled meanwhile: nobody was invited');
  });
  return { id, pins: shownPins(slots, digits) };
}

/**
 * Draws PINs anew; the old ones stop at once for everyone not yet in.
 * @param startsAt of this occurrence; `null`: of the series
 * @throws {PinsExhausted}, {BookingChanged}, or what the store throws; then the old ones hold
 */
export function renewPins(
  stores: OpenStore,
  booking: Booking,
  slots: readonly PinSlot[],
  pinLength: number,
): readonly ShownPins[] {
  const { store, clock } = stores;
  const at = clock.wall();
  const [first] = slots;
  const startsAt = first?.startsAt ?? null;
  const wanted = wantedOf(slots, { account: booking.accountId, booking: booking.id, length: pinLength });
  const digits = drawUntilAccepted(stores, wanted, (codes) => {
    const isDone = store.audited(
      (done: boolean) => (done ? { at, action: 'pins-rotated', subject: booking.id, detail: null } : null),
      () => store.replaceBookingPins(booking.id, startsAt, pinsAt(startsAt, slots, codes)),
    );
    if (!isDone) throw new BookingChanged('the booking was cancelled meanwhile: its PINs are as they were');
  });
  return shownPins(slots, digits);
}

/** What has PINs: the series, or each occurrence that is not over. */
function timesOf({ store, clock }: OpenStore, { id, pinsEach }: Booking): readonly (number | null)[] {
  if (!pinsEach) return [null];
  return store
    .occurrences({ bookingId: id, from: clock.wall(), limit: AHEAD.occurrences })
    .map(({ startsAt }) => startsAt);
}
