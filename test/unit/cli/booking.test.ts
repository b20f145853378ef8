import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWav, writeWav } from '../../../src/adapters/spoken-names/wav.js';
import { bookingId, inviteeId } from '../../../src/domain/identifiers.js';
import { localAt } from '../../../src/app/bookings/wall-time.js';
import { concatenated, noise } from '../../sound.js';
import { speech } from '../../speech.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;

beforeEach(async () => {
  cli = new CommandLine();
  await cli.addAccount('--name', 'Board');
});
afterEach(() => cli.dispose());

interface Drawn {
  readonly startsAt: string | null;
  readonly hostPin: string | null;
  readonly guestPin: string | null;
  readonly invitees: readonly { readonly id: string; readonly pin: string }[];
}

interface Added {
  readonly id: string;
  readonly timeZone: string;
  readonly rule: string | null;
  readonly occurrences: readonly { readonly startsAt: string; readonly endsAt: string }[];
  readonly invitees: readonly { readonly id: string; readonly name: string }[];
  readonly drawn: readonly Drawn[];
}

const DAY = 86_400_000;
/** 09:00 of a day well ahead. */
const AT = `${localAt(Date.now() + 30 * DAY, 'UTC').slice(0, 10)}T09:00`;
const START = Date.parse(`${AT}:00Z`);
const atDay = (day: number): string => `${localAt(START + day * DAY, 'UTC').slice(0, 10)}T09:00`;

const add = async (...more: readonly string[]): Promise<Added> => (await cli.json(...base(), ...more)) as Added;
const base = (): readonly string[] => [
  ...['booking', 'add', 'Board', '--title', 'Weekly', '--at', AT, '--duration', '1h', '--time-zone', 'UTC'],
];

const opens = (pin: string | null | undefined, at: number): unknown =>
  cli.withStore((store, hash) => {
    const match = store.findPin(hash(pin ?? ''), at);
    return match === null ? null : { role: match.role, invitee: match.booking?.inviteeId ?? null };
  });
const HOST = { role: 'host', invitee: null };
const GUEST = { role: 'guest', invitee: null };

/** Refused with one line. */
async function refused(status: number, ...args: readonly string[]): Promise<string> {
  const ran = await cli.run(...args);
  expect(ran.stderr).toMatch(ONE_LINE_ERROR);
  expect(ran.status).toBe(status);
  return ran.stderr;
}

