import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildProgram } from '../../../src/app/cli/program.js';
import { VERSION } from '../../../src/app/version.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

/** Every command that does something, as its words. */
function commands(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  const below = command.commands.flatMap((next) => commands(next, [...path, next.name()]));
  return command.commands.length > 0 && path.length !== 0 && path[0] !== 'config' ? below : [path, ...below];
}

const program = buildProgram({
  stdout: () => undefined,
  stderr: () => undefined,
  env: {},
  workingDirectory: '/',
  isTerminal: false,
  ask: () => Promise.resolve(''),
});

describe('the command line', () => {
  it.each(commands(program).map((path) => [path.join(' '), path] as const))(
    'explains "%s" with an example, on stdout and with exit status 0',
    async (_name, path) => {
      const { status, stdout, stderr } = await cli.run(...path, '--help');
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Usage: partyline');
      expect(stdout).toMatch(/Examples?:\n {2}\$ (npx )?partyline/);
    },
  );

  it('shows its version', async () => {
    expect(await cli.run('--version')).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it.each([[[]], [['acount']], [['account']], [['account', 'ad']], [['--nonsense']], [['config', 'nonsense']]])(
    'takes no wrong usage: %j',
    async (args) => {
      const { status, stdout, stderr } = await cli.run(...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).not.toBe('');
    },
  );

  it('says in the same line what was probably meant', async () => {
    const { stderr } = await cli.run('account', 'lst');
    expect(stderr).toBe("error: unknown command 'lst' (Did you mean list?)\n");
  });

  it('says where to look when a word, an option or an argument is unknown or missing', async () => {
    for (const args of [['frob'], ['account', 'frob'], ['account', 'add'], ['pin', 'rotate'], ['doctor', '--foo']]) {
      const { status, stderr } = await cli.run(...args);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: [^\n]+: see --help of the command\n$/)]);
    }
    for (const file of ['none.csv', '.']) {
      const { status, stderr } = await cli.run('account', 'import', file);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: cannot read [^\n]+\): [^\n]+\n$/)]);
    }
  });

  it('refuses a wrong configuration with one line and exit status 1', async () => {
    cli.env = { PARTYLINE_RTP_PORTS: 'all' };
    for (const args of [['account', 'list'], ['config'], ['config', 'check'], ['report', 'calls']]) {
      const { status, stdout, stderr } = await cli.run(...args);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: PARTYLINE_RTP_PORTS is "all", but must be [^\n]*\n$/);
    }
  });

  it('takes --config before and after the command', async () => {
    const file = join(cli.directory, 'other.json');
    writeFileSync(file, '{"dataDir": "elsewhere"}');
    await cli.run('account', 'add', '--name', 'a', '--config', 'other.json');
    const list = await cli.run('--config', file, 'account', 'list', '--json');
    expect(JSON.parse(list.stdout)).toHaveLength(1);
    expect(await cli.json('account', 'list')).toEqual([]);
  });
});

