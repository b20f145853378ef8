import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
let server: Server | null = null;

const mixer = (name: string, port: number, drain = false): object => ({
  name,
  eventSocket: { host: '127.0.0.1', port, secret: 'long enough' },
  drain,
});

/** A bridge that answers for its mixers, and its note in the data directory. */
async function bridgeThatSays(status: object): Promise<void> {
  const answering = createServer((_request, response) => response.end(JSON.stringify(status)));
  server = answering;
  await new Promise<void>((resolve) => answering.listen(0, '127.0.0.1', resolve));
  const address = answering.address();
  const http = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  mkdirSync(cli.data, { recursive: true });
  writeFileSync(join(cli.data, 'serve.json'), JSON.stringify({ pid: 1, sip: [], http }));
}

beforeEach(() => {
  cli = new CommandLine();
  cli.env = {
    PARTYLINE_DRACHTIO_HOST: '127.0.0.1',
    PARTYLINE_DRACHTIO_SECRET: 'long enough',
    PARTYLINE_MIXERS: JSON.stringify([mixer('a', 1), mixer('b', 2), mixer('c', 3, true)]),
  };
});
afterEach(() => {
  server?.close();
  server = null;
  cli.dispose();
});

const draining = async (): Promise<unknown> => {
  const mixers = (await cli.json('mixer', 'list')) as { name: string; draining: boolean }[];
  return mixers.filter((one) => one.draining).map(({ name }) => name);
};

describe('mixer', () => {
  it('list shows the configured ones where no bridge runs', async () => {
    expect(await cli.json('mixer', 'list')).toMatchObject([
      { name: 'a', healthy: null, draining: false, calls: null, version: null },
      { name: 'b', draining: false },
      { name: 'c', draining: true },
    ]);
    expect((await cli.run('mixer', 'list')).stdout).toMatch(/^c +not known, draining +- +- +- +-$/m);
  });

  it('list shows what the running bridge knows', async () => {
    const one = { name: 'a', healthy: true, draining: false, endpoints: 3, rooms: 1, limit: 1000, version: 'v1' };
    const other = { ...one, name: 'b', healthy: false, draining: true, limit: null };
    await bridgeThatSays({ engine: 'freeswitch', mixers: [one, other] });
    expect(await cli.json('mixer', 'list')).toEqual([
      { name: 'a', healthy: true, draining: false, calls: 3, conferences: 1, limit: 1000, version: 'v1' },
      { name: 'b', healthy: false, draining: true, calls: 3, conferences: 1, limit: null, version: 'v1' },
    ]);
    const { stdout } = await cli.run('mixer', 'list');
    expect(stdout).toMatch(/^a +healthy +3 +1000 +1 +v1$/m);
    expect(stdout).toMatch(/^b +not reachable, draining +3 +- +1 +v1$/m);
  });

  it('list falls back to the configuration where something else answers', async () => {
    await bridgeThatSays({ mixers: 'many' });
    expect(await cli.json('mixer', 'list')).toHaveLength(3);
  });

  it('drain and undrain change what the next list says', async () => {
    const { status, stdout, stderr } = await cli.run('mixer', 'drain', 'a');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^a gets no new calls and conferences/);
    expect(await draining()).toEqual(['a', 'c']);
    expect((await cli.run('mixer', 'undrain', 'a')).status).toBe(0);
    expect(await draining()).toEqual(['c']);
  });

  it('drain warns when no mixer is left', async () => {
    await cli.run('mixer', 'drain', 'a');
    expect((await cli.run('mixer', 'drain', 'b')).stderr).toBe(
      'warning: no other mixer takes calls: new ones are refused\n',
    );
  });

  it.each(['drain', 'undrain'])('%s refuses a name that nobody has', async (verb) => {
    const { status, stderr } = await cli.run('mixer', verb, 'd');
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'error: there is no mixer d: see partyline mixer list\n' });
  });

  it('drain refuses the mixing threads of the engine embedded', async () => {
    cli.env = {};
    const worker = {
      name: 'worker-1',
      healthy: true,
      draining: false,
      endpoints: 0,
      rooms: 0,
      limit: null,
      version: 'v',
    };
    await bridgeThatSays({ engine: 'embedded', mixers: [worker] });
    expect((await cli.run('mixer', 'drain', 'worker-1')).stderr).toMatch(/no FreeSWITCH is configured \(mixers\)\n$/);
  });

  it('undrain says where a mixer is drained that it cannot undrain', async () => {
    expect((await cli.run('mixer', 'undrain', 'c')).stderr).toBe(
      'error: c is drained by the configuration: set its drain to false there\n',
    );
  });

  it('undrain forgets a mixer that was taken out of the configuration', async () => {
    await cli.run('mixer', 'drain', 'a');
    cli.env = { ...cli.env, PARTYLINE_MIXERS: JSON.stringify([mixer('b', 2)]) };
    expect((await cli.run('mixer', 'undrain', 'a')).status).toBe(0);
    cli.env = { ...cli.env, PARTYLINE_MIXERS: JSON.stringify([mixer('a', 1)]) };
    expect(await draining()).toEqual([]);
  });
});
