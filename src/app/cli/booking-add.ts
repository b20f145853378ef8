import { Option, type Command } from 'commander';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import type { BookingId } from '../../domain/identifiers.js';
import type { NewInvitee } from '../../ports/store-bookings.js';
import { makeBooking, type WantedBooking } from '../bookings/make-booking.js';
import { settledRule } from '../bookings/recurrence.js';
import { localAt, momentOf } from '../bookings/wall-time.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { findAccount, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import { bookingJson, bookingLines, occurrenceJson, pinRows, pinsJson, untold, when } from './booking-describe.js';
import {
  durationOf,
  earlyOf,
  inWords,
  listOfInvited,
  overrunOf,
  pinLength,
  titleText,
  wallTime,
  zoneOfBooking,
} from './booking-flags.js';
import { timeZoneName } from './contact-flags.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { lengthInWords } from './length-in-words.js';
import { block } from './output.js';
import { announce, refuseWithoutChannel } from './sending.js';

/** Overlaps that are named. */
const OVERLAPS_NAMED = 3;
const MOST_OVERLAPS = 1_000;
const MOST_INVITEES = 500;
/** What is booked further ahead is a slip of the pen. */
const FURTHEST_MS = 10 * 366 * 86_400_000;
/** Of all its occurrences, what JSON shows. */
const SHOWN = 1_000;

interface AddFlags {
  readonly title: string;
  readonly at: string;
  readonly duration: number;
  readonly timeZone?: string;
  readonly rule?: string;
  readonly pins?: 'each' | 'series';
  readonly early: number;
  readonly overrun: number;
  readonly recording?: ConferenceOptions['recording'];
  readonly invite?: readonly Omit<NewInvitee, 'id'>[];
  readonly personalPins?: boolean;
  readonly pinLength?: number;
  readonly send?: boolean;
  readonly json?: boolean;
}

export function registerBookingAdd(booking: Command, context: CliContext): void {
  const command = booking
    .command('add')
    .description('book a conference of an account; draws PINs of its own and shows them, this once')
    .argument('<account>', 'id or name of the account')
    .requiredOption('--title <title>', 'what it is about', titleText)
    .requiredOption('--at <time>', 'when it starts, e.g. 2026-03-29T09:00, by the clock of its time zone', wallTime)
    .requiredOption('--duration <time>', 'how long it lasts, e.g. 45m or 1h30m', durationOf)
    .option('--time-zone <zone>', "whose clock; else the account's, else as configured", timeZoneName)
    .option('--rule <rule>', 'how it repeats, an RRULE (RFC 5545) such as FREQ=WEEKLY;COUNT=10')
    .addOption(
      new Option('--pins <whose>', 'each occurrence has PINs of its own, or all have those of the series').choices([
        'each',
        'series',
      ]),
    )
    .option('--early <time>', 'how long before its start its PINs open it, 0 to 60m', earlyOf, 0)
    .option('--overrun <time>', 'how long after its end it is closed, 0 to 6h', overrunOf, 0)
    .addOption(
      new Option('--recording <choice>', "in place of the account's option").choices([
        'not-allowed',
        'allowed',
        'automatic',
      ]),
    )
    .option('--invite <who>', '"NAME <mail>" or "NAME <+number>"; may be said again', listOfInvited)
    .option('--personal-pins', 'each invitee has a guest PIN of its own, and there is none for all')
    .addOption(pinLengthOption())
    .option('--send', 'send invitations, and from now on what changes, and reminders')
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline booking add Board --title "Board meeting" --at 2026-12-01T09:00 --duration 1h',
    'partyline booking add Board --title Weekly --at 2026-12-07T09:00 --duration 45m --rule "FREQ=WEEKLY;BYDAY=MO" --early 10m',
    'partyline booking add Board --title Audit --at 2026-12-02T14:00 --duration 1h --invite "Ann Bell <ann@example.org>" --personal-pins',
  )
    .addHelpText('after', '\nA booking that overlaps another of the account is made, and warned of.\n')
    .action(async (reference: string, flags: AddFlags) => {
      // what is not there makes no database
      const { id } = await context.withStore((store) => findAccount(store, reference));
      if (flags.send === true) refuseWithoutChannel(context.loadConfig().config);
      const booking = await context.withNewStore((stores, config) => add(context, stores, config, id, flags));
      if (flags.send === true) await announce(context, booking, { kind: 'invitation', json: flags.json }, true);
    });
}

