import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { SendMailOptions } from 'nodemailer';
import { MessageRefused, ReceiverAway } from '../../ports/messages.js';
import type { Message, MessageChannel } from '../../ports/messages.js';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** `starttls`: refused where the server has none. `tls`: from the first byte. `none`: in plain. */
  readonly security: 'starttls' | 'tls' | 'none';
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** PEM file of the authority that signed the server's certificate; `null`: those the system trusts. */
  readonly caFile: string | null;
  readonly from: { readonly name: string | null; readonly address: string };
  readonly replyTo: { readonly name: string | null; readonly address: string } | null;
  /** Longest that one message may take, milliseconds. */
  readonly timeoutMs?: number;
}

const CONNECT_MS = 15_000;
/** Silence of the server. */
const SILENCE_MS = 20_000;
/** The whole of it, also where the server is never silent. */
const USUAL_TIMEOUT_MS = 80_000;
/** For the server to take leave, after it took the message. */
const PARTING_MS = 5_000;

/** Mail by an SMTP server (RFC 5321), a connection for each message. */
export class SmtpChannel implements MessageChannel {
  readonly #options: SmtpOptions;

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  async send(address: string, message: Message): Promise<void> {
    const { host, port, security, credentials, timeoutMs = USUAL_TIMEOUT_MS } = this.#options;
    // one of our own, which can be closed whatever the server does
    const socket = new Socket();
    const transport = createTransport({
      host,
      port,
      socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(credentials === null ? {} : { auth: { user: credentials.user, pass: credentials.password } }),
      tls: this.#trust(),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new ReceiverAway('the mail server took too long')), timeoutMs);
    });
    try {
      await Promise.race([transport.sendMail(this.#mail(address, message)), tooLong]);
      setTimeout(() => socket.destroy(), PARTING_MS).unref();
    } catch (error) {
      socket.destroy();
      throw inOurWords(error);
    } finally {
      clearTimeout(timer);
      transport.close();
    }
  }

  /** Read each time: certificates are replaced while the bridge runs. */
  #trust(): { readonly ca?: string } {
    const { caFile } = this.#options;
    if (caFile === null) return {};
    try {
      return { ca: readFileSync(caFile, 'utf8') };
    } catch {
      throw new Error('mail.caFile cannot be read: run as a user who may read it');
    }
  }

  #mail(address: string, { id, subject, text, calendar }: Message): SendMailOptions {
    const { from, replyTo } = this.#options;
    const named = (one: {
      readonly name: string | null;
      readonly address: string;
    }): { name: string; address: string } => ({
      name: one.name ?? '',
      address: one.address,
    });
    return {
      from: named(from),
      // an address, never parsed for others in it
      to: { name: '', address },
      ...(replyTo === null ? {} : { replyTo: named(replyTo) }),
      subject,
      text,
      messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
      // RFC 3834: nobody's absence is to answer
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...(calendar === null
        ? {}
        : { icalEvent: { method: calendar.method, filename: 'invitation.ics', content: calendar.content } }),
    };
  }
}

/** Replies of servers repeat addresses; the code alone is kept. 5yz is for good (RFC 5321 section 4.2.1), but not for our password. */
function inOurWords(error: unknown): Error {
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
  const kind = typeof code === 'string' ? code : 'unknown error';
  if (typeof responseCode !== 'number' || kind === 'ETLS') {
    if (error instanceof ReceiverAway) return error;
    return kind === 'unknown error' && error instanceof Error
      ? new Error(error.message)
      : new ReceiverAway(trouble(kind));
  }
  if (kind === 'EAUTH') return new ReceiverAway(`the mail server refuses mail.user and its password (${responseCode})`);
  if (responseCode >= 500 && (kind === 'EENVELOPE' || kind === 'EMESSAGE')) {
    return new MessageRefused(`the mail server refuses it (${responseCode})`);
  }
  return new Error(`the mail server does not take it now (${responseCode})`);
}

function trouble(kind: string): string {
  if (kind === 'ETLS') return 'the mail server has no TLS that can be trusted: see mail.security and mail.caFile';
  if (kind === 'EAUTH') return 'the mail server takes no user name and password';
  return `the mail server cannot be reached (${kind})`;
}
