import { block } from '../cli/output.js';
import { digitsFor } from './invitation.js';
import type { Invitation, InvitedBooking, InvitedOccurrence, WayIn } from './invitation.js';
import { inGroups, tapToCall } from './numbers.js';
import { missing, occurrenceInWords, ruleInWords, startInWords, upcoming } from './when.js';

/** Occurrences named one by one, at most. */
const MOST_NAMED = 12;

/** An invitation as plain text, lines ended by `\n`. @param now milliseconds since the epoch: what is over is left out */
export function invitationText(invitation: Invitation, now: number): string {
  const { booking } = invitation;
  const sections = [
    opening(invitation),
    ...(booking === null ? [] : [bookingLines(invitation, booking, now)]),
    howToCall(invitation, booking?.only ?? null),
    whatIsAsked(invitation),
    keys(invitation),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** What is said of a booking that does not take place, or not for the reader, in a line or two. */
export function cancellationText(
  { host, invitee }: Invitation,
  { title, occurrences, timeZone, rule }: InvitedBooking,
): string {
  const [first] = occurrences;
  const when = first === undefined || rule !== null ? '' : ` on ${occurrenceInWords(first, timeZone)}`;
  const greeting = invitee === null ? '' : `${invitee.name},\n`;
  if (invitee?.isRevoked === true)
    return `${greeting}you are not invited any more to the conference "${title}" of ${host}${when}.\n`;
  return `${greeting}The conference "${title}" of ${host}${when} is cancelled. Its PINs do not work any more.\n`;
}

function opening({ role, host, invitee, booking }: Invitation): string {
  const greeting = invitee === null ? [] : [`${invitee.name},`];
  const what = booking === null ? 'a telephone conference, open at any time' : 'a telephone conference';
  const line = role === 'host' ? `${host}, this is how to open your conference.` : `${host} invites you to ${what}.`;
  return [...greeting, line].join('\n');
}

function bookingLines({ code }: Invitation, booking: InvitedBooking, now: number): string {
  const { title, timeZone, only } = booking;
  const ahead = upcoming(booking, now);
  const shown = only ?? ahead[0] ?? booking.occurrences[0];
  const rule = only === null ? ruleInWords(booking) : null;
  const cancelled = only === null && rule !== null ? missing(booking, now) : [];
  const lines: [string, string][] = [['Title', title]];
  if (shown !== undefined) lines.push(['When', occurrenceInWords(shown, timeZone)]);
  if (rule !== null) lines.push(['Repeats', rule]);
  if (cancelled.length > 0) lines.push(['Not on', named(cancelled, timeZone)]);
  const own = code.kind !== 'each' || only !== null ? [] : pinLines(ahead, timeZone, (one) => digitsFor(code, one));
  return [block(lines), ...own].join('\n');
}

function named(occurrences: readonly InvitedOccurrence[], timeZone: string): string {
  const shown = occurrences.slice(0, MOST_NAMED).map((one) => startInWords(one, timeZone));
  return [...shown, ...(occurrences.length > MOST_NAMED ? ['and others'] : [])].join('; ');
}

/** PINs of their own, by date. */
function pinLines(
  occurrences: readonly InvitedOccurrence[],
  timeZone: string,
  digits: (one: InvitedOccurrence) => string | null,
): readonly string[] {
  const own = occurrences.flatMap((one) => {
    const pin = digits(one);
    return pin === null ? [] : [`  ${startInWords(one, timeZone)}  PIN ${inGroups(pin)}`];
  });
  if (own.length === 0) return [];
  const more = own.length > MOST_NAMED ? ['  Later dates have PINs of their own; ask for them.'] : [];
  return ['', 'Each date has a PIN of its own:', ...own.slice(0, MOST_NAMED), ...more];
}

function howToCall(invitation: Invitation, only: InvitedOccurrence | null): string {
  const { ways, code } = invitation;
  const digits = digitsFor(code, only);
  const telephone = ways.filter((way) => way.telephone !== null);
  const lines: string[] = [];
  if (telephone.length > 0) lines.push('By telephone:', ...numbered(telephone));
  if (digits !== null) lines.push(...(lines.length > 0 ? [''] : []), `${codeName(invitation)}: ${inGroups(digits)}`);
  if (telephone.length > 0) {
    const what = digits === null ? 'On a mobile phone, tap:' : 'On a mobile phone, tap; the PIN is sent by itself:';
    lines.push('', what, ...telephone.map((way) => `  ${tapToCall(way, digits)}`));
  }
  lines.push(...(lines.length > 0 ? [''] : []), 'By SIP:', ...ways.map(({ sip }) => `  ${sip}`));
  return lines.join('\n');
}

function numbered(ways: readonly WayIn[]): readonly string[] {
  const width = Math.max(...ways.map(({ label }) => label?.length ?? 0));
  return ways.map((way) => `  ${width === 0 ? '' : `${(way.label ?? '').padEnd(width)}  `}${numberInWords(way)}`);
}

/** In the form the reader dials first. */
function numberInWords({ number, telephone }: WayIn): string {
  if (telephone === null) return number;
  const { national, international, country, isNational } = telephone;
  if (isNational) return `${national} (from abroad ${international})`;
  return country === null ? international : `${international} (within ${country} ${national})`;
}

const codeName = ({ code }: Invitation): string => (code.kind === 'access-code' ? 'Access code' : 'PIN');

function whatIsAsked({ role, code, securityCode }: Invitation): string {
  const lines: string[] = [];
  if (code.kind === 'host') {
    lines.push(
      code.byAccessCode
        ? 'Key the access code, then star, then your moderator PIN. It cannot be shown again; a new one is drawn by pin rotate.'
        : 'Key your host PIN. It cannot be shown again; a new one is drawn by pin rotate.',
    );
  } else if (code.kind === 'access-code') {
    lines.push('Asked whether you are the host, press hash or wait.');
  }
  if (securityCode) {
    lines.push(
      role === 'host'
        ? 'The security code is asked for after the PIN.'
        : 'A security code is asked for after the PIN; your host has it.',
    );
  }
  return lines.join('\n');
}

function keys({ keys: lines }: Invitation): string {
  if (lines.length === 0) return '';
  const shown = lines.map(({ codes, does }) => [codes.join(' or '), does] as const);
  const width = Math.max(...shown.map(([codes]) => codes.length));
  return ['During the conference:', ...shown.map(([codes, does]) => `  ${codes.padEnd(width)}  ${does}`)].join('\n');
}
