import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedMedia } from '../../src/adapters/embedded-media/media.js';
import { parseWav } from '../../src/adapters/embedded-media/wav.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { noise, toneDbfs } from '../sound.js';
import { speech } from '../speech.js';
import { heardFor, hearsTone, MediaRun, recorded, until, type Caller } from './media-kit.js';

const mountable = ((): boolean => {
  const point = mkdtempSync(join(tmpdir(), 'partyline-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', point], { stdio: 'ignore' });
    execFileSync('umount', [point], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(point, { recursive: true, force: true });
  }
})();

// Real time on a machine that others use too: what a moment of theirs spoils is heard again.
describe('rooms of the embedded media', { retry: 2 }, () => {
  const room = conferenceId('room');
  let media: EmbeddedMedia;
  let run: MediaRun;
  let one: Caller;
  let two: Caller;

  beforeEach(async () => {
    media = new EmbeddedMedia({
      ...{ clock: new SystemClock(), rtpPorts: { min: 22_460, max: 22_479 }, workers: 2, portRestMs: 100 },
      ...{ advertise: () => '127.0.0.1', bindAddress: '127.0.0.1' },
    });
    run = await MediaRun.start(media);
    [one, two] = [await run.caller(), await run.caller()];
    one.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
    for (const { endpoint } of [one, two]) await endpoint.join(room, { muted: false });
    await hearsTone(two.phone, 500);
  });

  afterEach(async () => {
    await run.stop();
  });

  const workerDies = async (): Promise<void> => {
    const told = run.listener.troubles.length;
    media.failWorker(one.endpoint.mixer, 'throw');
    await until('the worker to be replaced', () => run.listener.troubles.length > told);
    await until('the next one to be ready', () => media.mixers().every(({ healthy }) => healthy), 15_000);
    await hearsTone(two.phone, 500, -60);
    await pause(300);
  };

  it('are recorded until their worker dies: what there is is kept, it is told once, and another recording can begin', async () => {
    const path = join(run.folder, 'first.wav');
    await media.recordRoom(room, path, { plays: false });
    await pause(1_000);
    await workerDies();
    expect(run.listener.broken).toHaveLength(1);
    expect(run.listener.broken[0]).toMatchObject({ room });
    const sound = await recorded(path);
    expect(sound.length / 8).toBeGreaterThan(600);
    expect(toneDbfs(sound, 500)).toBeGreaterThan(-24);
    expect(await media.stopRecordingRoom(room)).toBeNull();

    const second = join(run.folder, 'second.wav');
    await media.recordRoom(room, second, { plays: false });
    await pause(500);
    expect((await media.stopRecordingRoom(room))?.durationMs).toBeGreaterThan(300);
    expect(toneDbfs(await recorded(second), 500)).toBeGreaterThan(-24);
    expect(run.listener.broken).toHaveLength(1);
  });

  it('keep the volumes of their callers when their worker dies', async () => {
    await one.endpoint.setGains({ hearDb: 0, speakDb: -8 });
    await two.endpoint.setGains({ hearDb: -4, speakDb: 0 });
    await pause(150);
    const before = toneDbfs(await heardFor(two.phone, 400), 500);
    expect(before).toBeGreaterThan(-37);
    expect(before).toBeLessThan(-33);
    await workerDies();
    expect(Math.abs(toneDbfs(await heardFor(two.phone, 400), 500) - before)).toBeLessThan(1);
  });

  it('tell of one who talks although muted once, also when their worker dies meanwhile', async () => {
    const talker = await run.caller();
    talker.phone.say({ kind: 'samples', samples: speech(20_000), loop: true });
    await talker.endpoint.join(room, { muted: true });
    await until('his talk to be told', () => run.listener.spoke.length === 1, 6_000);
    await workerDies();
    await pause(3_500);
    expect(run.listener.spoke).toEqual([talker.callId]);
  });

  it('are recorded whole to the end of the engine', async () => {
    const path = join(run.folder, 'stopped.wav');
    await media.recordRoom(room, path, { plays: false });
    await pause(600);
    await media.stop();
    expect((await recorded(path)).length / 8).toBeGreaterThan(400);
  });

  it('tell the length of a recording that ended with the room, once', async () => {
    const path = join(run.folder, 'ended.wav');
    await media.recordRoom(room, path, { plays: false });
    await pause(600);
    await Promise.all([one.endpoint.leave(), two.endpoint.leave()]);
    const sound = await pause(100).then(() => media.stopRecordingRoom(room));
    expect(sound?.durationMs).toBe((await recorded(path)).length / 8);
    expect(await media.stopRecordingRoom(room)).toBeNull();
  });

  it.skipIf(!mountable)('tell that the disk is full, and keep what went onto it', async () => {
    const point = mkdtempSync(join(run.folder, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', point]);
    try {
      const path = join(point, 'full.wav');
      two.phone.say({ kind: 'samples', samples: noise(1_000, -20), loop: true });
      await media.recordRoom(room, path, { plays: true });
      // 100 KB are full after six seconds.
      await until('the failure to be told', () => run.listener.broken.length > 0, 15_000);
      expect(run.listener.broken).toMatchObject([{ room, reason: expect.stringMatching(/^ENOSPC[^\n]*$/) as string }]);
      const file = await readFile(path);
      expect(file.readUInt32LE(40)).toBeLessThanOrEqual(file.length - 44);
      expect(file.readUInt32LE(40) / 16).toBeGreaterThan(3_000);
      expect(parseWav(file).kind).toBe('sound');
      expect(await media.stopRecordingRoom(room)).toBeNull();
      await hearsTone(two.phone, 500);
    } finally {
      // Lazily: where the test failed, the recording may still be open there.
      execFileSync('umount', ['-l', point]);
    }
  });
});
