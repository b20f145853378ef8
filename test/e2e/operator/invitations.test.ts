import ICAL from 'ical.js';
import { expect, it } from 'vitest';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { MailServer } from '../../unit/deliveries/mail-server.js';
import { Installation, until } from './program.js';

/** The bridge looks every 10 s for what is to be sent. */
const MAIL_LIMIT_MS = 30_000;
const SPEECH_DBFS = -45;
const NUMBER = '+442071234567';

it('an invitation that the running bridge mailed lets its reader in by what stands behind the line to tap', async (test) => {
  const mail = new MailServer();
  test.onTestFinished(() => mail.dispose());
  await mail.start();
  const installation = await Installation.make(test, {
    PARTYLINE_MAIL_HOST: '127.0.0.1',
    PARTYLINE_MAIL_PORT: String(mail.port),
    PARTYLINE_MAIL_SECURITY: 'starttls',
    PARTYLINE_MAIL_CA_FILE: mail.caFile,
    PARTYLINE_MAIL_FROM: 'conferences@example.org',
    PARTYLINE_ENTRY_GREETING: 'none',
  });
  await installation.run(['number', 'add', NUMBER]);
  const account = await installation.addAccount();
  const serving = await installation.serve();
  const at = new Date(Date.now() + 5 * 60_000).toISOString().slice(0, 16);
  const flags = ['--title', 'Board', '--at', at, '--time-zone', 'UTC', '--duration', '1h', '--early', '10m'];
  const to = ['--invite', 'Ann <ann@example.org>', '--send'];
  const booked = await installation.run(['booking', 'add', account.id, ...flags, ...to]);
  expect(booked.stderr).toBe('');
  expect(booked.stdout).toContain('1 message is queued for the running bridge, which looks every 10 s.');
  await until('the mail', () => mail.received.length > 0, MAIL_LIMIT_MS);

  const [received] = mail.received;
  expect(received?.secure).toBe(true);
  const [line, number, pin] = /^\s*tel:(\+\d+),,(\d+)$/m.exec(received?.mail.text ?? '') ?? [];
  expect([line?.trim(), number]).toEqual([`tel:${NUMBER},,${pin ?? ''}`, NUMBER]);
  const file = received?.mail.attachments.find(({ mimeType }) => mimeType === 'application/ics')?.content;
  const calendar = new ICAL.Component(
    ICAL.parse(typeof file === 'string' ? file : Buffer.from(file as Uint8Array).toString()) as unknown[],
  );
  expect(new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined).startDate.toJSDate().getTime()).toBe(
    Date.parse(`${at}:00Z`),
  );

  const telephone = await Telephone.dial({ target: `sip:${NUMBER}@127.0.0.1:${installation.port}` });
  await until('a prompt', () => telephone.levels().inDbfs > SPEECH_DBFS);
  await telephone.press(pin ?? '', { durationMs: 60, gapMs: 60 });
  await until('the conference', async () => (await serving.status()).conferences === 1);
  await telephone.hangUp();
  expect(serving.stdout + serving.stderr).not.toMatch(new RegExp(`${pin ?? '-'}|ann@example.org`));
  const left = await installation.run(['delivery', 'list', '--json']);
  expect(JSON.parse(left.stdout)).toEqual([]);
});
