import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../bridge/log.js';
import type { Clock, Timer } from '../../ports/clock.js';
import { MessageRefused, ReceiverAway } from '../../ports/messages.js';
import type { Message, MessageChannel } from '../../ports/messages.js';
import { DELIVERY_CHANNELS } from '../../ports/store-deliveries.js';
import type { Delivery, DeliveryChannel, DeliveryStore } from '../../ports/store-deliveries.js';
import { gently } from '../privacy/gently.js';

/** Between looks for what is due, milliseconds. */
const LOOK_MS = 10_000;
/** Of a channel, taken from the store at a time. */
const AT_ONCE = 100;
/** Of a channel, on their way at the same time: a receiver that is far away takes long over each. */
const MOST_TOGETHER = 4;

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
export type Sent = 'sent' | 'not needed' | 'later' | 'receiver away' | 'given up' | 'taken by another';

/**
 * Sends what is due: a few at a time on each channel; no channel waits for another, nor does the planning of reminders. A delivery is
 * taken in the store before it is sent and removed after: whoever dies between sends it again later, with the same identifier.
 */
export class DeliverySender {
  readonly #parts: SenderParts;
  /** Channels that are being sent by. */
  readonly #busy = new Map<DeliveryChannel, Promise<void>>();
  #planning: Promise<void> | null = null;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Looks now, and from time to time. */
  start(): void {
    this.#look();
  }

  /** Takes no more; resolves when what is being sent is sent or failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all([this.#planning, ...this.#busy.values()]);
  }

  #look(): void {
    try {
      this.#planning ??= this.#plan().finally(() => (this.#planning = null));
      for (const channel of DELIVERY_CHANNELS) if (!this.#busy.has(channel)) this.#begin(channel);
    } catch (error) {
      this.#cannotRead(error);
    }
    this.#timer = this.#parts.clock.after(LOOK_MS, () => this.#look());
  }

  #begin(channel: DeliveryChannel): void {
    const due = this.#due(channel);
    if (due.length === 0) return;
    const sending = this.#sendAll(channel, due)
      .catch((error: unknown) => this.#cannotRead(error))
      .finally(() => this.#busy.delete(channel));
    this.#busy.set(channel, sending);
  }

  async #sendAll(channel: DeliveryChannel, first: readonly Delivery[]): Promise<void> {
    for (let due = first; due.length > 0; due = this.#due(channel)) {
      if (!(await this.#inTurn(due)) || due.length < AT_ONCE) return;
    }
  }

  #cannotRead(error: unknown): void {
    this.#parts.log.error({ error: reason(error) }, 'what is to be sent cannot be read');
  }

  async #plan(): Promise<void> {
    const { store, clock, channels, reminders } = this.#parts;
    const [mail, sms] = [channels.mail !== undefined, channels.sms !== undefined];
    if (!mail && !sms) return;
    try {
      for (const leadMs of reminders) {
        const shorterMs = Math.max(0, ...reminders.filter((other) => other < leadMs));
        const plan = (): boolean => store.planReminders({ leadMs, shorterMs, now: clock.wall(), mail, sms });
        await gently(plan, () => !this.#stopped);
      }
    } catch (error) {
      this.#cannotRead(error);
    }
  }

  #due(channel: DeliveryChannel): readonly Delivery[] {
    return this.#parts.store.deliveriesDue(channel, this.#parts.clock.wall(), AT_ONCE);
  }

  /** @returns how many were due, at most 100 on each channel */
  async sendDue(): Promise<number> {
    const due = DELIVERY_CHANNELS.map((channel) => this.#due(channel));
    await Promise.all(due.map((deliveries) => this.#inTurn(deliveries)));
    return due.flat().length;
  }

  /**
   * The first alone, and when its receiver is there the others, a few at a time.
   * @returns `false`: the others of the channel are to wait, as its receiver is away
   */
  async #inTurn([first, ...others]: readonly Delivery[]): Promise<boolean> {
    if (first === undefined) return true;
    if (!(await this.#goesOn(first))) return false;
    const waiting = inOrder(others).values();
    let isOver = false;
    const over = (error: unknown): never => {
      isOver = true;
      throw error;
    };
    const one = async (): Promise<void> => {
      for (const deliveries of waiting) {
        for (const delivery of deliveries) {
          if (isOver) return;
          if (!(await this.#goesOn(delivery).catch(over))) isOver = true;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: Math.min(MOST_TOGETHER, others.length) }, one));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return !isOver;
  }

  /** Sends one. @returns whether others may follow */
  async #goesOn(delivery: Delivery): Promise<boolean> {
    if (this.#stopped || (await this.send(delivery)) === 'receiver away') return false;
    // what nobody is to be sent any more takes no turn of the loop by itself
    await nextTurn();
    return true;
  }

  /** Sends one now if it is due. @throws what the store throws */
  async send(delivery: Delivery): Promise<Sent> {
    const { store, clock, channels, render } = this.#parts;
    const { id, channel } = delivery;
    const attempts = delivery.attempts + 1;
    const now = clock.wall();
    if (!store.claimDelivery(id, now, now + waitAfter(attempts))) return 'taken by another';
    try {
      // otherwise what ends the thread that sends it would do so for ever
      if (delivery.attempts > WAITS_MS.length) throw new MessageRefused('no try of it came to an end');
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
    if (!isGivenUp) return error instanceof ReceiverAway ? 'receiver away' : 'later';
    log.warn(
      { delivery: id, kind, channel, attempts, error: failure.error },
      'a message is given up: see delivery list',
    );
    return 'given up';
  }
}

/**
 * What may be on its way at the same time. What one receiver is told of one booking stays in order: in calendars the last one counts, as where
 * somebody is invited again whose invitation was taken back.
 */
function inOrder(deliveries: readonly Delivery[]): readonly (readonly Delivery[])[] {
  const found = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const { id, bookingId, address } = delivery;
    const about = bookingId === null ? id : JSON.stringify([bookingId, address]);
    const before = found.get(about);
    if (before === undefined) found.set(about, [delivery]);
    else before.push(delivery);
  }
  return [...found.values()];
}

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
