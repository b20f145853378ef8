import type { Command } from 'commander';
import type { Store } from '../../ports/store.js';
import type { OccurrenceFilter } from '../../ports/store-bookings.js';
import { AHEAD } from '../bookings/recurrence.js';
import { runsOutOn } from '../bookings/running-out.js';
import { auditLineIf } from '../audit-line.js';
import { confirmRemoval, findAccount, jsonOption, wholeNumber, withExamples } from './arguments.js';
import { registerBookingAdd } from './booking-add.js';
import { registerBookingChanges } from './booking-changes.js';
import { bookingJson, bookingLines, inviteeJson, occurrenceJson, occurrenceRow, when } from './booking-describe.js';
import { findBooking, findOccurrence, wallTime } from './booking-flags.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block } from './output.js';
import { announce } from './sending.js';
import { readMoment, nextDay } from './times.js';

const BOOKING = 'id of the booking';
/** Occurrences of a booking that people are shown. */
const SHOWN = 10;
const USUAL_LIMIT = 100;
/** Bookings whose PINs run out that a list warns of. */
const MOST_WARNED = 3;

export function registerBooking(program: Command, context: CliContext): void {
  const booking = program
    .command('booking')
    .description('single and repeating conferences of accounts, with PINs of their own');
  registerBookingAdd(booking, context);
  registerList(booking, context);
  registerShow(booking, context);
  registerCancel(booking, context);
  registerBookingChanges(booking, context);
}

