import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLocalDrachtio } from '../../../src/adapters/local-programs/drachtio.js';
import type { LocalFreeSwitch } from '../../../src/adapters/local-programs/freeswitch.js';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { otherFreeSwitch, startMixer } from '../../production.js';
import { onEngine } from '../kit/engines.js';
import { Program } from '../kit/program.js';
import { sendOverTcp, type Answer } from '../torture/sender.js';
import { callWith, Installation, until, type Serving, type Test } from './program.js';

const WRONG_SECRET = 'not-the-one-it-has';
const OWNER_READY_MS = 20_000;

/** What an operator does to mixers and to the bridge itself while calls are up. */
onEngine('freeswitch', () => {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-mixers-'));
  let first: LocalFreeSwitch | null = null;
  let second: LocalFreeSwitch | null = null;
  /** Takes two calls: one fewer than its max-sessions. */
  let tiny: LocalFreeSwitch | null = null;
  beforeAll(async () => {
    [first, second, tiny] = await Promise.all([
      startMixer({ directory: join(directory, 'first') }),
      startMixer({ directory: join(directory, 'second') }),
      startMixer({ directory: join(directory, 'tiny'), maxSessions: 3 }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop(), tiny?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }, 30_000);

  const settingOf = (name: string, mixer: LocalFreeSwitch | null, more: object = {}): object => {
    if (mixer === null) throw new Error('the mixer does not run');
    return { name, eventSocket: mixer.eventSocket, profile: mixer.profile, ...more };
  };

  /** An installation with a drachtio-server of its own: two bridges at one would share its calls. */
  const installed = async (test: Test): Promise<{ installation: Installation; write: (file: object) => void }> => {
    const installation = await Installation.make(test);
    const drachtio = await startLocalDrachtio({
      directory: join(installation.directory, 'drachtio'),
      sipPort: installation.port,
    });
    test.onTestFinished(() => drachtio.stop());
    mkdirSync(installation.data, { mode: 0o700 });
    const { host, port, secret } = drachtio;
    const write = (file: object): void =>
      writeFileSync(
        join(installation.data, 'partyline.json'),
        JSON.stringify({ drachtio: { host, port, secret }, ...file }),
        { mode: 0o600 },
      );
    return { installation, write };
  };

  const mixersOf = async (serving: Serving): Promise<string> => {
    const { mixers } = await serving.status();
    return mixers
      .map(({ name, healthy, draining, endpoints }) =>
        [name, ...(healthy ? [] : ['unreachable']), ...(draining ? ['draining'] : []), endpoints].join(' '),
      )
      .join(', ');
  };

  const untilMixers = (serving: Serving, wanted: string): Promise<void> =>
    until(`the mixers to be ${wanted}`, async () => (await mixersOf(serving)) === wanted);

  it('one that works is enough to start; the other is told of, and taken when its secret is right', async (test) => {
    const { installation, write } = await installed(test);
    const wrong = { ...(second?.eventSocket ?? {}), secret: WRONG_SECRET };
    write({ mixers: [settingOf('a', first), settingOf('b', second, { eventSocket: wrong })] });
    const serving = await installation.serve();
    expect(await mixersOf(serving)).toBe('a 0, b unreachable 0');
    expect(serving.stdout).toMatch(/^Mixers +a \(FreeSWITCH 1\.\d+\.\d+\), b \(not reachable\)$/m);
    expect(serving.stderr).toMatch(/mixer b.*refused the event-socket secret/);
    write({ mixers: [settingOf('a', first), settingOf('b', second)] });
    await untilMixers(serving, 'a 0, b 0');
    expect(serving.stderr).not.toContain(WRONG_SECRET);
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  it('come and go with the file, and calls on one that goes are not ended', async (test) => {
    const { installation, write } = await installed(test);
    write({ mixers: [settingOf('a', first)] });
    const serving = await installation.serve();
    const early = await Telephone.dial({ target: installation.address });
    await untilMixers(serving, 'a 1');

    write({ mixers: [settingOf('a', first, { drain: true }), settingOf('b', second)] });
    await untilMixers(serving, 'a draining 1, b 0');
    const late = await Telephone.dial({ target: installation.address });
    await untilMixers(serving, 'a draining 1, b 1');

    write({ mixers: [settingOf('b', second), settingOf('b', first)], maximumCalls: 7 });
    await until('the mistake to be logged', () => serving.stderr.includes('mixers names b twice'));
    expect(await mixersOf(serving)).toBe('a draining 1, b 1');

    write({ mixers: [settingOf('b', second)], maximumCalls: 7 });
    await until('the restart to be asked for', () => /maximumCalls.*count after a restart/.test(serving.stderr));
    await until('a to be leaving', async () => /b 1, a .*1$/.test(await mixersOf(serving)));
    await early.hangUp();
    await untilMixers(serving, 'b 1');
    await late.hangUp();
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  it('are drained and taken again from the command line', async (test) => {
    const { installation, write } = await installed(test);
    write({ mixers: [settingOf('a', first), settingOf('b', second)] });
    const serving = await installation.serve();
    expect((await installation.run(['mixer', 'drain', 'a'])).status).toBe(0);
    await untilMixers(serving, 'a draining 0, b 0');
    const telephones = [];
    for (let call = 0; call < 3; call += 1) telephones.push(await Telephone.dial({ target: installation.address }));
    expect(await mixersOf(serving)).toBe('a draining 0, b 3');

    const last = await installation.run(['mixer', 'drain', 'b']);
    expect(last.stderr).toBe('warning: no other mixer takes calls: new ones are refused\n');
    await untilMixers(serving, 'a draining 0, b draining 3');
    expect(await serving.readiness()).toBe('503 every mixer is draining');
    await expect(Telephone.dial({ target: installation.address })).rejects.toMatchObject({ status: 503 });
    expect((await installation.run(['mixer', 'list'])).stdout).toMatch(
      /^b +healthy, draining +3 +999 +0 +FreeSWITCH 1/m,
    );

    expect((await installation.run(['mixer', 'undrain', 'a'])).status).toBe(0);
    await untilMixers(serving, 'a 0, b draining 3');
    expect(await serving.readiness()).toBe('200 ready');
    await Promise.all(telephones.map((telephone) => telephone.hangUp()));
    expect(await serving.end('SIGTERM')).toBe(0);
    // told to the store, so that it outlives the bridge
    const again = await installation.serve();
    expect(await mixersOf(again)).toBe('a 0, b draining 0');
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('that take no more calls make a 503 that says when to try again, and those that are up go on', async (test) => {
    const { installation, write } = await installed(test);
    write({ mixers: [settingOf('a', tiny)] });
    const serving = await installation.serve();
    const dial = (): Promise<Telephone> => Telephone.dial({ target: installation.address });
    const telephones = [await dial(), await dial()];
    const answer = await invite(installation.port);
    expect(answer?.status).toBe(503);
    expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
    await expect(dial()).rejects.toMatchObject({ status: 503 });
    await serving.untilCalls(2);
    expect(await mixersOf(serving)).toBe('a 2');
    await telephones[0]?.hangUp();
    await untilMixers(serving, 'a 1');
    await until('the mixer to take a call again', async () => {
      const next = await dial().catch(() => null);
      await next?.hangUp();
      return next !== null;
    });
    await telephones[1]?.hangUp();
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  const other = otherFreeSwitch();
  it.skipIf(other === null)('of different versions work side by side, and doctor and the log say so', async (test) => {
    const { installation, write } = await installed(test);
    const older = await startMixer({
      directory: join(installation.directory, 'older'),
      ...(other === null ? {} : { program: other }),
    });
    test.onTestFinished(() => older.stop());
    write({ mixers: [settingOf('a', first), settingOf('b', older)] });
    const looked = await installation.run(['doctor']);
    expect(looked.status).toBe(0);
    expect(looked.stdout).toMatch(
      /^warning +mixers +different versions \(a 1\.\d+\.\d+, b 1\.\d+\.\d+\): .* bring them to one$/m,
    );
    const serving = await installation.serve();
    expect(serving.stderr).toMatch(/different versions/);
    const telephones = [];
    for (let call = 0; call < 2; call += 1) telephones.push(await Telephone.dial({ target: installation.address }));
    expect(await mixersOf(serving)).toBe('a 1, b 1');
    await Promise.all(telephones.map((telephone) => telephone.hangUp()));
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  it('SIGUSR2 does nothing without a dialog owner, and says so', async (test) => {
    const { installation, write } = await installed(test);
    write({ mixers: [settingOf('a', first)] });
    const serving = await installation.serve();
    const telephone = await Telephone.dial({ target: installation.address });
    serving.process.kill('SIGUSR2');
    await until('the answer', () => serving.stderr.includes('Not handed over: no dialog owner is configured'));
    await serving.untilCalls(1);
    await telephone.hangUp();
    expect(await serving.end('SIGINT')).toBe(0);
  });

  it('SIGUSR2 leaves the calls to the next bridge, which ends them as its own', async (test) => {
    const { installation, write } = await installed(test);
    const socket = join(installation.directory, 'dialogs.sock');
    write({ mixers: [settingOf('a', first)], dialogOwner: { socket } });
    const owner = new Program(['dialog-owner'], installation.env, installation.directory);
    test.onTestFinished(() => owner.kill());
    await owner.start(
      async () => /^ok +dialog owner +answers/m.test((await installation.run(['doctor'])).stdout),
      OWNER_READY_MS,
    );
    const account = await installation.addAccount();
    const serving = await installation.serve();
    expect(serving.stdout).toContain(`the dialog owner at ${socket}`);
    const telephone = await callWith(installation, account.hostPin);
    await until('the caller to be in the room', async () => (await serving.status()).mixers[0]?.rooms === 1);
    expect((await installation.run(['doctor'])).stdout).toMatch(/^ok +dialog owner .* and serves a bridge$/m);

    expect(await serving.end('SIGUSR2')).toBe(0);
    expect(serving.stderr).toContain('Handing over: calls go on');
    const next = await installation.serve();
    expect(await next.status()).toMatchObject({ calls: 1, conferences: 1, callsTakenBack: 1 });
    expect((await next.status()).mixers).toMatchObject([{ name: 'a', endpoints: 1, rooms: 1 }]);
    await telephone.hangUp();
    await next.untilCalls(0);
    await untilMixers(next, 'a 0');
    const { stdout } = await installation.run(['report', 'calls', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ outcome: 'completed', role: 'host', mixer: 'a' }]);
    expect(await next.end('SIGTERM')).toBe(0);
    expect(await owner.stop(OWNER_READY_MS)).toBe(true);
    expect(existsSync(socket), 'the socket is left behind').toBe(false);
  });
});

/** An INVITE as any caller sends it, for the header fields of the refusal. */
async function invite(port: number): Promise<Answer | undefined> {
  const sdp = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n');
  const lines = [
    `INVITE sip:conference@127.0.0.1:${port};transport=tcp SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bK${randomUUID()};rport`,
    'From: <sip:caller@127.0.0.1>;tag=1',
    `To: <sip:conference@127.0.0.1:${port}>`,
    `Call-ID: ${randomUUID()}`,
    'CSeq: 1 INVITE',
    'Contact: <sip:caller@127.0.0.1:5099;transport=tcp>',
    'Max-Forwards: 70',
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
  ];
  const [answer] = await sendOverTcp(port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n${sdp}`), 1, () =>
    Promise.resolve(),
  );
  return answer;
}
