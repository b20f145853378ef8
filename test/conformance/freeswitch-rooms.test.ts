import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { describeProduction, otherFreeSwitch } from '../production.js';
import { noise, silences, sine, toneDbfs } from '../sound.js';
import { speech } from '../speech.js';
import { hearsTone, heardFor, MediaRun, place, recorded, until, type Caller } from './media-kit.js';
import { MixerCluster } from './mixer-cluster.js';

const ROOM = conferenceId('kept/aside-1');
const NAME = 'partyline-kept_2f_aside-1';
const QUIET_DBFS = -55;
const SAID_DBFS = -25;
const other = otherFreeSwitch();

describeProduction('FreeSWITCH, rooms', () => {
  describe.each([
    ['the usual version', null] as const,
    ...(other === null ? [] : [['another version', other] as const]),
  ])('of %s', (_version, program) => {
    let cluster: MixerCluster;
    let run: MediaRun<FreeSwitchMedia>;
    /** After the first process is gone. */
    let next: MediaRun<FreeSwitchMedia>;

    beforeAll(async () => {
      cluster = await MixerCluster.start({ a: program === null ? {} : { program } });
    }, 60_000);
    afterEach(async () => {
      await next.stop();
      if (run !== next) await run.stop();
      await cluster.restore();
    }, 60_000);
    afterAll(() => cluster.stop(), 30_000);

    const start = async (): Promise<void> => {
      run = next = await MediaRun.start(cluster.media(['a']));
    };
    const talker = async (hz: number): Promise<Caller> => {
      const caller = await run.caller();
      caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
      await caller.endpoint.join(ROOM, { muted: false });
      return caller;
    };
    const path = (name: string): string => `${run.folder}/${name}.wav`;
    const replace = async (...callers: readonly Caller[]): Promise<readonly Caller[]> => {
      await run.media.release();
      next = await MediaRun.start(cluster.media(['a']));
      next.media.placeRoom(ROOM, 'a');
      return Promise.all(
        callers.map(async ({ phone, endpoint, callId }) =>
          next.keep(
            phone,
            await next.media.adopt(callId, endpoint.handle ?? '', { room: ROOM, remoteSdp: phone.offer() }),
          ),
        ),
      );
    };

    it('are recorded on, without what is played, when another process takes over', async () => {
      await start();
      const callers = [await talker(500), await talker(900)];
      await run.media.recordRoom(ROOM, path('across'), { plays: false });
      await pause(500);
      const [one] = await replace(...callers);
      if (one === undefined) throw new Error('nobody');
      await expect(next.media.recordRoom(ROOM, path('twice'), { plays: false })).rejects.toThrow(/already/);
      const play = next.play();
      next.media.playToRoom(ROOM, play, [await next.sound('announced', sine(1_500, 600))]);
      await hearsTone(one.phone, 1_500);
      expect(await next.ended(play)).toBe('completed');
      await next.media.pauseRoomRecording(ROOM, true);
      await pause(150);
      one.phone.say({ kind: 'tone', hz: 1_900, dbfs: -20 });
      await pause(300);
      one.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      await pause(200);
      await next.media.pauseRoomRecording(ROOM, false);
      await pause(300);
      const result = await next.media.stopRecordingRoom(ROOM);
      const sound = await recorded(path('across'));
      expect(result?.durationMs).toBe(sound.length / 8);
      expect(sound.length / 8).toBeGreaterThan(1_300);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound, 900)).toBeGreaterThan(SAID_DBFS);
      for (const hz of [1_500, 1_900]) expect(toneDbfs(sound, hz)).toBeLessThan(QUIET_DBFS);
      expect(await next.media.stopRecordingRoom(ROOM)).toBeNull();
      expect(run.listener.broken).toEqual([]);
      expect(next.listener.broken).toEqual([]);
    }, 40_000);

    it('keep the volumes of those in them when another process takes over', async () => {
      await start();
      const callers = [await talker(500), await talker(900)];
      const [one, two] = callers;
      if (one === undefined || two === undefined) throw new Error('nobody');
      await hearsTone(one.phone, 900);
      const before = toneDbfs(await heardFor(one.phone, 300), 900);
      await one.endpoint.setGains({ hearDb: -8, speakDb: 0 });
      const [again] = await replace(...callers);
      await pause(150);
      expect(Math.abs(toneDbfs(await heardFor(one.phone, 300), 900) - before + 8)).toBeLessThan(1);
      await again?.endpoint.setGains({ hearDb: 0, speakDb: 0 });
      await pause(150);
      expect(Math.abs(toneDbfs(await heardFor(one.phone, 300), 900) - before)).toBeLessThan(1);
    }, 30_000);

    it('go on to be watched for who talks while muted when another process takes over', async () => {
      await start();
      const [muted, talking] = [await talker(500), await talker(900)];
      muted.phone.say({ kind: 'silence' });
      await muted.endpoint.setMuted(true);
      await pause(200);
      const [again] = await replace(muted, talking);
      await again?.endpoint.join(ROOM, { muted: true });
      muted.phone.say({ kind: 'samples', samples: speech(10_000), loop: true });
      await until('his talk to be told', () => next.listener.spoke.length === 1, 6_000);
      expect(next.listener.spoke).toEqual([muted.callId]);
      // Keys are understood all the same.
      await muted.phone.pressKey('6');
      await until('the key', () => next.listener.keysOf(muted.callId) === '6');
    }, 30_000);

    it('are recorded on when only the event socket was cut', async () => {
      await start();
      await talker(500);
      await talker(900);
      await run.media.recordRoom(ROOM, path('cut'), { plays: true });
      await pause(300);
      const told = run.listener.troubles.length;
      cluster.cut('a');
      await until('the socket to be open again', () =>
        run.listener.troubles.slice(told).some((line) => line.includes('is open again')),
      );
      await pause(400);
      const result = await run.media.stopRecordingRoom(ROOM);
      const sound = await recorded(path('cut'));
      expect(result?.durationMs).toBe(sound.length / 8);
      expect(sound.length / 8).toBeGreaterThan(650);
      expect(silences(sound, 100)).toEqual([]);
      expect(run.listener.broken).toEqual([]);
    }, 30_000);

    it('tell that a recording was broken off at the mixer, and keep it', async () => {
      await start();
      await talker(500);
      await talker(900);
      await run.media.recordRoom(ROOM, path('broken'), { plays: true });
      await pause(500);
      await cluster.ask('a', `conference ${NAME} recording stop all`);
      await until('it to be told', () => run.listener.broken.length === 1);
      expect(run.listener.broken).toEqual([{ room: ROOM, reason: 'the mixer stopped it' }]);
      expect((await recorded(path('broken'))).length / 8).toBeGreaterThan(350);
      expect(await run.media.stopRecordingRoom(ROOM)).toBeNull();
      await run.media.recordRoom(ROOM, path('more'), { plays: true });
      await pause(300);
      expect((await run.media.stopRecordingRoom(ROOM))?.durationMs).toBeGreaterThan(150);
    }, 30_000);

    it('are played to under talk, without a hole in it, one announcement after the other, though not to the recording', async () => {
      await start();
      const [one, two] = [await talker(500), await talker(900)];
      const leaver = await talker(1_300);
      await hearsTone(one.phone, 900);
      await run.media.recordRoom(ROOM, path('apart'), { plays: false });
      const [first, second, whispered] = [noise(1_200, -20, 1), noise(500, -20, 2), noise(300, -20, 3)];
      const plays = [run.play(), run.play()];
      const whispers = [run.play(), run.play()];
      const items = await Promise.all(
        [first, second, whispered].map((sound, index) => run.sound(`apart ${index}`, sound)),
      );
      const [toAll1, toAll2, toOne] = items;
      if (toAll1 === undefined || toAll2 === undefined || toOne === undefined) throw new Error('no sounds');
      two.phone.say({ kind: 'silence' });
      leaver.phone.say({ kind: 'silence' });
      await pause(200);
      for (const { phone } of [one, two, leaver]) phone.clearHeard();
      plays.forEach((play, index) => run.media.playToRoom(ROOM, play, [index === 0 ? toAll1 : toAll2]));
      await pause(500);
      // What is played to one of them, and stopped, changes nothing of it.
      for (const play of whispers) one.endpoint.play(play, [toOne]);
      await leaver.endpoint.leave();
      for (const play of plays) expect(await run.ended(play)).toBe('completed');
      expect(await run.ended(whispers[0] ?? run.play())).toBe('replaced');
      await pause(200);
      for (const { phone } of [one, two]) phone.say({ kind: 'silence' });
      const heard = two.phone.heard();
      // Under the tone of the other one.
      expect(toneDbfs(heard, 500)).toBeGreaterThan(-26);
      const quiet = one.phone.heard();
      const begins = place(quiet, first.subarray(0, 1_600));
      expect(place(quiet, second)).toBeGreaterThanOrEqual(begins + first.length - 160);
      // He who left heard no more of it.
      await pause(100);
      expect(toneDbfs(await heardFor(leaver.phone, 200), 500)).toBeLessThan(QUIET_DBFS);
      await run.media.stopRecordingRoom(ROOM);
      const sound = await recorded(path('apart'));
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(await cluster.ask('a', 'uuid_buglist ' + two.endpoint.mixer)).toMatch(/^-ERR|^$/);
    }, 40_000);

    it('are heard under what is played to one of them alone', async () => {
      await start();
      const [one, two] = [await talker(500), await talker(900)];
      await hearsTone(one.phone, 900);
      const before = toneDbfs(await heardFor(one.phone, 300), 900);
      one.endpoint.play(run.play(), [await run.sound('alone', sine(1_500, 2_000, -20))]);
      await hearsTone(one.phone, 1_500);
      const heard = await heardFor(one.phone, 500);
      expect(Math.abs(toneDbfs(heard, 900) - before)).toBeLessThan(1);
      expect(toneDbfs(heard, 1_500)).toBeGreaterThan(-25);
      expect(toneDbfs(two.phone.heard(), 1_500)).toBeLessThan(QUIET_DBFS);
    }, 30_000);

    it('hear the keys of one who presses them as tones', async () => {
      await start();
      const two = await talker(900);
      const plain = await run.caller({ eventPayloadType: null });
      await plain.endpoint.join(ROOM, { muted: false });
      await pause(300);
      two.phone.clearHeard();
      await plain.phone.pressKey('1', { method: 'inband', durationMs: 400 });
      await until('the key', () => run.listener.keysOf(plain.callId) === '1');
      await pause(300);
      const heard = two.phone.heard();
      const loudest = Math.max(
        ...Array.from({ length: Math.floor(heard.length / 800) }, (_none, index) =>
          toneDbfs(heard.subarray(index * 800, index * 800 + 800), 697),
        ),
      );
      expect(loudest).toBeGreaterThan(-30);
    }, 30_000);

    it('tell how twelve lines sound in time, asked for twice at once', async () => {
      await start();
      const callers = await Promise.all(Array.from({ length: 12 }, (_none, index) => talker(400 + index * 100)));
      const begun = performance.now();
      const [once, twice] = await Promise.all([run.media.measureRoom(ROOM), run.media.measureRoom(ROOM)]);
      expect(performance.now() - begun).toBeLessThan(4_000);
      for (const measured of [once, twice]) {
        expect(new Set(measured.map(({ callId }) => callId))).toEqual(new Set(callers.map(({ callId }) => callId)));
        for (const { levelDb, activeShare } of measured) {
          expect(Math.abs(levelDb + 23)).toBeLessThan(3);
          expect(activeShare).toBeGreaterThan(0.9);
        }
      }
    }, 40_000);

    it('tell of one who sends nothing that nothing is heard, however loud he was', async () => {
      await start();
      const [one, two] = [await talker(500), await talker(900)];
      await hearsTone(two.phone, 500);
      one.phone.say({ kind: 'nothing' });
      await pause(300);
      const measured = await run.media.measureRoom(ROOM);
      expect(measured.find(({ callId }) => callId === one.callId)).toMatchObject({ levelDb: -96, activeShare: 0 });
      expect(measured.find(({ callId }) => callId === two.callId)?.activeShare).toBeGreaterThan(0.9);
    }, 30_000);

    it('tell that the mixer died, and keep what was recorded', async () => {
      await start();
      await talker(500);
      await talker(900);
      await run.media.recordRoom(ROOM, path('died'), { plays: true });
      // It writes 4 s at a time.
      await pause(5_500);
      await cluster.kill('a');
      await until('it to be told', () => run.listener.broken.length === 1, 8_000);
      await cluster.restart('a');
      expect(run.listener.broken).toEqual([{ room: ROOM, reason: 'the mixer was lost' }]);
      const sound = await recorded(path('died'));
      expect(sound.length / 8).toBeGreaterThan(3_500);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(await run.media.stopRecordingRoom(ROOM)).toBeNull();
      await until('the mixer to be back', () => run.media.mixers()[0]?.healthy === true, 20_000);
    }, 60_000);
  });
});
