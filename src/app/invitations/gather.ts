import { networkInterfaces } from 'node:os';
import { UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';
import type { Role } from '../../domain/conference-options.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { PinSeal } from '../../ports/pin-seal.js';
import type { Account, DialInNumber, Store } from '../../ports/store.js';
import type { Booking, Invitee, SealedBookingPin } from '../../ports/store-bookings.js';
import type { Config } from '../config.js';
import type { Invitation, InvitationCode, InvitedBooking } from './invitation.js';
import { keysOf } from './keys.js';
import { countryOf, waysIn } from './numbers.js';

/** Occurrences that an invitation knows of, at most. */
const MOST_OCCURRENCES = 10_000;
const MOST_PINS = 10_000;
const SIP_PORT = 5060;

/** There is nothing that could be printed; one line that says what to do. */
export class NoInvitation extends Error {
  override readonly name = 'NoInvitation';
}

/** What invitations are made from. */
export interface InvitationSource {
  readonly store: Store;
  readonly seal: PinSeal;
  readonly config: Config;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** ISO 3166 code; `null`: from the language of the account, else as configured. */
  readonly country: string | null;
}

export const findBookedAccount = (store: Store, id: AccountId): Account => {
  const account = store.account(id);
  if (account === null) throw new NoInvitation('its account is not there any more');
  return account;
};

/** Into an account's standing conference. @throws {NoInvitation} */
export function accountInvitation(source: InvitationSource, account: Account, role: Role): Invitation {
  const { store, seal } = source;
  const codes = store.codesOf(account.id);
  if (codes === null) throw new NoInvitation('the account is not there any more');
  const sealedRole = codes.accessCode ? 'access' : 'guest';
  const pin = role === 'host' ? undefined : store.pinsOf(account.id).find((one) => one.role === sealedRole);
  if (role === 'guest' && (pin === undefined || pin.sealed === null)) {
    const flag = codes.accessCode ? '--access' : '--guest';
    throw new NoInvitation(
      `the ${codes.accessCode ? 'access code' : 'guest PIN'} of ${account.name} cannot be read back, since an earlier version drew it or the bridge key was lost: draw a new one with partyline pin rotate ${account.id} ${flag}`,
    );
  }
  const code: InvitationCode =
    pin === undefined || pin.sealed === null
      ? { kind: 'host', byAccessCode: codes.accessCode }
      : {
          kind: codes.accessCode ? 'access-code' : 'pin',
          digits: seal.open(pin.sealed, { account: account.id, role: sealedRole }),
        };
  return invitationOf(source, account, { role, code, securityCode: codes.securityCode, invitee: null, booking: null });
}

/** What a booking's invitation is about. */
export interface Invited {
  readonly booking: Booking;
  readonly role: Role;
  /** `null`: whoever gets it, by the guest PIN for all. */
  readonly invitee: Invitee | null;
  /** Start of the one occurrence it is about; `null`: all. */
  readonly occurrenceAt: number | null;
}

/** Into a booking. @throws {NoInvitation} */
export function bookingInvitation(
  source: InvitationSource,
  { booking, role, invitee, occurrenceAt }: Invited,
): Invitation {
  const { store } = source;
  const account = findBookedAccount(store, booking.accountId);
  const shown = shownBooking(source, booking, occurrenceAt);
  const code = booking.cancelledAt === null ? bookingCode(source, booking, role, invitee) : NO_CODE;
  const { securityCode } = booking;
  return invitationOf(source, account, { role, code, securityCode, invitee, booking: shown });
}

/** What is cancelled has no PINs any more. */
const NO_CODE: InvitationCode = { kind: 'each', digits: new Map() };

function bookingCode(source: InvitationSource, booking: Booking, role: Role, invitee: Invitee | null): InvitationCode {
  if (role === 'host') return { kind: 'host', byAccessCode: false };
  const { store, seal, now } = source;
  if (booking.personalPins && invitee === null) {
    throw new NoInvitation(`every invitee of ${booking.id} has a PIN of its own: say whom it is for with --for`);
  }
  const own = booking.personalPins ? (invitee?.id ?? null) : null;
  const sealed = store.sealedBookingPins(booking.id, own, now - booking.overrunMs, MOST_PINS);
  const open = (pin: SealedBookingPin): string =>
    seal.open(pin.sealed, {
      account: booking.accountId,
      role: 'guest',
      booking: booking.id,
      ...(pin.inviteeId === null ? {} : { invitee: pin.inviteeId }),
    });
  const ofSeries = sealed.find(({ startsAt }) => startsAt === null);
  if (ofSeries !== undefined) return { kind: 'pin', digits: open(ofSeries) };
  const each = sealed.flatMap((pin) => (pin.startsAt === null ? [] : [[pin.startsAt, open(pin)] as const]));
  if (each.length === 0)
    throw new NoInvitation(
      `no PIN of ${booking.id} can be told any more: none is open, or the bridge key was lost and new ones are to be drawn with partyline booking rotate ${booking.id}`,
    );
  const [[, only]] = each as [readonly [number, string]];
  return booking.rule === null ? { kind: 'pin', digits: only } : { kind: 'each', digits: new Map(each) };
}

function shownBooking({ store }: InvitationSource, booking: Booking, occurrenceAt: number | null): InvitedBooking {
  const found = store.occurrences({ bookingId: booking.id, cancelled: true, limit: MOST_OCCURRENCES });
  const occurrences = found.map(({ startsAt, endsAt, cancelledAt }) => ({
    ...{ startsAt, endsAt },
    isCancelled: cancelledAt !== null || booking.cancelledAt !== null,
  }));
  const { id, title, revision, startsLocal, timeZone, durationMs, rule } = booking;
  return {
    ...{ id, title, revision, startsLocal, timeZone, durationMs, rule, occurrences },
    isCancelled: booking.cancelledAt !== null,
    only: occurrenceAt === null ? null : (occurrences.find(({ startsAt }) => startsAt === occurrenceAt) ?? null),
  };
}

function invitationOf(
  { store, config, country }: InvitationSource,
  account: Account,
  {
    invitee,
    code,
    ...more
  }: Pick<Invitation, 'role' | 'code' | 'securityCode' | 'booking'> & { readonly invitee: Invitee | null },
): Invitation {
  const reader = {
    country: country ?? countryOf(account.language ?? null) ?? config.messages.invitations.country,
    sipDomain: sipDomainOf(config),
  };
  const provisioned = store.numbers();
  const numbers: readonly DialInNumber[] =
    provisioned.length > 0
      ? provisioned
      : [{ number: UNPROVISIONED_NUMBER, pinLength: config.entry.pinLength, greeting: null, createdAt: 0 }];
  const ways = waysIn(numbers, longest(code), reader);
  if (ways.length === 0) {
    throw new NoInvitation(
      'the PIN is longer than any dial-in number takes: add a number with partyline number add NUMBER --pin-length DIGITS',
    );
  }
  return {
    ...more,
    code,
    accountId: account.id,
    host: account.name,
    hostEmail: account.email ?? null,
    invitee:
      invitee === null
        ? null
        : { id: invitee.id, name: invitee.name, email: invitee.email, isRevoked: invitee.revokedAt !== null },
    ways,
    keys: keysOf(more.role, account.options),
  };
}

function longest(code: InvitationCode): number | null {
  if (code.kind === 'host') return null;
  if (code.kind !== 'each') return code.digits.length;
  return code.digits.size === 0 ? null : Math.max(...[...code.digits.values()].map(({ length }) => length));
}

/** Where SIP addresses lead: as configured, or the address the bridge is at. */
export function sipDomainOf({ messages, sip }: Pick<Config, 'messages' | 'sip'>): string {
  const { sipDomain } = messages.invitations;
  if (sipDomain !== null) return sipDomain;
  const listen = sip.listen.find(({ host }) => !isAnywhere(host)) ?? sip.listen[0];
  const host = sip.address ?? (listen === undefined || isAnywhere(listen.host) ? ownAddress() : listen.host);
  const shown = host.includes(':') ? `[${host}]` : host;
  return listen === undefined || listen.port === SIP_PORT || listen.port === 0 ? shown : `${shown}:${listen.port}`;
}

const isAnywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** The first address of this machine that others may reach. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