function add(context: CliContext, stores: OpenStore, config: Config, account: string, flags: AddFlags): BookingId {
  const { store, clock } = stores;
  const found = findAccount(store, account);
  const timeZone = zoneOfBooking(flags.timeZone, found, config);
  const wanted = inWords(() => wantedBooking(stores, config, flags, timeZone));
  const made = inWords(() => makeBooking(stores, { ...wanted, accountId: found.id }));
  const { booking, invitees, pins } = made;
  if (flags.json === true) {
    const occurrences = store.occurrences({ bookingId: booking.id, limit: SHOWN }).map(occurrenceJson);
    context.printJson({ ...bookingJson(booking), occurrences, invitees, drawn: pinsJson(pins) });
  } else {
    context.print(block(bookingLines(booking, found)));
    const names = new Map<string, string>(invitees.map(({ id, name }) => [id, name]));
    const { head, rows } = pinRows(pins, timeZone, (id) => names.get(id) ?? id);
    context.print('');
    context.printTable(head, rows);
    context.print('\nThe host PINs are kept nowhere in readable form: note them now.');
    const nothing = untold(invitees);
    if (nothing !== null) context.print(nothing);
  }
  if (made.trouble !== null) {
    context.warn(
      `later occurrences could not be added (${made.trouble.message}): partyline booking extend ${booking.id} does`,
    );
  }
  const begins = localAt(momentOf(flags.at, timeZone), timeZone);
  if (begins !== flags.at) {
    const day = flags.at.replace('T', ' ');
    context.warn(`the clocks of ${timeZone} leave out ${day}, so it starts at ${begins.replace('T', ' ')}`);
  }
  const { durationLimitSeconds } = found.options;
  if (booking.durationMs + booking.overrunMs > durationLimitSeconds * 1_000) {
    const most = lengthInWords(durationLimitSeconds * 1_000);
    context.warn(`a conference of ${found.name} ends after ${most} at the latest: who is in then has to call again`);
  }
  const overlapping = store.overlapping(booking.id, clock.wall(), MOST_OVERLAPS);
  const named = overlapping
    .slice(0, OVERLAPS_NAMED)
    .map((one) => `"${one.booking.title}" (${one.booking.id}) at ${when(one.startsAt, timeZone)}`);
  const more = overlapping.length - named.length;
  if (named.length > 0) {
    context.warn(`it overlaps ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} of the same account`);
  }
  return booking.id;
}

/** @throws {Refused}, {RuleRefused}, {PinsTooShort} */
function wantedBooking(
  stores: OpenStore,
  config: Config,
  flags: AddFlags,
  timeZone: string,
): Omit<WantedBooking, 'accountId'> {
  const { at, duration: durationMs, overrun: overrunMs, early: earlyMs, title, recording, invite = [] } = flags;
  const now = stores.clock.wall();
  const start = momentOf(at, timeZone);
  if (start + durationMs + overrunMs <= now) {
    throw new Refused(`${at} (${timeZone}) is over already: it is ${when(now, timeZone)} there`);
  }
  if (start > now + FURTHEST_MS) throw new Refused(`${at} is more than ten years ahead: look at --at`);
  if (invite.length > MOST_INVITEES) throw new Refused(`a booking has at most ${MOST_INVITEES} invitees`);
  if (flags.pins === 'each' && flags.rule === undefined) {
    throw new Refused('--pins each is for what repeats: say how by --rule, or leave it out');
  }
  const personalPins = flags.personalPins === true;
  const pinsEach = flags.pins === 'each';
  return {
    ...{ title, startsLocal: at, timeZone, durationMs, earlyMs, overrunMs, pinsEach, personalPins },
    rule: flags.rule === undefined ? null : settledRule(flags.rule, at, timeZone),
    recording: recording ?? null,
    invitees: invite,
    pinLength: flags.pinLength ?? pinLength(stores, config, personalPins ? invite.length + 1 : 2),
  };
}
