import { digitsFor } from './invitation.js';
import type { Invitation, InvitedBooking, InvitedOccurrence } from './invitation.js';
import { inGroups, tapToCall } from './numbers.js';
import { ruleInWords } from './when.js';

const iso = (at: number): string => new Date(at).toISOString();

/** What programs see of an invitation (docs/cli.md). */
export function invitationJson(invitation: Invitation): object {
  const { role, accountId, host, invitee, code, securityCode, ways, keys, booking } = invitation;
  const digits = digitsFor(code, booking?.only ?? null);
  return {
    role,
    accountId,
    accountName: host,
    invitee: invitee === null ? null : { id: invitee.id, name: invitee.name },
    pin: digits,
    pinInGroups: digits === null ? null : inGroups(digits),
    accessCode: code.kind === 'access-code' || (code.kind === 'host' && code.byAccessCode),
    securityCode,
    numbers: ways.map((way) => ({
      number: way.number,
      label: way.label,
      national: way.telephone?.national ?? null,
      international: way.telephone?.international ?? null,
      country: way.telephone?.country ?? null,
      tel: way.telephone === null ? null : tapToCall(way, digits),
      sip: way.sip,
    })),
    keys,
    booking: booking === null ? null : bookingJson(invitation, booking),
  };
}

function bookingJson({ code }: Invitation, booking: InvitedBooking): object {
  const { id, title, timeZone, startsLocal, durationMs, rule, isCancelled, only, occurrences } = booking;
  const shown: readonly InvitedOccurrence[] = only === null ? occurrences : [only];
  return {
    ...{ id, title, timeZone, startsLocal },
    durationSeconds: durationMs / 1000,
    rule,
    ruleInWords: ruleInWords(booking),
    cancelled: isCancelled,
    occurrences: shown.map((one) => ({
      startsAt: iso(one.startsAt),
      endsAt: iso(one.endsAt),
      cancelled: one.isCancelled,
      pin: digitsFor(code, one),
    })),
  };
}
