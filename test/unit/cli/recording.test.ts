import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKey, wrapKey } from '../../../src/adapters/recordings/wrapped-key.js';
import { RecordedAccount } from './recorded-account.js';

let cli: RecordedAccount;
beforeEach(async () => {
  cli = new RecordedAccount();
  await cli.addMary();
});
afterEach(() => cli.dispose());

const files = (): readonly string[] => readdirSync(cli.directory).filter((name) => name !== 'var' && name !== 'memory');

describe('recording list', () => {
  it('says that there are none, also where there is no database', async () => {
    expect(await cli.run('recording', 'list')).toEqual({ status: 0, stdout: 'No recordings.\n', stderr: '' });
    rmSync(cli.data, { recursive: true });
    expect((await cli.run('recording', 'list')).stdout).toBe('No recordings.\n');
  });

  it('shows what was recorded, newest first, of one account where one is named', async () => {
    const [first, second] = [await cli.record(61_000), await cli.record(1_000, 2)];
    await cli.addAccount('--name', 'John');
    const { stdout } = await cli.run('recording', 'list');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^STARTED +LENGTH +ACCOUNT +CONFERENCE +PART +KEPT UNTIL +ID$/);
    expect(lines.slice(1).map((line) => line.split(/ +/).at(-1))).toEqual([second.id, first.id]);
    expect(lines[2]).toMatch(/ 1:01 +Mary +1 +1 /);
    expect((await cli.run('recording', 'list', '--account', 'John')).stdout).toBe('No recordings.\n');
    const limited = await cli.run('recording', 'list', '--limit', '1');
    expect(limited.stdout).not.toContain(first.id);
    expect(limited.stderr).toMatch(/there are more than these 1/);
  });

  it('shows none that is due, and no key', async () => {
    const { id } = await cli.record();
    const { stdout } = await cli.run('recording', 'list', '--json');
    expect(stdout).toContain(id);
    expect(stdout).not.toContain('v1.');
    cli.due(id);
    expect((await cli.run('recording', 'list')).stdout).toBe('No recordings.\n');
  });
});

describe('recording export', () => {
  it('writes the WAV file as it was recorded, for its owner alone', async () => {
    const { id, plain } = await cli.record(10_000);
    const { status, stdout } = await cli.run('recording', 'export', id, 'board.wav');
    expect(status).toBe(0);
    expect(stdout).toContain(id);
    expect(readFileSync(join(cli.directory, 'board.wav')).equals(plain)).toBe(true);
    expect(statSync(join(cli.directory, 'board.wav')).mode & 0o777).toBe(0o600);
    expect(files()).toEqual(['board.wav']);
  });

  it('never overwrites a file', async () => {
    const { id } = await cli.record();
    writeFileSync(join(cli.directory, 'mine.txt'), 'mine');
    const { status, stderr } = await cli.run('recording', 'export', id, 'mine.txt');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: mine.txt is there already: [^\n]*\n$/)]);
    expect(readFileSync(join(cli.directory, 'mine.txt'), 'utf8')).toBe('mine');
  });

  it.each([
    ['is unknown', () => 'r0', /there is no recording r0/],
    [
      'is due',
      (id: string) => {
        cli.due(id);
        return id;
      },
      /was to be kept until [^\n]*it is gone/,
    ],
    [
      'was damaged',
      (id: string) => {
        const path = join(cli.data, 'recordings', `${id}.sealed`);
        const bytes = readFileSync(path);
        bytes.writeUInt8(bytes.readUInt8(150_000) ^ 1, 150_000);
        writeFileSync(path, bytes);
        return id;
      },
      /is damaged/,
    ],
    [
      'has lost its file',
      (id: string) => {
        rmSync(join(cli.data, 'recordings', `${id}.sealed`));
        return id;
      },
      /has lost its file/,
    ],
    [
      'is something else than a file',
      (id: string) => {
        const path = join(cli.data, 'recordings', `${id}.sealed`);
        rmSync(path);
        mkdirSync(path);
        return id;
      },
      /cannot be read from .*\.sealed \(EISDIR\): run as the user who owns it/,
    ],
    [
      'was sealed under another key',
      (id: string) => {
        writeFileSync(join(cli.data, 'bridge.key'), newKey());
        return id;
      },
      /the bridge key .* is not the one that /,
    ],
    [
      'has lost its key',
      (id: string) => {
        rmSync(join(cli.data, 'bridge.key'));
        return id;
      },
      /the bridge key .* is missing/,
    ],
  ])('writes nothing where the recording %s, and says so in one line', async (_what, harm, words) => {
    const { id } = await cli.record(10_000);
    const { status, stdout, stderr } = await cli.run('recording', 'export', harm(id), 'out.wav');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(words);
    expect(files()).toEqual([]);
  });

  it('says where a file cannot be written', async () => {
    const { id } = await cli.record();
    const { status, stderr } = await cli.run('recording', 'export', id, 'no/such/folder/x.wav');
    expect([status, stderr]).toEqual([1, 'error: cannot write no/such/folder/x.wav (ENOENT): make its folder first\n']);
    const long = 'x'.repeat(300);
    const { stderr: tooLong } = await cli.run('recording', 'export', id, long);
    expect(tooLong).toMatch(/\(ENAMETOOLONG\): give a shorter name\n$/);
    writeFileSync(join(cli.directory, 'file'), '');
    const { stderr: within } = await cli.run('recording', 'export', id, 'file/x.wav');
    expect(within).toMatch(/\(ENOTDIR\): what stands for its folder is a file\n$/);
  });

  it('leaves nothing when it is told to end while it writes', { timeout: 30_000 }, async () => {
    const script = `
      import { writeWholeFile } from './src/app/cli/whole-file.ts';
      async function* endless() {
        yield Buffer.alloc(1000);
        process.stdout.write('writing');
        await new Promise((resolve) => setTimeout(resolve, 20_000));
      }
      await writeWholeFile('x.wav', ${JSON.stringify(cli.directory)}, endless());`;
    const signal = await new Promise<unknown>((resolve) => {
      const given = ['--import', 'tsx', '--input-type=module', '-e', script];
      const child = execFile(process.execPath, given, { timeout: 20_000 }, (error) => resolve(error?.signal));
      child.stdout?.once('data', () => {
        expect(files()).toHaveLength(1);
        child.kill('SIGTERM');
      });
    });
    expect(signal).toBe('SIGTERM');
    expect(files()).toEqual([]);
  });
});

