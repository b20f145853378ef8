import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import type { OpenRecording } from '../../../src/ports/recordings.js';
import { noise, writeWav } from '../../sound.js';
import { DAY_MS, PART, RecordingBench } from './bench.js';

let bench: RecordingBench;
beforeEach(() => {
  bench = new RecordingBench();
});
afterEach(() => bench.dispose());

const TEXT = 'this is no sound, and it is long enough for a header';

/** What a mixer wrote that is no recording. */
function unreadable(content: string | Buffer = TEXT, part: Partial<typeof PART> = {}): OpenRecording {
  const open = bench.recordings.begin({ ...PART, ...part });
  writeFileSync(open.path, content);
  return open;
}

async function putAside(open = unreadable()): Promise<OpenRecording> {
  await expect(bench.recordings.seal(open)).rejects.toThrow(/kept aside/);
  return open;
}

describe('a recording whose format nobody knows', () => {
  it('is kept as the mixer wrote it, under another name, for its owner alone, and is told in one line', async () => {
    const open = unreadable();
    const until = new Date(bench.clock.wall() + 30 * DAY_MS).toISOString();
    await expect(bench.recordings.seal(open)).rejects.toThrow(
      `the mixer did not record a WAV file: it is kept aside in plain, ${bench.memory.path}/${open.id}.aside, until ${until}`,
    );
    expect(bench.inMemory()).toEqual([`${open.id}.aside`, `${open.id}.aside.json`]);
    expect(readFileSync(`${bench.memory.path}/${open.id}.aside`, 'utf8')).toBe(TEXT);
    expect(statSync(`${bench.memory.path}/${open.id}.aside.json`).mode & 0o777).toBe(0o600);
  });

  it('is not tried again, nor told again by the next process', async () => {
    const open = await putAside();
    expect(bench.clock.pending).toBe(0);
    bench.restart();
    await bench.recordings.sweep([]);
    expect(bench.troubles).toEqual([]);
    expect(bench.inMemory()).toHaveLength(2);
    expect(await bench.aside.list()).toEqual([
      {
        ...{ id: open.id, accountId: 'a1', path: `${bench.memory.path}/${open.id}.aside` },
        dueAt: bench.clock.wall() + 30 * DAY_MS,
      },
    ]);
  });

  it.each([
    ['in stereo', (whole: Buffer): void => void whole.writeUInt16LE(2, 22)],
    ['without a place of samples', (whole: Buffer): void => void whole.write('junk', 36, 'latin1')],
  ])('is one %s too', async (_what, spoil) => {
    const open = bench.recordings.begin(PART);
    await writeWav(open.path, noise(1_000));
    const whole = readFileSync(open.path);
    spoil(whole);
    writeFileSync(open.path, whole);
    await putAside(open);
    expect(readFileSync(`${bench.memory.path}/${open.id}.aside`).equals(whole)).toBe(true);
  });

  it('is put aside by the process that finds it, and told once', async () => {
    unreadable();
    bench.restart();
    await bench.recordings.sweep([]);
    await bench.recordings.sweep([]);
    expect(bench.troubles).toEqual([expect.stringMatching(/^a recording was left in plain: [^\n]*kept aside[^\n]*$/)]);
  });

  it('is lost at no step of it that the process dies at', async () => {
    const open = unreadable();
    const note = readFileSync(`${bench.memory.path}/${open.id}.json`);
    writeFileSync(`${bench.memory.path}/${open.id}.aside.json`, 'half');
    bench.restart();
    await bench.recordings.sweep([]);
    const aside = [`${open.id}.aside`, `${open.id}.aside.json`];
    expect(bench.inMemory()).toEqual(aside);
    expect((await bench.aside.list())[0]?.accountId).toBe('a1');
    writeFileSync(`${bench.memory.path}/${open.id}.json`, note);
    bench.restart();
    await bench.recordings.sweep([]);
    expect(bench.inMemory()).toEqual(aside);
    expect(bench.troubles).toHaveLength(1);
  });

  it('is not kept of an account that was removed meanwhile', async () => {
    const open = unreadable();
    bench.store.removeAccount(accountId('a1'));
    await expect(bench.recordings.seal(open)).rejects.toThrow(/^the mixer did not record a WAV file$/);
    expect(bench.inMemory()).toEqual([]);
  });
});

describe('what is kept aside', () => {
  it('is purged as recordings are: when it is due, and not before', async () => {
    await putAside();
    bench.clock.advance(30 * DAY_MS - 1);
    expect(await bench.archive.purge()).toEqual({ recordings: 0, strays: 0 });
    expect(bench.inMemory()).toHaveLength(2);
    bench.clock.advance(1);
    expect(await bench.archive.purge()).toEqual({ recordings: 1, strays: 0 });
    expect(bench.inMemory()).toEqual([]);
  });

  it('is due by when it was last written, as recordings are, not by when it was found', async () => {
    const open = unreadable();
    const writtenAt = bench.clock.wall() - 2 * DAY_MS;
    utimesSync(open.path, writtenAt / 1_000, writtenAt / 1_000);
    await putAside(open);
    expect((await bench.aside.list())[0]?.dueAt).toBe(writtenAt + 30 * DAY_MS);
  });

  it('is purged once its account is gone, wherever that was removed', async () => {
    bench.addAccount('a2');
    const others = await putAside(unreadable(TEXT, { accountId: accountId('a2') }));
    await putAside();
    bench.store.removeAccount(accountId('a1'));
    expect(await bench.archive.purge()).toEqual({ recordings: 1, strays: 0 });
    expect((await bench.aside.list()).map(({ id }) => id)).toEqual([others.id]);
  });

  it('is due by its own age where its note cannot be read', async () => {
    const { id } = await putAside();
    writeFileSync(`${bench.memory.path}/${id}.aside.json`, 'half');
    const [aside] = await bench.aside.list();
    expect(aside?.accountId).toBeNull();
    expect(aside?.dueAt).toBe(statSync(`${bench.memory.path}/${id}.aside`).mtimeMs + 30 * DAY_MS);
  });

  it('is removed with its account, and that of others stays', async () => {
    bench.addAccount('a2');
    const others = await putAside(unreadable(TEXT, { accountId: accountId('a2') }));
    await putAside();
    expect(await bench.aside.remove((aside) => aside.accountId === 'a1')).toBe(1);
    expect((await bench.aside.list()).map(({ id }) => id)).toEqual([others.id]);
  });

  it('is nothing where there is no folder', async () => {
    expect(await bench.aside.list()).toEqual([]);
  });
});
