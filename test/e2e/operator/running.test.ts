import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { Program } from '../kit/program.js';
import { callWith, Installation, until } from './program.js';

interface Recorded {
  readonly outcome: string;
  readonly role: string | null;
  readonly dialled: string;
}

async function records(installation: Installation): Promise<readonly Recorded[]> {
  return JSON.parse((await installation.run(['report', 'calls', '--json'])).stdout) as Recorded[];
}

const dial = (installation: Installation, number = 'conference'): Promise<Telephone> =>
  Telephone.dial({ target: `sip:${number}@127.0.0.1:${installation.port}` });

describe.concurrent('a bridge that is to end', () => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    it(`by ${signal} says BYE to every caller and ends with exit status 0`, async (test) => {
      const installation = await Installation.make(test);
      const account = await installation.addAccount();
      const serving = await installation.serve();
      const host = await callWith(installation, account.hostPin);
      const asked = await dial(installation);
      await until('the conference', async () => (await serving.status()).conferences === 1);
      expect(await serving.end(signal)).toBe(0);
      expect((await host.ended).by).toBe('them');
      expect((await asked.ended).by).toBe('them');
      await installation.expectNothingLeft();
      expect((await records(installation)).map(({ role }) => role).sort()).toEqual(['host', null]);
    });
  }

  it('by SIGTERM takes no new call, lets the last one end by itself, and ends with exit status 0', async (test) => {
    const installation = await Installation.make(test);
    const account = await installation.addAccount();
    const serving = await installation.serve();
    const telephone = await callWith(installation, account.hostPin);
    serving.process.kill('SIGTERM');
    await until('draining', async () => (await serving.status()).draining);
    await expect(dial(installation)).rejects.toMatchObject({ status: 503 });
    const ready = await fetch(`http://127.0.0.1:${installation.httpPort}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'draining\n']);
    expect((await serving.status()).calls).toBe(1);
    await telephone.hangUp();
    expect((await serving.exited).code).toBe(0);
    expect(serving.stderr).toContain('No new calls; ending when the last call has.');
    await installation.expectNothingLeft();
    const refused = (await records(installation)).filter(({ role }) => role === null);
    expect(refused.map(({ outcome }) => outcome)).toEqual(['draining']);
  });

  for (const second of ['SIGTERM', 'SIGINT'] as const) {
    it(`by ${second} after SIGTERM ends at once, with a BYE to who is left`, async (test) => {
      const installation = await Installation.make(test);
      const serving = await installation.serve();
      const telephone = await dial(installation);
      serving.process.kill('SIGTERM');
      await until('draining', async () => (await serving.status()).draining);
      expect(await serving.end(second)).toBe(0);
      expect((await telephone.ended).by).toBe('them');
      await installation.expectNothingLeft();
    });
  }

  it('is not killed by a SIGUSR2 that comes while it is starting, and answers it once it runs', async (test) => {
    const installation = await Installation.make(test);
    const starting = new Program(['serve'], installation.env, installation.directory);
    test.onTestFinished(() => starting.kill());
    const held = join(installation.data, 'serve.lock');
    await starting.start(() => existsSync(held), 30_000);
    starting.signal('SIGUSR2');
    await until('the answer', () => starting.output.includes('Not handed over: no dialog owner is configured'));
    expect(await starting.stop(10_000, 'SIGINT')).toBe(true);
    expect(starting.exitCode).toBe(0);
  });

  it('says BYE too when whoever read its output has gone before', async (test) => {
    const installation = await Installation.make(test);
    const account = await installation.addAccount();
    const serving = await installation.serve();
    serving.process.stdout?.destroy();
    serving.process.stderr?.destroy();
    const telephone = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    expect(await serving.end('SIGINT')).toBe(0);
    expect((await telephone.ended).by).toBe('them');
    await installation.expectNothingLeft();
  });

  it('by SIGKILL can be started again at once, on the same ports and data', async (test) => {
    const installation = await Installation.make(test);
    const account = await installation.addAccount();
    const killed = await installation.serve();
    const left = await dial(installation);
    await killed.kill();
    expect(existsSync(join(installation.data, 'serve.json'))).toBe(true);
    const doctor = await installation.run(['doctor']);
    expect(doctor.stdout).not.toContain('is running');
    expect(doctor.status).toBe(0);
    const serving = await installation.serve();
    const telephone = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    await Promise.all([telephone.hangUp(), left.vanish()]);
    expect(await serving.end('SIGTERM')).toBe(0);
    await installation.expectNothingLeft();
  });
});

describe.concurrent('the bridge', () => {
  it('needs no home, no English, and no right to write its checkout, when its data lie elsewhere', async (test) => {
    const installation = await Installation.make(test, {
      LC_ALL: 'ar_EG.UTF-8',
      LANG: 'tr_TR.UTF-8',
      TZ: 'Asia/Tokyo',
    });
    if (!(await installation.asPlainUser())) test.skip('a user without rights cannot run the program from here');
    const account = await installation.addAccount();
    const serving = await installation.serve();
    const telephone = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    await telephone.hangUp();
    await serving.untilCalls(0);
    expect((await installation.run(['report', 'calls'])).stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}local/m);
    expect(await serving.end('SIGINT')).toBe(0);
    await installation.expectNothingLeft();
  });

  it('is tried by the test telephone, whose JSON is as docs/cli.md has it', async (test) => {
    const installation = await Installation.make(test);
    const serving = await installation.serve();
    const called = await installation.run(['call', installation.address, '--tone', '440', '--for', '0.5', '--json']);
    expect(called.status).toBe(0);
    const reference = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    const documented = /`call --json`[^]*?```json\n([^]*?)```/.exec(reference)?.[1] ?? '';
    expect(Object.keys(JSON.parse(called.stdout) as object)).toEqual(Object.keys(JSON.parse(documented) as object));
    expect(await serving.end('SIGTERM')).toBe(0);
  });
});

describe.concurrent('while the bridge runs', () => {
  it('accounts, numbers and their removal count at once', async (test) => {
    const installation = await Installation.make(test);
    const serving = await installation.serve();
    const account = await installation.addAccount();
    const first = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    await first.hangUp();

    await expect(dial(installation, '8000')).rejects.toMatchObject({ status: 404 });
    expect((await installation.run(['number', 'add', '8000'])).status).toBe(0);
    await (await dial(installation, '8000')).hangUp();
    // from the first number on, the user part without a number is unknown
    await expect(dial(installation)).rejects.toMatchObject({ status: 404 });
    expect((await installation.run(['number', 'remove', '8000', '--yes'])).status).toBe(0);
    await expect(dial(installation, '8000')).rejects.toMatchObject({ status: 404 });
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  it('a disabled account is refused with its next PIN, enabled it is taken again, and whoever is in stays', async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_ENTRY_TRIES: '1' });
    const account = await installation.addAccount();
    const serving = await installation.serve();
    const inside = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    expect((await installation.run(['account', 'disable', account.id])).status).toBe(0);
    const refused = await callWith(installation, account.guestPin);
    expect((await refused.ended).by).toBe('them');
    expect((await installation.run(['account', 'enable', 'Test'])).status).toBe(0);
    const taken = await callWith(installation, account.guestPin);
    // the first prompt after a PIN that counts
    await until('something to be said', () => taken.levels().inDbfs > -45);
    await Promise.all([taken.hangUp(), inside.hangUp()]);
    await serving.untilCalls(0);
    const recorded = await records(installation);
    expect(recorded.map(({ role }) => role)).toEqual(['guest', null, 'host']);
    expect(recorded.find(({ role }) => role === null)?.outcome).toBe('wrong-pin');
    expect(await serving.end('SIGTERM')).toBe(0);
  });
});