describe('recording remove and purge', () => {
  it('removes key and file, when it is sure', async () => {
    const { id } = await cli.record();
    expect((await cli.run('recording', 'remove', id)).status).toBe(2);
    cli.answer = 'no';
    expect((await cli.run('recording', 'remove', id)).stderr).toMatch(/nothing was removed/);
    expect(cli.sealed()).toEqual([`${id}.sealed`]);
    expect(await cli.run('recording', 'remove', id, '--yes')).toMatchObject({
      status: 0,
      stdout: `${id} is removed.\n`,
    });
    expect(cli.sealed()).toEqual([]);
    expect((await cli.run('recording', 'remove', id, '--yes')).stderr).toMatch(/there is no recording/);
  });

  it('purges what is due and leaves the rest', async () => {
    const [first, second] = [await cli.record(), await cli.record()];
    cli.due(first.id);
    expect((await cli.run('recording', 'purge')).stdout).toBe('1 recordings were due and are removed.\n');
    expect(cli.sealed()).toEqual([`${second.id}.sealed`]);
    expect(cli.withStore((store) => store.recording(first.id))).toBeNull();
  });
});

describe('account remove', () => {
  it('takes the recordings of the account along, keys and files', async () => {
    await cli.record();
    await cli.run('account', 'remove', 'Mary', '--yes');
    expect(cli.withStore((store) => store.recordings({ limit: 1 }))).toEqual([]);
    expect(cli.sealed()).toEqual([]);
  });

  it('takes along what was kept aside of it', async () => {
    await cli.recordUnreadable();
    expect(cli.memory()).toHaveLength(2);
    await cli.run('account', 'remove', 'Mary', '--yes');
    expect(cli.memory()).toEqual([]);
  });
});

it('a key that was wrapped for another recording opens none', async () => {
  const { id } = await cli.record();
  cli.withStore((store) => {
    const recording = store.recording(id);
    if (recording === null) throw new Error('no recording');
    store.removeRecording(id);
    store.addRecording({
      ...recording,
      wrappedKey: wrapKey(readFileSync(join(cli.data, 'bridge.key')), 'r2', newKey()),
    });
  });
  expect((await cli.run('recording', 'export', id, 'x.wav')).stderr).toMatch(/another bridge key/);
});
