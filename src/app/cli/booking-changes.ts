import type { Command } from 'commander';
import type { Store } from '../../ports/store.js';
import type { Booking, NewInvitee } from '../../ports/store-bookings.js';
import { auditLineIf } from '../audit-line.js';
import { type PinSlot, type ShownPins } from '../bookings/booking-pins.js';
import { extend } from '../bookings/extend.js';
import { AHEAD } from '../bookings/recurrence.js';
import { invite, renewPins } from '../bookings/renew.js';
import { confirmRemoval, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import { pinRows, pinsJson, untold } from './booking-describe.js';
import {
  findBooking,
  findInvitee,
  findOccurrence,
  inWords,
  invited,
  pinLength,
  standing,
  wallTime,
} from './booking-flags.js';
import { readSound, registerSay } from './booking-say.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { announce } from './sending.js';

const BOOKING = 'id of the booking';

interface PinFlags {
  readonly pinLength?: number;
  readonly json?: boolean;
}

/** Further invitees, occurrences and PINs of a booking. */
export function registerBookingChanges(booking: Command, context: CliContext): void {
  registerInvite(booking, context);
  registerSay(booking, context);
  registerRevoke(booking, context);
  registerExtend(booking, context);
  registerRotate(booking, context);
}

function registerInvite(booking: Command, context: CliContext): void {
  const command = booking
    .command('invite')
    .description('invite one more; where invitees have PINs of their own, draws one and shows it')
    .argument('<booking>', BOOKING)
    .argument('<who>', '"NAME <mail>" or "NAME <+number>"', invited)
    .option('--say <file>', 'how the name is said, where invitees have PINs of their own: see booking say')
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(command, 'partyline booking invite b8m2k5x0w9q4t7r1n3v6 "Ann Bell <ann@example.org>"').action(
    async (reference: string, who: Omit<NewInvitee, 'id'>, flags: PinFlags & { readonly say?: string }) => {
      const { id } = await context.withStore((store) => standing(findBooking(store, reference)));
      const invitee = await context.withNewStore((stores, config) => {
        const found = standing(findBooking(stores.store, id));
        const length = flags.pinLength ?? pinLength(stores, config, 1);
        const sound = flags.say === undefined ? null : readSound(context, found, flags.say);
        const added = inWords(() => invite(stores, found, { who, sound }, length));
        if (flags.json === true) context.printJson({ id: added.id, ...who, drawn: pinsJson(added.pins) });
        else {
          context.print(`${who.name} (${added.id}) is invited to ${found.title} (${found.id}).`);
          if (added.pins.length > 0) printPins(context, stores.store, found, added.pins);
          const nothing = untold([who]);
          if (nothing !== null) context.print(nothing);
        }
        return added.id;
      });
      await announce(context, id, { kind: 'invitation', invitee, json: flags.json });
    },
  );
}

function registerRevoke(booking: Command, context: CliContext): void {
  const command = booking
    .command('revoke')
    .description('take an invitation back: a PIN of the invitee alone stops at once; who is in stays in')
    .argument('<booking>', BOOKING)
    .argument('<invitee>', 'id or name of the invitee')
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline booking revoke b8m2k5x0w9q4t7r1n3v6 "Ann Bell" --yes').action(
    async (reference: string, whom: string, flags: { readonly yes?: boolean }) => {
      const { id, invitee } = await context.withStore(async (store) => {
        const found = findBooking(store, reference);
        const invitee = findInvitee(store, found, whom);
        await confirmRemoval(context, command, flags.yes, `the invitation of ${invitee.name} (${invitee.id})`);
        const isRevoked = store.audited(auditLineIf('invitee-revoked', invitee.id), () =>
          store.revokeInvitee(invitee.id, Date.now()),
        );
        if (!isRevoked) throw new Refused(`${invitee.name} was revoked just now`);
        context.print(`${invitee.name} (${invitee.id}) is not invited any more.`);
        if (!found.personalPins)
          context.warn('all guests have the same PIN: draw a new one with booking rotate --guest');
        return { id: found.id, invitee: invitee.id };
      });
      await announce(context, id, { kind: 'cancellation', invitee });
    },
  );
}

