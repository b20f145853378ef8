import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealedArchive } from '../../../src/adapters/recordings/archive.js';
import { newKey } from '../../../src/adapters/recordings/wrapped-key.js';
import { loadBridgeKey } from '../../../src/adapters/system/bridge-key.js';
import { RecordingUnreadable } from '../../../src/ports/recordings.js';
import { DAY_MS, RecordingBench } from './bench.js';

let bench: RecordingBench;
beforeEach(() => {
  bench = new RecordingBench();
});
afterEach(() => bench.dispose());

async function sealed(): Promise<string> {
  const open = await bench.recorded(100);
  await bench.recordings.seal(open);
  return open.id;
}

describe('a recording that is due', () => {
  it('can be read until the last millisecond, and from then on not at all', async () => {
    const id = await sealed();
    bench.clock.advance(30 * DAY_MS - 1);
    expect(await bench.read(id)).toHaveLength(1_644);
    bench.clock.advance(1);
    await expect(bench.read(id)).rejects.toThrow(RecordingUnreadable);
    await expect(bench.read(id)).rejects.toThrow(/there is no recording/);
  });

  it('is gone, key and file, as soon as somebody asks for it', async () => {
    const id = await sealed();
    bench.clock.advance(30 * DAY_MS);
    await expect(bench.read(id)).rejects.toThrow(/was to be kept until 2026-01-31T00:00:00.000Z: it is gone/);
    expect(bench.store.recording(id)).toBeNull();
    expect(bench.onDisk()).toEqual([]);
  });

  it('is read no further by whoever reads it then', async () => {
    const open = await bench.recorded(30_000);
    await bench.recordings.seal(open);
    const pieces = bench.archive.open(open.id);
    bench.clock.advance(30 * DAY_MS - 1);
    expect((await pieces.next()).value).toHaveLength(65_536);
    bench.clock.advance(1);
    await expect(pieces.next()).rejects.toThrow(/was to be kept until [^\n]*it is gone$/);
    expect(bench.onDisk()).toEqual([]);
  });

  it('is removed rather than lost where that was done while it was opened', async () => {
    const id = await sealed();
    const bridgeKey = (): Uint8Array => {
      const key = loadBridgeKey(bench.data, () => false);
      bench.store.removeRecording(id);
      rmSync(bench.sealed.path(id));
      return key;
    };
    const { store, clock, sealed: folder, aside } = bench;
    bench.archive = new SealedArchive({ store, clock, sealed: folder, aside, bridgeKey });
    await expect(bench.read(id)).rejects.toThrow(/^there is no recording [^\n]*$/);
  });

  it('waits for the next purge where this one is to end', async () => {
    const [, second] = [await sealed(), await sealed()];
    bench.clock.advance(30 * DAY_MS);
    let removed = 0;
    const goesOn = (): boolean => {
      removed += 1;
      return removed <= 1;
    };
    expect(await bench.archive.purge(goesOn)).toEqual({ recordings: 1, strays: 0 });
    expect(bench.onDisk()).toEqual([`${second}.sealed`]);
  });

  it('is purged, and one that is not due stays', async () => {
    const first = await sealed();
    bench.clock.advance(3_600_000);
    const second = await sealed();
    bench.clock.advance(30 * DAY_MS - 3_600_000);
    expect(await bench.archive.purge()).toEqual({ recordings: 1, strays: 0 });
    expect(bench.store.recording(first)).toBeNull();
    expect(bench.onDisk()).toEqual([`${second}.sealed`]);
    expect(await bench.read(second)).toHaveLength(1_644);
  });

  it('is purged with all the others, however many there are', async () => {
    const wrappedKey = 'x';
    for (let n = 0; n < 130; n += 1) {
      const times = { startedAt: n, durationMs: 1, dueAt: n };
      const account = bench.store.accountsNamed('a1')[0]?.id;
      if (account === undefined) throw new Error('no account');
      bench.store.addRecording({
        id: `r${n}`,
        accountId: account,
        conferenceRecordId: 1,
        part: 1,
        ...times,
        wrappedKey,
      });
    }
    expect(await bench.archive.purge()).toEqual({ recordings: 130, strays: 0 });
    expect(bench.store.recordings({ limit: 1 })).toEqual([]);
  });
});

describe('a recording', () => {
  it('is removed with key and file', async () => {
    const id = await sealed();
    expect(await bench.archive.remove(id)).toBe(true);
    expect(await bench.archive.remove(id)).toBe(false);
    expect(bench.onDisk()).toEqual([]);
    await expect(bench.read(id)).rejects.toThrow(/there is no recording/);
  });

  it('that lost its file, or was damaged, is told in one line', async () => {
    const [lost, damaged] = [await sealed(), await sealed()];
    rmSync(bench.sealed.path(lost));
    await expect(bench.read(lost)).rejects.toThrow(/has lost its file [^\n]*backup[^\n]*$/);
    writeFileSync(bench.sealed.path(damaged), 'PLSEAL');
    await expect(bench.read(damaged)).rejects.toThrow(/is damaged: [^\n]*$/);
  });

  it('does not open under another bridge key, nor without one', async () => {
    const id = await sealed();
    writeFileSync(join(bench.data, 'bridge.key'), newKey());
    await expect(bench.read(id)).rejects.toThrow(/was sealed under another bridge key[^\n]*$/);
    rmSync(join(bench.data, 'bridge.key'));
    await expect(bench.read(id)).rejects.toThrow(/the bridge key .* is missing[^\n]*$/);
  });

  it('does not open with the key or the file of another', async () => {
    const [first, second] = [await sealed(), await sealed()];
    const other = bench.store.recording(second);
    if (other === null) throw new Error('no recording');
    bench.store.removeRecording(first);
    bench.store.addRecording({ ...other, id: first });
    await expect(bench.read(first)).rejects.toThrow(/another bridge key/);
  });
});

describe('sealed files without a key', () => {
  it('are removed when they are old enough to be nobody’s', async () => {
    const kept = await sealed();
    const at = (name: string, minutes: number): void => {
      const path = join(bench.data, 'recordings', name);
      writeFileSync(path, 'x');
      const seconds = bench.clock.wall() / 1_000 - minutes * 60;
      utimesSync(path, seconds, seconds);
    };
    at('r1.sealed', 9);
    at('r2.sealed', 11);
    at('readme.txt', 11);
    expect(await bench.archive.purge()).toEqual({ recordings: 0, strays: 1 });
    expect(bench.onDisk()).toEqual(['r1.sealed', `${kept}.sealed`, 'readme.txt'].sort());
  });

  it('are none where nothing was ever recorded', async () => {
    expect(await bench.archive.purge()).toEqual({ recordings: 0, strays: 0 });
  });
});
