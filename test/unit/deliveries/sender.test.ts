import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmtpChannel } from '../../../src/adapters/mail/smtp-channel.js';
import { FileChannel } from '../../../src/adapters/report-files/file-channel.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { WebhookChannel } from '../../../src/adapters/webhook/webhook-channel.js';
import { DeliverySender } from '../../../src/app/deliveries/sender.js';
import type { SenderParts } from '../../../src/app/deliveries/sender.js';
import { accountId, bookingId as bookingIdOf } from '../../../src/domain/identifiers.js';
import type { BookingId } from '../../../src/domain/identifiers.js';
import { ReceiverAway } from '../../../src/ports/messages.js';
import type { Message } from '../../../src/ports/messages.js';
import type { Delivery } from '../../../src/ports/store-deliveries.js';
import { account, delivery, pin } from '../../conformance/store-stage.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { MailServer } from './mail-server.js';
import { WebServer } from './web-server.js';

const MINUTE_MS = 60_000;

let store: SqliteStore;
let clock: ManualClock;
let mail: MailServer;
let web: WebServer;
let folder: string;
let logged: { readonly fields: object; readonly message: string }[];

beforeEach(async () => {
  clock = new ManualClock();
  store = SqliteStore.open({ file: ':memory:', now: () => clock.wall() });
  store.addAccount(account('a1'), { host: pin('h'), guest: pin('g') });
  mail = new MailServer();
  web = new WebServer();
  logged = [];
  folder = mkdtempSync(join(tmpdir(), 'partyline-sender-'));
  await mail.start();
  await web.start();
});
afterEach(async () => {
  store.close();
  await mail.dispose();
  await web.stop();
  rmSync(folder, { recursive: true });
});

const message = ({ id, kind }: Delivery): Message => ({
  ...{ id, kind, subject: `About ${id}`, text: 'PIN: 123 456 789\n', short: 'PIN 123 456 789' },
  ...{ json: { id }, calendar: null },
});

function sender(more: Partial<SenderParts> = {}): DeliverySender {
  const note = (fields: object, text: string): void => void logged.push({ fields, message: text });
  const from = { name: null, address: 'conferences@example.org' };
  const smtp = { host: '127.0.0.1', port: mail.port, security: 'none', credentials: null, caFile: null } as const;
  return new DeliverySender({
    ...{ store, clock, reminders: [], render: message },
    log: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    channels: {
      mail: new SmtpChannel({ ...smtp, from, replyTo: null }),
      webhook: new WebhookChannel({
        secret: 'a secret of twenty-four or more',
        now: () => clock.wall(),
        request: (url, { json }) => ({ url, body: json }),
      }),
      file: new FileChannel(),
    },
    ...more,
  });
}

const queue = (...deliveries: readonly Partial<Delivery>[]): number =>
  store.addDeliveries(deliveries.map((more, at) => delivery(`d${at + 1}`, { nextAt: clock.wall(), ...more })));

function booked(): BookingId {
  const [id, start] = [bookingIdOf('b1'), clock.wall() + 60 * MINUTE_MS];
  const added = store.addBooking(
    {
      ...{ id, accountId: accountId('a1'), title: 'Board', startsLocal: '2026-01-01T01:00', timeZone: 'UTC' },
      ...{ durationMs: 60 * MINUTE_MS, rule: null, pinsEach: false, personalPins: false, earlyMs: 0, overrunMs: 0 },
      ...{ recording: null, createdAt: clock.wall(), unrolledUntil: null },
    },
    {
      occurrences: [{ startsAt: start, endsAt: start + 60 * MINUTE_MS, pins: null }],
      pins: { host: pin('bh'), guest: pin('bg'), invitees: [] },
      invitees: [],
    },
  );
  expect(added).toBe(true);
  return id;
}