function registerExtend(booking: Command, context: CliContext): void {
  const command = booking
    .command('extend')
    .description('make further occurrences known, as far ahead as they are kept; draws PINs where each has its own')
    .argument('<booking>', BOOKING)
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(command, 'partyline booking extend b8m2k5x0w9q4t7r1n3v6').action(
    async (reference: string, flags: PinFlags) => {
      const { id } = await context.withStore((store) => standing(findBooking(store, reference)));
      const { drawn, trouble } = await context.withNewStore((stores, config) => {
        const { store, clock } = stores;
        const found = standing(findBooking(store, id));
        const length = flags.pinLength ?? pinLength(stores, config, found.pinsEach ? 2 : 0);
        const { shown: pins, trouble } = extend(stores, found, length, auditLineIf('booking-changed', id, 'extended'));
        const ahead = store.occurrences({ bookingId: id, from: clock.wall(), limit: AHEAD.occurrences }).length;
        // what was drawn is shown whatever came afterwards: it can be seen at no other time
        const isShown = trouble === null || pins.length > 0;
        if (isShown && flags.json === true) context.printJson({ id, ahead, drawn: pinsJson(pins) });
        else if (isShown) {
          if (pins.length > 0) printPins(context, store, found, pins);
          context.print(`${found.title} (${id}) has ${ahead} occurrences ahead.`);
        }
        return { drawn: pins.length, trouble };
      });
      if (drawn > 0) await announce(context, id, { kind: 'update', json: flags.json });
      inWords(() => {
        if (trouble !== null) throw trouble;
      });
    },
  );
}

interface RotateFlags extends PinFlags {
  readonly at?: string;
  readonly host?: boolean;
  readonly guest?: boolean;
  readonly invitee?: string;
}

function registerRotate(booking: Command, context: CliContext): void {
  const command = booking
    .command('rotate')
    .description('draw PINs of a booking anew and show them; the old ones stop at once, who is in stays in')
    .argument('<booking>', BOOKING)
    .option('--at <time>', 'of this occurrence, where each has PINs of its own', wallTime)
    .option('--host', 'the host PIN')
    .option('--guest', 'the guest PIN for all')
    .option('--invitee <invitee>', 'the PIN of this invitee, by id or name')
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline booking rotate b8m2k5x0w9q4t7r1n3v6 --host',
    'partyline booking rotate b5k8w2r0t6n3v9m1x4q7 --at 2026-12-07T09:00 --invitee "Ann Bell"',
  )
    .addHelpText('after', '\nWhere no flag names any, the host PIN and the guest PIN for all are drawn.\n')
    .action(async (reference: string, flags: RotateFlags) => {
      const { id } = await context.withStore((store) => standing(findBooking(store, reference)));
      await context.withNewStore((stores, config) => {
        const found = standing(findBooking(stores.store, id));
        const slots = slotsToDraw(stores.store, found, flags);
        const length = flags.pinLength ?? pinLength(stores, config, 0);
        const pins = inWords(() => renewPins(stores, found, slots, length));
        if (flags.json === true) context.printJson({ id, drawn: pinsJson(pins) });
        else printPins(context, stores.store, found, pins);
      });
      await announce(context, id, { kind: 'update', json: flags.json });
    });
}

/** @throws {Refused} */
function slotsToDraw(store: Store, booking: Booking, flags: RotateFlags): readonly PinSlot[] {
  if (booking.pinsEach && flags.at === undefined) {
    throw new Refused('each occurrence has PINs of its own: say which by --at');
  }
  if (!booking.pinsEach && flags.at !== undefined) {
    throw new Refused('all occurrences have the PINs of the series: leave out --at');
  }
  if (booking.personalPins && flags.guest === true) {
    throw new Refused('each invitee has a PIN of its own: say whose by --invitee');
  }
  if (!booking.personalPins && flags.invitee !== undefined) {
    throw new Refused('all guests have the same PIN: say --guest');
  }
  const startsAt = flags.at === undefined ? null : findOccurrence(store, booking, flags.at);
  const invitee = flags.invitee === undefined ? null : findInvitee(store, booking, flags.invitee).id;
  const isNone = flags.host !== true && flags.guest !== true && invitee === null;
  const slot = (role: PinSlot['role'], inviteeId: PinSlot['inviteeId'] = null): PinSlot => ({
    startsAt,
    role,
    inviteeId,
  });
  return [
    ...(flags.host === true || isNone ? [slot('host')] : []),
    ...(flags.guest === true || (isNone && !booking.personalPins) ? [slot('guest')] : []),
    ...(invitee === null ? [] : [slot('guest', invitee)]),
  ];
}

function printPins(context: CliContext, store: Store, { id, timeZone }: Booking, pins: readonly ShownPins[]): void {
  const names = new Map<string, string>(store.invitees(id).map((one) => [one.id, one.name]));
  const { head, rows } = pinRows(pins, timeZone, (invitee) => names.get(invitee) ?? invitee);
  context.printTable(head, rows);
  if (pins.some(({ host }) => host !== null)) {
    context.print('The host PINs are kept nowhere in readable form: note them now.');
  }
}
