import { isListed } from '../domain/access/caller-patterns.js';
import { callerDigits } from '../domain/access/callers.js';
import type { Admission, Booked, CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import { conferenceId, type AccountId, type BookingId, type ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { Account, PinHash, PinMatch, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { HeldCode } from './held-code.js';
import { underOneKey, type KeyedPinParts } from './keyed-pin.js';
import type { WithoutTime } from './without-time.js';

export interface PinLookupParts extends KeyedPinParts {
  readonly store: Store;
  readonly clock: Pick<Clock, 'wall'>;
  readonly hashPin: (digits: string) => PinHash;
  readonly pinMatches: (digits: string, hash: PinHash) => boolean;
  /** What a conference that runs asks for after the PIN; `null`: none runs, or what the account has counts. */
  readonly heldCode: (conference: ConferenceId) => HeldCode | null;
}

/** What is told of an entry, and by which hash it was found; `null`: it was not, or is none of the account's own. */
export interface LookedUp {
  readonly event: WithoutTime<CallEvent>;
  readonly by: PinHash | null;
}

type Caller = Pick<SignalingCall, 'id' | 'callerNumber'>;

/** What the store says of an entered PIN. Never throws. */
export function lookUpPin(
  { store, clock, log, hashPin, heldCode }: PinLookupParts,
  { id, callerNumber }: Caller,
  { lookupId, digits }: Extract<CallEffect, { type: 'LookUpPin' }>,
): LookedUp {
  try {
    const [match, by] = underOneKey(
      () => hashPin(digits),
      (hash) => store.findPin(hash, clock.wall()),
    );
    if (match === null) return { event: { type: 'PinMissed', lookupId }, by: null };
    const { account, role, byAccessCode, securityCode, booking } = match;
    const conferenceId = conferenceOf(account.id, booking);
    const held = heldCode(conferenceId);
    const number = callerDigits(callerNumber);
    const admission: Admission = {
      accountId: account.id,
      conferenceId,
      role,
      options: booking?.recording == null ? account.options : { ...account.options, recording: booking.recording },
      byAccessCode,
      securityCode: held === null ? securityCode : held.hash !== null,
      blocked: barred(store, account, number),
      booking: booking === null ? null : bookedOf(store, booking),
    };
    return { event: { type: 'PinMatched', lookupId, admission }, by };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'PIN could not be looked up');
    return { event: { type: 'PinLookupFailed', lookupId }, by: null };
  }
}

/** Whether the caller is turned away, and why. */
function barred(store: Store, { id, options }: Account, number: string | null): Admission['blocked'] {
  if (number !== null && store.isBlocked(id, number)) return true;
  const { allowedCallers } = options;
  return allowedCallers !== undefined && !isListed(number, allowedCallers) ? 'not-allowed' : false;
}

/** Whether an entered code is the account's own second one, or the one that its conference began with. Never throws. */
export function checkCode(
  parts: PinLookupParts,
  { id }: Caller,
  effect: Extract<CallEffect, { type: 'CheckCode' }>,
): LookedUp {
  const { store, log, hashPin } = parts;
  const { lookupId, code, accountId, conferenceId, bookingId, digits } = effect;
  const told = (matches: boolean): WithoutTime<CallEvent> => ({
    type: matches ? 'CodeMatched' : 'PinMissed',
    lookupId,
  });
  try {
    if (code === 'security') {
      return { event: told(isSecurityCode(parts, { accountId, conferenceId, bookingId, digits })), by: null };
    }
    const [matches, by] = underOneKey(
      () => hashPin(digits),
      (hash) => store.codeMatches(accountId, code, hash),
    );
    return { event: told(matches), by: matches ? by : null };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'code could not be looked up');
    return { event: { type: 'PinLookupFailed', lookupId }, by: null };
  }
}

/** Where the code was removed as it was being keyed, whatever is keyed will do: none is asked for any more. */
function isSecurityCode(
  { store, heldCode, pinMatches }: PinLookupParts,
  asked: {
    readonly accountId: AccountId;
    readonly conferenceId: ConferenceId;
    readonly bookingId: BookingId | null;
    readonly digits: string;
  },
): boolean {
  if (store.account(asked.accountId)?.enabled !== true) return false;
  const { hash } = heldCode(asked.conferenceId) ?? { hash: securityCodeOf(store, asked) };
  // a conference may have begun under the PIN key before this one
  return hash === null || pinMatches(asked.digits, hash);
}

/** What is asked for after the PIN of a conference that does not run yet; `null`: nothing. A booking keeps what it was made with. */
export const securityCodeOf = (
  store: Store,
  { accountId, bookingId }: { readonly accountId: AccountId; readonly bookingId: BookingId | null },
): PinHash | null => (bookingId === null ? store.securityCodeOf(accountId) : store.bookingSecurityCodeOf(bookingId));

/** An account has one conference, and one more for each occurrence of its bookings. */
const conferenceOf = (account: AccountId, booking: PinMatch['booking']): ConferenceId =>
  conferenceId(`conference-${booking === null ? account : `${booking.id}-${booking.startsAt}`}`);

const bookedOf = (store: Store, { id, startsAt, endsAt, inviteeId }: NonNullable<PinMatch['booking']>): Booked => ({
  ...{ id, startsAt, endsAt, inviteeId },
  spoken: inviteeId !== null && store.invitee(inviteeId)?.spoken === true,
});
