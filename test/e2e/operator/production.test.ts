import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

onEngine('freeswitch', () => {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-engine-'));
  let drachtio: LocalDrachtio | null = null;
  let mixer: LocalFreeSwitch | null = null;
  let incomplete: LocalFreeSwitch | null = null;
  beforeAll(async () => {
    [drachtio, mixer, incomplete] = await Promise.all([
      startLocalDrachtio({ directory: join(directory, 'drachtio') }),
      startMixer({ directory: join(directory, 'mixer') }),
      startMixer({ directory: join(directory, 'incomplete'), withoutModules: ['mod_conference'] }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([drachtio?.stop(), mixer?.stop(), incomplete?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }, 30_000);

  /** A bridge configured for engines that run already. */
  const configured = async (
    test: Test,
    use: { readonly mixer?: LocalFreeSwitch | null; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<Installation> => {
    const freeswitch = use.mixer ?? mixer;
    if (drachtio === null || freeswitch === null) throw new Error('the engines do not run');
    return Installation.make(test, {
      PARTYLINE_FREESWITCH_EVENT_SOCKET_HOST: freeswitch.eventSocket.host,
      PARTYLINE_FREESWITCH_EVENT_SOCKET_PORT: String(freeswitch.eventSocket.port),
      PARTYLINE_FREESWITCH_EVENT_SOCKET_SECRET: freeswitch.eventSocket.secret,
      PARTYLINE_FREESWITCH_LISTEN_PORT: String(freeswitch.listenPort),
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
    const installation = await configured(test, { env: { PARTYLINE_FREESWITCH_EVENT_SOCKET_SECRET: WRONG_SECRET } });
    await expectNoStart(
      installation,
      /FreeSWITCH at 127\.0\.0\.1:\d+ refused the event-socket secret: .*PARTYLINE_FREESWITCH_EVENT_SOCKET_SECRET/,
    );
  });

  it('a FreeSWITCH without mod_conference ends the start', async (test) => {
    const installation = await configured(test, { mixer: incomplete });
    await expectNoStart(
      installation,
      /FreeSWITCH at 127\.0\.0\.1:\d+ does not have mod_conference loaded: load it in its modules\.conf\.xml, as in freeswitch-conf/,
    );
  });

  it('a FreeSWITCH without the SIP profile configured ends the start', async (test) => {
    const installation = await configured(test, { env: { PARTYLINE_FREESWITCH_PROFILE: 'elsewhere' } });
    await expectNoStart(
      installation,
      /has no SIP profile elsewhere running on an IPv4 address: .*PARTYLINE_FREESWITCH_PROFILE/,
    );
  });

  it('an engine that does not answer ends the start, whichever it is', async (test) => {
    const nobody = String(await freePort());
    const withoutMixer = await configured(test, { env: { PARTYLINE_FREESWITCH_EVENT_SOCKET_PORT: nobody } });
    await expectNoStart(withoutMixer, /FreeSWITCH does not answer at 127\.0\.0\.1:\d+ \(ECONNREFUSED\): start it, /);
    const withoutSip = await configured(test, { env: { PARTYLINE_DRACHTIO_PORT: nobody } });
    await expectNoStart(withoutSip, /drachtio-server does not answer at 127\.0\.0\.1:\d+.*: start it, /);
    const { status, stdout } = await withoutSip.run(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +drachtio +does not answer at 127\.0\.0\.1:\d+ \(ECONNREFUSED\): start it/m);
  });

  it('only one of the two configured ends the start', async (test) => {
    const installation = await Installation.make(test, {
      PARTYLINE_DRACHTIO_HOST: '127.0.0.1',
      PARTYLINE_DRACHTIO_SECRET: WRONG_SECRET,
    });
    await expectNoStart(installation, /needs freeswitch\.eventSocket\.host too: set it \(or PARTYLINE_FREESWITCH_/);
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
