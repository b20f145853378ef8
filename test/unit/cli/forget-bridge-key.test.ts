import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecordings } from '../../../src/app/compose-recordings.js';
import { openExistingStore, openStore } from '../../../src/app/compose-store.js';
import type { OpenStore, WholeStore } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import type { Config } from '../../../src/app/config.js';
import { accountId, conferenceId } from '../../../src/domain/identifiers.js';
import type { NewPin } from '../../../src/ports/store.js';
import { account, recording } from '../../conformance/store-stage.js';
import { noise, writeWav } from '../../sound.js';
import { ONE_LINE_ERROR } from './command-line.js';
import type { NewAccount, Ran } from './command-line.js';
import { RecordedAccount } from './recorded-account.js';

let cli: RecordedAccount;
beforeEach(async () => {
  cli = new RecordedAccount();
  await cli.addMary();
});
afterEach(() => cli.dispose());

/** When a booking is. */
const at = ['--at', new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 16), '--duration', '45m'];

const key = (): string => join(cli.data, 'bridge.key');
const lose = (): void => rmSync(key());
const forget = (...flags: readonly string[]): Promise<Ran> => cli.run('key', 'forget-bridge', ...flags);
const sealedPins = (): number => cli.withStore((store) => store.countSealedPins());

/** As a bridge has them open while it runs. */
async function running<T>(work: (stores: OpenStore, config: Config) => Promise<T>): Promise<T> {
  const { config } = loadConfig({ env: cli.env, workingDirectory: cli.directory });
  const stores = openStore(config);
  try {
    return await work(stores, config);
  } finally {
    stores.store.close();
  }
}

async function bridgeKeyFinding(): Promise<{ readonly status: string; readonly text: string } | undefined> {
  const { stdout } = await cli.run('doctor', '--json');
  const findings = JSON.parse(stdout) as { check: string; status: string; text: string }[];
  return findings.find(({ check }) => check === 'bridge key');
}

