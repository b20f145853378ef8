import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import ICAL from 'ical.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MailServer } from '../deliveries/mail-server.js';
import type { Received } from '../deliveries/mail-server.js';
import { WebServer } from '../deliveries/web-server.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
let mail: MailServer;
let web: WebServer;
beforeEach(async () => {
  cli = new CommandLine();
  mail = new MailServer();
  web = new WebServer();
  await mail.start();
  await web.start();
  await cli.run('number', 'add', '+442071234567', '--label', 'London');
  await cli.run('number', 'add', '8000');
});
afterEach(async () => {
  cli.dispose();
  await mail.dispose();
  await web.stop();
});

/** Nine o'clock on a Monday that is near, so many weeks later. */
function monday(weeks: number): string {
  const date = new Date();
  date.setUTCDate(date.getUTCDate() + 14 - ((date.getUTCDay() + 6) % 7) + 7 * weeks);
  return `${date.toISOString().slice(0, 10)}T09:00`;
}

/** Mail and SMS are configured. */
function configure(): void {
  writeFileSync(join(cli.directory, 'sms.secret'), 'a secret of twenty-four or more');
  cli.env = {
    PARTYLINE_MAIL_HOST: '127.0.0.1',
    PARTYLINE_MAIL_PORT: String(mail.port),
    PARTYLINE_MAIL_SECURITY: 'none',
    PARTYLINE_MAIL_FROM: 'Conferences <conferences@example.org>',
    PARTYLINE_SMS_URL: web.url,
    PARTYLINE_SMS_SECRET_FILE: 'sms.secret',
    PARTYLINE_INVITATIONS_SIP_DOMAIN: 'sip.example.org',
  };
}

interface Drawn {
  readonly id: string;
  readonly drawn: readonly {
    readonly guestPin: string | null;
    readonly invitees: readonly { id: string; pin: string }[];
  }[];
  readonly invitees: readonly { readonly id: string; readonly name: string }[];
}

const book = async (...more: readonly string[]): Promise<Drawn> =>
  (await cli.json(
    ...['booking', 'add', 'Mary Murphy', '--title', 'Board', '--at', monday(0), '--duration', '1h'],
    ...['--time-zone', 'Europe/London', ...more],
  )) as Drawn;

const event = (content: string): ICAL.Event => {
  const calendar = new ICAL.Component(ICAL.parse(content) as unknown[]);
  const found = calendar.getFirstSubcomponent('vevent');
  if (found === null) throw new Error('no event');
  return new ICAL.Event(found);
};

function sentEvent({ mail: { attachments } }: Received): ICAL.Event {
  const { content } = attachments.find(({ mimeType }) => mimeType === 'text/calendar') ?? { content: '' };
  return event(typeof content === 'string' ? content : Buffer.from(content as Uint8Array).toString());
}

