import type { Database } from 'better-sqlite3';
import type { BookingId } from '../../domain/identifiers.js';
import type {
  Delivery,
  DeliveryChannel,
  DeliveryFilter,
  DeliveryStore,
  ReminderPlan,
} from '../../ports/store-deliveries.js';
import { DeliveryTable } from './deliveries.js';
import type { PinTable } from './pins.js';
import { PrivacySide } from './privacy-side.js';
import { ReminderPlanner } from './reminders.js';
import { checkLimit } from './store-base.js';

/** The store's side of what is sent to people. */
export abstract class DeliverySide extends PrivacySide implements DeliveryStore {
  readonly #deliveries: DeliveryTable;
  readonly #reminders: ReminderPlanner;

  protected constructor(file: string, database: Database, pins: PinTable) {
    super(file, database, pins);
    this.#deliveries = new DeliveryTable(database);
    this.#reminders = new ReminderPlanner(database);
  }

  addDeliveries(deliveries: readonly Delivery[]): number {
    return this.change(() => this.#deliveries.add(deliveries));
  }

  delivery(id: string): Delivery | null {
    return this.read(() => this.#deliveries.byId(id));
  }

  deliveries(filter: DeliveryFilter): readonly Delivery[] {
    checkLimit(filter.limit);
    return this.read(() => this.#deliveries.list(filter));
  }

  deliveriesDue(channel: DeliveryChannel, at: number, limit: number): readonly Delivery[] {
    checkLimit(limit);
    return this.read(() => this.#deliveries.due(channel, at, limit));
  }

  nextDeliveryAt(): number | null {
    return this.read(() => this.#deliveries.nextAt());
  }

  claimDelivery(id: string, at: number, retryAt: number): boolean {
    return this.changeBesideOthers(() => this.#deliveries.claim(id, at, retryAt));
  }

  removeDelivery(id: string): boolean {
    return this.changeBesideOthers(() => this.#deliveries.remove(id));
  }

  failDelivery(id: string, failure: { error: string; nextAt: number; failedAt: number | null }): boolean {
    return this.changeBesideOthers(() => this.#deliveries.fail(id, failure));
  }

  retryDelivery(id: string, at: number): boolean {
    return this.change(() => this.#deliveries.retry(id, at));
  }

  countFailedDeliveries(): number {
    return this.read(() => this.#deliveries.countFailed());
  }

  planReminders(plan: ReminderPlan): boolean {
    return this.changeBesideOthers(() => this.#reminders.plan(plan));
  }

  setNotified(id: BookingId, notified: boolean): boolean {
    return this.change(() => this.#deliveries.setNotified(id, notified));
  }

  isNotified(id: BookingId): boolean {
    return this.read(() => this.#deliveries.isNotified(id));
  }
}
