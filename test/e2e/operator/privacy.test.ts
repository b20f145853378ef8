import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { findCanaries } from '../../canaries.js';
import { Installation, until } from './program.js';

const HOST = '+442079460958';
const GUEST = '+4930901820777';
/** Between a mute prompt and a spoken one, dBFS. */
const SPEECH_DBFS = -45;

const plain = [
  { what: 'name', text: 'Canarietta Sperling-Zeisig' },
  { what: 'e-mail', text: 'canarietta@sperling.example' },
  { what: 'host number', text: HOST.slice(1) },
  { what: 'guest number', text: GUEST.slice(1) },
  { what: 'blocked number', text: '33140506070' },
  { what: 'title', text: 'Quarterly Serinus Review' },
  { what: 'invitee', text: 'Girlitz Stieglitzson' },
  { what: 'invitee e-mail', text: 'girlitz@stieglitz.example' },
] as const;
const textOf = (what: (typeof plain)[number]['what']): string => plain.find((one) => one.what === what)?.text ?? '';

async function callFrom(installation: Installation, from: string, pin: string): Promise<Telephone> {
  const telephone = await Telephone.dial({ target: installation.address, from });
  await until('a prompt', () => telephone.levels().inDbfs > SPEECH_DBFS);
  await telephone.press(pin, { durationMs: 60, gapMs: 60 });
  return telephone;
}

describe('an account that was used, on a bridge that runs', () => {
  it('is in no file after it was erased and its last call has ended', { timeout: 180_000 }, async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_CALLERS_KEEP_DIGITS: 'all' });
    const done = async (...words: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await installation.run(words);
      expect([words[1], status, stderr]).toEqual([words[1], 0, '']);
      return stdout;
    };
    const account = await installation.addAccount('--recording', 'automatic', '--email', textOf('e-mail'));
    const { id } = account;
    await done('account', 'set', id, '--name', textOf('name'));
    await done('block', 'add', `+${textOf('blocked number')}`, '--account', id);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const invited = `${textOf('invitee')} <${textOf('invitee e-mail')}>`;
    const booked = await done(
      ...['booking', 'add', id, '--title', textOf('title'), '--at', `${tomorrow}T09:00`, '--duration', '60m'],
      ...['--invite', invited, '--personal-pins', '--json'],
    );
    const pins = [...new Set([account.hostPin, account.guestPin, ...(booked.match(/(?<!\d)\d{9}(?!\d)/g) ?? [])])];
    expect(pins).toHaveLength(4);
    const secrets = pins.map((text, n) => ({ what: `PIN ${n}`, text }));

    const serving = await installation.serve();
    const early = await callFrom(installation, HOST, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    await early.hangUp();
    await until('its end', async () => (await serving.status()).conferences === 0);
    const host = await callFrom(installation, HOST, account.hostPin);
    const guest = await callFrom(installation, GUEST, account.guestPin);
    await until('both', async () => (await serving.status()).calls === 2);
    const found = findCanaries(installation.data, plain);
    const unfound = plain.map(({ what }) => what).filter((what) => !found.some((line) => line.startsWith(`${what}:`)));
    // of calls that are up the embedded engine stores nothing
    expect(unfound).toEqual(['guest number']);
    expect(findCanaries(installation.data, secrets)).toEqual([]);

    const erased = await installation.run(['privacy', 'erase', id, '--yes']);
    expect(erased).toEqual({ status: 0, stdout: `${textOf('name')} (${id}) is erased.\n`, stderr: '' });
    const names = plain.filter(({ what }) => !what.endsWith('number') || what === 'blocked number');
    expect(findCanaries(installation.data, names)).toEqual([]);
    // whoever is in stays in
    expect((await serving.status()).calls).toBe(2);
    await guest.hangUp();
    await host.hangUp();
    await until('the end of all calls', async () => (await serving.status()).conferences === 0);
    await until('their last traces to be gone', async () => {
      await done('privacy', 'purge');
      return findCanaries(installation.data, [...plain, ...secrets]).length === 0;
    });
    expect(JSON.parse(await done('report', 'calls', '--json'))).toEqual([]);
    const recordings = join(installation.data, 'recordings');
    expect(existsSync(recordings) ? readdirSync(recordings) : []).toEqual([]);
    expect(await serving.end('SIGTERM')).toBe(0);
    expect(findCanaries(installation.data, [...plain, ...secrets])).toEqual([]);
  });
});