describe('invite', () => {
  it("prints the guest PIN of an account, for the reader's country, and never the host PIN", async () => {
    const { guestPin, hostPin } = await cli.addAccount('--name', 'Mary Murphy', '--language', 'en-GB');
    const { status, stdout } = await cli.run('invite', 'Mary Murphy');
    expect(status).toBe(0);
    expect(stdout).toContain('London  020 7123 4567 (from abroad +44 20 7123 4567)');
    expect(stdout).toContain(`tel:+442071234567,,${guestPin}`);
    expect(stdout).toContain(`PIN: ${guestPin.replace(/(...)(...)(...)/, '$1 $2 $3')}`);
    expect(stdout).toMatch(/sip:8000@[\d.]+\n/);
    const german = (await cli.run('invite', 'Mary Murphy', '--country', 'de')).stdout;
    expect(german).toContain('London  +44 20 7123 4567 (within GB 020 7123 4567)');
    const forHost = (await cli.run('invite', 'Mary Murphy', '--host')).stdout;
    expect(forHost).toMatch(/## +end the conference for everyone/);
    for (const text of [stdout, german, forHost]) expect(text.replaceAll(' ', '')).not.toContain(hostPin);
    expect(forHost.replaceAll(' ', '')).not.toContain(guestPin);
  });

  it('prints the new PIN after rotation, and the access code of those who have one', async () => {
    const { guestPin } = await cli.addAccount('--name', 'Mary Murphy');
    const { guestPin: fresh } = (await cli.json('pin', 'rotate', 'Mary Murphy', '--guest')) as { guestPin: string };
    const { stdout } = await cli.run('invite', 'Mary Murphy');
    expect(stdout).toContain(`,,${fresh}`);
    expect(stdout).not.toContain(guestPin);
    const { accessCode } = (await cli.json('account', 'add', '--name', 'Sales', '--access-code')) as {
      accessCode: string;
    };
    expect(await cli.json('invite', 'Sales')).toMatchObject({ pin: accessCode, accessCode: true });
  });

  it('prints a booking as text, as a calendar file and as JSON', async () => {
    await cli.addAccount('--name', 'Mary Murphy');
    const { id, drawn } = await book('--rule', 'FREQ=WEEKLY;COUNT=3');
    const guest = drawn[0]?.guestPin ?? '';
    expect((await cli.run('invite', id)).stdout).toContain('Repeats  every week on Monday, 3 times');
    const file = join(cli.directory, 'board.ics');
    expect((await cli.run('invite', id, '--format', 'ics', '--out', 'board.ics')).status).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const read = event(readFileSync(file, 'utf8'));
    expect([read.summary, read.isRecurring()]).toEqual(['Board', true]);
    expect(read.description).toContain(`,,${guest}`);
    expect(await cli.json('invite', id)).toMatchObject({ pin: guest, booking: { id, title: 'Board' } });
    expect((await cli.run('invite', id, '--out', 'board.ics')).stderr).toMatch(ONE_LINE_ERROR);
  });

  it('gives each occurrence its own PIN where they have their own', async () => {
    await cli.addAccount('--name', 'Mary Murphy');
    const { id, drawn } = await book('--rule', 'FREQ=WEEKLY;COUNT=2', '--pins', 'each');
    const guests = drawn.map(({ guestPin }) => guestPin);
    expect(guests).toHaveLength(2);
    const { booking } = (await cli.json('invite', id)) as { booking: { occurrences: { pin: string }[] } };
    expect(booking.occurrences.map(({ pin }) => pin)).toEqual(guests);
  });

  it('gives each invitee the PIN of its own, and nobody without a name', async () => {
    await cli.addAccount('--name', 'Mary Murphy');
    const { id, drawn, invitees } = await book(
      '--personal-pins',
      '--invite',
      'Ann <ann@example.org>',
      '--invite',
      'Bob <+442071112222>',
    );
    for (const { id: who, name } of invitees) {
      const pin = drawn[0]?.invitees.find(({ id: whose }) => whose === who)?.pin;
      expect(await cli.json('invite', id, '--for', name)).toMatchObject({ pin, invitee: { name } });
    }
    expect((await cli.run('invite', id)).stderr).toMatch(/^error: every invitee .* say whom it is for with --for\n$/);
    expect((await cli.run('invite', id, '--for', 'Eve')).stderr).toMatch(ONE_LINE_ERROR);
  });

  it('makes no event of what is open at any time', async () => {
    await cli.addAccount('--name', 'Mary Murphy');
    const { status, stderr } = await cli.run('invite', 'Mary Murphy', '--format', 'ics');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: [^\n]*partyline booking add\n$/)]);
  });

  it.each([
    [1, ['invite', 'Nobody']],
    [1, ['invite', 'Mary Murphy', '--for', 'Ann']],
    [1, ['invite', 'Mary Murphy', '--send', '--to', 'ann@example.org']],
    [2, ['invite', 'Mary Murphy', '--country', 'ZZ']],
    [2, ['invite', 'Mary Murphy', '--to', 'ann@example.org']],
    [2, ['invite', 'Mary Murphy', '--format', 'pdf']],
    [2, ['invite']],
  ])('refuses with status %i: %j', async (status, args) => {
    await cli.addAccount('--name', 'Mary Murphy');
    const ran = await cli.run(...args);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(ONE_LINE_ERROR);
  });
});

