import type { Mailbox } from './message-kinds.js';
import { ConfigError } from './read-settings.js';
import type { Settings } from './read-settings.js';
import { Secret } from './secret.js';
import type { SettingValue } from './settings.js';

/** What people are sent, and by what. */
export interface MessageConfig {
  readonly invitations: {
    /** Domain of SIP addresses in invitations, or `null`: the bridge's address. */
    readonly sipDomain: string | null;
    /** Country of readers whose account names none; `null`: not known. */
    readonly country: string | null;
    /** Milliseconds before an occurrence. */
    readonly reminders: readonly number[];
  };
  /** `null`: no mail is sent. */
  readonly mail: MailConfig | null;
  /** Where SMS are posted to; `null`: none is sent. */
  readonly sms: { readonly url: string; readonly secret: Secret } | null;
  /** What webhooks are signed with; `null`: none is called. */
  readonly webhookSecret: Secret | null;
}

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  readonly security: SettingValue<'mail.security'>;
  readonly credentials: { readonly user: string; readonly password: Secret } | null;
  /** PEM file of the authority that signed the server's certificate; `null`: those the system trusts. */
  readonly caFile: string | null;
  readonly from: Mailbox;
  readonly replyTo: Mailbox | null;
}

const LEAST_SECRET = 24;

/** @throws {ConfigError} */
export function buildMessages(settings: Settings, readSecret: (path: string) => string): MessageConfig {
  return {
    invitations: {
      sipDomain: settings['invitations.sipDomain'],
      country: settings['invitations.country'],
      reminders: [...new Set(settings['invitations.reminders'])],
    },
    mail: buildMail(settings, readSecret),
    sms: buildSms(settings, readSecret),
    webhookSecret: signingSecret(settings, 'webhooks.secretFile', readSecret),
  };
}

function buildMail(settings: Settings, readSecret: (path: string) => string): MailConfig | null {
  const [host, from, user] = [settings['mail.host'], settings['mail.from'], settings['mail.user']];
  const passwordFile = settings['mail.passwordFile'];
  if (host === null) return null;
  if (from === null)
    throw new ConfigError('mail.host is set, so mail.from must be set too: the address mail comes from');
  if ((user === null) !== (passwordFile === null)) {
    throw new ConfigError(
      `mail.${user === null ? 'passwordFile' : 'user'} is set, so mail.${user === null ? 'user' : 'passwordFile'} must be set too`,
    );
  }
  const security = settings['mail.security'];
  if (user !== null && security === 'none') {
    throw new ConfigError(
      'mail.security is none, and the password of mail.user would be sent in plain: set it to starttls or tls',
    );
  }
  const password = passwordFile === null ? '' : readSecret(passwordFile);
  if (passwordFile !== null && password === '') {
    throw new ConfigError(`the file ${passwordFile} (mail.passwordFile) must hold a password`);
  }
  const credentials = user === null ? null : { user, password: new Secret(password) };
  const { 'mail.port': port, 'mail.caFile': caFile, 'mail.replyTo': replyTo } = settings;
  return { host, port, security, credentials, caFile, from, replyTo };
}

function buildSms(settings: Settings, readSecret: (path: string) => string): MessageConfig['sms'] {
  const url = settings['sms.url'];
  if (url === null) return null;
  const secret = signingSecret(settings, 'sms.secretFile', readSecret);
  if (secret === null)
    throw new ConfigError('sms.url is set, so sms.secretFile must be set too: what is posted is signed');
  return { url, secret };
}

function signingSecret(
  settings: Settings,
  key: 'sms.secretFile' | 'webhooks.secretFile',
  readSecret: (path: string) => string,
): Secret | null {
  const file = settings[key];
  if (file === null) return null;
  const text = readSecret(file);
  if (text.length < LEAST_SECRET) {
    throw new ConfigError(
      `the file ${file} (${key}) must hold at least ${LEAST_SECRET} characters: partyline engine secret FILE writes one`,
    );
  }
  return new Secret(text);
}
