import type { Role } from '../../domain/conference-options.js';
import type { AccountId, BookingId, InviteeId } from '../../domain/identifiers.js';
import type { NewPin } from '../../ports/store.js';
import type { BookingPins } from '../../ports/store-bookings.js';
import type { WantedCode } from '../drawing.js';

/*
 * Which PINs a booking has: of the series (`startsAt` `null`) or of one occurrence, each with a host PIN and either a guest PIN for all
 * or one for each invitee.
 */

/** One PIN to be drawn. */
export interface PinSlot {
  readonly startsAt: number | null;
  readonly role: Role;
  /** Whose own it is, or `null`. */
  readonly inviteeId: InviteeId | null;
}

/** PINs of the series or of one occurrence, to be shown this once. */
export interface ShownPins {
  readonly startsAt: number | null;
  readonly host: string | null;
  readonly guest: string | null;
  readonly invitees: readonly { readonly id: InviteeId; readonly pin: string }[];
}

/** What a series or an occurrence needs. @param invitees whose PINs are their own; `null`: there is one for all */
export const slotsOf = (startsAt: number | null, invitees: readonly InviteeId[] | null): readonly PinSlot[] => [
  { startsAt, role: 'host', inviteeId: null },
  ...(invitees === null
    ? [{ startsAt, role: 'guest' as const, inviteeId: null }]
    : invitees.map((inviteeId): PinSlot => ({ startsAt, role: 'guest', inviteeId }))),
];

/** By their places in the list. Guest PINs are sealed, so that an invitation can be printed again. */
export const wantedOf = (
  slots: readonly PinSlot[],
  { account, booking, length }: { readonly account: AccountId; readonly booking: BookingId; readonly length: number },
): Readonly<Record<string, WantedCode>> =>
  Object.fromEntries(
    slots.map(({ role, inviteeId }, place) => {
      const invitee = inviteeId === null ? {} : { invitee: inviteeId };
      return [place, { length, ...(role === 'guest' ? { sealedFor: { account, role, booking, ...invitee } } : {}) }];
    }),
  );

/** Those of one occurrence, or of the series, as the store takes them. @param codes by the places of the slots */
export function pinsAt(
  startsAt: number | null,
  slots: readonly PinSlot[],
  codes: Readonly<Record<string, NewPin>>,
): BookingPins {
  const { host, guest, invitees } = sorted(startsAt, slots, codes);
  return { ...(host === null ? {} : { host }), ...(guest === null ? {} : { guest }), invitees };
}

/** All of them as they are shown, in order. @param digits by the places of the slots */
export function shownPins(slots: readonly PinSlot[], digits: Readonly<Record<string, string>>): readonly ShownPins[] {
  const times = [...new Set(slots.map(({ startsAt }) => startsAt))];
  return times.map((startsAt) => ({ startsAt, ...sorted(startsAt, slots, digits) }));
}

interface Sorted<T> {
  readonly host: T | null;
  readonly guest: T | null;
  readonly invitees: readonly { readonly id: InviteeId; readonly pin: T }[];
}

function sorted<T>(startsAt: number | null, slots: readonly PinSlot[], values: Readonly<Record<string, T>>): Sorted<T> {
  let host: T | null = null;
  let guest: T | null = null;
  const invitees: { readonly id: InviteeId; readonly pin: T }[] = [];
  for (const [place, slot] of slots.entries()) {
    const value = values[place];
    if (value === undefined || slot.startsAt !== startsAt) continue;
    if (slot.role === 'host') host = value;
    else if (slot.inviteeId === null) guest = value;
    else invitees.push({ id: slot.inviteeId, pin: value });
  }
  return { host, guest, invitees };
}