interface ListFlags {
  readonly from?: string;
  readonly to?: string;
  readonly cancelled?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

function timeText(text: string): string {
  readMoment(text, 0);
  return text;
}

function registerList(booking: Command, context: CliContext): void {
  const command = booking
    .command('list')
    .description('list when bookings take place, the next first')
    .argument('[account]', 'of this account, by id or name; else of all')
    .option('--from <time>', 'what ends after then; else after now', timeText)
    .option('--to <time>', 'what starts before then; a date counts with its whole day', timeText)
    .option('--cancelled', 'with what was cancelled')
    .option('--limit <number>', `at most so many; else ${USUAL_LIMIT}`, wholeNumber(1, 10_000))
    .addOption(jsonOption());
  withExamples(command, 'partyline booking list', 'partyline booking list Board --to 2026-12-31 --json').action(
    (reference: string | undefined, flags: ListFlags) =>
      context.withStore((store) => {
        const limit = flags.limit ?? USUAL_LIMIT;
        const found = store.occurrences({ ...filterOf(store, reference, flags), limit });
        if (flags.json === true) {
          context.printJson(found.map((one) => ({ ...occurrenceJson(one), booking: bookingJson(one.booking) })));
        } else if (found.length === 0) context.print('Nothing is booked then: see partyline booking add --help.');
        else {
          const rows = found.map((one) => occurrenceRow(store, one));
          context.printTable(['STARTS', 'LASTS', 'TITLE', 'ACCOUNT', 'BOOKING', 'STATE'], rows);
        }
        const now = Date.now();
        const listed = new Map(found.map(({ booking: { id }, booking: one }) => [id, one]));
        const ending = [...listed.values()].filter((one) => runsOutOn(one, now) !== null);
        for (const one of ending.slice(0, MOST_WARNED)) {
          context.warn(
            `the PINs of "${one.title}" (${one.id}) reach to ${runsOutOn(one, now) ?? ''}: see booking extend`,
          );
        }
        if (found.length === limit) context.warn(`there may be more than these ${limit}: say --limit, or --from later`);
      }),
  );
}

function filterOf(store: Store, reference: string | undefined, flags: ListFlags): Omit<OccurrenceFilter, 'limit'> {
  const now = Date.now();
  const to = flags.to === undefined ? null : readMoment(flags.to, now);
  return {
    from: flags.from === undefined ? now : readMoment(flags.from, now).at,
    cancelled: flags.cancelled === true,
    ...(to === null ? {} : { to: to.wholeDay ? nextDay(to.at) : to.at }),
    ...(reference === undefined ? {} : { accountId: findAccount(store, reference).id }),
  };
}

function registerShow(booking: Command, context: CliContext): void {
  const command = booking
    .command('show')
    .description('show a booking, when it takes place and who is invited; its PINs cannot be shown again')
    .argument('<booking>', BOOKING)
    .addOption(jsonOption());
  withExamples(command, 'partyline booking show b8m2k5x0w9q4t7r1n3v6').action(
    (reference: string, flags: { readonly json?: boolean }) =>
      context.withStore((store) => {
        const found = findBooking(store, reference);
        const invitees = store.invitees(found.id);
        const from = Date.now();
        const ahead = store.occurrences({ bookingId: found.id, from, cancelled: true, limit: AHEAD.occurrences });
        if (flags.json === true) {
          const occurrences = ahead.map(occurrenceJson);
          context.printJson({ ...bookingJson(found), occurrences, invitees: invitees.map(inviteeJson) });
          return;
        }
        context.print(block(bookingLines(found, store.account(found.accountId))));
        const rows = ahead
          .slice(0, SHOWN)
          .map((one) => [when(one.startsAt, found.timeZone), one.cancelledAt === null ? '' : 'cancelled']);
        if (rows.length > 0) context.print('');
        if (rows.length > 0) context.printTable([`NEXT OF ${ahead.length}`, 'STATE'], rows);
        const end = runsOutOn(found, from);
        if (end !== null)
          context.warn(`PINs are drawn to ${end} only: partyline booking extend ${found.id} draws the next`);
        if (invitees.length === 0) return;
        context.print('');
        context.printTable(
          ['INVITEE', 'ADDRESS', 'ID', 'STATE'],
          invitees.map((one) => [
            one.name,
            one.email ?? one.phone ?? '',
            one.id,
            one.revokedAt === null ? (one.spoken ? 'name recorded' : '') : 'revoked',
          ]),
        );
      }),
  );
}

function registerCancel(booking: Command, context: CliContext): void {
  const command = booking
    .command('cancel')
    .description('cancel a booking, or one occurrence: its PINs stop at once; who is in stays in until its end')
    .argument('<booking>', BOOKING)
    .option('--at <time>', 'this occurrence only, by the clock of the booking', wallTime)
    .option('--yes', 'do not ask');
  withExamples(
    command,
    'partyline booking cancel b8m2k5x0w9q4t7r1n3v6 --yes',
    'partyline booking cancel b8m2k5x0w9q4t7r1n3v6 --at 2026-12-07T09:00 --yes',
  ).action(async (reference: string, flags: { readonly at?: string; readonly yes?: boolean }) => {
    const id = await context.withStore(async (store) => {
      const found = findBooking(store, reference);
      if (found.cancelledAt !== null) throw new Refused(`${found.id} is cancelled already`);
      const startsAt = flags.at === undefined ? null : findOccurrence(store, found, flags.at);
      const which = startsAt === null ? '' : `the occurrence at ${when(startsAt, found.timeZone)} of `;
      await confirmRemoval(context, command, flags.yes, `${which}the booking "${found.title}" (${found.id}) for good`);
      const now = Date.now();
      const isCancelled = store.audited(
        auditLineIf('booking-cancelled', found.id, startsAt === null ? null : 'one'),
        () =>
          startsAt === null ? store.cancelBooking(found.id, now) : store.cancelOccurrence(found.id, startsAt, now),
      );
      if (!isCancelled) throw new Refused(`${found.id} was cancelled just now`);
      context.print(
        `${which === '' ? '' : `${when(startsAt ?? 0, found.timeZone)} of `}${found.title} (${found.id}) is cancelled.`,
      );
      return found.id;
    });
    await announce(context, id, { kind: flags.at === undefined ? 'cancellation' : 'update' });
  });
}
