import type { AccountId, BookingId } from '../../domain/identifiers.js';
import type { Invitee } from '../../ports/store-bookings.js';
import type { Delivery, DeliveryKind } from '../../ports/store-deliveries.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';

/** Whom something goes to. */
export type Recipient = Pick<Delivery, 'channel' | 'address' | 'inviteeId'>;

/** How invitees are reached: by mail where both have it, else by SMS; those who cannot be reached are left out. */
export function recipientsOf(invitees: readonly Invitee[], { messages: { mail, sms } }: Config): readonly Recipient[] {
  return invitees.flatMap(({ id: inviteeId, email, phone }): readonly Recipient[] => {
    if (mail !== null && email !== null) return [{ channel: 'mail', address: email, inviteeId }];
    return sms !== null && phone !== null ? [{ channel: 'sms', address: phone, inviteeId }] : [];
  });
}

/** What messages are about. */
export interface Occasion {
  readonly kind: DeliveryKind;
  readonly accountId: AccountId;
  readonly bookingId: BookingId | null;
}

/** Queues a message to each of them, due now. @returns the deliveries */
export function queueMessages(
  { store, clock, randomness }: Pick<OpenStore, 'store' | 'clock' | 'randomness'>,
  occasion: Occasion,
  recipients: readonly Recipient[],
): readonly Delivery[] {
  const deliveries = recipients.map((recipient) => ({
    ...occasion,
    ...recipient,
    id: randomness.identifier('d'),
    occurrenceAt: null,
    conferenceRecordId: null,
    nextAt: Math.floor(clock.wall()),
    attempts: 0,
    failedAt: null,
    error: null,
  }));
  store.addDeliveries(deliveries);
  return deliveries;
}
