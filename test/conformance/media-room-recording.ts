import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseWav } from '../../src/adapters/embedded-media/wav.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { levelDbfs, sine, toneDbfs } from '../sound.js';
import { hearsTone, recorded } from './media-kit.js';
import { at, QUIET_DBFS, type MediaSuite } from './media-suite.js';

/** A tone with a peak of -20 dBFS is -23; a few missing frames are no matter. */
const SAID_DBFS = -25;

export function describeRoomRecording(suite: MediaSuite): void {
  describe('recording a room', () => {
    const path = (name: string): string => `${suite.run.folder}/${name}.wav`;
    const { record, stop } = {
      record: (room: string, file: string, plays = false): Promise<void> =>
        suite.run.media.recordRoom(conferenceId(room), path(file), { plays }),
      stop: (room: string) => suite.run.media.stopRecordingRoom(conferenceId(room)),
    };

    it('has everyone, from now until stopped, in a file that is there from its beginning', async () => {
      const told = suite.run.listener.broken.length;
      const callers = await suite.talkers('recorded room', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(one.phone, 900);
      await hearsTone(two.phone, 500);
      const begun = performance.now();
      await record('recorded room', 'all');
      await expect(readFile(path('all'))).resolves.toBeDefined();
      await pause(1_200);
      one.phone.say({ kind: 'silence' });
      two.phone.say({ kind: 'silence' });
      await pause(800);
      const asked = performance.now();
      const result = await stop('recorded room');
      expect(performance.now() - asked).toBeLessThan(2_000);
      const sound = await recorded(path('all'));
      expect(Math.abs((result?.durationMs ?? 0) - sound.length / 8)).toBeLessThan(suite.lacks('exactGains') ? 100 : 1);
      expect(Math.abs(sound.length / 8 - (asked - begun))).toBeLessThan(300);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound, 900)).toBeGreaterThan(SAID_DBFS);
      // Silence is recorded, too.
      expect(levelDbfs(sound.subarray(-3_200))).toBeLessThan(QUIET_DBFS);
      expect(await stop('recorded room')).toBeNull();
      expect(suite.run.listener.broken.slice(told)).toEqual([]);
    });

    it('has nobody who is muted, and him who comes later', async () => {
      const callers = await suite.talkers('muted recorded', 500, 900);
      await at(callers, 0).endpoint.setMuted(true);
      await pause(300);
      await record('muted recorded', 'muted');
      await pause(500);
      await suite.talkers('muted recorded', 1_300);
      await pause(600);
      await stop('muted recorded');
      const sound = await recorded(path('muted'));
      expect(toneDbfs(sound, 500)).toBeLessThan(QUIET_DBFS + 10);
      expect(toneDbfs(sound, 900)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound.subarray(-2_400), 1_300)).toBeGreaterThan(SAID_DBFS);
    });

    it('leaves out the time in which it is paused', async () => {
      const callers = await suite.talkers('paused', 500, 900);
      const { phone } = at(callers, 0);
      await pause(200);
      await record('paused', 'paused');
      await pause(600);
      await suite.run.media.pauseRoomRecording(conferenceId('paused'), true);
      await pause(100);
      phone.say({ kind: 'tone', hz: 1_700, dbfs: -20 });
      await pause(800);
      phone.say({ kind: 'tone', hz: 1_300, dbfs: -20 });
      await pause(300);
      await suite.run.media.pauseRoomRecording(conferenceId('paused'), false);
      await pause(600);
      await stop('paused');
      const sound = await recorded(path('paused'));
      expect(sound.length / 8).toBeGreaterThan(900);
      expect(sound.length / 8).toBeLessThan(1_900);
      expect(toneDbfs(sound.subarray(0, 3_200), 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound.subarray(-3_200), 1_300)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound, 1_700)).toBeLessThan(QUIET_DBFS + 10);
    });

    for (const plays of [true, false]) {
      const when = plays ? it : suite.unless('playsApart');
      when(`is made ${plays ? 'with' : 'without'} what is played to the room where that is asked for`, async () => {
        const room = `plays ${plays}`;
        const callers = await suite.talkers(room, 500, 900);
        await pause(200);
        await record(room, room, plays);
        const play = suite.run.play();
        suite.run.media.playToRoom(conferenceId(room), play, [
          await suite.run.sound(`recorded-${plays}`, sine(1_500, 800)),
        ]);
        await hearsTone(at(callers, 0).phone, 1_500);
        expect(await suite.run.ended(play)).toBe('completed');
        await stop(room);
        const sound = await recorded(path(room));
        if (plays) expect(toneDbfs(sound, 1_500)).toBeGreaterThan(SAID_DBFS + 5);
        else expect(toneDbfs(sound, 1_500)).toBeLessThan(QUIET_DBFS);
        expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      });
    }

    it('ends with the room: the file is whole', async () => {
      const told = suite.run.listener.broken.length;
      const callers = await suite.talkers('ending', 500, 900);
      await pause(200);
      await record('ending', 'ending');
      await pause(700);
      await at(callers, 0).endpoint.leave();
      await at(callers, 1).endpoint.close();
      // Whatever the engine still knows of it: this waits until it is through.
      await stop('ending');
      const sound = await recorded(path('ending'));
      expect(sound.length / 8).toBeGreaterThan(500);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(suite.run.listener.broken.slice(told)).toEqual([]);
    });

    it('is done once again in the same room, and of two rooms at a time', async () => {
      await suite.talkers('again', 500, 900);
      await suite.talkers('beside', 1_300, 1_700);
      await pause(200);
      await record('again', 'again-1');
      await record('beside', 'beside');
      await pause(500);
      await stop('again');
      await record('again', 'again-2');
      await pause(500);
      await Promise.all([stop('again'), stop('beside')]);
      for (const file of ['again-1', 'again-2']) {
        const sound = await recorded(path(file));
        expect(toneDbfs(sound, 900)).toBeGreaterThan(SAID_DBFS);
        expect(toneDbfs(sound, 1_300)).toBeLessThan(QUIET_DBFS + 10);
      }
      expect(toneDbfs(await recorded(path('beside')), 1_700)).toBeGreaterThan(SAID_DBFS);
    });

    it('is refused in one line without a room, twice, or where no file can be written', async () => {
      await expect(record('nowhere', 'nowhere')).rejects.toThrow(/^[^\n]+$/);
      await expect(suite.run.media.pauseRoomRecording(conferenceId('nowhere'), true)).rejects.toThrow(/^[^\n]+$/);
      expect(await stop('nowhere')).toBeNull();
      await suite.talkers('refused', 500, 900);
      await expect(record('refused', 'missing/file')).rejects.toThrow(/^[^\n]+$/);
      await writeFile(path('no-folder'), '');
      await expect(record('refused', 'no-folder.wav/file')).rejects.toThrow(/^[^\n]+$/);
      expect(await stop('refused')).toBeNull();
      await record('refused', 'first');
      await expect(record('refused', 'second')).rejects.toThrow(/already/);
      await pause(300);
      expect((await stop('refused'))?.durationMs).toBeGreaterThan(100);
    });

    suite.unless('wholeWhileRecording')('can be read at any moment', async () => {
      await suite.talkers('read', 500, 900);
      await record('read', 'read');
      for (let second = 1; second <= 5; second++) {
        await pause(1_000);
        const file = await readFile(path('read'));
        expect(file.readUInt32LE(4) - 36).toBe(file.readUInt32LE(40));
        expect(file.readUInt32LE(40)).toBeLessThanOrEqual(file.length - 44);
        // Not more than 2 s, and what the machine adds, are missing from it.
        expect(file.readUInt32LE(40) / 16).toBeGreaterThan(second * 1_000 - 2_700);
        expect(parseWav(file).kind).toBe('sound');
      }
      await stop('read');
      expect((await recorded(path('read'))).length / 8).toBeGreaterThan(4_500);
    });
  });
}
