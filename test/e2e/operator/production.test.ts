import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalDrachtio } from '../../../src/adapters/local-programs/drachtio.js';
import { startLocalDrachtio } from '../../../src/adapters/local-programs/drachtio.js';
import type { LocalFreeSwitch } from '../../../src/adapters/local-programs/freeswitch.js';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { startMixer } from '../../production.js';
import { onEngine } from '../kit/engines.js';
import { freePort } from '../kit/ports.js';
import { callWith, expectRefused, Installation, processesAbout, until, type Test } from './program.js';

const WRONG_SECRET = 'not-the-one-it-has';

/** A mixer as it stands in the configuration. @param more members of it, and of its event socket, that are otherwise */
function settingOf(name: string, mixer: LocalFreeSwitch | null, more: object = {}, eventSocket: object = {}): object {
  if (mixer === null) throw new Error('the mixer does not run');
  const { host, port, secret } = mixer.eventSocket;
  return { name, eventSocket: { host, port, secret, ...eventSocket }, profile: mixer.profile, ...more };
}

/** Speaks as an event socket does, as far as a version is told: a program as old as this is not to be had. */
async function eventSocketOf(version: string): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('Content-Type: auth/request\n\n');
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const asked = text.slice(0, end);
        text = text.slice(end + 2);
        const answer = asked.startsWith('api version')
          ? `Content-Type: api/response\nContent-Length: ${version.length}\n\n${version}`
          : 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n';
        socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => void server.close() };
}

