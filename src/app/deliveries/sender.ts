import type { Log } from '../../bridge/log.js';
import type { Clock, Timer } from '../../ports/clock.js';
import { MessageRefused } from '../../ports/messages.js';
import type { Message, MessageChannel } from '../../ports/messages.js';
import { DELIVERY_CHANNELS } from '../../ports/store-deliveries.js';
import type { Delivery, DeliveryChannel, DeliveryStore } from '../../ports/store-deliveries.js';

/** Between looks for what is due, milliseconds. */
const LOOK_MS = 10_000;
/** Taken from the store at a time. */
const AT_ONCE = 100;
/** Batches of reminders planned in one look. */
const MOST_PLANS = 50;

const MINUTE_MS = 60_000;
/** Waits after the first try, the second and so on, milliseconds; after the last of them it is tried once more and given up. */
const WAITS_MS = [2, 5, 15, 60, 180, 360, 720].map((minutes) => minutes * MINUTE_MS);

/** Longer than a try may take, so that nobody else takes it meanwhile. */
const waitAfter = (attempts: number): number => WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? MINUTE_MS;

export interface SenderParts {
  readonly store: DeliveryStore;
  readonly clock: Clock;
  readonly log: Log;
  /** What is sent, as things stand now; `null`: nothing any more. @throws Error with one line: it cannot be written now */
  readonly render: (delivery: Delivery) => Message | null;
  readonly channels: Readonly<Partial<Record<DeliveryChannel, MessageChannel>>>;
  /** Before an occurrence, milliseconds. */
  readonly reminders: readonly number[];
}

/** What became of one delivery. */
export type Sent = 'sent' | 'not needed' | 'later' | 'given up' | 'taken by another';

/**
 * Sends what is due: one at a time on each channel, all channels at once, besides the calls. A delivery is taken in the store before it is sent and
 * removed after: whoever dies between sends it again later, with the same identifier.
 */
export class DeliverySender {
  readonly #parts: SenderParts;
  #timer: Timer | null = null;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Looks now, and from time to time. */
  start(): void {
    this.#running = this.#look();
  }

  /** Takes no more; resolves when what is being sent is sent or failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      this.#plan();
      while ((await this.sendDue()) === AT_ONCE && !this.#stopped);
    } catch (error) {
      log.error({ error: reason(error) }, 'what is to be sent cannot be read');
    }
    if (this.#stopped) return;
    this.#timer = clock.after(LOOK_MS, () => {
      this.#running = this.#look();
    });
  }

  #plan(): void {
    const { store, clock, channels, reminders } = this.#parts;
    const [mail, sms] = [channels.mail !== undefined, channels.sms !== undefined];
    if (!mail && !sms) return;
    for (const leadMs of reminders) {
      let plans = 0;
      while (store.planReminders({ leadMs, now: clock.wall(), mail, sms }) && plans < MOST_PLANS) plans += 1;
    }
  }

  /** @returns how many were due, at most 100 */
  async sendDue(): Promise<number> {
    const { store, clock } = this.#parts;
    const due = store.deliveriesDue(clock.wall(), AT_ONCE);
    const byChannel = DELIVERY_CHANNELS.map((name) => due.filter(({ channel }) => channel === name));
    await Promise.all(byChannel.map((deliveries) => this.#inTurn(deliveries)));
    return due.length;
  }

  async #inTurn(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      if (this.#stopped) return;
      await this.send(delivery);
    }
  }

  /** Sends one now if it is due. @throws what the store throws */
  async send(delivery: Delivery): Promise<Sent> {
    const { store, clock, channels, render } = this.#parts;
    const { id, channel } = delivery;
    const attempts = delivery.attempts + 1;
    const now = clock.wall();
    if (!store.claimDelivery(id, now, now + waitAfter(attempts))) return 'taken by another';
    try {
      const message = render(delivery);
      if (message === null) {
        store.removeDelivery(id);
        return 'not needed';
      }
      const way = channels[channel];
      if (way === undefined) throw new MessageRefused(`no ${channel} is configured`);
      await way.send(delivery.address, message);
    } catch (error) {
      return this.#failed(delivery, attempts, error);
    }
    store.removeDelivery(id);
    return 'sent';
  }

  #failed({ id, kind, channel }: Delivery, attempts: number, error: unknown): Sent {
    const { store, clock, log } = this.#parts;
    const isGivenUp = error instanceof MessageRefused || attempts > WAITS_MS.length;
    const now = clock.wall();
    const failure = { error: reason(error), nextAt: now + waitAfter(attempts), failedAt: isGivenUp ? now : null };
    store.failDelivery(id, failure);
    if (!isGivenUp) return 'later';
    log.warn(
      { delivery: id, kind, channel, attempts, error: failure.error },
      'a message is given up: see delivery list',
    );
    return 'given up';
  }
}

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
