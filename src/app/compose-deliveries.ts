import { SmtpChannel } from '../adapters/mail/smtp-channel.js';
import { FileChannel } from '../adapters/report-files/file-channel.js';
import { WebhookChannel } from '../adapters/webhook/webhook-channel.js';
import type { Log } from '../bridge/log.js';
import type { MessageChannel } from '../ports/messages.js';
import type { DeliveryChannel } from '../ports/store-deliveries.js';
import type { OpenStore } from './compose-store.js';
import type { Config } from './config.js';
import { renderDelivery } from './deliveries/render.js';
import { DeliverySender } from './deliveries/sender.js';
import { hostReport } from './reports/host-report.js';

/** What sends messages by the channels that are configured. */
export function openSender(config: Config, { store, seal, clock }: OpenStore, log: Log): DeliverySender {
  const source = () => ({ store, seal, config, now: clock.wall(), country: null });
  return new DeliverySender({
    ...{ store, clock, log },
    reminders: config.messages.invitations.reminders,
    channels: channelsOf(config, () => clock.wall()),
    render: (delivery) => renderDelivery({ source, hostReport: (id) => hostReport(store, id) }, delivery),
  });
}

function channelsOf(
  { messages: { mail, sms, webhookSecret } }: Config,
  now: () => number,
): Partial<Record<DeliveryChannel, MessageChannel>> {
  return {
    file: new FileChannel(),
    ...(mail === null ? {} : { mail: smtp(mail) }),
    ...(sms === null
      ? {}
      : {
          sms: new WebhookChannel({
            secret: sms.secret.reveal(),
            now,
            request: (to, { id, kind, short }) => ({ url: sms.url, body: { id, kind, to, text: short } }),
          }),
        }),
    ...(webhookSecret === null
      ? {}
      : {
          webhook: new WebhookChannel({
            secret: webhookSecret.reveal(),
            now,
            request: (url, { id, kind, json }) => ({ url, body: { id, kind, data: json } }),
          }),
        }),
  };
}

function smtp({ credentials, ...mail }: NonNullable<Config['messages']['mail']>): SmtpChannel {
  const { user, password } = credentials ?? {};
  const known = user === undefined || password === undefined ? null : { user, password: password.reveal() };
  return new SmtpChannel({ ...mail, credentials: known });
}
