import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CallRefused, Telephone } from '../../../src/app/telephone/telephone.js';
import { freePort, rtpRange } from '../kit/ports.js';
import { expectRefused, Installation, type Test } from './program.js';

/** Another program on a port of 127.0.0.1, for this test. */
async function occupy(test: Test, transport: 'udp' | 'tcp', port: number): Promise<void> {
  if (transport === 'udp') {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, '127.0.0.1', resolve);
    });
    test.onTestFinished(() => void socket.close());
  } else {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    test.onTestFinished(() => void server.close());
  }
}

const someAudioPort = (): number => Number(rtpRange().split('-')[0]);

/** Another program on four UDP ports in a row. @returns the first, an even one */
async function occupyFour(test: Test): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const first = someAudioPort();
    const ports = [first, first + 1, first + 2, first + 3];
    const taken = await Promise.allSettled(ports.map((port) => occupy(test, 'udp', port)));
    if (taken.every(({ status }) => status === 'fulfilled')) return first;
  }
  throw new Error('no four UDP ports in a row are free');
}

describe.concurrent('a port that another program has', () => {
  it.for(['udp', 'tcp'] as const)('of SIP over %s ends the start, with what to do', async (transport, test) => {
    const port = await freePort();
    const installation = await Installation.make(test, { PARTYLINE_SIP_LISTEN: `${transport}:127.0.0.1:${port}` });
    await occupy(test, transport, port);
    expectRefused(
      await installation.run(['serve']),
      1,
      `cannot listen for SIP on ${transport}:127.0.0.1:${port}: another program has it; end it, or set PARTYLINE_SIP_LISTEN`,
    );
    expect(installation.files()).toEqual([]);
    await installation.expectNothingLeft();
  });

  it('of HTTP ends the start, and SIP is free again', async (test) => {
    const port = await freePort();
    const installation = await Installation.make(test, { PARTYLINE_HTTP_LISTEN: `127.0.0.1:${port}` });
    await occupy(test, 'tcp', port);
    expectRefused(
      await installation.run(['serve']),
      1,
      `cannot listen for HTTP on tcp:127.0.0.1:${port}: another program has it; end it, or set PARTYLINE_HTTP_LISTEN`,
    );
    await installation.expectNothingLeft();
  });

  it('is named by doctor too', async (test) => {
    const installation = await Installation.make(test);
    await occupy(test, 'udp', installation.port);
    const { status, stdout } = await installation.run(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +ports +udp:127\.0\.0\.1:\d+ \(SIP\) cannot be used: another program has it$/m);
  });

  it('at an address this machine does not have ends the start', async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_SIP_LISTEN: 'udp:192.0.2.77:5060' });
    expectRefused(
      await installation.run(['serve']),
      1,
      'cannot listen for SIP on udp:192.0.2.77:5060: this machine does not have that address; set PARTYLINE_SIP_LISTEN',
    );
  });
});

describe.concurrent('the ports for audio', () => {
  it('that other programs have, all of them, end the start', async (test) => {
    const first = await occupyFour(test);
    const installation = await Installation.make(test, { PARTYLINE_RTP_PORTS: `${first}-${first + 3}` });
    expectRefused(
      await installation.run(['serve']),
      1,
      `no UDP port of ${first}-${first + 3} is free for audio: other programs have them; set PARTYLINE_RTP_PORTS`,
    );
    await installation.expectNothingLeft();
  });

  it('that are too few for the calls allowed are warned of, and calls beyond them get 503', async (test) => {
    const first = someAudioPort();
    const installation = await Installation.make(test, { PARTYLINE_RTP_PORTS: `${first}-${first + 3}` });
    const serving = await installation.serve();
    expect(serving.stderr).toMatch(
      /^warning: .* has room for 2 calls, and maximumCalls is 500: widen rtp\.ports, or lower it$/m,
    );
    const telephones = [await call(installation), await call(installation)];
    await expect(call(installation)).rejects.toMatchObject({ status: 503 });
    await expect(call(installation)).rejects.toBeInstanceOf(CallRefused);
    await Promise.all(telephones.map((telephone) => telephone.hangUp()));
    expect(await serving.end('SIGTERM')).toBe(0);
    const { stdout } = await installation.run(['report', 'calls', '--json']);
    expect((JSON.parse(stdout) as { outcome: string }[]).map(({ outcome }) => outcome).sort()).toEqual([
      'abandoned',
      'abandoned',
      'overloaded',
      'overloaded',
    ]);
  });
});

const call = (installation: Installation): Promise<Telephone> => Telephone.dial({ target: installation.address });

describe.concurrent('a second bridge', () => {
  it('on the same data directory is refused and leaves the first alone', async (test) => {
    const installation = await Installation.make(test);
    const serving = await installation.serve();
    const telephone = await call(installation);
    const elsewhere = {
      PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${await freePort()}`,
      PARTYLINE_HTTP_LISTEN: 'off',
    };
    expectRefused(
      await installation.run(['serve'], elsewhere),
      1,
      `a bridge runs with ${installation.data} already (process ${serving.process.pid ?? 0}): end it, or set PARTYLINE_DATA_DIR`,
    );
    expect((await serving.status()).calls).toBe(1);
    expect(existsSync(join(installation.data, 'serve.json'))).toBe(true);
    expect((await installation.run(['doctor'])).stdout).toMatch(
      /^ok +ports +the bridge is running \(process \d+, udp:/m,
    );
    await telephone.hangUp();
    expect(await serving.end('SIGTERM')).toBe(0);
    await installation.expectNothingLeft();
  });

  it('is not mistaken for one by a process number that is used again', async (test) => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    const note = { pid: process.pid, version: '0', engine: 'embedded', sip: [], http: null, startedAt: '' };
    writeFileSync(join(installation.data, 'serve.json'), JSON.stringify(note));
    const serving = await installation.serve();
    expect(await serving.end('SIGTERM')).toBe(0);
  });
});
