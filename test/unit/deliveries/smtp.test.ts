import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmtpChannel } from '../../../src/adapters/mail/smtp-channel.js';
import type { SmtpOptions } from '../../../src/adapters/mail/smtp-channel.js';
import { MessageRefused } from '../../../src/ports/messages.js';
import type { Message } from '../../../src/ports/messages.js';
import { MailServer } from './mail-server.js';

let server: MailServer;
beforeEach(() => {
  server = new MailServer();
});
afterEach(() => server.dispose());

const channel = (more: Partial<SmtpOptions> = {}): SmtpChannel =>
  new SmtpChannel({
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    credentials: null,
    caFile: null,
    from: { name: 'Réunions', address: 'conferences@example.org' },
    replyTo: null,
    ...more,
  });

const CALENDAR = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n';
const MESSAGE: Message = {
  id: 'd1',
  kind: 'invitation',
  subject: 'Invitation: Réunion — 会議',
  text: 'PIN: 123 456 789\n',
  short: '',
  json: {},
  calendar: { method: 'REQUEST', content: CALENDAR },
};

describe('mail', () => {
  it('has the text, the event as an alternative with its method, and as a file', async () => {
    await server.start({ disabledCommands: ['STARTTLS', 'AUTH'] });
    await channel({ replyTo: { name: null, address: 'mary@example.org' } }).send('tom@example.org', MESSAGE);
    const [received] = server.received;
    if (received === undefined) throw new Error('nothing came');
    const { mail, to, from, raw } = received;
    expect([from, to]).toEqual(['conferences@example.org', ['tom@example.org']]);
    expect(mail.subject).toBe('Invitation: Réunion — 会議');
    expect(mail.from).toEqual({ address: 'conferences@example.org', name: 'Réunions' });
    expect(mail.replyTo?.map(({ address }) => address)).toEqual(['mary@example.org']);
    expect(mail.text?.trim()).toBe('PIN: 123 456 789');
    expect(mail.messageId).toBe('<d1@example.org>');
    expect(mail.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
    const events = mail.attachments.filter(
      ({ mimeType }) => mimeType === 'text/calendar' || mimeType === 'application/ics',
    );
    expect(events.map(({ mimeType }) => mimeType).sort()).toEqual(['application/ics', 'text/calendar']);
    // the parser makes line ends its own
    for (const { content } of events) expect(text(content).replaceAll('\n', '\r\n')).toBe(CALENDAR);
    expect(raw.replaceAll('\r\n', '')).toContain(Buffer.from(CALENDAR).toString('base64'));
    expect(events.find(({ mimeType }) => mimeType === 'text/calendar')?.method).toBe('REQUEST');
    expect(raw).toMatch(/Content-Type: multipart\/alternative/);
  });

  it('goes over TLS with a certificate that is known, with user name and password', async () => {
    await server.start({ authOptional: false });
    const credentials = { user: server.user, password: server.password };
    await channel({ security: 'starttls', caFile: server.caFile, credentials }).send('tom@example.org', MESSAGE);
    expect(server.received.map(({ user, secure }) => [user, secure])).toEqual([['partyline', true]]);
  });

  it('goes over TLS from the first byte', async () => {
    await server.start({ secure: true });
    await channel({ security: 'tls', caFile: server.caFile }).send('tom@example.org', MESSAGE);
    expect(server.received.map(({ secure }) => secure)).toEqual([true]);
  });

  it('is not sent to a server whose certificate nobody knows, nor in plain where TLS is wanted', async () => {
    await server.start();
    const credentials = { user: server.user, password: server.password };
    await expect(channel({ security: 'starttls', credentials }).send('tom@example.org', MESSAGE)).rejects.toThrow(
      /^the mail server/,
    );
    await server.stop();
    await server.start({ disabledCommands: ['STARTTLS'] });
    await expect(channel({ security: 'starttls', credentials }).send('tom@example.org', MESSAGE)).rejects.toThrow(
      'no TLS that can be trusted',
    );
    expect(server.received).toEqual([]);
  });

  it('is given up where the recipient is refused for good, and not for now; the address is not repeated', async () => {
    await server.start();
    server.refused.set('nobody@example.org', 550).set('full@example.org', 452);
    const refused = channel().send('nobody@example.org', MESSAGE);
    await expect(refused).rejects.toThrow(MessageRefused);
    await expect(refused).rejects.toThrow(/^the mail server refuses it \(550\)$/);
    const later = await channel()
      .send('full@example.org', MESSAGE)
      .catch((error: unknown) => error);
    expect(later).not.toBeInstanceOf(MessageRefused);
    expect(String(later)).toBe('Error: the mail server does not take it now (452)');
  });

  it('waits for better times where the password is wrong or no server is there', async () => {
    await server.start({ authOptional: false });
    const credentials = { user: server.user, password: 'wrong password' };
    const wrong = channel({ security: 'starttls', caFile: server.caFile, credentials }).send(
      'tom@example.org',
      MESSAGE,
    );
    await expect(wrong).rejects.toThrow('refuses mail.user and its password (535)');
    await expect(wrong).rejects.not.toThrow(MessageRefused);
    await server.stop();
    await expect(channel().send('tom@example.org', MESSAGE)).rejects.toThrow('cannot be reached (ESOCKET)');
  });

  it('is left, connection and all, where the server talks on and on', async () => {
    const talking = new Set<Socket>();
    const endless = createServer((socket) => {
      talking.add(socket.on('error', () => undefined));
      const talk = setInterval(() => socket.write('250-more\r\n'), 5);
      socket.once('close', () => {
        clearInterval(talk);
        talking.delete(socket);
      });
      socket.write('220 hello\r\n');
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as AddressInfo;
    await expect(channel({ port, timeoutMs: 200 }).send('tom@example.org', MESSAGE)).rejects.toThrow('too long');
    await expect.poll(() => talking.size, { timeout: 10_000 }).toBe(0);
    await new Promise((resolve) => endless.close(resolve));
  });

  it('goes to one address only, whatever stands in it', async () => {
    await server.start();
    await channel()
      .send('tom@example.org, eve@example.net', MESSAGE)
      .catch(() => undefined);
    expect(server.received.flatMap(({ to }) => to)).not.toContain('eve@example.net');
  });
});

const text = (content: string | ArrayBuffer | Uint8Array): string =>
  typeof content === 'string' ? content : Buffer.from(content as Uint8Array).toString('utf8');
