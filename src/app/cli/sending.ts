import type { Delivery } from '../../ports/store-deliveries.js';
import { openSender } from '../compose-deliveries.js';
import { isDataDirectoryHeld } from '../compose-store.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import type { Sent } from '../deliveries/sender.js';
import type { CliContext } from './context.js';
import { Exit } from './io.js';

/** Sent by the command itself, at most; a running bridge sends the rest. */
const MOST_AT_ONCE = 200;

const NO_LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Sends what was just queued, and says what became of it. What could not be sent for now stays queued.
 * @throws {Exit} where some of it was refused for good
 */
export async function sendNow(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  deliveries: readonly Delivery[],
): Promise<void> {
  const sender = openSender(config, stores, NO_LOG);
  const counts: Record<Sent, number> = { sent: 0, 'not needed': 0, later: 0, 'given up': 0, 'taken by another': 0 };
  let trouble: string | null = null;
  for (const delivery of deliveries.slice(0, MOST_AT_ONCE)) {
    const outcome = await sender.send(delivery);
    counts[outcome] += 1;
    if (outcome === 'later' || outcome === 'given up') trouble = stores.store.delivery(delivery.id)?.error ?? trouble;
  }
  const sent = counts.sent + counts['not needed'] + counts['taken by another'];
  const waiting = counts.later + Math.max(0, deliveries.length - MOST_AT_ONCE);
  if (sent > 0) context.print(`${messages(sent)} sent.`);
  if (waiting > 0) {
    const who = isDataDirectoryHeld(config)
      ? 'the running bridge goes on trying'
      : 'partyline serve goes on when it runs';
    context.warn(`${messages(waiting)} queued, ${who}${trouble === null ? '' : `: ${trouble}`}`);
  }
  if (counts['given up'] > 0) {
    context.io.stderr(
      `error: ${messages(counts['given up'])} given up: ${trouble ?? ''}: see partyline delivery list\n`,
    );
    throw new Exit(1);
  }
}

const messages = (count: number): string => (count === 1 ? '1 message is' : `${count} messages are`);
