import { readdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conferenceId, playId } from '../../src/domain/identifiers.js';
import { MediaNotAcceptable, type Media } from '../../src/ports/media.js';
import { concatenated, levelDbfs, likeness, noise, silences, sine, toneDbfs, writeWav } from '../sound.js';
import { heardFor, hearsTone, MediaRun, place, recorded, until, type Caller } from './media-kit.js';

export interface MediaUnderTest {
  /** Works on 127.0.0.1; not yet started. */
  readonly media: Media;
  /** What this engine does not do; each is then skipped by name. */
  readonly lacks?: readonly ('inband' | 'gapless' | 'lateOffer' | 'privateInRoom' | 'recordedPauses')[];
}

const LOUD_DBFS = -30;
const QUIET_DBFS = -60;

/** What every adapter of the media port does, heard over loopback RTP by telephones that speak tones. */
export function describeMedia(name: string, factory: () => MediaUnderTest): void {
  const { media, lacks = [] } = factory();
  const unless = (lack: (typeof lacks)[number]) => (lacks.includes(lack) ? it.skip : it);

  // Real time on a machine that others use too: what a moment of theirs spoils is heard again.
  describe(`media: ${name}`, { retry: 2 }, () => {
    let run: MediaRun;

    beforeAll(async () => {
      run = await MediaRun.start(media);
    });

    afterEach(async () => {
      await run.clear();
    });

    afterAll(async () => {
      await run.stop();
    });

    /** Callers in one room, each with a tone of his own. */
    const talkers = async (roomName: string, ...tones: readonly number[]): Promise<readonly Caller[]> => {
      const room = conferenceId(roomName);
      const callers: Caller[] = [];
      for (const hz of tones) {
        const caller = await run.caller();
        caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
        await caller.endpoint.join(room, { muted: false });
        callers.push(caller);
      }
      return callers;
    };

    const at = (callers: readonly Caller[], index: number): Caller => {
      const caller = callers[index];
      if (caller === undefined) throw new Error(`no caller ${index}`);
      return caller;
    };

    describe('playing to one caller', () => {
      it('sends RTP from the answer on, silent while nothing is played', async () => {
        const { phone } = await run.caller();
        const heard = await heardFor(phone, 500);
        expect(levelDbfs(heard)).toBeLessThan(QUIET_DBFS);
        expect(phone.statistics().packetsReceived).toBeGreaterThan(20);
      });

      it('plays a file from its first sample to its last and tells once that it has ended', async () => {
        const { phone, endpoint } = await run.caller();
        const sound = noise(600);
        const play = run.play();
        endpoint.play(play, [await run.sound('whole', sound)]);
        expect(await run.ended(play)).toBe('completed');
        await pause(200);
        const heard = phone.heard();
        const start = place(heard, sound);
        expect(likeness(heard, sound, start)).toBeGreaterThan(0.9);
      });

      it('plays files at 16 kHz at their right pitch', async () => {
        const { phone, endpoint } = await run.caller();
        const play = run.play();
        const path = `${run.folder}/wide.wav`;
        await writeWav(path, sine(500, 1_000), 16_000);
        endpoint.play(play, [{ path, loop: false }]);
        expect(await run.ended(play)).toBe('completed');
        // 500 Hz written as if at 8 kHz is 1000 Hz at 16 kHz, and half as long.
        expect(toneDbfs(phone.heard(), 1_000)).toBeGreaterThan(LOUD_DBFS);
        expect(toneDbfs(phone.heard(), 500)).toBeLessThan(LOUD_DBFS - 10);
      });

      unless('gapless')('plays a list in order without gaps, and it ends once', async () => {
        const { phone, endpoint } = await run.caller();
        const sounds = [noise(330, -16, 1), noise(250, -16, 2), noise(410, -16, 3)];
        const items = await Promise.all(sounds.map((sound, index) => run.sound(`part${index}`, sound)));
        const play = run.play();
        endpoint.play(play, items);
        expect(await run.ended(play)).toBe('completed');
        await pause(200);
        const heard = phone.heard();
        const whole = concatenated(...sounds);
        const start = place(heard, whole);
        expect(likeness(heard, whole, start)).toBeGreaterThan(0.9);
        expect(silences(heard.subarray(start, start + whole.length), 3)).toEqual([]);
      });

      it('replaces a running play, which is told', async () => {
        const { phone, endpoint } = await run.caller();
        const [first, second] = [run.play(), run.play()];
        endpoint.play(first, [await run.sound('long', sine(700, 5_000))]);
        await hearsTone(phone, 700);
        endpoint.play(second, [await run.sound('short', sine(1_300, 400))]);
        expect(await run.ended(first)).toBe('replaced');
        expect(await run.ended(second)).toBe('completed');
        const after = await heardFor(phone, 300);
        expect(toneDbfs(after, 700)).toBeLessThan(QUIET_DBFS);
      });

      it('stops playing when asked to', async () => {
        const { phone, endpoint } = await run.caller();
        const play = run.play();
        endpoint.play(play, [await run.sound('stopped', sine(700, 5_000))]);
        await hearsTone(phone, 700);
        endpoint.stopPlaying();
        expect(await run.ended(play, 1_000)).toBe('stopped');
        await pause(100);
        expect(levelDbfs(await heardFor(phone, 200))).toBeLessThan(QUIET_DBFS);
      });

      it('does nothing when asked to stop and nothing plays', async () => {
        const { endpoint } = await run.caller();
        const told = run.listener.finished.length;
        endpoint.stopPlaying();
        await pause(150);
        expect(run.listener.finished).toHaveLength(told);
      });

      it('repeats a looping file, after what comes before it in the list, until stopped', async () => {
        const { phone, endpoint } = await run.caller();
        const [intro, music] = [noise(300, -16, 4), noise(260, -16, 5)];
        const play = run.play();
        const looped = { ...(await run.sound('music', music)), loop: true };
        endpoint.play(play, [await run.sound('intro', intro), looped]);
        await pause(1_800);
        expect(run.listener.outcomes(play)).toEqual([]);
        endpoint.stopPlaying();
        expect(await run.ended(play)).toBe('stopped');
        const heard = phone.heard();
        let from = place(heard, intro) + intro.length - 400;
        for (let round = 0; round < 3; round++)
          from = place(heard.subarray(0, from + 3_000), music, from) + music.length - 80;
      });

      it('tells that a file could not be played, and of the trouble', async () => {
        const { endpoint } = await run.caller();
        const play = run.play();
        const path = `${run.folder}/nowhere.wav`;
        endpoint.play(play, [{ path, loop: false }]);
        expect(await run.ended(play)).toBe('failed');
        await until('trouble about the file', () => run.listener.troubles.some((line) => line.includes('nowhere.wav')));
      });
    });

    describe('rooms', () => {
      it('lets two hear each other and nobody himself', async () => {
        const callers = await talkers('two', 500, 900);
        const [one, two] = [at(callers, 0), at(callers, 1)];
        await hearsTone(one.phone, 900);
        await hearsTone(two.phone, 500);
        expect(toneDbfs(await heardFor(one.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
        expect(toneDbfs(await heardFor(two.phone, 300), 900)).toBeLessThan(QUIET_DBFS);
      });

      it('lets each of three hear the two others and not himself', async () => {
        const tones = [500, 900, 1_300];
        const callers = await talkers('three', ...tones);
        await pause(300);
        for (const [index, { phone }] of callers.entries()) {
          const heard = await heardFor(phone, 400);
          for (const [other, hz] of tones.entries()) {
            if (other === index) expect(toneDbfs(heard, hz)).toBeLessThan(QUIET_DBFS + 10);
            else expect(toneDbfs(heard, hz)).toBeGreaterThan(LOUD_DBFS);
          }
        }
        expect(await run.media.roomSize(conferenceId('three'))).toBe(3);
      });

      it('keeps two rooms apart', async () => {
        const [here, there] = [await talkers('here', 500, 900), await talkers('there', 1_300, 1_700)];
        await hearsTone(at(here, 0).phone, 900);
        await hearsTone(at(there, 0).phone, 1_700);
        const heard = await heardFor(at(here, 0).phone, 400);
        expect(toneDbfs(heard, 1_300)).toBeLessThan(QUIET_DBFS);
        expect(toneDbfs(heard, 1_700)).toBeLessThan(QUIET_DBFS);
      });

      it('does not let a muted caller be heard, from the moment of joining until unmuted', async () => {
        const [listener] = await talkers('muting', 500);
        const muted = await run.caller();
        muted.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
        await pause(100);
        listener?.phone.clearHeard();
        await muted.endpoint.join(conferenceId('muting'), { muted: true });
        await hearsTone(muted.phone, 500);
        if (listener === undefined) throw new Error('nobody listens');
        expect(toneDbfs(listener.phone.heard(), 900)).toBeLessThan(QUIET_DBFS);

        await muted.endpoint.setMuted(false);
        await hearsTone(listener.phone, 900);
        await muted.endpoint.setMuted(true);
        await pause(250);
        expect(toneDbfs(await heardFor(listener.phone, 400), 900)).toBeLessThan(QUIET_DBFS);
      });

      it('ends what plays when a caller joins', async () => {
        const { phone, endpoint } = await run.caller();
        const play = run.play();
        endpoint.play(play, [{ ...(await run.sound('hold', sine(700, 400))), loop: true }]);
        await hearsTone(phone, 700);
        await endpoint.join(conferenceId('music ends'), { muted: false });
        expect(await run.ended(play)).toBe('stopped');
        await pause(100);
        expect(toneDbfs(await heardFor(phone, 300), 700)).toBeLessThan(QUIET_DBFS);
      });

      it('lets a caller leave, be played to and come back', async () => {
        const callers = await talkers('leaving', 500, 900);
        const [one, two] = [at(callers, 0), at(callers, 1)];
        await hearsTone(one.phone, 900);
        await two.endpoint.leave();
        await pause(200);
        expect(toneDbfs(await heardFor(one.phone, 300), 900)).toBeLessThan(QUIET_DBFS);
        expect(toneDbfs(await heardFor(two.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
        expect(await run.media.roomSize(conferenceId('leaving'))).toBe(1);

        const play = run.play();
        two.endpoint.play(play, [await run.sound('outside', sine(1_500, 400))]);
        expect(await run.ended(play)).toBe('completed');
        expect(toneDbfs(two.phone.heard(), 1_500)).toBeGreaterThan(LOUD_DBFS);
        await two.endpoint.join(conferenceId('leaving'), { muted: false });
        await hearsTone(one.phone, 900);
      });

      it('lets a caller change rooms', async () => {
        const [old] = await talkers('old room', 500);
        const [fresh] = await talkers('new room', 900);
        const [mover] = await talkers('old room', 1_300);
        if (old === undefined || fresh === undefined || mover === undefined) throw new Error('a caller is missing');
        await hearsTone(old.phone, 1_300);
        await mover.endpoint.join(conferenceId('new room'), { muted: false });
        await hearsTone(fresh.phone, 1_300);
        await hearsTone(mover.phone, 900);
        expect(toneDbfs(await heardFor(old.phone, 300), 1_300)).toBeLessThan(QUIET_DBFS);
      });

      it('survives that everyone leaves, and begins anew', async () => {
        const callers = await talkers('emptied', 500, 900);
        await Promise.all(callers.map(({ endpoint }) => endpoint.leave()));
        expect(await run.media.roomSize(conferenceId('emptied'))).toBe(0);
        await Promise.all(callers.map(({ endpoint }) => endpoint.join(conferenceId('emptied'), { muted: false })));
        await hearsTone(at(callers, 0).phone, 900);
      });

      it('plays to everyone in the room, one after the other in order of call, each ending once', async () => {
        const callers = await talkers('announcements', 500, 900);
        const sounds = [noise(400, -16, 6), noise(300, -16, 7)];
        const plays = [run.play(), run.play()];
        for (const { phone } of callers) {
          phone.say({ kind: 'silence' });
          phone.clearHeard();
        }
        for (const [index, sound] of sounds.entries()) {
          const item = await run.sound(`announced${index}`, sound);
          run.media.playToRoom(conferenceId('announcements'), plays[index] ?? playId(''), [item]);
        }
        for (const play of plays) expect(await run.ended(play)).toBe('completed');
        await pause(200);
        for (const { phone } of callers) {
          const heard = phone.heard();
          const [first, second] = sounds.map((sound) => place(heard, sound));
          expect(second ?? 0).toBeGreaterThanOrEqual((first ?? 0) + 3_200 - 80);
        }
      });

      it('refuses to play to a room that is not there', async () => {
        const play = run.play();
        run.media.playToRoom(conferenceId('nobody here'), play, [await run.sound('unheard', sine(700, 200))]);
        expect(await run.ended(play, 1_000)).toBe('failed');
      });

      unless('privateInRoom')('plays to one caller in a room without the others hearing it', async () => {
        const callers = await talkers('whisper', 500, 900);
        const [one, two] = [at(callers, 0), at(callers, 1)];
        await hearsTone(two.phone, 500);
        const play = run.play();
        two.phone.clearHeard();
        one.endpoint.play(play, [await run.sound('whispered', sine(1_500, 600))]);
        await hearsTone(one.phone, 1_500);
        expect(await run.ended(play)).toBe('completed');
        expect(toneDbfs(two.phone.heard(), 1_500)).toBeLessThan(QUIET_DBFS);
        await hearsTone(one.phone, 900);
      });
    });

    describe('keys', () => {
      it('tells every key of RFC 4733 once, in order', async () => {
        const { phone, endpoint, callId } = await run.caller();
        for (const key of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const) {
          await phone.pressKey(key, { durationMs: 60 });
        }
        await until('twelve keys', () => run.listener.keysOf(callId).length >= 12);
        await pause(150);
        expect(run.listener.keysOf(callId)).toBe('123456789*0#');
        expect(run.listener.keys.filter((key) => key.callId === endpoint.callId).map(({ method }) => method)).toEqual(
          Array.from({ length: 12 }, () => 'event'),
        );
      });

      it('tells the same key pressed three times quickly three times', async () => {
        const { phone, callId } = await run.caller();
        await Promise.all(['7', '7', '7'].map(() => phone.pressKey('7', { durationMs: 60 })));
        await until('three keys', () => run.listener.keysOf(callId).length >= 3);
        await pause(150);
        expect(run.listener.keysOf(callId)).toBe('777');
      });

      it('tells a long key once', async () => {
        const { phone, callId } = await run.caller();
        await phone.pressKey('4', { durationMs: 1_500 });
        await pause(150);
        expect(run.listener.keysOf(callId)).toBe('4');
      });

      it('tells keys of a caller in a room, muted or not, while the others hear nothing of them', async () => {
        const callers = await talkers('keys', 500, 900);
        const [one, two] = [at(callers, 0), at(callers, 1)];
        one.phone.say({ kind: 'silence' });
        await pause(200);
        two.phone.clearHeard();
        await one.phone.pressKey('8', { durationMs: 200 });
        await one.endpoint.setMuted(true);
        await one.phone.pressKey('9', { durationMs: 200 });
        await until('two keys', () => run.listener.keysOf(one.callId).length >= 2);
        await pause(150);
        expect(run.listener.keysOf(one.callId)).toBe('89');
        expect(levelDbfs(two.phone.heard())).toBeLessThan(QUIET_DBFS);
      });

      unless('inband')('tells keys pressed as tones once, until events come or it is told to stop', async () => {
        const plain = await run.caller({ eventPayloadType: null });
        for (const key of ['3', '9', '9', '#'] as const) await plain.phone.pressKey(key, { method: 'inband' });
        await until('four keys', () => run.listener.keysOf(plain.callId).length >= 4);
        await pause(200);
        expect(run.listener.keysOf(plain.callId)).toBe('399#');
        expect(run.listener.keys.find((key) => key.callId === plain.callId)?.method).toBe('inband');

        plain.endpoint.stopInbandDetection();
        await pause(100);
        await plain.phone.pressKey('5', { method: 'inband' });
        await pause(300);
        expect(run.listener.keysOf(plain.callId)).toBe('399#');

        const both = await run.caller();
        await both.phone.pressKey('1', { method: 'event' });
        await both.phone.pressKey('2', { method: 'inband' });
        await pause(300);
        expect(run.listener.keysOf(both.callId)).toBe('1');
      });
    });

    describe('recording', () => {
      /** The mean level of a tone with a peak of -20 dBFS is -23; a few missing frames are no matter. */
      const SAID_DBFS = -24;
      const talker = async (hz = 500): Promise<Caller> => {
        const caller = await run.caller();
        caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
        await pause(200);
        return caller;
      };
      const partials = async (): Promise<readonly string[]> =>
        (await readdir(run.folder)).filter((file) => file.includes('partial'));

      it('records what the caller says, from now until stopped, and not what he hears', async () => {
        const { phone, endpoint } = await talker();
        endpoint.play(run.play(), [await run.sound('prompt', sine(1_500, 5_000))]);
        await hearsTone(phone, 1_500);
        const path = `${run.folder}/name.wav`;
        const begun = performance.now();
        await endpoint.record(path, { limitMs: 5_000 });
        await pause(1_000);
        const asked = performance.now();
        const result = await endpoint.stopRecording();
        expect(performance.now() - asked).toBeLessThan(1_000);
        const sound = await recorded(path);
        expect(sound.length / 8).toBe(result?.durationMs);
        expect(Math.abs(sound.length / 8 - (asked - begun))).toBeLessThan(150);
        expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
        expect(toneDbfs(sound, 1_500)).toBeLessThan(QUIET_DBFS);
        // An engine may need a moment to begin, or to go on where files are played.
        expect(silences(sound, 50)).toEqual([]);
        expect(await endpoint.stopRecording()).toBeNull();
        expect(await partials()).toEqual([]);
      });

      it('ends a recording at its limit, and then makes another in place of it', async () => {
        const { phone, endpoint } = await talker();
        const path = `${run.folder}/limited.wav`;
        await endpoint.record(path, { limitMs: 700 });
        await pause(1_100);
        phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
        await pause(300);
        const result = await endpoint.stopRecording();
        const sound = await recorded(path);
        expect(result?.durationMs).toBe(sound.length / 8);
        expect(sound.length / 8).toBeLessThanOrEqual(700);
        expect(sound.length / 8).toBeGreaterThan(550);
        expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);

        await endpoint.record(path, { limitMs: 300_000 });
        await pause(400);
        await endpoint.stopRecording();
        const again = await recorded(path);
        expect(toneDbfs(again, 900)).toBeGreaterThan(SAID_DBFS);
        expect(toneDbfs(again, 500)).toBeLessThan(QUIET_DBFS);
      });

      it('records a caller alone who enters a room, is muted there and leaves it', async () => {
        const [other] = await talkers('recorded', 900);
        const { phone, endpoint } = await talker();
        const path = `${run.folder}/in-a-room.wav`;
        await endpoint.record(path, { limitMs: 30_000 });
        const begun = performance.now();
        await endpoint.join(conferenceId('recorded'), { muted: false });
        await hearsTone(phone, 900);
        if (other !== undefined) await hearsTone(other.phone, 500);
        await endpoint.setMuted(true);
        await pause(700);
        await endpoint.leave();
        await pause(200);
        const lasted = performance.now() - begun;
        await endpoint.stopRecording();
        const sound = await recorded(path);
        expect(Math.abs(sound.length / 8 - lasted)).toBeLessThan(250);
        expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
        expect(toneDbfs(sound, 900)).toBeLessThan(QUIET_DBFS + 10);
        // The end of it was spoken while muted.
        expect(toneDbfs(sound.subarray(-6_400), 500)).toBeGreaterThan(SAID_DBFS);
      });

      unless('recordedPauses')('keeps the time while the caller sends nothing', async () => {
        const { phone, endpoint } = await talker();
        const path = `${run.folder}/pause.wav`;
        await endpoint.record(path, { limitMs: 5_000 });
        const begun = performance.now();
        await pause(400);
        phone.say({ kind: 'nothing' });
        await pause(800);
        phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
        await pause(400);
        const lasted = performance.now() - begun;
        await endpoint.stopRecording();
        const sound = await recorded(path);
        expect(Math.abs(sound.length / 8 - lasted)).toBeLessThan(150);
        expect(toneDbfs(sound.subarray(800, 2_400), 500)).toBeGreaterThan(SAID_DBFS);
        expect(levelDbfs(sound.subarray(5_200, 8_400))).toBeLessThan(QUIET_DBFS);
        expect(toneDbfs(sound.subarray(-1_200), 900)).toBeGreaterThan(SAID_DBFS);
      });

      it('leaves out the keys', async () => {
        const { phone, endpoint } = await run.caller();
        const path = `${run.folder}/keys.wav`;
        await endpoint.record(path, { limitMs: 5_000 });
        await phone.pressKey('5', { durationMs: 200 });
        await pause(200);
        await endpoint.stopRecording();
        expect(levelDbfs(await recorded(path))).toBeLessThan(QUIET_DBFS);
      });

      it('keeps what was recorded when the endpoint closes', async () => {
        const { endpoint } = await talker();
        const path = `${run.folder}/closed.wav`;
        await endpoint.record(path, { limitMs: 30_000 });
        await pause(600);
        await endpoint.close();
        const sound = await recorded(path);
        expect(sound.length / 8).toBeGreaterThan(450);
        expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
        expect(await endpoint.stopRecording()).toBeNull();
        await expect(endpoint.record(path, { limitMs: 1_000 })).rejects.toThrow();
        expect(await partials()).toEqual([]);
      });

      it('makes one recording of a caller at a time, of any number of callers', async () => {
        const [one, two] = [await talker(500), await talker(900)];
        const [first, second] = [`${run.folder}/one.wav`, `${run.folder}/two.wav`];
        await Promise.all([
          one.endpoint.record(first, { limitMs: 5_000 }),
          two.endpoint.record(second, { limitMs: 5_000 }),
        ]);
        await expect(one.endpoint.record(`${run.folder}/both.wav`, { limitMs: 5_000 })).rejects.toThrow(/already/);
        await pause(400);
        await Promise.all([one.endpoint.stopRecording(), two.endpoint.stopRecording()]);
        expect(toneDbfs(await recorded(first), 500)).toBeGreaterThan(SAID_DBFS);
        expect(toneDbfs(await recorded(second), 900)).toBeGreaterThan(SAID_DBFS);
      });

      it('refuses a recording where no file can be written, or of no or endless length, in one line', async () => {
        const { endpoint } = await talker();
        await writeFile(`${run.folder}/file`, '');
        for (const path of [`${run.folder}/missing/a.wav`, `${run.folder}/file/a.wav`, run.folder]) {
          await expect(endpoint.record(path, { limitMs: 1_000 })).rejects.toThrow(/^cannot record to .*$/);
        }
        for (const limitMs of [0, -1, Number.NaN, 300_001]) {
          await expect(endpoint.record(`${run.folder}/b.wav`, { limitMs })).rejects.toThrow(/^cannot record for .*$/);
        }
        expect(await endpoint.stopRecording()).toBeNull();
        expect(await partials()).toEqual([]);
        await endpoint.record(`${run.folder}/b.wav`, { limitMs: 1_000 });
      });
    });

    describe('negotiation', () => {
      it.each([
        ['garbage', 'what is this'],
        ['nothing', ''],
        ['no audio', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'],
      ])('refuses %s', async (_what, offer) => {
        await expect(run.endpoint(offer)).rejects.toThrow(MediaNotAcceptable);
      });

      it('refuses an offer without a common codec', async () => {
        const phone = await run.phone();
        const offer = phone
          .offer()
          .replace(/ 0 8 101/, ' 18')
          .replaceAll(/a=(?:rtpmap|fmtp).*\r\n/g, '');
        await expect(run.endpoint(offer)).rejects.toThrow(MediaNotAcceptable);
      });

      it.each([['PCMU'], ['PCMA']] as const)('speaks and understands %s', async (codec) => {
        const { phone, endpoint } = await run.caller({ codecs: [codec] });
        expect(phone.agreement?.codec).toBe(codec);
        const other = await run.caller({ codecs: ['PCMU'] });
        phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
        other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
        await endpoint.join(conferenceId(codec), { muted: false });
        await other.endpoint.join(conferenceId(codec), { muted: false });
        await hearsTone(phone, 900);
        await hearsTone(other.phone, 500);
        expect((await endpoint.statistics()).codec).toBe(codec);
      });

      unless('lateOffer')('offers where the caller did not, and completes with the answer', async () => {
        const phone = await run.phone();
        const endpoint = await run.endpoint(null);
        const answer = phone.answer(endpoint.localSdp);
        await endpoint.acceptAnswer(answer);
        run.keep(phone, endpoint);
        const play = run.play();
        endpoint.play(play, [await run.sound('late', sine(700, 500))]);
        await hearsTone(phone, 700);
        await phone.pressKey('5');
        await until('the key', () => run.listener.keysOf(endpoint.callId) === '5');
      });

      unless('lateOffer')('refuses an answer that is none', async () => {
        const phone = await run.phone();
        const endpoint = await run.endpoint(null);
        run.keep(phone, endpoint);
        await expect(endpoint.acceptAnswer('nonsense')).rejects.toThrow(MediaNotAcceptable);
      });

      it('sends nothing to a caller who holds, and goes on when he resumes', async () => {
        const callers = await talkers('holding', 500, 900);
        const { phone, endpoint } = at(callers, 0);
        await hearsTone(phone, 900);
        for (const direction of ['sendonly', 'inactive'] as const) {
          phone.acceptAnswer(await endpoint.renegotiate(phone.offer(direction)));
          await pause(150);
          const before = phone.statistics().packetsReceived;
          await pause(300);
          expect(phone.statistics().packetsReceived - before).toBeLessThanOrEqual(1);
          phone.acceptAnswer(await endpoint.renegotiate(phone.offer('sendrecv')));
          await hearsTone(phone, 900);
          await hearsTone(at(callers, 1).phone, 500);
        }
      });

      it('follows a caller to another address', async () => {
        const callers = await talkers('moving', 500, 900);
        const { endpoint } = at(callers, 0);
        const moved = await run.phone();
        moved.say({ kind: 'tone', hz: 1_300, dbfs: -20 });
        moved.acceptAnswer(await endpoint.renegotiate(moved.offer()));
        await hearsTone(moved, 900);
        await hearsTone(at(callers, 1).phone, 1_300);
        expect(toneDbfs(await heardFor(at(callers, 1).phone, 300), 500)).toBeLessThan(QUIET_DBFS);
      });

      it('changes nothing when a new offer is refused', async () => {
        const callers = await talkers('unmoved', 500, 900);
        const { phone, endpoint } = at(callers, 0);
        await expect(endpoint.renegotiate('nonsense')).rejects.toThrow(MediaNotAcceptable);
        await hearsTone(phone, 900);
        await hearsTone(at(callers, 1).phone, 500);
      });

      it('keeps its SDP session and raises the version only for a change', async () => {
        const { phone, endpoint } = await run.caller();
        const origin = (sdp: string): readonly string[] => /^o=\S+ (\d+) (\d+)/m.exec(sdp)?.slice(1) ?? [];
        const [session, version] = origin(endpoint.localSdp);
        expect(origin(await endpoint.renegotiate(phone.offer()))).toEqual([session, version]);
        const held = origin(await endpoint.renegotiate(phone.offer('sendonly')));
        expect(held[0]).toBe(session);
        expect(Number(held[1])).toBe(Number(version) + 1);
      });

      unless('lateOffer')('makes an offer when a re-INVITE has none', async () => {
        const { phone, endpoint } = await run.caller();
        const offer = await endpoint.renegotiate(null);
        await endpoint.acceptAnswer(phone.answer(offer));
        const play = run.play();
        endpoint.play(play, [await run.sound('again', sine(700, 500))]);
        await hearsTone(phone, 700);
      });
    });

    describe('the end', () => {
      it('tells nothing of an endpoint after it was closed, which may be done twice', async () => {
        const { phone, endpoint, callId } = await run.caller();
        const play = run.play();
        endpoint.play(play, [await run.sound('cut', sine(700, 3_000))]);
        await hearsTone(phone, 700);
        await Promise.all([endpoint.close(), endpoint.close()]);
        await endpoint.close();
        await pause(300);
        expect(run.listener.outcomes(play)).toEqual([]);
        expect(run.listener.lost.filter((lost) => lost.callId === callId)).toEqual([]);
        const { packetsReceived } = phone.statistics();
        await pause(200);
        expect(phone.statistics().packetsReceived).toBe(packetsReceived);
      });

      it('counts what was sent and received', async () => {
        const { phone, endpoint } = await run.caller();
        phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
        await pause(600);
        const { packetsReceived, packetsSent, packetsLost } = await endpoint.statistics();
        expect(packetsReceived).toBeGreaterThan(15);
        expect(packetsSent).toBeGreaterThan(15);
        expect(packetsLost).toBeLessThanOrEqual(1);
      });

      it('tells of its mixers and how many endpoints sit on them', async () => {
        const count = (): number => run.media.mixers().reduce((sum, { endpoints }) => sum + endpoints, 0);
        const { endpoint } = await run.caller();
        expect(run.media.mixers().length).toBeGreaterThan(0);
        expect(run.media.mixers().every(({ healthy }) => healthy)).toBe(true);
        expect(run.media.mixers().map(({ name: mixer }) => mixer)).toContain(endpoint.mixer);
        expect(count()).toBe(1);
        await endpoint.close();
        expect(count()).toBe(0);
      });
    });
  });
}