describe('booking add', () => {
  it('books a conference with PINs of its own, which work while it lasts', async () => {
    const { drawn, occurrences } = await add();
    expect(occurrences).toMatchObject([{ startsAt: new Date(START).toISOString() }]);
    const [pins] = drawn;
    expect(pins).toMatchObject({ startsAt: null, invitees: [] });
    expect(opens(pins?.hostPin, START)).toEqual(HOST);
    expect(opens(pins?.guestPin, START)).toEqual(GUEST);
    expect(opens(pins?.guestPin, START - 1)).toBeNull();
    expect(opens(pins?.guestPin, START + 3_600_000)).toBeNull();
  });

  it('opens early and closes late where that is said', async () => {
    const { drawn } = await add('--early', '10m', '--overrun', '1h30m');
    expect(opens(drawn[0]?.hostPin, START - 600_000)).toEqual(HOST);
    expect(opens(drawn[0]?.hostPin, START - 600_001)).toBeNull();
    expect(opens(drawn[0]?.hostPin, START + 9_000_000 - 1)).toEqual(HOST);
  });

  it('repeats by rule, with the PINs of the series or each its own', async () => {
    const series = await add('--rule', 'freq=weekly;count=3');
    expect(series.rule).toBe('FREQ=WEEKLY;COUNT=3');
    expect(series.occurrences).toHaveLength(3);
    expect(series.drawn).toHaveLength(1);
    expect(opens(series.drawn[0]?.hostPin, START + 14 * DAY)).toEqual(HOST);
    const each = await add('--rule', 'FREQ=DAILY;COUNT=2', '--pins', 'each');
    expect(each.drawn.map(({ startsAt }) => startsAt)).toEqual(each.occurrences.map(({ startsAt }) => startsAt));
    expect(opens(each.drawn[1]?.hostPin, START)).toBeNull();
    expect(opens(each.drawn[1]?.hostPin, START + DAY)).toEqual(HOST);
    const pins = each.drawn.flatMap(({ hostPin, guestPin }) => [hostPin, guestPin]);
    expect(new Set(pins).size).toBe(4);
  });

  it('draws PINs of their own for many occurrences, all different, and knows no more than 400 days of them', async () => {
    const { id, drawn, occurrences } = await add('--rule', 'FREQ=DAILY', '--pins', 'each');
    expect(occurrences.length).toBeGreaterThanOrEqual(369);
    expect(occurrences.length).toBeLessThanOrEqual(371);
    expect(drawn).toHaveLength(occurrences.length);
    expect(new Set(drawn.flatMap(({ hostPin, guestPin }) => [hostPin, guestPin])).size).toBe(2 * drawn.length);
    expect(cli.withStore((store) => store.booking(bookingId(id))?.unrolledUntil)).toBeGreaterThan(START);
  });

  it('knows no more than 1000 occurrences at once', async () => {
    const { occurrences } = await add('--rule', 'FREQ=HOURLY', '--duration', '30m');
    expect(occurrences).toHaveLength(1_000);
  });

  it('invites people, each by a PIN of its own where that is said', async () => {
    const invite = [
      '--invite',
      'Ann Bell <ann@example.org>',
      '--invite',
      'Bob <+44 20 7123 4567>',
      '--invite',
      'cy@example.org',
    ];
    const { id, drawn, invitees } = await add(...invite, '--personal-pins');
    expect(invitees).toMatchObject([
      { name: 'Ann Bell', email: 'ann@example.org', phone: null },
      { name: 'Bob', email: null, phone: '+442071234567' },
      { name: 'cy@example.org', email: 'cy@example.org', phone: null },
    ]);
    expect(drawn).toMatchObject([{ guestPin: null }]);
    for (const [index, { id: invitee, pin }] of (drawn[0]?.invitees ?? []).entries()) {
      expect(invitee).toBe(invitees[index]?.id);
      expect(opens(pin, START)).toEqual({ role: 'guest', invitee });
    }
    const ann = drawn[0]?.invitees[0]?.pin;
    expect(await cli.run('booking', 'revoke', id, 'ann bell', '--yes')).toMatchObject({ status: 0, stderr: '' });
    expect(opens(ann, START)).toBeNull();
    expect(opens(drawn[0]?.invitees[1]?.pin, START)).not.toBeNull();
    const shown = (await cli.json('booking', 'show', id)) as { invitees: readonly { revokedAt: string | null }[] };
    expect(shown.invitees.map(({ revokedAt }) => revokedAt === null)).toEqual([false, true, true]);
  });

  it('keeps how names of invitees are said, from a sound file', async () => {
    const sound = (name: string, samples: Int16Array): string => {
      writeFileSync(join(cli.directory, name), writeWav(samples));
      return name;
    };
    const ann = sound('ann.wav', concatenated(noise(1_000, -60), speech(900, -38), noise(1_000, -60)));
    const { id, invitees } = await add('--invite', 'Ann Bell', '--personal-pins');
    expect(await cli.run('booking', 'say', id, 'ann bell', ann)).toMatchObject({ status: 0, stderr: '' });
    expect(await cli.run('booking', 'invite', id, 'Bob', '--say', ann)).toMatchObject({ status: 0, stderr: '' });
    const kept = cli.withStore((store) => store.spokenName(inviteeId(invitees[0]?.id ?? '')));
    const said = readWav(Buffer.from(kept ?? []));
    expect(said.length / 8).toBeGreaterThan(700);
    expect(said.length / 8).toBeLessThan(1_200);
    expect(await cli.json('booking', 'show', id)).toMatchObject({ invitees: [{ spoken: true }, { spoken: true }] });
    expect((await cli.run('booking', 'show', id)).stdout).toContain('name recorded');

    writeFileSync(join(cli.directory, 'text.wav'), 'no sound');
    for (const file of [
      'text.wav',
      'not-there.wav',
      sound('silent.wav', noise(1_000, -60)),
      sound('long.wav', speech(7_000)),
    ]) {
      const { status, stderr } = await cli.run('booking', 'invite', id, 'Cy', '--say', file);
      expect([file, status, stderr]).toEqual([file, 1, expect.stringMatching(ONE_LINE_ERROR)]);
    }
    const shown = (await cli.json('booking', 'show', id)) as { invitees: readonly object[] };
    expect(shown.invitees).toHaveLength(2);
    const forAll = await add('--invite', 'Ann Bell');
    expect((await cli.run('booking', 'say', forAll.id, 'Ann Bell', ann)).stderr).toContain('--personal-pins');

    expect(await cli.run('privacy', 'export', 'Board', 'board.tar')).toMatchObject({ status: 0 });
    expect(readFileSync(join(cli.directory, 'board.tar')).includes(Buffer.from(kept ?? []))).toBe(true);
    const piece = Buffer.from(kept ?? []).subarray(2_000, 2_100);
    const holding = (): readonly string[] =>
      readdirSync(cli.data, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && readFileSync(join(one.parentPath, one.name)).includes(piece))
        .map(({ name }) => name);
    expect(holding()).not.toEqual([]);
    expect(await cli.run('account', 'remove', 'Board', '--yes')).toMatchObject({ status: 0 });
    expect(holding()).toEqual([]);
  });

  it('takes the time zone of the account, else that of the configuration', async () => {
    const plain = base().slice(0, -2);
    cli.env = { PARTYLINE_TIME_ZONE: 'Asia/Tokyo' };
    expect(await cli.json(...plain)).toMatchObject({ timeZone: 'Asia/Tokyo' });
    await cli.run('account', 'set', 'Board', '--time-zone', 'America/New_York');
    const booked = (await cli.json(...plain)) as Added;
    expect(booked.timeZone).toBe('America/New_York');
    expect(localAt(Date.parse(booked.occurrences[0]?.startsAt ?? ''), 'America/New_York')).toBe(AT);
  });

  it('warns of what it overlaps, and books it', async () => {
    const { id } = await add();
    const ran = await cli.run(...base(), '--json');
    expect(ran.status).toBe(0);
    expect(ran.stderr).toBe(`warning: it overlaps "Weekly" (${id}) at ${AT.replace('T', ' ')} of the same account\n`);
  });

  it('warns of one that is longer than a conference of the account may be', async () => {
    const long = base().map((one) => (one === '1h' ? '11h' : one));
    expect((await cli.run(...long)).stderr).toBe('');
    const { status, stderr } = await cli.run(...long, '--overrun', '2h', '--time-zone', 'Asia/Tokyo');
    expect(status).toBe(0);
    expect(stderr).toContain('warning: a conference of Board ends after 12 hours at the latest');
  });

  it('shows people the PINs once, and says so; show and list never do', async () => {
    const { stdout } = await cli.run(...base());
    const pins = [...stdout.matchAll(/\b\d{9}\b/g)].map(([pin]) => pin);
    expect(pins).toHaveLength(2);
    expect(stdout).toContain('note them now');
    const id = /Id +(\S+)/.exec(stdout)?.[1] ?? '';
    for (const args of [
      ['booking', 'show', id],
      ['booking', 'list'],
      ['booking', 'show', id, '--json'],
      ['booking', 'list', '--json'],
    ]) {
      const ran = await cli.run(...args);
      expect(ran.status).toBe(0);
      for (const pin of pins) expect(ran.stdout).not.toContain(pin);
    }
  });

  it.each([
    ['--at', '2026-13-01T09:00', 'date and time'],
    ['--duration', '30s', 'from 1m to 7d'],
    ['--duration', '8d', 'from 1m to 7d'],
    ['--early', '61m', 'from 0 to 60m'],
    ['--overrun', '7h', 'from 0 to 6h'],
    ['--time-zone', 'Mars/Olympus', 'IANA time zone'],
    ['--invite', 'Ann <nobody>', 'e-mail address'],
    ['--title', '', 'one line'],
    ['--pins', 'none', 'each, series'],
  ])('refuses %s %s as wrong usage', async (flag, value, reason) => {
    expect(await refused(2, ...base(), flag, value)).toContain(reason);
  });

  it.each([
    [['--rule', 'FREQ=SECONDLY'], 'repeats within a minute'],
    [['--rule', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'], 'never happens'],
    [['--at', '2020-01-01T09:00'], 'is over already'],
    [['--at', '2099-01-01T09:00'], 'more than ten years ahead'],
    [['--pins', 'each'], 'is for what repeats'],
  ])('refuses %j and says why', async (more, reason) => {
    expect(await refused(1, ...base(), ...more)).toContain(reason);
    expect(await cli.json('booking', 'list', '--from', '2019-01-01')).toEqual([]);
  });

  it('refuses an account that is not there', async () => {
    expect(await refused(1, ...base().map((arg) => (arg === 'Board' ? 'Nobody' : arg)))).toContain(
      'no account "Nobody"',
    );
  });
});

describe('booking list, show, cancel', () => {
  it('lists what is ahead, of all or of one account', async () => {
    await cli.addAccount('--name', 'Sales');
    const { id } = await add('--rule', 'FREQ=WEEKLY;COUNT=2');
    expect(await cli.json('booking', 'list')).toMatchObject([{ booking: { id } }, { booking: { id } }]);
    expect(await cli.json('booking', 'list', 'Sales')).toEqual([]);
    const { stdout, stderr } = await cli.run('booking', 'list', 'Board', '--limit', '1');
    expect(stdout).toContain(`${AT.replace('T', ' ')} UTC`);
    expect(stderr).toContain('there may be more');
    expect(await cli.json('booking', 'list', '--to', AT.slice(0, 10))).toHaveLength(1);
  });

  it('cancels one occurrence, or all; its PINs stop', async () => {
    const { id, drawn } = await add('--rule', 'FREQ=WEEKLY;COUNT=3');
    const pin = drawn[0]?.guestPin;
    const cancelled = await cli.run('booking', 'cancel', id, '--at', atDay(7), '--yes');
    expect(cancelled).toMatchObject({ status: 0, stderr: '' });
    expect(opens(pin, START + 7 * DAY)).toBeNull();
    expect(opens(pin, START + 14 * DAY)).toEqual(GUEST);
    expect(await refused(1, 'booking', 'cancel', id, '--at', atDay(7), '--yes')).toContain(
      `the next one after is at ${atDay(14)}`,
    );
    await cli.run('booking', 'cancel', id, '--yes');
    expect(opens(pin, START)).toBeNull();
    expect(await refused(1, 'booking', 'cancel', id, '--yes')).toContain('is cancelled already');
    expect(await cli.json('booking', 'list')).toEqual([]);
    expect(await cli.json('booking', 'list', '--cancelled')).toHaveLength(3);
    expect((await cli.run('booking', 'show', id)).stdout).toContain('Cancelled');
  });

  it('cancels nothing without being told to', async () => {
    const { id } = await add();
    expect(await refused(2, 'booking', 'cancel', id)).toContain('--yes');
    cli.answer = 'no';
    expect(await refused(1, 'booking', 'cancel', id)).toContain('nothing was removed');
    expect(await cli.json('booking', 'list')).toHaveLength(1);
  });

  it('says what is not there', async () => {
    for (const args of [
      ['show', 'b1'],
      ['cancel', 'b1', '--yes'],
      ['extend', 'b1'],
      ['rotate', 'b1'],
      ['invite', 'b1', 'Ann'],
      ['revoke', 'b1', 'Ann', '--yes'],
    ]) {
      expect(await refused(1, 'booking', ...args)).toContain('there is no booking "b1": see partyline booking list');
    }
  });
});

describe('booking invite, rotate, extend', () => {
  it('invites one more, with a PIN of its own for every occurrence ahead', async () => {
    const { id } = await add('--personal-pins', '--pins', 'each', '--rule', 'FREQ=DAILY;COUNT=2');
    const { id: invitee, drawn } = (await cli.json('booking', 'invite', id, 'Ann <ann@example.org>')) as Added;
    expect(drawn).toHaveLength(2);
    const [first, second] = drawn.map(({ invitees }) => invitees[0]?.pin);
    expect(opens(first, START)).toEqual({ role: 'guest', invitee });
    expect(opens(first, START + DAY)).toBeNull();
    expect(opens(second, START + DAY)).toEqual({ role: 'guest', invitee });
    expect(await cli.run('booking', 'invite', id, 'Bob')).toMatchObject({ status: 0 });
    expect(await refused(1, 'booking', 'revoke', id, 'Cy', '--yes')).toContain('nobody "Cy" is invited');
  });

  it('draws PINs anew; the old ones stop at once', async () => {
    const { id, drawn } = await add();
    const all = (await cli.json('booking', 'rotate', id)) as Added;
    expect(opens(drawn[0]?.hostPin, START)).toBeNull();
    expect(opens(drawn[0]?.guestPin, START)).toBeNull();
    const guest = (await cli.json('booking', 'rotate', id, '--guest')) as Added;
    expect(opens(all.drawn[0]?.hostPin, START)).toEqual(HOST);
    expect(opens(all.drawn[0]?.guestPin, START)).toBeNull();
    expect(opens(guest.drawn[0]?.guestPin, START)).toEqual(GUEST);
    expect(await refused(1, 'booking', 'rotate', id, '--at', AT)).toContain('leave out --at');
    expect(await refused(1, 'booking', 'rotate', id, '--invitee', 'Ann')).toContain('say --guest');
  });

  it('makes further occurrences known, once, where they were not', async () => {
    const { id, occurrences } = await add('--rule', 'FREQ=WEEKLY', '--pins', 'each');
    const whole = { ahead: occurrences.length, drawn: [] };
    expect(await cli.json('booking', 'extend', id)).toMatchObject(whole);
    // as it was half a year ago
    const since = START + 180 * DAY;
    const database = new Database(join(cli.data, 'partyline.db'));
    try {
      database
        .prepare('DELETE FROM pins WHERE occurrence_seq IN (SELECT seq FROM occurrences WHERE starts_at >= ?)')
        .run(since);
      database.prepare('DELETE FROM occurrences WHERE starts_at >= ?').run(since);
      database.prepare('UPDATE bookings SET unrolled_until = ?').run(since);
    } finally {
      database.close();
    }
    const extended = (await cli.json('booking', 'extend', id)) as { ahead: number; drawn: readonly Drawn[] };
    expect(extended.ahead).toBe(occurrences.length);
    expect(extended.drawn).toHaveLength(occurrences.filter(({ startsAt }) => Date.parse(startsAt) >= since).length);
    const [first] = extended.drawn;
    expect(opens(first?.hostPin, Date.parse(first?.startsAt ?? ''))).toEqual(HOST);
    expect(await cli.json('booking', 'extend', id)).toMatchObject(whole);
    const audit = (await cli.json('privacy', 'audit')) as { action: string; subject: string; detail: string | null }[];
    const notes = audit.filter(({ action }) => action === 'booking-changed');
    expect(notes).toMatchObject([{ subject: id, detail: 'extended' }]);
  });
});
