import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { HostReportOf } from '../../bridge/bridge-parts.js';
import type { Clock } from '../../ports/clock.js';
import type { Account, Store } from '../../ports/store.js';
import type { Delivery } from '../../ports/store-deliveries.js';
import type { Config } from '../config.js';

/** Records of the last calls are written by then, milliseconds after the conference. */
const AFTER_MS = 15_000;

/** What the bridge queues with the end of a conference, by what its account chose, else the bridge's setting. */
export const hostReportQueue =
  (store: Store, clock: Pick<Clock, 'wall'>, config: Pick<Config, 'hostReport'>): HostReportOf =>
  ({ accountId, bookingId, recordId }) => {
    const account = store.account(accountId);
    const where = account === null ? null : whereTo(account, config);
    if (where === null) return null;
    return {
      id: randomUUID(),
      kind: 'host-report',
      ...where,
      ...{ accountId, bookingId, occurrenceAt: null, inviteeId: null, conferenceRecordId: recordId },
      nextAt: Math.round(clock.wall()) + AFTER_MS,
      attempts: 0,
      failedAt: null,
      error: null,
    };
  };

/** `null`: nowhere, as it is chosen, or as the address for it is missing. */
function whereTo(
  { id, email, options }: Account,
  { hostReport: { usual, webhookUrl, directory } }: Pick<Config, 'hostReport'>,
): Pick<Delivery, 'channel' | 'address'> | null {
  const chosen = options.hostReport ?? usual;
  switch (chosen) {
    case 'none':
      return null;
    case 'mail':
      return email === undefined ? null : { channel: 'mail', address: email };
    case 'webhook':
      return webhookUrl === null ? null : { channel: 'webhook', address: webhookUrl };
    case 'file':
      return { channel: 'file', address: join(directory, id) };
    default:
      return chosen satisfies never;
  }
}
