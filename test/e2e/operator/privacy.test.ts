import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { findCanaries } from '../../canaries.js';
import type { Canary } from '../../canaries.js';
import { forEachEngine } from '../kit/engines.js';
import { Installation, until } from './program.js';
import type { NewAccount, Serving, Test } from './program.js';

const HOST = '+442079460958';
const GUEST = '+4930901820777';
const LIMIT = { timeout: 180_000 };
const GOES_ON = /^warning: a conference of the account goes on[^\n]*\n$/;
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

/** An installation that keeps whole numbers in records, so that there is something to find, with an account that was used. */
class Used {
  readonly installation: Installation;
  readonly account: NewAccount;
  readonly secrets: readonly Canary[];

  private constructor(installation: Installation, account: NewAccount, secrets: readonly Canary[]) {
    this.installation = installation;
    this.account = account;
    this.secrets = secrets;
  }

  static async make(test: Test): Promise<Used> {
    const installation = await Installation.make(test, { PARTYLINE_CALLERS_KEEP_DIGITS: 'all' });
    const account = await installation.addAccount('--recording', 'automatic', '--email', textOf('e-mail'));
    const used = new Used(installation, account, []);
    await used.done('account', 'set', account.id, '--name', textOf('name'));
    await used.done('block', 'add', `+${textOf('blocked number')}`, '--account', account.id);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const invited = `${textOf('invitee')} <${textOf('invitee e-mail')}>`;
    const booked = await used.done(
      ...['booking', 'add', account.id, '--title', textOf('title'), '--at', `${tomorrow}T09:00`, '--duration', '60m'],
      ...['--invite', invited, '--personal-pins', '--json'],
    );
    const pins = [...new Set([account.hostPin, account.guestPin, ...(booked.match(/(?<!\d)\d{9}(?!\d)/g) ?? [])])];
    expect(pins).toHaveLength(4);
    return new Used(
      installation,
      account,
      pins.map((text, n) => ({ what: `PIN ${n}`, text })),
    );
  }

  /** What a command that is done without a word on stderr printed. */
  async done(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.installation.run(words);
    expect([words[1], status, stderr]).toEqual([words[1], 0, '']);
    return stdout;
  }

  /** In every file of the data directory, those of the engine's programs too. */
  found(canaries: readonly Canary[] = [...plain, ...this.secrets]): readonly string[] {
    return findCanaries(this.installation.data, canaries);
  }

  /** A host that called before and is in again, and a guest. */
  async talk(serving: Serving): Promise<{ readonly host: Telephone; readonly guest: Telephone }> {
    const { installation, account } = this;
    const early = await callFrom(installation, HOST, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    await early.hangUp();
    await until('its end', async () => (await serving.status()).conferences === 0);
    const host = await callFrom(installation, HOST, account.hostPin);
    const guest = await callFrom(installation, GUEST, account.guestPin);
    await serving.untilCalls(2);
    return { host, guest };
  }
}

forEachEngine((engine) => {
  it('an account that was used is in no file after it was erased and its last call has ended', LIMIT, async (test) => {
    const used = await Used.make(test);
    const { installation, account } = used;
    const serving = await installation.serve('--engine', engine);
    const { host, guest } = await used.talk(serving);
    const found = used.found();
    const unfound = plain.map(({ what }) => what).filter((what) => !found.some((line) => line.startsWith(`${what}:`)));
    // of calls that are up the embedded engine stores nothing
    expect(unfound).toEqual(engine === 'embedded' ? ['guest number'] : []);
    // where the mixer and the SIP server keep logs and state there is nothing while they talk either
    expect(found.filter((line) => line.includes(': engine/'))).toEqual([]);
    expect(used.found(used.secrets)).toEqual([]);
    if (engine === 'freeswitch') expect(existsSync(join(installation.data, 'engine'))).toBe(true);

    const erased = await installation.run(['privacy', 'erase', account.id, '--yes']);
    expect(erased).toMatchObject({ status: 0, stdout: `${textOf('name')} (${account.id}) is erased.\n` });
    expect(erased.stderr).toMatch(engine === 'embedded' ? /^$/ : GOES_ON);
    const names = plain.filter(({ what }) => !what.endsWith('number') || what === 'blocked number');
    expect(used.found(names)).toEqual([]);
    // whoever is in stays in
    expect((await serving.status()).calls).toBe(2);
    await guest.hangUp();
    await host.hangUp();
    await until('the end of all calls', async () => (await serving.status()).conferences === 0);
    await until('their last traces to be gone', async () => {
      await used.done('privacy', 'purge');
      return used.found().length === 0;
    });
    expect(JSON.parse(await used.done('report', 'calls', '--json'))).toEqual([]);
    const recordings = join(installation.data, 'recordings');
    expect(existsSync(recordings) ? readdirSync(recordings) : []).toEqual([]);
    expect(await serving.end('SIGTERM')).toBe(0);
    expect(used.found()).toEqual([]);
  });

  it(
    'an account that was removed while it talked names nobody, and no number that was erased comes back',
    LIMIT,
    async (test) => {
      const used = await Used.make(test);
      const { installation, account } = used;
      const serving = await installation.serve('--engine', engine);
      const { host, guest } = await used.talk(serving);
      const removed = await installation.run(['account', 'remove', account.id, '--yes']);
      expect(removed.status).toBe(0);
      expect(removed.stderr).toMatch(engine === 'embedded' ? /^$/ : GOES_ON);
      const early = await installation.run(['privacy', 'erase', '--number', GUEST, '--yes']);
      expect([early.status, early.stderr]).toEqual(
        engine === 'embedded'
          ? [0, expect.stringMatching(/^warning: 2 calls are up [^\n]*run this again [^\n]*\n$/)]
          : [1, expect.stringMatching(/^error: [^\n]*a call with it goes on[^\n]*run this again [^\n]*\n$/)],
      );
      await guest.hangUp();
      await host.hangUp();
      await until('the end of all calls', async () => (await serving.status()).conferences === 0);
      await until('the records under their label', async () => {
        await used.done('privacy', 'purge');
        const calls = JSON.parse(await used.done('report', 'calls', '--json')) as readonly {
          readonly accountId: string;
        }[];
        const labels = new Set(calls.map(({ accountId }) => accountId));
        return calls.length === 3 && labels.size === 1 && /^removed/.test([...labels][0] ?? '');
      });
      const names = plain.filter(({ what }) => !what.endsWith('number') || what === 'blocked number');
      expect(used.found([...names, ...used.secrets])).toEqual([]);
      for (const number of [HOST, GUEST]) await used.done('privacy', 'erase', '--number', number, '--yes');
      expect(used.found()).toEqual([]);
      expect(await serving.end('SIGTERM')).toBe(0);
      expect(used.found()).toEqual([]);
    },
  );
});
