import type { BookingId, InviteeId } from '../../domain/identifiers.js';
import type { Delivery, DeliveryChannel } from '../../ports/store-deliveries.js';
import { isDataDirectoryHeld } from '../compose-store.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { queueMessages, recipientsOf } from '../deliveries/queue.js';
import type { Recipient } from '../deliveries/queue.js';
import type { Sent } from '../deliveries/sender.js';
import type { CliContext } from './context.js';
import { Exit, Refused } from './io.js';

/** Sent by the command itself, at most; a running bridge sends the rest. */
const MOST_AT_ONCE = 200;

const NO_LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What became of messages. */
interface Outcome {
  readonly sent: number;
  /** Still queued. */
  readonly waiting: number;
  readonly givenUp: number;
}

/**
 * Sends what was just queued, and says what became of it; what could not be sent for now stays queued.
 * Where a receiver is away nobody waits for it again: the rest for that channel stays queued too.
 * @param json printed as such, for programs
 * @throws {Exit} where some of it was refused for good
 */
export async function sendNow(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  deliveries: readonly Delivery[],
  json: 'json' | 'words' | 'nothing' = 'words',
): Promise<void> {
  const { openSender } = await import('../compose-deliveries.js');
  const sender = openSender(config, stores, NO_LOG);
  const counts: Record<Sent | 'left', number> = {
    ...{ sent: 0, 'not needed': 0, later: 0, 'receiver away': 0, 'given up': 0, 'taken by another': 0 },
    left: 0,
  };
  let trouble: string | null = null;
  const away = new Set<DeliveryChannel>();
  for (const [at, delivery] of deliveries.entries()) {
    if (at >= MOST_AT_ONCE || away.has(delivery.channel)) {
      counts.left += 1;
      continue;
    }
    const outcome = await sender.send(delivery);
    counts[outcome] += 1;
    if (outcome === 'receiver away') away.add(delivery.channel);
    trouble = stores.store.delivery(delivery.id)?.error ?? trouble;
  }
  const sent = counts.sent + counts['taken by another'];
  const waiting = counts.later + counts['receiver away'] + counts.left;
  const outcome: Outcome = { sent, waiting, givenUp: counts['given up'] };
  if (json === 'json') context.printJson(outcome);
  else if (json === 'words' && sent > 0) context.print(`${messages(sent)} sent.`);
  if (counts['not needed'] > 0) context.warn(`${messages(counts['not needed'])} not needed any more`);
  if (waiting > 0) context.warn(`${queued(config, waiting)}${trouble === null ? '' : `: ${trouble}`}`);
  if (outcome.givenUp > 0) {
    context.io.stderr(
      `error: ${messages(outcome.givenUp)} given up (${trouble ?? 'refused'}): see partyline delivery list\n`,
    );
    throw new Exit(1);
  }
}

/** Who goes on with what is queued. */
function queued(config: Config, count: number): string {
  const who = isDataDirectoryHeld(config) ? 'the running bridge' : 'partyline serve, when it runs';
  return `${messages(count)} queued for ${who}`;
}

const messages = (count: number): string => (count === 1 ? '1 message is' : `${count} messages are`);

/** A change of a booking that its invitees are to know of. */
export interface Change {
  readonly kind: 'invitation' | 'update' | 'cancellation';
  /** One invitee alone; left out: all of them, and the host. */
  readonly invitee?: InviteeId;
  /** The command prints JSON, and nothing besides. */
  readonly json?: boolean | undefined;
}

/**
 * Tells the invitees of a booking what changed, where they are sent messages at all: at once, or by the bridge that runs.
 * @param begin from now on they are
 * @throws {Exit} as `sendNow`
 */
export async function announce(context: CliContext, id: BookingId, change: Change, begin = false): Promise<void> {
  await context.withNewStore(async (stores, config) => {
    const { store } = stores;
    if (begin) {
      refuseWithoutChannel(config);
      store.setNotified(id, true);
    }
    const booking = store.booking(id);
    const account = booking === null ? null : store.account(booking.accountId);
    if (booking === null || account === null || !store.isNotified(id)) return;
    const { invitee } = change;
    const guests = store
      .invitees(id)
      .filter((one) => (invitee === undefined ? one.revokedAt === null : one.id === invitee));
    const { email } = account;
    const toHost = invitee === undefined && email !== undefined && config.messages.mail !== null;
    const host: readonly Recipient[] = toHost ? [{ channel: 'mail', address: email, inviteeId: null }] : [];
    const about = { kind: change.kind, accountId: account.id, bookingId: id };
    const deliveries = queueMessages(stores, about, [...host, ...recipientsOf(guests, config)]);
    if (deliveries.length === 0) return;
    const isQuiet = change.json === true;
    if (!isDataDirectoryHeld(config)) await sendNow(context, stores, config, deliveries, isQuiet ? 'nothing' : 'words');
    else if (!isQuiet) context.print(`${queued(config, deliveries.length)}, which looks every 10 s.`);
  });
}

/** @throws {Refused} where nothing can be sent */
export function refuseWithoutChannel({ messages: { mail, sms } }: Config): void {
  if (mail !== null || sms !== null) return;
  throw new Refused('nothing can be sent: set mail.host and mail.from, or sms.url and sms.secretFile');
}