describe('what is to be sent', () => {
  it('goes out by its channel, and nothing is kept of it', async () => {
    queue(
      { address: 'tom@example.org' },
      { channel: 'webhook', address: web.url },
      { channel: 'file', address: join(folder, 'a1') },
      { address: 'later@example.org', nextAt: clock.wall() + 1 },
    );
    expect(await sender().sendDue()).toBe(3);
    expect(mail.received.map(({ to }) => to)).toEqual([['tom@example.org']]);
    expect(web.posted.map(({ body }) => body)).toEqual(['{"id":"d2"}']);
    expect(readdirSync(join(folder, 'a1')).sort()).toEqual(['d3.json', 'd3.txt']);
    expect(readFileSync(join(folder, 'a1', 'd3.txt'), 'utf8')).toBe('PIN: 123 456 789\n');
    expect(statSync(join(folder, 'a1', 'd3.txt')).mode & 0o777).toBe(0o600);
    expect(store.deliveries({ limit: 9 }).map(({ id }) => id)).toEqual(['d4']);
  });

  it('waits longer and longer for a server that is away, and goes out when it is back', async () => {
    queue({ address: 'tom@example.org' });
    await mail.stop();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(await sender().sendDue()).toBe(1);
      const waiting = store.delivery('d1');
      expect(waiting).toMatchObject({
        attempts: attempt,
        failedAt: null,
        error: 'the mail server cannot be reached (ESOCKET)',
      });
      const wait = (waiting?.nextAt ?? 0) - clock.wall();
      waits.push(wait / MINUTE_MS);
      clock.advance(wait - 1);
      expect(await sender().sendDue()).toBe(0);
      clock.advance(1);
    }
    expect(waits).toEqual([2, 5, 15]);
    await mail.start();
    expect(await sender().sendDue()).toBe(1);
    expect(mail.received).toHaveLength(1);
    expect(store.deliveries({ limit: 9 })).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('is given up after a day of trying, with one line that names nobody, until someone tries it again', async () => {
    queue({ address: 'tom@example.org' });
    await mail.stop();
    const begun = clock.wall();
    for (let attempt = 1; store.delivery('d1')?.failedAt === null && attempt < 20; attempt += 1) {
      await sender().sendDue();
      clock.advance(12 * 60 * MINUTE_MS);
    }
    expect(store.delivery('d1')).toMatchObject({ attempts: 8 });
    expect(store.countFailedDeliveries()).toBe(1);
    expect(clock.wall() - begun).toBeGreaterThan(20 * 60 * MINUTE_MS);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toMatch(/tom|example|123/);
    await mail.start();
    expect(await sender().sendDue()).toBe(0);
    store.retryDelivery('d1', clock.wall());
    expect(await sender().sendDue()).toBe(1);
    expect(mail.received).toHaveLength(1);
  });

  it('is given up at once where the receiver refuses it, or the channel is not configured, and holds up nothing else', async () => {
    mail.refused.set('nobody@example.org', 550);
    queue({ address: 'nobody@example.org' }, { address: 'tom@example.org' }, { channel: 'sms', address: '+441' });
    await sender().sendDue();
    expect(store.delivery('d1')).toMatchObject({ error: 'the mail server refuses it (550)', attempts: 1 });
    expect(store.delivery('d3')).toMatchObject({ error: 'no sms is configured' });
    expect(store.countFailedDeliveries()).toBe(2);
    expect(mail.received).toHaveLength(1);
  });

  it('is not sent where nothing is to be said any more', async () => {
    queue({});
    await sender({ render: () => null }).sendDue();
    expect([mail.received, store.deliveries({ limit: 9 })]).toEqual([[], []]);
  });

  it('is sent again later, under the same name, by whoever comes after one that died over it', async () => {
    queue({ address: 'tom@example.org' });
    // dies when the mail server has taken it
    const dying = sender({ store: failing('removeDelivery') });
    await expect(dying.sendDue()).rejects.toThrow('killed');
    expect(await sender().sendDue()).toBe(0);
    clock.advance(2 * MINUTE_MS);
    expect(await sender().sendDue()).toBe(1);
    expect(mail.received.map(({ mail: { messageId } }) => messageId)).toEqual(['<d1@example.org>', '<d1@example.org>']);
    expect(store.deliveries({ limit: 9 })).toEqual([]);
  });

  it('is given up where whoever sends it dies over it again and again', async () => {
    queue({ address: 'tom@example.org' });
    let written = 0;
    const dying = (): DeliverySender =>
      sender({
        render: (one) => {
          written += 1;
          return message(one);
        },
        channels: { mail: { send: () => Promise.reject(new Error('killed')) } },
        store: failing('failDelivery'),
      });
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      await expect(dying().sendDue()).rejects.toThrow('killed');
      clock.advance(12 * 60 * MINUTE_MS);
    }
    expect(written).toBe(8);
    await sender().sendDue();
    expect(store.delivery('d1')).toMatchObject({ attempts: 9, error: 'no try of it came to an end' });
    expect(store.countFailedDeliveries()).toBe(1);
    expect([mail.received, logged.length]).toEqual([[], 1]);
  });

  it('is taken once by two that send at the same time', async () => {
    queue({ address: 'tom@example.org' }, { address: 'mary@example.org' });
    await Promise.all([sender().sendDue(), sender().sendDue()]);
    expect(mail.received.map(({ to }) => to[0]).sort()).toEqual(['mary@example.org', 'tom@example.org']);
  });

  it('goes out a few at a time on a channel, the first alone, while another channel does not wait', async () => {
    const running = { mail: 0, webhook: 0, most: 0, both: false, withFirst: 0 };
    let isFirst = true;
    const slow = (name: 'mail' | 'webhook') => ({
      send: async (): Promise<void> => {
        const first = name === 'mail' && isFirst;
        if (name === 'mail') isFirst = false;
        running[name] += 1;
        running.most = Math.max(running.most, running.mail);
        running.both ||= running.mail > 0 && running.webhook > 0;
        for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        if (first) running.withFirst = running.mail;
        running[name] -= 1;
      },
    });
    queue({}, {}, { channel: 'webhook' }, ...new Array<object>(20).fill({}));
    await sender({ channels: { mail: slow('mail'), webhook: slow('webhook') } }).sendDue();
    expect(running).toEqual({ mail: 0, webhook: 0, most: 4, both: true, withFirst: 1 });
    expect(store.deliveries({ limit: 9 })).toEqual([]);
  });

  it('comes to one receiver in the order it was queued: a cancellation does not overtake the invitation before it, nor the other way', async () => {
    const [bookingId, address] = [booked(), 'ann@example.org'];
    queue(
      { address: 'tom@example.org' },
      { address, bookingId, kind: 'cancellation' },
      { address, bookingId, kind: 'invitation' },
      { address: 'bob@example.org', bookingId },
    );
    const arrived: string[] = [];
    const slow = {
      send: async (_: string, { id: of }: Message): Promise<void> => {
        // the first of Ann's takes longest
        for (let turn = of === 'd2' ? 20 : 1; turn > 0; turn -= 1) await nextTurn();
        arrived.push(of);
      },
    };
    await sender({ channels: { mail: slow } }).sendDue();
    expect(arrived).toEqual(['d1', 'd4', 'd2', 'd3']);
  });

  it('stops where the receiver goes away in the middle, with no more than a few tried', async () => {
    let sent = 0;
    const leaving = {
      send: (): Promise<void> =>
        (sent += 1) <= 10 ? Promise.resolve() : Promise.reject(new ReceiverAway('nobody there')),
    };
    queue(...new Array<object>(40).fill({}));
    await sender({ channels: { mail: leaving } }).sendDue();
    const left = store.deliveries({ limit: 99 });
    expect(left).toHaveLength(30);
    const tried = left.filter(({ attempts }) => attempts > 0).length;
    expect(tried).toBeGreaterThanOrEqual(1);
    expect(tried).toBeLessThanOrEqual(4);
  });

  it('stops where the store fails, when all that was on its way has arrived', async () => {
    const running = { now: 0, sent: 0 };
    const slow = {
      send: async (): Promise<void> => {
        running.now += 1;
        running.sent += 1;
        for (let turn = 0; turn < 3 * running.sent; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        running.now -= 1;
      },
    };
    queue(...new Array<object>(40).fill({}));
    let removed = 0;
    const breaking = new Proxy(store, {
      get(target, name): unknown {
        if (name === 'removeDelivery' && (removed += 1) > 1) throw new Error('killed');
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await expect(sender({ store: breaking, channels: { mail: slow } }).sendDue()).rejects.toThrow('killed');
    expect(running).toEqual({ now: 0, sent: 5 });
  });

  it('leaves what waits for a receiver who is away, and holds up neither other channels nor reminders', async () => {
    await mail.stop();
    queue({ address: 'tom@example.org' }, { address: 'ann@example.org' }, { channel: 'webhook', address: web.url });
    await sender().sendDue();
    expect(['d1', 'd2', 'd3'].map((id) => store.delivery(id)?.attempts)).toEqual([1, 0, undefined]);

    const stuck = new Promise<void>(() => undefined);
    const planned: number[] = [];
    const planning = new Proxy(store, {
      get: (target, name): unknown => {
        if (name === 'planReminders') return ({ leadMs }: { leadMs: number }) => planned.push(leadMs) < 0;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const sms: string[] = [];
    const channels = { mail: { send: () => stuck }, sms: { send: (to: string) => Promise.resolve(void sms.push(to)) } };
    const looking = sender({ store: planning, reminders: [MINUTE_MS], channels });
    looking.start();
    await until(() => clock.pending > 0 && planned.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    store.addDeliveries([delivery('s1', { channel: 'sms', address: '+441', nextAt: clock.wall() })]);
    clock.advance(10_000);
    await until(() => sms.length > 0 && planned.length === 2);
    void looking.stop();
  });

  it('is looked for from time to time until it is stopped', async () => {
    const looking = sender();
    looking.start();
    queue({ address: 'tom@example.org' });
    await until(() => clock.pending > 0);
    clock.advance(10_000);
    await until(() => mail.received.length > 0 && clock.pending > 0);
    await looking.stop();
    expect(clock.pending).toBe(0);
  });

  it('does not end with a store that fails for a while', async () => {
    const looking = sender({ store: failing('deliveriesDue') });
    looking.start();
    await until(() => clock.pending > 0);
    expect(logged.map(({ fields }) => fields)).toEqual([{ error: 'killed' }]);
    await looking.stop();
  });
});

/** The store, but for one method that fails. */
const failing = (method: 'removeDelivery' | 'failDelivery' | 'deliveriesDue'): SqliteStore =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === method) throw new Error('killed');
        return Reflect.apply(value, target, args);
      };
    },
  });

/** Lets what is under way go on until this holds, 10 s at most. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds() && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  expect(holds()).toBe(true);
}
