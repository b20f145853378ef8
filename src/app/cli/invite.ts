import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { bookingId, inviteeId } from '../../domain/identifiers.js';
import type { Account, Store } from '../../ports/store.js';
import type { Booking, Invitee } from '../../ports/store-bookings.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { isMailAddress } from '../config/message-kinds.js';
import { auditLine } from '../audit-line.js';
import { queueMessages, recipientsOf } from '../deliveries/queue.js';
import type { Recipient } from '../deliveries/queue.js';
import { calendarFacts } from '../deliveries/render.js';
import { invitationCalendar } from '../invitations/calendar.js';
import { accountInvitation, bookingInvitation, NoInvitation } from '../invitations/gather.js';
import type { Invitation } from '../invitations/invitation.js';
import { invitationJson } from '../invitations/json.js';
import { isCountry } from '../invitations/numbers.js';
import { invitationText } from '../invitations/text.js';
import { findAccount, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { refuseWithoutChannel, sendNow } from './sending.js';
import { writeWholeFile } from './whole-file.js';

interface InviteFlags {
  readonly for?: string;
  readonly host?: boolean;
  readonly format: 'text' | 'ics' | 'json';
  readonly json?: boolean;
  readonly out?: string;
  readonly country?: string;
  readonly send?: boolean;
  readonly to?: string;
}

/** What is invited to. */
type Subject =
  { readonly account: Account; readonly booking: null } | { readonly account: Account; readonly booking: Booking };

export function registerInvite(program: Command, context: CliContext): void {
  const command = program
    .command('invite')
    .description('print an invitation, with the PIN of guests and never that of the host, or send it')
    .argument('<what>', 'an account, by id or name, or a booking, by id')
    .option('--for <invitee>', 'for one invitee of the booking, by id, name or mail address')
    .option('--host', 'what the host needs, without the host PIN, which cannot be shown again')
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'ics', 'json']).default('text'))
    .addOption(jsonOption())
    .option('--out <file>', 'write it to a file that is not there yet')
    .option(
      '--country <country>',
      'where the reader is, such as GB: numbers are written as they are dialled there',
      country,
    )
    .option('--send', 'send it to the invitees of the booking, and from now on what changes, and reminders')
    .option('--to <address>', 'with --send: the mail address or telephone number the invitation of an account goes to');
  withExamples(
    command,
    'partyline invite "Mary Murphy" --country IE',
    'partyline invite b81t2gkqmzv6w4d0s3yn7 --format ics --out board.ics',
    'partyline invite b81t2gkqmzv6w4d0s3yn7 --send',
  ).action(async (what: string, flags: InviteFlags) => {
    checkFlags(command, flags);
    // what is not there makes no database
    await context.withStore((store) => findSubject(store, what));
    await context.withNewStore(async (stores, config) => {
      const subject = findSubject(stores.store, what);
      try {
        if (flags.send === true) await send(context, stores, config, subject, flags);
        else await print(context, stores, config, subject, flags);
      } catch (error) {
        throw error instanceof NoInvitation ? new Refused(error.message) : error;
      }
    });
  });
}

function country(text: string): string {
  if (!/^[a-z]{2}$/i.test(text) || !isCountry(text.toUpperCase())) {
    throw new InvalidArgumentError('It must be the two letters of a country, such as GB.');
  }
  return text.toUpperCase();
}

function checkFlags(command: Command, { send, to, out, host, for: invitee, format, json }: InviteFlags): void {
  const wrong = (what: string): never => command.error(`error: ${what}`);
  if (to !== undefined && send !== true) wrong('--to goes with --send');
  if (send === true && out !== undefined) wrong('--out does not go with --send');
  if (host === true && invitee !== undefined) wrong('--host and --for do not go together');
  if (json === true && format === 'ics') wrong('--json does not go with --format ics');
}

function findSubject(store: Store, what: string): Subject {
  const booking = store.booking(bookingId(what));
  if (booking === null) return { account: findAccount(store, what), booking: null };
  const account = store.account(booking.accountId);
  if (account === null) throw new Refused(`the account of ${what} is not there any more`);
  return { account, booking };
}

/** The one invitee who is meant. */
function findInvitee(store: Store, booking: Booking, reference: string): Invitee {
  const wanted = reference.trim().toLowerCase();
  const all = store.invitees(booking.id).filter(({ revokedAt }) => revokedAt === null);
  const found = all.filter(
    ({ id, name, email }) =>
      id === inviteeId(reference) || name.toLowerCase() === wanted || email?.toLowerCase() === wanted,
  );
  const [first, ...others] = found;
  if (first === undefined)
    throw new Refused(`${booking.id} has no invitee "${reference}": see partyline booking show ${booking.id}`);
  if (others.length > 0) throw new Refused(`${found.length} invitees are named "${reference}": say which by its id`);
  return first;
}

function invitationOf(
  { store, seal, clock }: OpenStore,
  config: Config,
  subject: Subject,
  flags: InviteFlags,
): Invitation {
  const source = { store, seal, config, now: clock.wall(), country: flags.country ?? null };
  const role = flags.host === true ? 'host' : 'guest';
  if (subject.booking === null) {
    if (flags.for !== undefined) throw new Refused('an account has no invitees: --for goes with a booking');
    return accountInvitation(source, subject.account, role);
  }
  const { booking } = subject;
  const invitee = flags.for === undefined ? null : findInvitee(store, booking, flags.for);
  return bookingInvitation(source, { booking, role, invitee, occurrenceAt: null });
}

