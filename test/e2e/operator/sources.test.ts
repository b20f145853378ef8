import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { expectRefused, inherited, Installation, MAIN, runToEnd, until, type Ran } from './program.js';

/** Addresses of a carrier and of a private network, on the loopback of a network of their own. */
const CARRIER = '192.0.2.1';
const PRIVATE = '10.9.8.7';
const PORT = 5060;

/** A network with nothing in it but these addresses: neither reaches anything else on or off this machine. */
class Network {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  static async make(test: TestContext): Promise<Network> {
    const setUp = ['ip link set lo up', ...[CARRIER, PRIVATE].map((ip) => `ip addr add ${ip}/32 dev lo`), 'echo ready'];
    const holder = spawn('unshare', ['-n', 'sh', '-c', `${setUp.join(' && ')} && exec cat`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    test.onTestFinished(() => void holder.kill('SIGKILL'));
    const made = await new Promise<boolean>((resolve) => {
      holder.stdout.once('data', () => resolve(true));
      holder.once('close', () => resolve(false));
      holder.once('error', () => resolve(false));
    });
    if (!made || holder.pid === undefined) test.skip('only root may make a network of its own, with unshare and ip');
    return new Network(holder.pid ?? 0);
  }

  run(installation: Installation, words: readonly string[]): Promise<Ran> {
    return runToEnd('nsenter', this.#words(words), installation.directory, installation.env);
  }

  /** Starts the bridge in it. @returns what ends it, with its exit status */
  async serve(test: TestContext, installation: Installation, ...flags: readonly string[]) {
    const note = join(installation.data, 'serve.json');
    rmSync(note, { force: true });
    const child = spawn('nsenter', this.#words(['serve', ...flags]), {
      cwd: installation.directory,
      env: { ...installation.env },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => resolve(code));
    });
    test.onTestFinished(() => void child.kill('SIGKILL'));
    await until('the bridge to be ready', () => existsSync(note));
    return (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
  }

  /** How a call from this address is answered: 200, or what it was refused with. */
  async call(installation: Installation, address: string): Promise<number> {
    const words = ['call', `sip:conference@${address}:${PORT}`, '--for', '0.2', '--json'];
    const { stdout, stderr } = await this.run(installation, words);
    if (stdout === '') throw new Error(stderr);
    const { answered, status } = JSON.parse(stdout) as { readonly answered: boolean; readonly status?: number };
    return answered ? 200 : (status ?? 0);
  }

  #words(words: readonly string[]): readonly string[] {
    return ['-t', String(this.#pid), '-n', process.execPath, MAIN, ...words];
  }
}

describe.concurrent('calls', () => {
  it('are taken from this machine and from trunks alone, and a trunk counts while the bridge runs', async (test) => {
    const network = await Network.make(test);
    const installation = await Installation.make(test, { PARTYLINE_SIP_LISTEN: `udp:0.0.0.0:${PORT}` });
    const end = await network.serve(test, installation);
    expect(await network.call(installation, '127.0.0.1')).toBe(200);
    expect(await network.call(installation, CARRIER)).toBe(403);
    expect(await network.call(installation, PRIVATE)).toBe(403);
    expect((await installation.run(['trunk', 'add', 'carrier', '--source', CARRIER])).status).toBe(0);
    await until('the trunk to count', async () => (await network.call(installation, CARRIER)) === 200, 5_000);
    expect((await installation.run(['trunk', 'remove', 'carrier', '--yes'])).status).toBe(0);
    await until('the trunk to be gone', async () => (await network.call(installation, CARRIER)) === 403, 5_000);
    expect(await end()).toBe(0);
  });

  it('from private networks are taken with --lan, and from nowhere else', async (test) => {
    const network = await Network.make(test);
    const installation = await Installation.make(test, { PARTYLINE_SIP_LISTEN: `udp:0.0.0.0:${PORT}` });
    const end = await network.serve(test, installation, '--lan');
    expect(await network.call(installation, PRIVATE)).toBe(200);
    expect(await network.call(installation, CARRIER)).toBe(403);
    expect(await end()).toBe(0);
  });
});

describe.concurrent('on a machine without the programs of the engine freeswitch', () => {
  /** Runs a command where nobody finds them, though they may be installed. */
  const withoutPrograms = (test: TestContext, installation: Installation, words: readonly string[]): Promise<Ran> => {
    if (process.getuid?.() !== 0 || process.execPath.startsWith('/usr/local/')) {
      test.skip('only root may hide /usr/local from a program, and not the node that runs it');
    }
    const hide = 'for place in bin freeswitch; do mount -t tmpfs none "/usr/local/$place"; done 2>/dev/null; exec "$@"';
    const env = { ...installation.env, PATH: (inherited()['PATH'] ?? '').replaceAll(/\/usr\/local\/[^:]*/g, '') };
    const all = ['-m', 'sh', '-c', hide, 'sh', process.execPath, MAIN, ...words];
    return runToEnd('unshare', all, installation.directory, env);
  };

  it('it is refused, with what is missing and where it was looked for', async (test) => {
    const installation = await Installation.make(test);
    const ran = await withoutPrograms(test, installation, ['serve', '--engine', 'freeswitch']);
    expectRefused(
      ran,
      1,
      'the engine freeswitch needs drachtio-server and FreeSWITCH, not found in PATH, /usr/local/freeswitch/bin or /usr/local/bin: install, or use the engine embedded',
    );
    expect(installation.files()).toEqual([]);
    await installation.expectNothingLeft();
  });
});