describe('config', () => {
  it('shows every setting with its value and where it comes from', async () => {
    mkdirSync(cli.data);
    writeFileSync(join(cli.data, 'partyline.json'), '{"maximumCalls": 7}');
    cli.env = { PARTYLINE_RTP_PORTS: '30000-30099' };
    const { stdout } = await cli.run('config');
    expect(stdout).toMatch(/^SETTING +VALUE +SOURCE\n/);
    expect(stdout).toMatch(/^maximumCalls +7 +\/.*partyline\.json$/m);
    expect(stdout).toMatch(/^rtp\.ports +30000-30099 +PARTYLINE_RTP_PORTS$/m);
    expect(stdout).toMatch(/^sip\.listen +udp:0\.0\.0\.0:5060, tcp:0\.0\.0\.0:5060 +default$/m);
    const json = (await cli.json('config')) as { settings: Record<string, unknown> };
    expect(json).toMatchObject({ engine: 'embedded', file: join(cli.data, 'partyline.json') });
    expect(json.settings['maximumCalls']).toMatchObject({ value: 7, environment: 'PARTYLINE_MAXIMUM_CALLS' });
  });

  it('never shows a password', async () => {
    cli.env = {
      PARTYLINE_DRACHTIO_HOST: 'd',
      PARTYLINE_DRACHTIO_SECRET: 'horse-battery',
      PARTYLINE_MIXERS: JSON.stringify([{ name: 'a', eventSocket: { host: 'f', secret: 'staple-battery' } }]),
    };
    for (const args of [['config'], ['config', '--json'], ['config', 'check'], ['doctor', '--json']]) {
      const { stdout, stderr } = await cli.run(...args);
      expect(stdout + stderr).not.toContain('battery');
    }
    expect((await cli.run('config')).stdout).toMatch(/^drachtio\.secret +\(hidden\) +PARTYLINE_DRACHTIO_SECRET$/m);
  });

  it('check says that all is well, and of which file', async () => {
    expect((await cli.run('config', 'check')).stdout).toMatch(/^The configuration is fine \(no file/);
  });
});

describe('doctor', () => {
  const quiet = {
    PARTYLINE_SIP_LISTEN: 'udp:127.0.0.1:0',
    PARTYLINE_HTTP_LISTEN: 'off',
  };
  const findings = async (): Promise<readonly { check: string; status: string; text: string }[]> => {
    const { stdout } = await cli.run('doctor', '--json');
    return JSON.parse(stdout) as { check: string; status: string; text: string }[];
  };

  beforeEach(() => {
    cli.env = quiet;
  });

  it('finds nothing wrong with a fresh installation, and makes nothing', async () => {
    const { status, stdout } = await cli.run('doctor');
    expect(stdout).not.toContain('FAILED');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ok +data directory .* does not exist yet/m);
  });

  it('fails on a PIN key that others can read', async () => {
    await cli.run('account', 'add', '--name', 'a');
    expect((await cli.run('doctor')).status).toBe(0);
    chmodSync(join(cli.data, 'pin.key'), 0o644);
    const { status, stdout } = await cli.run('doctor');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +PIN key +.*chmod 600/m);
  });

  it('fails where names cannot be kept, as the bridge would', async () => {
    const folder = join(cli.directory, 'names');
    const names = async () => (await findings()).filter(({ check }) => check === 'names');
    cli.env = { ...quiet, PARTYLINE_NAMES_DIRECTORY: folder };
    const fresh = { check: 'names', status: 'ok', text: `${folder} does not exist yet; the bridge makes it` };
    expect(await names()).toEqual([fresh]);
    mkdirSync(folder);
    chmodSync(folder, 0o770);
    expect(await names()).toEqual([{ check: 'names', status: 'ok', text: folder }]);
    chmodSync(folder, 0o775);
    expect(await names()).toEqual([
      { check: 'names', status: 'failed', text: `${folder} is open to everyone: chmod o= ${folder}` },
    ]);
    cli.env = { ...quiet, PARTYLINE_NAMES_DIRECTORY: join(folder, 'file', 'names') };
    writeFileSync(join(folder, 'file'), '');
    expect(await names()).toMatchObject([{ status: 'failed' }]);
    expect((await cli.run('doctor')).status).toBe(1);
  });

  it('fails on a database that is none', async () => {
    mkdirSync(cli.data, { mode: 0o700 });
    writeFileSync(join(cli.data, 'partyline.db'), 'x'.repeat(5000));
    expect((await cli.run('doctor')).status).toBe(1);
    expect(await findings()).toContainEqual(expect.objectContaining({ check: 'database', status: 'failed' }));
  });

  it('warns when PINs are too easy to guess', async () => {
    cli.env = { ...quiet, PARTYLINE_ENTRY_PIN_LENGTH: '6' };
    await cli.run('account', 'add', '--name', 'a');
    expect(await findings()).toContainEqual(expect.objectContaining({ check: 'PIN strength', status: 'ok' }));
    await cli.run('account', 'add', '--name', 'b', '--pin-length', '6');
    const found = (await findings()).find(({ check }) => check === 'PIN strength');
    expect(found).toMatchObject({ status: 'warning' });
    expect(found?.text).toContain('4 PINs and codes of 6 digits: 0.12 % a day');
    expect((await cli.run('doctor')).status).toBe(0);
  });

  it('fails when another program has a port, and names it', async () => {
    const { createSocket } = await import('node:dgram');
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    cli.env = { ...quiet, PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${port}` };
    const { status, stdout } = await cli.run('doctor');
    socket.close();
    expect(status).toBe(1);
    expect(stdout).toContain(`udp:127.0.0.1:${port} (SIP) cannot be used: another program has it`);
  });

  it('takes ports that the running bridge has for what they are', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => response.end('ok\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    cli.env = { ...quiet, PARTYLINE_HTTP_LISTEN: `127.0.0.1:${port}` };
    const found = (await findings()).filter(({ check }) => check === 'ports');
    server.close();
    expect(found).toEqual([{ check: 'ports', status: 'ok', text: `a bridge is running (http://127.0.0.1:${port})` }]);
  });

  it('fails when an engine that is configured does not answer', async () => {
    cli.env = {
      ...quiet,
      PARTYLINE_DRACHTIO_HOST: '127.0.0.1',
      PARTYLINE_DRACHTIO_PORT: '1',
      PARTYLINE_DRACHTIO_SECRET: 'long enough',
      PARTYLINE_MIXERS: JSON.stringify([
        { name: 'a', eventSocket: { host: '127.0.0.1', port: 1, secret: 'long enough' } },
        { name: 'b', eventSocket: { host: '127.0.0.1', port: 2, secret: 'long enough' } },
      ]),
    };
    const found = await findings();
    expect(found).toContainEqual(expect.objectContaining({ check: 'mixer a', status: 'failed' }));
    expect(found).toContainEqual(expect.objectContaining({ check: 'mixer b', status: 'failed' }));
    expect(found).toContainEqual(expect.objectContaining({ check: 'drachtio', status: 'failed' }));
  });

  it('fails on prompts that are not there, and on a wrong configuration', async () => {
    cli.env = { ...quiet, PARTYLINE_PROMPTS_DIRECTORY: cli.directory };
    expect(await findings()).toContainEqual(expect.objectContaining({ check: 'prompts', status: 'failed' }));
    cli.env = { PARTYLINE_ENGINE: 'steam' };
    expect(await findings()).toContainEqual(expect.objectContaining({ check: 'configuration', status: 'failed' }));
    expect((await cli.run('doctor')).status).toBe(1);
  });
});

describe('completion', () => {
  const complete = async (...words: readonly string[]): Promise<string[]> => {
    const { stdout } = await cli.run('completion', 'bash');
    const line = ['partyline', ...words];
    const script = `${stdout}\nCOMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')})\nCOMP_CWORD=${line.length - 1}\n_partyline\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };

  it('of bash knows commands, those below them, and flags', async () => {
    expect(await complete('acc')).toEqual(['account']);
    expect(await complete('account', 'e')).toEqual(['export', 'enable']);
    expect(await complete('account', 'add', '--name', 'x', '--host')).toEqual(['--host-leaves']);
    expect(await complete('report', 'calls', '--o')).toEqual(['--outcome']);
  });

  it('comes for zsh and fish too, and for no other shell', async () => {
    expect((await cli.run('completion', 'zsh')).stdout).toContain('bashcompinit');
    expect((await cli.run('completion', 'fish')).stdout).toContain('complete -c partyline');
    expect((await cli.run('completion', 'tcsh')).status).toBe(2);
  });
});
