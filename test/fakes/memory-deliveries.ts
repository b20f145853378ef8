import type { BookingId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type {
  Delivery,
  DeliveryChannel,
  DeliveryFilter,
  DeliveryStore,
  ReminderPlan,
} from '../../src/ports/store-deliveries.js';

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new RangeError(`limit ${limit}`);
}

/** What is to be sent, without a disk. It plans no reminders. */
export abstract class MemoryDeliveries implements DeliveryStore {
  #all: Delivery[] = [];
  readonly #notified = new Set<BookingId>();

  /** Throws where the store is to be broken. */
  protected abstract checkWorks(): void;
  /** Whether account, booking, occurrence and invitee are there. */
  protected abstract knows(delivery: Delivery): boolean;

  addDeliveries(deliveries: readonly Delivery[]): number {
    this.checkWorks();
    const known = deliveries.filter((one) => this.knows(one));
    if (known.some(({ id }) => this.#find(id) !== null)) throw new Duplicate('taken already');
    this.#all.push(...known.map((one) => ({ ...one, nextAt: Math.round(one.nextAt) })));
    return known.length;
  }

  delivery(id: string): Delivery | null {
    return this.#find(id);
  }

  deliveries({ accountId, failed, limit }: DeliveryFilter): readonly Delivery[] {
    checkLimit(limit);
    return this.#sorted()
      .filter((one) => accountId === undefined || one.accountId === accountId)
      .filter(({ failedAt }) => failed === undefined || (failedAt !== null) === failed)
      .slice(0, limit);
  }

  deliveriesDue(of: DeliveryChannel, at: number, limit: number): readonly Delivery[] {
    checkLimit(limit);
    const urgency = ({ kind }: Delivery): number => (kind === 'reminder' ? 0 : 1);
    return this.#sorted()
      .filter(({ channel, nextAt, failedAt }) => channel === of && failedAt === null && nextAt <= at)
      .toSorted((a, b) => urgency(a) - urgency(b))
      .slice(0, limit);
  }

  nextDeliveryAt(): number | null {
    return this.#sorted().find(({ failedAt }) => failedAt === null)?.nextAt ?? null;
  }

  claimDelivery(id: string, at: number, retryAt: number): boolean {
    const found = this.#find(id);
    if (found === null || found.failedAt !== null || found.nextAt > at) return false;
    return this.#set(id, { attempts: found.attempts + 1, nextAt: Math.round(retryAt) });
  }

  removeDelivery(id: string): boolean {
    const found = this.#find(id);
    this.#all = this.#all.filter((one) => one.id !== id);
    return found !== null;
  }

  failDelivery(id: string, failure: { error: string; nextAt: number; failedAt: number | null }): boolean {
    return this.#set(id, failure);
  }

  retryDelivery(id: string, at: number): boolean {
    return this.#set(id, { nextAt: Math.round(at), attempts: 0, failedAt: null, error: null });
  }

  countFailedDeliveries(): number {
    return this.#sorted().filter(({ failedAt }) => failedAt !== null).length;
  }

  planReminders({ leadMs }: ReminderPlan): boolean {
    this.checkWorks();
    return leadMs < 0;
  }

  setNotified(id: BookingId, notified: boolean): boolean {
    this.checkWorks();
    if (notified) this.#notified.add(id);
    else this.#notified.delete(id);
    return true;
  }

  isNotified(id: BookingId): boolean {
    this.checkWorks();
    return this.#notified.has(id);
  }

  /** Deliveries go with what they are about. */
  protected forgetDeliveries(gone: (delivery: Delivery) => boolean): void {
    this.#all = this.#all.filter((one) => !gone(one));
  }

  #find(id: string): Delivery | null {
    this.checkWorks();
    return this.#all.find((one) => one.id === id) ?? null;
  }

  #set(id: string, change: Partial<Delivery>): boolean {
    const found = this.#find(id);
    this.#all = this.#all.map((one) => (one.id === id ? { ...one, ...change } : one));
    return found !== null;
  }

  #sorted(): readonly Delivery[] {
    this.checkWorks();
    return this.#all.toSorted((a, b) => a.nextAt - b.nextAt);
  }
}
