import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSender } from '../../../src/app/compose-deliveries.js';
import { openStore } from '../../../src/app/compose-store.js';
import type { OpenStore } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import type { Config } from '../../../src/app/config.js';
import { bookingId } from '../../../src/domain/identifiers.js';
import { CommandLine } from '../cli/command-line.js';
import { MailServer } from './mail-server.js';

const HOUR_MS = 3_600_000;
const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let cli: CommandLine;
let mail: MailServer;
let config: Config;
let stores: OpenStore;
/** Milliseconds since the epoch. */
let now: number;

beforeEach(async () => {
  cli = new CommandLine();
  mail = new MailServer();
  await mail.start();
  await cli.run('number', 'add', '+442071234567');
  await cli.addAccount('--name', 'Mary Murphy');
  const settings = { host: '127.0.0.1', port: mail.port, security: 'none', from: 'conferences@example.org' };
  config = parseConfig({ dataDir: cli.data, mail: settings, invitations: { reminders: ['1h'] } }, {});
  now = Date.now();
});
afterEach(async () => {
  stores.store.close();
  cli.dispose();
  await mail.dispose();
});

/** One look of the bridge, when the time is `now`. */
async function look(): Promise<void> {
  const clock = { ...stores.clock, wall: () => now, monotonic: () => now, after: () => ({ cancel: () => undefined }) };
  const sender = openSender(config, { ...stores, clock }, QUIET);
  sender.start();
  await sender.stop();
  // what it began is done; what it left is sent here
  await openSender(config, { ...stores, clock }, QUIET).sendDue();
}

interface Booked {
  readonly id: string;
  readonly drawn: readonly { readonly startsAt: string; readonly guestPin: string }[];
  readonly occurrences: readonly { readonly startsAt: string }[];
}

/** An hour a day for three days, the first the day after tomorrow, each with PINs of its own; its start is told. */
async function book(): Promise<Booked & { readonly start: number }> {
  const day = new Date(now + 48 * HOUR_MS).toISOString().slice(0, 10);
  const booked = (await cli.json(
    ...['booking', 'add', 'Mary Murphy', '--title', 'Stand-up', '--at', `${day}T09:00`, '--duration', '1h'],
    ...['--time-zone', 'UTC', '--rule', 'FREQ=DAILY;COUNT=3', '--pins', 'each', '--invite', 'Ann <ann@example.org>'],
  )) as Booked;
  stores = openStore(config);
  stores.store.setNotified(bookingId(booked.id), true);
  return { ...booked, start: Date.parse(booked.occurrences[0]?.startsAt ?? '') };
}

describe('a reminder', () => {
  it('says when the next occurrence is, and its PIN alone', async () => {
    const { start, drawn } = await book();
    await look();
    now = start - HOUR_MS;
    await look();
    await look();
    expect(mail.received.map(({ to, mail: { subject } }) => [to, subject])).toEqual([
      [['ann@example.org'], 'Reminder: Stand-up'],
    ]);
    const text = mail.received[0]?.mail.text ?? '';
    const pins = drawn.map(({ guestPin }) => text.includes(`,,${guestPin}`));
    expect(pins).toEqual([true, false, false]);
    expect(text).toContain('09:00 to 10:00 (UTC');
    expect(text).not.toContain('Repeats');
    now = start + 23 * HOUR_MS;
    await look();
    expect(mail.received[1]?.mail.text).toContain(`,,${drawn[1]?.guestPin ?? ''}`);
  });

  it('is not sent of what began, or was cancelled, while the mail server was away', async () => {
    const { id, start } = await book();
    await look();
    await mail.stop();
    now = start - HOUR_MS;
    await look();
    expect(stores.store.deliveries({ limit: 9 })).toHaveLength(1);
    await mail.start();
    now = start;
    await look();
    expect([mail.received, stores.store.deliveries({ limit: 9 })]).toEqual([[], []]);

    now = start + 23 * HOUR_MS;
    await mail.stop();
    await look();
    expect(stores.store.deliveries({ limit: 9 })).toHaveLength(1);
    stores.store.cancelOccurrence(bookingId(id), start + 24 * HOUR_MS, now);
    await mail.start();
    now += HOUR_MS / 2;
    await look();
    expect([mail.received, stores.store.deliveries({ limit: 9 })]).toEqual([[], []]);
  });
});
