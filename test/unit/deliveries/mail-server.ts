import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly mail: Email;
  readonly raw: string;
}

/** A mail server on loopback, over TCP, with a certificate of its own making. */
export class MailServer {
  readonly received: Received[] = [];
  /** Replies to RCPT by address, such as 550. */
  readonly refused = new Map<string, number>();
  readonly user = 'partyline';
  readonly password = 'correct horse';
  readonly #folder = mkdtempSync(join(tmpdir(), 'partyline-mail-'));
  #server: SMTPServer | null = null;
  #port = 0;

  /** The certificate, PEM. */
  get caFile(): string {
    return join(this.#folder, 'cert.pem');
  }

  get port(): number {
    return this.#port;
  }

  /** @param options what this server is like */
  async start(options: SMTPServerOptions = {}): Promise<void> {
    const key = join(this.#folder, 'key.pem');
    if (this.#port === 0) {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
      const out = ['-keyout', key, '-out', this.caFile];
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ];
      execFileSync('openssl', [...made, ...subject, ...out], { stdio: 'ignore' });
    }
    const server = new SMTPServer({
      key: readFileSync(key),
      cert: readFileSync(this.caFile),
      authOptional: true,
      logger: false,
      ...options,
      onAuth: ({ username, password }, _session, callback) => {
        const isKnown = username === this.user && password === this.password;
        callback(isKnown ? null : new Error('no'), { user: username });
      },
      onRcptTo: ({ address }, _session, callback) => {
        const code = this.refused.get(address);
        callback(code === undefined ? null : Object.assign(new Error(`<${address}> unknown`), { responseCode: code }));
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks);
          const { mailFrom, rcptTo } = session.envelope;
          const user: unknown = session.user;
          void PostalMime.parse(raw).then((mail) => {
            this.received.push({
              from: mailFrom === false ? '' : mailFrom.address,
              to: rcptTo.map(({ address }) => address),
              user: typeof user === 'string' ? user : undefined,
              secure: session.secure,
              mail,
              raw: raw.toString('utf8'),
            });
            callback();
          });
        });
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server !== null) await new Promise<void>((resolve) => server.close(resolve));
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }
}
