import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryFolder } from '../../../src/adapters/recordings/memory-folder.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { StoreUnavailable } from '../../../src/ports/store.js';
import type { Store } from '../../../src/ports/store.js';
import { writeWav } from '../../sound.js';
import { DAY_MS, PART, RecordingBench } from './bench.js';

let bench: RecordingBench;
beforeEach(() => {
  bench = new RecordingBench();
});
afterEach(() => bench.dispose());

/** Lets what runs in the background come to its end. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!holds() && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  expect(holds()).toBe(true);
}

describe('a recording', () => {
  it('is written in plain in memory only, and is gone from there once it is sealed', async () => {
    const open = await bench.recorded();
    expect(open.path.startsWith(bench.memory.path)).toBe(true);
    expect(statSync(bench.memory.path).mode & 0o777).toBe(0o700);
    const plain = readFileSync(open.path);
    await bench.recordings.seal(open);
    expect(bench.inMemory()).toEqual([]);
    expect(bench.onDisk()).toEqual([`${open.id}.sealed`]);
    expect(statSync(join(bench.data, 'recordings')).mode & 0o777).toBe(0o700);
    expect((await bench.read(open.id)).equals(plain)).toBe(true);
    expect(bench.store.recording(open.id)).toMatchObject({
      ...{ accountId: 'a1', conferenceRecordId: 7, part: 1 },
      ...{ startedAt: bench.clock.wall(), durationMs: 1_000 },
    });
  });

  it('has a name and a key of its own', async () => {
    const [first, second] = [await bench.recorded(), await bench.recorded()];
    await Promise.all([bench.recordings.seal(first), bench.recordings.seal(second)]);
    expect(first.id).not.toBe(second.id);
    const files = [first, second].map(({ id }) => readFileSync(bench.sealed.path(id)));
    expect(files[0]?.subarray(12).equals(files[1]?.subarray(12) ?? Buffer.alloc(0))).toBe(false);
    expect(bench.store.recordings({ limit: 9 }).map(({ wrappedKey }) => wrappedKey.length)).toEqual([83, 83]);
  });

  it('is due 30 days after it stopped, to the millisecond', async () => {
    const open = await bench.recorded(60_000);
    bench.clock.advance(3_600_000);
    await bench.recordings.seal(open);
    expect(bench.store.recording(open.id)?.dueAt).toBe(bench.clock.wall() + 30 * DAY_MS);
  });

  it.each([
    ['lengths of nought', 0, 0],
    ['the greatest lengths', 0xffff_ffff, 0xffff_ffff],
    ['lengths of an earlier moment', 36 + 800, 800],
  ])('of a mixer that died and left %s is sealed with the right ones', async (_what, riff, data) => {
    const open = await bench.recorded(1_000);
    const whole = readFileSync(open.path);
    const left = Buffer.from(whole);
    left.writeUInt32LE(riff, 4);
    left.writeUInt32LE(data, 40);
    writeFileSync(open.path, left);
    await bench.recordings.seal(open);
    expect((await bench.read(open.id)).equals(whole)).toBe(true);
    expect(bench.store.recording(open.id)?.durationMs).toBe(1_000);
  });

  it('keeps only its sound where the mixer wrote more into the file', async () => {
    const open = await bench.recorded(500);
    const bytes = readFileSync(open.path);
    const more = Buffer.from('LIST\x04\x00\x00\x00who?', 'latin1');
    const whole = Buffer.concat([bytes, more]);
    whole.writeUInt32LE(whole.length - 8, 4);
    writeFileSync(open.path, whole);
    await bench.recordings.seal(open);
    expect((await bench.read(open.id)).equals(bytes)).toBe(true);
  });

  it('without a sample leaves nothing', async () => {
    const open = bench.recordings.begin(PART);
    await writeWav(open.path, new Int16Array(0));
    await bench.recordings.seal(open);
    expect(bench.inMemory()).toEqual([]);
    expect(bench.onDisk()).toEqual([]);
    expect(bench.store.recordings({ limit: 1 })).toEqual([]);
  });

  it('that the mixer wrote elsewhere is refused and leaves nothing', async () => {
    const nowhere = bench.recordings.begin(PART);
    await expect(bench.recordings.seal(nowhere)).rejects.toThrow(/^nothing was written to [^\n]*memoryDir[^\n]*$/);
    expect(bench.inMemory()).toEqual([]);
    expect(bench.clock.pending).toBe(0);
  });

  it('of an account that was removed meanwhile is nowhere', async () => {
    const open = await bench.recorded();
    bench.store.removeAccount(accountId('a1'));
    await bench.recordings.seal(open);
    expect(bench.inMemory()).toEqual([]);
    expect(bench.onDisk()).toEqual([]);
  });

  it('that was not begun after all gives its place back', () => {
    const open = bench.recordings.begin(PART);
    expect(bench.inMemory()).toEqual([`${open.id}.json`]);
    bench.recordings.abandon(open);
    expect(bench.inMemory()).toEqual([]);
  });

  it('is sealed once, however often it is asked for', async () => {
    const open = await bench.recorded();
    await Promise.all([bench.recordings.seal(open), bench.recordings.seal(open)]);
    await bench.recordings.seal(open);
    expect(bench.store.recordings({ limit: 9 })).toHaveLength(1);
    expect(bench.onDisk()).toHaveLength(1);
  });
});

describe('a recording that cannot be sealed', () => {
  it('stays in plain in memory and is tried again until there is room', async () => {
    let full = true;
    bench.restart((real) => {
      const addRecording: Store['addRecording'] = (recording) => {
        if (full) throw new StoreUnavailable('the disk is full: make room');
        return real.addRecording(recording);
      };
      return { recording: (id: string) => real.recording(id), addRecording } as unknown as Store;
    });
    const open = await bench.recorded();
    await expect(bench.recordings.seal(open)).rejects.toThrow(/the disk is full/);
    expect(existsSync(open.path)).toBe(true);
    bench.clock.advance(60_000);
    await until(() => bench.clock.pending === 1);
    full = false;
    bench.clock.advance(60_000);
    await until(() => bench.troubles.length > 0);
    expect(bench.troubles).toEqual([expect.stringMatching(/is sealed now$/)]);
    expect(bench.inMemory()).toEqual([]);
    expect(await bench.read(open.id)).toHaveLength(16_044);
  });

  it('waits for a bridge key that is missing, and none is made in its place', async () => {
    await bench.recordings.seal(await bench.recorded());
    const open = await bench.recorded();
    const key = readFileSync(join(bench.data, 'bridge.key'));
    rmSync(join(bench.data, 'bridge.key'));
    await expect(bench.recordings.seal(open)).rejects.toThrow(/the bridge key .* is missing [^\n]*backup[^\n]*$/);
    expect(() => bench.recordings.begin(PART)).toThrow(/the bridge key .* is missing/);
    expect(existsSync(join(bench.data, 'bridge.key'))).toBe(false);
    writeFileSync(join(bench.data, 'bridge.key'), key, { mode: 0o600 });
    await bench.recordings.seal(open);
    expect(bench.inMemory()).toEqual([]);
  });

  it('is not tried any more once the bridge has ended; what is being sealed is waited for', async () => {
    const open = await bench.recorded();
    const sealing = bench.recordings.seal(open);
    await bench.recordings.close();
    expect(bench.inMemory()).toEqual([]);
    await sealing;
    expect(bench.clock.pending).toBe(0);
  });
});

describe('what a process before this one left behind', () => {
  it('is sealed, but for what is still being written', async () => {
    const [left, open] = [await bench.recorded(), await bench.recorded()];
    bench.restart();
    await bench.recordings.sweep([open]);
    expect(bench.store.recordings({ limit: 9 }).map(({ id }) => id)).toEqual([left.id]);
    expect(bench.inMemory()).toEqual([`${open.id}.json`, `${open.id}.wav`]);
    await bench.recordings.seal(open);
    expect(bench.store.recordings({ limit: 9 })).toHaveLength(2);
    expect(bench.troubles).toEqual([]);
  });

  it('is gone from there also where recordings are to be elsewhere in memory now', async () => {
    const open = await bench.recorded();
    const path = join(bench.directory, 'elsewhere');
    const memory = new MemoryFolder({ ...{ path, dataDirectory: bench.data }, allowDisk: true, runtimeDirectory: '' });
    bench.restart((store) => store, memory);
    await bench.recordings.seal(open);
    expect(bench.onDisk()).toEqual([`${open.id}.sealed`]);
    expect(readdirSync(dirname(open.path))).toEqual([]);
  });

  it('is removed where it is no recording, and others are left alone', async () => {
    const open = await bench.recorded();
    bench.restart();
    const put = (name: string, text = 'x'): void => writeFileSync(join(bench.memory.path, name), text);
    put(`r${'0'.repeat(20)}.wav`);
    put(`r${'1'.repeat(20)}.json`, '{"id": 5}');
    put(`r${'2'.repeat(20)}.json`, 'null');
    put(`r${'3'.repeat(20)}.json.new`);
    put('notes.txt');
    await bench.recordings.sweep([open]);
    expect(bench.inMemory()).toEqual(['notes.txt', `${open.id}.json`, `${open.id}.wav`]);
  });

  it('is noticed, and nothing is lost, where it cannot be looked through', async () => {
    await bench.recorded();
    bench.restart();
    bench.store.close();
    await bench.recordings.sweep([]);
    expect(bench.inMemory()).toHaveLength(2);
    expect(bench.troubles.length).toBeGreaterThan(0);
  });

  it('is nothing where there was no folder', async () => {
    await bench.recordings.sweep([]);
    expect(bench.troubles).toEqual([]);
    expect(existsSync(bench.memory.path)).toBe(false);
  });

  it('leaves alone a recording that begins while the folder is looked through', async () => {
    await bench.recorded();
    bench.restart();
    const sweeping = bench.recordings.sweep([]);
    const open = bench.recordings.begin(PART);
    writeFileSync(open.path, 'what the mixer has written so far');
    await sweeping;
    expect(readFileSync(open.path, 'utf8')).toBe('what the mixer has written so far');
    expect(bench.onDisk()).toHaveLength(1);
    expect(bench.troubles).toEqual([]);
  });
});

describe('the folder in memory', () => {
  const folder = (path: string | null, more: { allowDisk?: boolean; runtimeDirectory?: string } = {}): MemoryFolder =>
    new MemoryFolder({ path, allowDisk: false, dataDirectory: bench.data, runtimeDirectory: undefined, ...more });
  const hasSharedMemory = existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x0102_1994;

  it('is refused on a disk, unless that is allowed', () => {
    const path = join(bench.directory, 'on-disk');
    if (statfsSync(bench.directory).type === 0x0102_1994) return;
    expect(() => folder(path).prepare()).toThrow(/is not in memory \(a tmpfs\)[^\n]*memoryDir[^\n]*$/);
    folder(path, { allowDisk: true }).prepare();
    expect(folder(path).trouble()).toMatch(/not in memory/);
  });

  it('is refused when it is open to everyone, no directory, a link, or not where it can be made', () => {
    const path = join(bench.directory, 'folder');
    mkdirSync(path);
    chmodSync(path, 0o755);
    expect(() => folder(path, { allowDisk: true }).prepare()).toThrow(/open to everyone: chmod o= /);
    chmodSync(path, 0o770);
    folder(path, { allowDisk: true }).prepare();
    symlinkSync(path, join(bench.directory, 'link'));
    expect(() => folder(join(bench.directory, 'link'), { allowDisk: true }).prepare()).toThrow(/is not a directory/);
    expect(() => folder(join(path, 'a', 'b'), { allowDisk: true }).prepare()).toThrow(/cannot make .*ENOENT/);
    expect(folder(join(path, 'a')).trouble()).toMatch(/is not there/);
  });

  it.skipIf(!hasSharedMemory)('is by itself one of its own in shared memory, closed to others', () => {
    const one = folder(null);
    try {
      expect(one.path).toMatch(/^\/dev\/shm\/partyline-[0-9a-f]{12}$/);
      expect(one.trouble()).toBeNull();
      expect(one.exists()).toBe(false);
      one.prepare();
      expect(statSync(one.path).mode & 0o777).toBe(0o700);
      chmodSync(one.path, 0o777);
      one.prepare();
      expect(statSync(one.path).mode & 0o777).toBe(0o700);
      const other = new MemoryFolder({
        path: null,
        allowDisk: false,
        dataDirectory: '/x',
        runtimeDirectory: undefined,
      });
      expect(other.path).not.toBe(one.path);
    } finally {
      rmSync(one.path, { recursive: true, force: true });
    }
    expect(folder(null, { runtimeDirectory: '/run/user/1' }).path).toBe(one.path);
  });
});