async function print(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  subject: Subject,
  flags: InviteFlags,
): Promise<void> {
  const invitation = invitationOf(stores, config, subject, flags);
  const text = written(stores, config, invitation, flags);
  if (!subject.account.enabled) context.warn(disabled(subject.account));
  if (flags.out === undefined) {
    context.io.stdout(text);
    return;
  }
  await writeWholeFile(flags.out, context.io.workingDirectory, pieces(text));
  context.print(`${flags.out} holds the invitation, readable by its owner alone.`);
}

// eslint-disable-next-line @typescript-eslint/require-await -- files are written from asynchronous pieces
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}

function written(
  { store, seal, clock }: OpenStore,
  config: Config,
  invitation: Invitation,
  flags: InviteFlags,
): string {
  if (flags.json === true || flags.format === 'json') return `${JSON.stringify(invitationJson(invitation), null, 2)}\n`;
  const now = clock.wall();
  if (flags.format === 'text') return invitationText(invitation, now);
  const { booking } = invitation;
  if (booking === null) {
    throw new Refused(
      `the conference of ${invitation.host} is open at any time, so it is no event of a calendar: book one with partyline booking add`,
    );
  }
  const facts = calendarFacts({ store, seal, config, now, country: null });
  return invitationCalendar(invitation, booking, facts).content;
}

async function send(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  { account, booking }: Subject,
  flags: InviteFlags,
): Promise<void> {
  const { store, clock, seal } = stores;
  const how = flags.json === true ? 'json' : 'words';
  refuseWithoutChannel(config);
  if (!account.enabled) throw new Refused(disabled(account));
  if (booking === null) {
    // whether there is anything to send shows before it is queued
    accountInvitation({ store, seal, config, now: clock.wall(), country: null }, account, 'guest');
    const recipient = recipientAt(config, flags.to ?? missingAddress());
    const about = { kind: 'invitation', accountId: account.id, bookingId: null } as const;
    const queued = store.audited(auditLine('invitation-sent', account.id), () =>
      queueMessages(stores, about, [recipient]),
    );
    await sendNow(context, stores, config, queued, how);
    return;
  }
  if (flags.to !== undefined) throw new Refused(`${booking.id} has invitees: add one with partyline booking invite`);
  if (booking.cancelledAt !== null) throw new Refused(`${booking.id} is cancelled: there is nothing to invite to`);
  const recipients = flags.host === true ? [hostOf(config, account)] : guestsOf(store, config, booking, flags.for);
  const about = { kind: 'invitation', accountId: account.id, bookingId: booking.id } as const;
  const queued = store.audited(auditLine('invitation-sent', booking.id, `to ${recipients.length}`), () => {
    store.setNotified(booking.id, true);
    return queueMessages(stores, about, recipients);
  });
  await sendNow(context, stores, config, queued, how);
  if (flags.host !== true && flags.for === undefined) warnOfUnreached(context, store, booking, recipients);
}

/** Invitees that get nothing are easily overlooked among those that do. */
function warnOfUnreached(context: CliContext, store: Store, { id }: Booking, recipients: readonly Recipient[]): void {
  const reached = new Set(recipients.map(({ inviteeId: one }) => one));
  const others = store.invitees(id).filter((one) => one.revokedAt === null && !reached.has(one.id));
  const [first, ...more] = others.map(({ name }) => name);
  if (first === undefined) return;
  const who = more.length === 0 ? first : `${first} and ${more.length} more`;
  context.warn(`nothing is sent to ${who}: a mail address is missing, or SMS are not configured for the number`);
}

const disabled = ({ id, name }: Account): string =>
  `${name} is disabled, so its PINs open nothing: partyline account enable ${id}`;

function missingAddress(): never {
  throw new Refused('say where the invitation of an account goes with --to');
}

function recipientAt({ messages: { mail, sms } }: Config, to: string): Recipient {
  if (isMailAddress(to)) {
    if (mail === null) throw new Refused('no mail can be sent: set mail.host and mail.from');
    return { channel: 'mail', address: to, inviteeId: null };
  }
  if (!/^\+[\d\s()./-]{7,30}$/.test(to)) {
    throw new Refused(`"${to}" is neither a mail address nor a telephone number such as +442071234567`);
  }
  if (sms === null) throw new Refused('no SMS can be sent: set sms.url and sms.secretFile');
  return { channel: 'sms', address: `+${to.replaceAll(/\D/g, '')}`, inviteeId: null };
}

function hostOf({ messages: { mail } }: Config, { id, name, email }: Account): Recipient {
  if (mail === null) throw new Refused('no mail can be sent: set mail.host and mail.from');
  if (email === undefined) {
    throw new Refused(`${name} has no mail address: set one with partyline account set ${id} --email ADDRESS`);
  }
  return { channel: 'mail', address: email, inviteeId: null };
}

function guestsOf(store: Store, config: Config, booking: Booking, only: string | undefined): readonly Recipient[] {
  const invitees = only === undefined ? store.invitees(booking.id) : [findInvitee(store, booking, only)];
  const invited = invitees.filter(({ revokedAt }) => revokedAt === null);
  const recipients = recipientsOf(invited, config);
  if (recipients.length === 0) {
    throw new Refused(
      `none of the ${invited.length} invitees of ${booking.id} can be reached: they need a mail address, or a telephone number where SMS are configured`,
    );
  }
  return recipients;
}