onEngine('freeswitch', () => {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-engine-'));
  let drachtio: LocalDrachtio | null = null;
  let mixer: LocalFreeSwitch | null = null;
  let incomplete: LocalFreeSwitch | null = null;
  /** Takes one call. */
  let tiny: LocalFreeSwitch | null = null;
  beforeAll(async () => {
    [drachtio, mixer, incomplete, tiny] = await Promise.all([
      startLocalDrachtio({ directory: join(directory, 'drachtio') }),
      startMixer({ directory: join(directory, 'mixer') }),
      startMixer({ directory: join(directory, 'incomplete'), withoutModules: ['mod_conference'] }),
      startMixer({ directory: join(directory, 'tiny'), maxSessions: 1 }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([drachtio?.stop(), mixer?.stop(), incomplete?.stop(), tiny?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }, 30_000);

  /** A bridge configured for engines that run already. */
  const configured = async (
    test: Test,
    use: { readonly mixers?: readonly object[]; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<Installation> => {
    if (drachtio === null) throw new Error('drachtio-server does not run');
    return Installation.make(test, {
      PARTYLINE_MIXERS: JSON.stringify(use.mixers ?? [settingOf('a', mixer)]),
      PARTYLINE_DRACHTIO_HOST: drachtio.host,
      PARTYLINE_DRACHTIO_PORT: String(drachtio.port),
      PARTYLINE_DRACHTIO_SECRET: drachtio.secret,
      ...use.env,
    });
  };

  /** The start is refused so, shows none of these, and leaves nothing behind. */
  const expectNoStart = async (installation: Installation, line: RegExp): Promise<void> => {
    const ran = await installation.run(['serve']);
    expectRefused(ran, 1, line);
    for (const secret of [drachtio?.secret, mixer?.eventSocket.secret, incomplete?.eventSocket.secret, WRONG_SECRET]) {
      expect(ran.stderr).not.toContain(secret);
    }
    await installation.expectNothingLeft();
  };

  it('a wrong secret of drachtio-server ends the start', async (test) => {
    const installation = await configured(test, { env: { PARTYLINE_DRACHTIO_SECRET: WRONG_SECRET } });
    await expectNoStart(
      installation,
      /drachtio-server at 127\.0\.0\.1:\d+ refused our secret: .*PARTYLINE_DRACHTIO_SECRET/,
    );
  });

  it('a wrong secret of the event socket ends the start', async (test) => {
    const installation = await configured(test, { mixers: [settingOf('a', mixer, {}, { secret: WRONG_SECRET })] });
    await expectNoStart(
      installation,
      /FreeSWITCH at 127\.0\.0\.1:\d+ refused the event-socket secret: set the mixer's eventSocket\.secret to/,
    );
  });

  it('a FreeSWITCH without mod_conference ends the start', async (test) => {
    const installation = await configured(test, { mixers: [settingOf('a', incomplete)] });
    await expectNoStart(
      installation,
      /FreeSWITCH at 127\.0\.0\.1:\d+ does not have mod_conference loaded: load it in its modules\.conf\.xml, as in freeswitch-conf/,
    );
  });

  it('a FreeSWITCH without the SIP profile configured ends the start', async (test) => {
    const installation = await configured(test, { mixers: [settingOf('a', mixer, { profile: 'elsewhere' })] });
    await expectNoStart(
      installation,
      /has no SIP profile elsewhere running on an IPv4 address: start that profile, or correct the mixer's profile/,
    );
  });

  it('a FreeSWITCH that is too old ends the start', async (test) => {
    const old = await eventSocketOf('FreeSWITCH Version 1.8.7~64bit');
    test.onTestFinished(() => old.close());
    const eventSocket = { host: '127.0.0.1', port: old.port, secret: 'long enough' };
    const installation = await configured(test, { mixers: [{ name: 'a', eventSocket }] });
    await expectNoStart(
      installation,
      /FreeSWITCH at 127\.0\.0\.1:\d+ is version 1\.8\.7, and 1\.10 or newer is needed/,
    );
    expect((await installation.run(['doctor'])).stdout).toMatch(
      /^FAILED +mixer a +.*is version 1\.8\.7, and 1\.10 or/m,
    );
  });

  it('an engine that does not answer ends the start, whichever it is', async (test) => {
    const nobody = await freePort();
    const withoutMixer = await configured(test, { mixers: [settingOf('a', mixer, {}, { port: nobody })] });
    await expectNoStart(withoutMixer, /FreeSWITCH does not answer at 127\.0\.0\.1:\d+ \(ECONNREFUSED\): start it, /);
    const withoutSip = await configured(test, { env: { PARTYLINE_DRACHTIO_PORT: String(nobody) } });
    await expectNoStart(withoutSip, /drachtio-server does not answer at 127\.0\.0\.1:\d+.*: start it, /);
    const { status, stdout } = await withoutSip.run(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +drachtio +drachtio-server does not answer at 127\.0\.0\.1:\d+.*: start it/m);
  });

  it('a dialog owner that is configured and does not run ends the start', async (test) => {
    const installation = await configured(test);
    const env = { PARTYLINE_DIALOG_OWNER_SOCKET: join(installation.directory, 'dialogs.sock') };
    expectRefused(
      await installation.run(['serve'], env),
      1,
      /no dialog owner at .*dialogs\.sock \(ENOENT\): start `partyline dialog-owner`/,
    );
    const { status, stdout } = await installation.run(['doctor'], env);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +dialog owner +no dialog owner at .*\(ENOENT\): there is no such socket: start/m);
    await installation.expectNothingLeft();
  });

  it('only one of the two configured ends the start', async (test) => {
    const installation = await Installation.make(test, {
      PARTYLINE_DRACHTIO_HOST: '127.0.0.1',
      PARTYLINE_DRACHTIO_SECRET: WRONG_SECRET,
    });
    await expectNoStart(installation, /needs mixers too: set it \(or PARTYLINE_MIXERS\)/);
  });

  it('doctor tells what engines that run are, and what is wrong with each that does not work', async (test) => {
    const installation = await configured(test, {
      mixers: [
        settingOf('good', mixer),
        settingOf('incomplete', incomplete),
        settingOf('foreign', tiny, {}, { secret: WRONG_SECRET }),
        { name: 'away', eventSocket: { host: '127.0.0.1', port: await freePort(), secret: WRONG_SECRET } },
      ],
      env: { PARTYLINE_MAXIMUM_CALLS: '5000' },
    });
    const { status, stdout, stderr } = await installation.run(['doctor']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    for (const line of [
      /^ok +drachtio +takes our secret at 127\.0\.0\.1:\d+; SIP at .*udp:127\.0\.0\.1:\d+/m,
      /^ok +dialog owner +none \(dialogOwner\.socket\): calls end with the process of the bridge$/m,
      /^ok +mixer good +FreeSWITCH 1\.\d+\.\d+ at 127\.0\.0\.1:\d+, profile drachtio_mrf at 127\.0\.0\.1:\d+; max-sessions 1000, sessions-per-second 100$/m,
      /^FAILED +mixer incomplete +.*does not have mod_conference loaded: load it/m,
      /^FAILED +mixer foreign +.*refused the event-socket secret: set/m,
      /^FAILED +mixer away +.*does not answer at .*ECONNREFUSED.*: start it/m,
      /^warning +mixers +take 1000 calls together, and maximumCalls is 5000: raise/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    for (const secret of [drachtio?.secret, mixer?.eventSocket.secret, WRONG_SECRET]) {
      expect(stdout).not.toContain(secret);
    }
    const wrong = await installation.run(['doctor'], { PARTYLINE_DRACHTIO_SECRET: WRONG_SECRET });
    expect(wrong.stdout).toMatch(
      /^FAILED +drachtio +drachtio-server at .* refused our secret: set PARTYLINE_DRACHTIO_SECRET/m,
    );
  });

  it('a SIP port that another program has ends the start before an engine is started', async (test) => {
    const first = await Installation.make(test);
    const serving = await first.serve();
    const second = await Installation.make(test, {
      PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${first.port},tcp:127.0.0.1:${first.port}`,
    });
    expectRefused(
      await second.run(['serve', '--engine', 'freeswitch']),
      1,
      `cannot listen for SIP on udp:127.0.0.1:${first.port}: another program has it; end it, or set PARTYLINE_SIP_LISTEN`,
    );
    expect(processesAbout(second.directory)).toEqual([]);
    expect(await serving.end('SIGTERM')).toBe(0);
  });

  it('started here takes one address and port, and says so when there are more', async (test) => {
    const installation = await Installation.make(test, {
      PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${await freePort()},tcp:127.0.0.1:${await freePort()}`,
    });
    expectRefused(
      await installation.run(['serve', '--engine', 'freeswitch']),
      1,
      /PARTYLINE_SIP_LISTEN names several addresses or ports, .*: give one, or set engine to embedded/,
    );
  });

  it('started here, Ctrl-C ends in order: first BYE to the callers, then the engines', async (test) => {
    const installation = await Installation.make(test);
    const account = await installation.addAccount();
    const serving = await installation.serve('--engine', 'freeswitch');
    expect(processesAbout(installation.directory)).toHaveLength(2);
    const telephone = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    expect(await serving.end('SIGINT')).toBe(0);
    expect((await telephone.ended).by).toBe('them');
    expect(serving.stderr).not.toContain('an engine program ended');
    await installation.expectNothingLeft();
  });

  it('started here, ends with a bridge that is killed, and a new one starts at once', async (test) => {
    const installation = await Installation.make(test);
    const killed = await installation.serve('--engine', 'freeswitch');
    const telephone = await Telephone.dial({ target: installation.address });
    await killed.kill();
    await until('the engines to be gone', () => processesAbout(installation.directory).length === 0);
    await telephone.vanish();
    const serving = await installation.serve('--engine', 'freeswitch');
    await (await Telephone.dial({ target: installation.address })).hangUp();
    expect(await serving.end('SIGTERM')).toBe(0);
    await installation.expectNothingLeft();
    expect(readFileSync(join(installation.data, 'engine/drachtio/drachtio.log'), 'utf8')).not.toBe('');
  });
});
