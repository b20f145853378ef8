import type { AccountId, BookingId, InviteeId } from '../domain/identifiers.js';

/** What is to be sent to somebody, and what was tried in vain (product: sections 4 and 6). */

export const DELIVERY_KINDS = ['invitation', 'update', 'cancellation', 'reminder', 'host-report'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

export const DELIVERY_CHANNELS = ['mail', 'sms', 'webhook', 'file'] as const;
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number];

/** Times in milliseconds since 1970-01-01T00:00Z. It holds no content and no PIN: what is sent is written when it is sent. */
export interface Delivery {
  readonly id: string;
  readonly kind: DeliveryKind;
  readonly channel: DeliveryChannel;
  readonly accountId: AccountId;
  /** `null`: about the account's standing conference, or not about one. */
  readonly bookingId: BookingId | null;
  /** Start of the one occurrence it is about. */
  readonly occurrenceAt: number | null;
  /** `null`: to the host. */
  readonly inviteeId: InviteeId | null;
  readonly conferenceRecordId: number | null;
  /** A mail address, a telephone number, a URL or a folder, by the channel. */
  readonly address: string;
  /** Not tried before. */
  readonly nextAt: number;
  /** Tries begun so far. */
  readonly attempts: number;
  /** When it was given up; it is tried no more. */
  readonly failedAt: number | null;
  /** Why the last try failed, one line without address and content. */
  readonly error: string | null;
}

/** What is waiting or failed. */
export interface DeliveryFilter {
  readonly accountId?: AccountId;
  /** `true`: given up; `false`: still to be sent. */
  readonly failed?: boolean;
  /** The longest waiting first; at most so many (1 to 10 000). */
  readonly limit: number;
}

export interface ReminderPlan {
  /** Milliseconds before the start of an occurrence. */
  readonly leadMs: number;
  /** The next shorter of such times, 0 where there is none: what begins within it is left to that, so that nobody is reminded twice at once. */
  readonly shorterMs: number;
  readonly now: number;
  /** Channels there are: those with a mail address are reminded by mail, others by SMS. */
  readonly mail: boolean;
  readonly sms: boolean;
}

export interface DeliveryStore {
  /**
   * Keeps those whose account, booking, occurrence and invitee are there.
   * @returns how many are kept
   * @throws {Duplicate} an id is taken: then none is kept.
   */
  addDeliveries(deliveries: readonly Delivery[]): number;
  delivery(id: string): Delivery | null;
  deliveries(filter: DeliveryFilter): readonly Delivery[];
  /**
   * Those of a channel whose time has come by then and that were not given up: reminders first, as they are of no use later, then the
   * longest due; at most `limit` (1 to 10 000).
   */
  deliveriesDue(channel: DeliveryChannel, at: number, limit: number): readonly Delivery[];
  /** When the next is due, or `null`: none is waiting. */
  nextDeliveryAt(): number | null;
  /**
   * Takes one to try it now, before anything of it is sent: on the disk when this returns. Whoever dies over it leaves it to be tried
   * again at `retryAt`; two processes never take the same one.
   * @returns whether it was there to be taken, due by `at` and not given up
   */
  claimDelivery(id: string, at: number, retryAt: number): boolean;
  /** It was sent, or is not to be sent any more: nothing is kept of it. @returns whether there was such a one */
  removeDelivery(id: string): boolean;
  /** A try failed. @param failedAt `null`: it is tried again at `nextAt` */
  failDelivery(id: string, failure: { error: string; nextAt: number; failedAt: number | null }): boolean;
  /** Tries it again from then on, as if never tried. */
  retryDelivery(id: string, at: number): boolean;
  countFailedDeliveries(): number;
  /**
   * Adds reminders of occurrences that begin within `leadMs`, for bookings whose invitees are told by the bridge: each once for a
   * lead, none for an occurrence that began or was cancelled, none that was made too late for this lead. The first call for a lead only
   * begins it, and so does one by a clock that was put back by more than a day: it may have been wrong before. In one transaction, bounded.
   * @returns whether there is more to plan now
   */
  planReminders(plan: ReminderPlan): boolean;
  /** From now on, whether the booking's invitees are told of changes and reminded. @returns whether there is such a booking */
  setNotified(id: BookingId, notified: boolean): boolean;
  isNotified(id: BookingId): boolean;
}