describe('key forget-bridge', () => {
  it('is named by doctor and by what cannot be done without the key, whether that is missing, another one or damaged', async () => {
    const right = readFileSync(key());
    const spoil = [
      lose,
      () => writeFileSync(key(), Buffer.alloc(32, 7), { mode: 0o600 }),
      () => truncateSync(key(), 9),
    ];
    for (const one of spoil) {
      writeFileSync(key(), right, { mode: 0o600 });
      one();
      const named =
        /put [^\n]* back from a backup, or, where it is lost for good, [^\n]*run partyline key forget-bridge, [^\n]*/;
      expect(await bridgeKeyFinding()).toEqual({
        ...{ check: 'bridge key', status: 'failed' },
        text: expect.stringMatching(named) as string,
      });
      for (const args of [
        ['account', 'add', '--name', 'Tom'],
        ['invite', 'Mary'],
      ]) {
        const { status, stderr } = await cli.run(...args);
        expect([status, stderr]).toEqual([1, expect.stringMatching(ONE_LINE_ERROR)]);
        expect(stderr).toMatch(named);
      }
    }
  });

  it('says what is lost and changes nothing before it is told to', async () => {
    await cli.record();
    lose();
    const { status, stderr } = await forget();
    expect(status).toBe(2);
    expect(stderr).toMatch(ONE_LINE_ERROR);
    expect(stderr).toMatch(/add --yes to remove 1 sealed PIN and 1 recording, which nobody can open /);
    cli.answer = 'no';
    expect(await forget()).toMatchObject({ status: 1, stderr: 'error: nothing was removed\n' });
    expect(cli.questions).toEqual([expect.stringMatching(/^Remove 1 sealed PIN and 1 recording, [^\n]* for good\?/)]);
    expect([sealedPins(), cli.sealed().length, existsSync(key())]).toEqual([1, 1, false]);
    const audit = await cli.run('privacy', 'audit');
    expect(audit.stdout).not.toMatch(/bridge-key/);
  });

  it('lets accounts, bookings and recordings be made again, under a new key that doctor knows', async () => {
    const tom = await cli.addAccount('--name', 'Tom');
    const { id } = await cli.record();
    lose();
    const { status, stdout, stderr } = await forget('--yes');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^Lost: 2 sealed PINs and 1 recording, [^]*\nRemoved: 2 sealed PINs and 1 recording\. [^]*back it up/,
    );
    expect([sealedPins(), cli.sealed()]).toEqual([0, []]);
    expect(await cli.json('recording', 'list')).toEqual([]);
    expect((await cli.run('recording', 'export', id, 'x.wav')).status).toBe(1);
    expect(await bridgeKeyFinding()).toMatchObject({ status: 'ok' });
    // PINs from before go on to work
    cli.withStore((store, hash) => {
      for (const pin of [tom.hostPin, tom.guestPin]) expect(store.findPin(hash(pin), Date.now())).not.toBeNull();
    });
    await cli.addAccount('--name', 'Ann');
    expect((await cli.run('invite', 'Ann')).status).toBe(0);
    expect((await cli.run('booking', 'add', 'Tom', '--title', 'Board', ...at)).status).toBe(0);
    const { id: later, plain } = await cli.record();
    expect((await cli.run('recording', 'export', later, 'later.wav')).status).toBe(0);
    expect(readFileSync(join(cli.directory, 'later.wav')).equals(plain)).toBe(true);
    const audit = await cli.run('privacy', 'audit');
    expect(audit.stdout).toMatch(/bridge-key-forgotten.*2 sealed PINs and 1 recording/);
  });

  it('leaves invitations without a PIN that say how to have it again', async () => {
    const { id } = (await cli.json('booking', 'add', 'Mary', '--title', 'Board', ...at)) as { readonly id: string };
    lose();
    await forget('--yes');
    expect(await cli.run('invite', 'Mary')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: the guest PIN [^\n]* partyline pin rotate \S+ --guest\n$/) as string,
    });
    expect(await cli.run('invite', id)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: no PIN [^\n]* partyline booking rotate \S+\n$/) as string,
    });
    const rotated = (await cli.json('pin', 'rotate', 'Mary', '--guest')) as NewAccount;
    expect((await cli.run('invite', 'Mary')).stdout.replaceAll(/\s/g, '')).toContain(rotated.guestPin);
    expect((await cli.run('booking', 'rotate', id)).status).toBe(0);
    expect((await cli.run('invite', id)).status).toBe(0);
  });

  it('is refused while the key opens what is sealed, or can be made readable, and where nothing is sealed', async () => {
    await cli.record();
    const before = readFileSync(key());
    expect(await forget('--yes')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^error: the bridge key \S+ opens what is sealed [^\n]* nothing to forget\n$/,
      ) as string,
    });
    truncateSync(key(), 9);
    expect(await forget('--yes')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^error: the bridge key \S+ is damaged [^\n]*move the file away [^\n]*\n$/,
      ) as string,
    });
    expect([sealedPins(), cli.sealed().length]).toEqual([1, 1]);
    writeFileSync(key(), before);
    expect((await cli.run('account', 'remove', 'Mary', '--yes')).status).toBe(0);
    for (const there of [true, false]) {
      if (!there) lose();
      expect(await forget('--yes')).toMatchObject({
        status: 1,
        stderr: 'error: nothing is sealed under a bridge key, so there is nothing to forget\n',
      });
      expect(existsSync(key())).toBe(there);
    }
  });

  it('takes the key of another database as it is, and keeps a recording that it opens', async () => {
    const { id } = await cli.record();
    const wrapped = cli.withStore((store) => store.recording(id)?.wrappedKey);
    const own = readFileSync(key());
    // a second one that is sealed under another key, whose row stands before that of the first
    cli.withStore((store) => {
      const accounts = store.accounts({ limit: 1 });
      store.addRecording(recording('r0', { accountId: accounts[0]?.id ?? accountId(''), startedAt: Date.now() + 1 }));
      store.noteKeyCheck('bridge', 'of another key');
    });
    expect(JSON.parse((await forget('--yes', '--json')).stdout)).toEqual({ sealedPins: 1, recordings: 1 });
    expect(readFileSync(key()).equals(own)).toBe(true);
    expect(cli.withStore((store) => [store.recording(id)?.wrappedKey, store.recording('r0')])).toEqual([wrapped, null]);
    expect((await cli.run('recording', 'export', id, 'kept.wav')).status).toBe(0);
    expect((await cli.run('account', 'add', '--name', 'Tom')).status).toBe(0);
  });

  it('goes on where one before it was killed', async () => {
    await cli.addAccount('--name', 'Tom');
    await cli.record();
    lose();
    cli.withStore((store) => {
      // an eager one: two of four codes, of which some are sealed
      store.forgetSealedPins('', 2);
    });
    const left = sealedPins();
    expect(JSON.parse((await forget('--yes', '--json')).stdout)).toEqual({ sealedPins: left, recordings: 1 });
    expect((await cli.run('account', 'add', '--name', 'Ann')).status).toBe(0);
    // killed when all was gone, just before the new key counted
    lose();
    cli.withStore((store) => {
      store.forgetSealedPins('', 10);
    });
    expect((await cli.run('account', 'add', '--name', 'Bob')).status).toBe(0);
    expect(await bridgeKeyFinding()).toMatchObject({ status: 'ok' });
  });

  it('counts for a bridge that runs and has the lost key in memory', async () => {
    await running(async ({ seal, store }) => {
      const of = { account: accountId('a1'), role: 'guest' } as const;
      expect(seal.open(seal.seal('482915037', of), of)).toBe('482915037');
      lose();
      expect((await forget('--yes')).status).toBe(0);
      const sealed = seal.seal('670914803', of);
      store.addAccount(account('a1'), { host: { hash: 'h', length: 9 }, guest: { hash: 'g', length: 9, sealed } });
      const read = await running((other) => Promise.resolve(other.seal.open(sealed, of)));
      expect(read).toBe('670914803');
    });
  });

  it('loses no recording that goes on: it is sealed under the new key', async () => {
    await running(async (stores, config) => {
      const recordings = openRecordings(config, stores, () => undefined);
      const mary = cli.withStore((store) => store.accountsNamed('Mary')[0]?.id ?? accountId(''));
      const open = recordings.begin({
        accountId: mary,
        conferenceId: conferenceId('c'),
        conferenceRecordId: 1,
        part: 1,
      });
      await writeWav(open.path, noise(500));
      const plain = readFileSync(open.path);
      lose();
      await expect(recordings.seal(open)).rejects.toThrow(/partyline key forget-bridge/);
      expect((await forget('--yes')).status).toBe(0);
      await recordings.seal(open);
      await recordings.close();
      expect((await cli.run('recording', 'export', open.id, 'live.wav')).status).toBe(0);
      expect(readFileSync(join(cli.directory, 'live.wav')).equals(plain)).toBe(true);
    });
  });

  it('removes nothing where the key is put back before it begins', async () => {
    await cli.record();
    const right = readFileSync(key());
    lose();
    const putBack = (): void => writeFileSync(key(), right, { mode: 0o600 });
    cli.stores = {
      openStore,
      openExistingStore: (config) => withHook(openExistingStore(config), 'countSealedPins', putBack),
    };
    expect(await forget('--yes')).toMatchObject({ status: 1, stderr: OVERTAKEN });
    expect([sealedPins(), cli.sealed().length]).toEqual([1, 1]);
    expect((await cli.run('account', 'add', '--name', 'Tom')).status).toBe(0);
  });

  it('takes away what is sealed meanwhile by somebody who has the lost key in memory, and ends where that never ends', async () => {
    lose();
    let times = 2;
    const sealOneMore = (): void => {
      if (times === 0) return;
      times -= 1;
      const [host, guest] = [`v1.h${times}`, `v1.g${times}`].map((hash) => ({ hash, length: 9 })) as [NewPin, NewPin];
      const sealed = { ...guest, sealed: 's1.' };
      cli.withStore((store) => store.addAccount(account(`n${times}`), { host, guest: sealed }));
    };
    cli.stores = {
      openStore,
      openExistingStore: (config) => withHook(openExistingStore(config), 'hasSealedPins', sealOneMore),
    };
    expect(JSON.parse((await forget('--yes', '--json')).stdout)).toEqual({ sealedPins: 3, recordings: 0 });
    lose();
    times = 100;
    expect(await forget('--yes')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^error: PINs are being sealed under the lost key all the time, [^\n]*\n$/,
      ) as string,
    });
    expect(existsSync(key())).toBe(false);
    expect(times).toBeGreaterThan(80);
  });

  it.each(['recordingsById', 'hasSealedPins'] as const)(
    'leaves alone what is sealed under a key that somebody else makes meanwhile (seen by %s)',
    async (question) => {
      await cli.record();
      lose();
      // the first is asked when it says what is lost
      let times = 0;
      const madeAnew = (): void => {
        times += 1;
        if (times === 2) cli.withStore((store) => store.noteKeyCheck('bridge', 'of another key'));
      };
      cli.stores = {
        openStore,
        openExistingStore: (config) => withHook(openExistingStore(config), question, madeAnew),
      };
      // with a recording nobody asks whether there is a sealed PIN before they are removed
      if (question === 'hasSealedPins') times = 1;
      expect(await forget('--yes')).toMatchObject({ status: 1, stderr: OVERTAKEN });
      expect([sealedPins(), cli.sealed().length]).toEqual([1, question === 'recordingsById' ? 1 : 0]);
      expect(cli.withStore((store) => store.keyCheck('bridge'))).toBe('of another key');
    },
  );
});

const OVERTAKEN = expect.stringMatching(
  /^error: the bridge key was put back or made anew by somebody else meanwhile: [^\n]*\n$/,
) as string;

type Question = 'countSealedPins' | 'hasSealedPins' | 'recordingsById';

/** The store, with something that others do each time when it is asked this. */
function withHook<T extends WholeStore>(store: T, question: Question, hook: () => void): T {
  const ask = store[question].bind(store) as (...args: unknown[]) => never;
  store[question] = (...args: unknown[]) => {
    hook();
    return ask(...args);
  };
  return store;
}