describe('invitations that are sent', () => {
  it('go to an address by mail, and by SMS', async () => {
    configure();
    const { guestPin } = await cli.addAccount('--name', 'Mary Murphy');
    expect((await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org')).stdout).toBe(
      '1 message is sent.\n',
    );
    expect(await cli.json('invite', 'Mary Murphy', '--send', '--to', '+44 7700 900123')).toEqual({
      sent: 1,
      waiting: 0,
      givenUp: 0,
    });
    expect(mail.received.map(({ to }) => to)).toEqual([['tom@example.org']]);
    expect(mail.received[0]?.mail.text).toContain(guestPin);
    expect(JSON.parse(web.posted[0]?.body ?? '')).toMatchObject({ to: '+447700900123', kind: 'invitation' });
    expect(web.posted[0]?.body).toContain(guestPin.slice(0, 3));
    expect(await cli.json('delivery', 'list')).toEqual([]);
  });

  it('tell invitees of a booking, of its changes and of its end, by one event', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy', '--email', 'mary@example.org');
    const { id } = await book('--rule', 'FREQ=WEEKLY;COUNT=3', '--invite', 'Ann <ann@example.org>', '--send');
    expect(mail.received.map(({ to, mail: { subject } }) => [to[0], subject])).toEqual([
      ['mary@example.org', 'Invitation: Board'],
      ['ann@example.org', 'Invitation: Board'],
    ]);
    expect(mail.received[0]?.mail.text).toContain('Key your host PIN');
    await cli.run('booking', 'cancel', id, '--at', monday(1), '--yes');
    await cli.run('booking', 'invite', id, 'Bob <bob@example.org>');
    await cli.run('booking', 'revoke', id, 'Ann', '--yes');
    await cli.run('booking', 'cancel', id, '--yes');
    const told = mail.received.slice(2).map((one) => {
      const { uid, sequence } = sentEvent(one);
      return [one.to[0], one.mail.subject, uid, sequence];
    });
    const uid = `${id}@sip.example.org`;
    expect(told.map(([to, subject]) => [to, subject])).toEqual([
      ['mary@example.org', 'Changed: Board'],
      ['ann@example.org', 'Changed: Board'],
      ['bob@example.org', 'Invitation: Board'],
      ['ann@example.org', 'Invitation taken back: Board'],
      ['mary@example.org', 'Cancelled: Board'],
      ['bob@example.org', 'Cancelled: Board'],
    ]);
    expect(new Set(told.map(([, , one]) => one))).toEqual(new Set([uid]));
    const toAnn = told.filter(([to]) => to === 'ann@example.org').map(([, , , sequence]) => Number(sequence));
    expect(toAnn[0]).toBeGreaterThan(0);
    expect(toAnn[1]).toBeGreaterThan(toAnn[0] ?? Infinity);
    expect(mail.received.at(-1)?.mail.text).not.toMatch(/\d{3} \d{3} \d{3}|,,/);
  });

  it('stay with whoever is not told', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy', '--email', 'mary@example.org');
    const { id } = await book('--invite', 'Ann <ann@example.org>');
    await cli.run('booking', 'cancel', id, '--yes');
    expect(mail.received).toEqual([]);
  });

  it('wait where the server is away, and are listed, tried again and removed', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    await mail.stop();
    const { status, stdout, stderr } = await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org');
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^warning: 1 message is queued for partyline serve, when it runs: [^\n]*\n$/);
    const [waiting] = (await cli.json('delivery', 'list')) as { id: string }[];
    expect(waiting).toMatchObject({ kind: 'invitation', channel: 'mail', attempts: 1, failedAt: null });
    expect((await cli.run('delivery', 'retry', waiting?.id ?? '')).status).toBe(0);
    expect(await cli.json('delivery', 'list')).toMatchObject([{ attempts: 0, error: null }]);
    expect((await cli.run('delivery', 'remove', waiting?.id ?? '', '--yes')).status).toBe(0);
    expect(await cli.json('delivery', 'list')).toEqual([]);
    expect((await cli.run('delivery', 'retry', 'none')).stderr).toMatch(ONE_LINE_ERROR);
    expect((await cli.run('delivery', 'retry')).status).toBe(2);
  });

  it('say what the server refuses, which doctor tells too', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    mail.refused.set('tom@example.org', 550);
    const { status, stderr } = await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org');
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: 1 message is given up \(the mail server refuses it \(550\)\)[^\n]*\n$/),
    ]);
    expect(await cli.json('delivery', 'list', '--failed')).toMatchObject([
      { address: 'tom@example.org', nextAt: null },
    ]);
    const { stdout } = await cli.run('doctor', '--json');
    expect(JSON.parse(stdout)).toContainEqual({
      ...{ check: 'messages', status: 'warning' },
      text: '1 given up: see partyline delivery list --failed',
    });
    expect((await cli.run('delivery', 'retry', '--all')).stdout).toBe('1 is tried again.\n');
    expect((await cli.run('delivery', 'retry', '--all')).stdout).toBe('Nothing was given up.\n');
  });

  it('waits once where the mail server is away, however many there are, and keeps all', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    const { id } = await book('--invite', 'Ann <ann@example.org>', '--invite', 'Bob <bob@example.org>');
    await mail.stop();
    const { stderr } = await cli.run('invite', id, '--send');
    expect(stderr).toMatch(/^warning: 2 messages are queued [^\n]*: the mail server cannot be reached[^\n]*\n$/);
    expect(await cli.json('delivery', 'list')).toMatchObject([{ attempts: 0 }, { attempts: 1 }]);
  });

  it('are noted in the audit trail, by what they are about and not to whom', async () => {
    configure();
    const { id: account } = await cli.addAccount('--name', 'Mary Murphy');
    const { id } = await book('--invite', 'Ann <ann@example.org>');
    await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org');
    await mail.stop();
    await cli.run('invite', id, '--send');
    const [waiting] = (await cli.json('delivery', 'list')) as { id: string }[];
    await cli.run('delivery', 'retry', waiting?.id ?? '');
    await cli.run('delivery', 'remove', waiting?.id ?? '', '--yes');
    const lines = (await cli.json('privacy', 'audit')) as { action: string; subject: string; detail: string }[];
    expect(lines.slice(-4).map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
      ['invitation-sent', account, null],
      ['invitation-sent', id, 'to 1'],
      ['delivery-retried', waiting?.id, null],
      ['delivery-removed', id, 'invitation'],
    ]);
  });

  it('tell one who is not invited any more just that, and count on from there who is invited again', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    const { id } = await book('--invite', 'Ann <ann@example.org>', '--send');
    await cli.run('booking', 'revoke', id, 'Ann', '--yes');
    await cli.run('booking', 'invite', id, 'Ann <ann@example.org>');
    const texts = mail.received.map(({ mail: { text } }) => text ?? '');
    expect(texts[1]).toMatch(/^Ann,\nyou are not invited any more to the conference "Board" of Mary Murphy/);
    expect(mail.received[1]?.mail.subject).toBe('Invitation taken back: Board');
    expect(mail.received.map((one) => sentEvent(one).component.getFirstPropertyValue('status'))).toEqual([
      ...['CONFIRMED', null, 'CONFIRMED'],
    ]);
    const sequences = mail.received.map((one) => sentEvent(one).sequence);
    expect(sequences).toHaveLength(3);
    expect(sequences).toEqual([...new Set(sequences)].sort());
  });

  it('tell of the PINs of further occurrences, which are warned of a month before there are none', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    const people = ['--invite', 'Ann <ann@example.org>', '--send'];
    const { id } = await book('--rule', 'FREQ=WEEKLY', '--pins', 'each', ...people);
    const looks = [['booking', 'show', id], ['booking', 'list'], ['doctor']] as const;
    const warned = async (): Promise<readonly boolean[]> => {
      const said: boolean[] = [];
      for (const args of looks) {
        const { stdout, stderr } = await cli.run(...args);
        said.push(`${stdout}${stderr}`.includes(`booking extend${args[1] === 'list' ? '' : ` ${id} draws`}`));
      }
      return said;
    };
    expect((await cli.run('booking', 'show', id)).stderr).toBe('');
    expect((await cli.run('booking', 'list')).stderr).toBe('');
    expect((await warned())[2]).toBe(false);
    // as if it had been booked long ago
    const until = Date.parse(`${monday(2)}:00Z`);
    const database = new Database(join(cli.data, 'partyline.db'));
    database
      .prepare('DELETE FROM pins WHERE occurrence_seq IN (SELECT seq FROM occurrences WHERE starts_at >= ?)')
      .run(until);
    database.prepare('DELETE FROM occurrences WHERE starts_at >= ?').run(until);
    database.prepare('UPDATE bookings SET unrolled_until = ?').run(until);
    database.close();
    expect(await warned()).toEqual([true, true, true]);

    const extended = (await cli.json('booking', 'extend', id)) as Drawn;
    expect(extended.drawn.length).toBeGreaterThan(50);
    expect(mail.received.map(({ to, mail: { subject } }) => [to[0], subject])).toEqual([
      ['ann@example.org', 'Invitation: Board'],
      ['ann@example.org', 'Changed: Board'],
    ]);
    const calendar = mail.received[1]?.mail.attachments.find(({ mimeType }) => mimeType === 'text/calendar')?.content;
    const told = (typeof calendar === 'string' ? calendar : Buffer.from(calendar as Uint8Array).toString()).replaceAll(
      '\r\n ',
      '',
    );
    for (const { guestPin } of extended.drawn.slice(0, 40))
      expect(told).toContain(`,,${guestPin ?? '-'}`.replaceAll(',', '\\,'));
    expect((await warned())[2]).toBe(false);
  });

  it('name who gets nothing, where others do', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    const people = ['--invite', 'Ann <ann@example.org>', '--invite', 'Bob', '--invite', 'Cy'];
    const { id } = await book(...people);
    const { status, stdout, stderr } = await cli.run('invite', id, '--send');
    expect([status, stdout]).toEqual([0, '1 message is sent.\n']);
    expect(stderr).toMatch(/^warning: nothing is sent to Bob and 1 more: [^\n]+\n$/);
    expect((await cli.run('invite', id, '--send', '--for', 'Ann')).stderr).toBe('');
  });

  it('are not sent for an account that is disabled, as its PINs open nothing', async () => {
    configure();
    await cli.addAccount('--name', 'Mary Murphy');
    await mail.stop();
    await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org');
    await cli.run('account', 'disable', 'Mary Murphy');
    expect((await cli.run('invite', 'Mary Murphy', '--send', '--to', 'tom@example.org')).stderr).toMatch(
      /^error: Mary Murphy is disabled[^\n]*\n$/,
    );
    expect((await cli.run('invite', 'Mary Murphy')).stderr).toMatch(/^warning: Mary Murphy is disabled[^\n]*\n$/);
  });
});
