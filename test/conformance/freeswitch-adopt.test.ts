import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import { conferenceId, type ConferenceId } from '../../src/domain/identifiers.js';
import { EndpointGone, type MediaEndpoint } from '../../src/ports/media.js';
import { describeProduction } from '../production.js';
import { silences, sine, toneDbfs } from '../sound.js';
import { hearsTone, heardFor, MediaRun, recorded, until, type Caller } from './media-kit.js';
import { MixerCluster } from './mixer-cluster.js';

const QUIET_DBFS = -60;
const ROOM = conferenceId('outliving');

describeProduction('FreeSWITCH, legs that outlive the process', () => {
  let cluster: MixerCluster;
  let run: MediaRun<FreeSwitchMedia>;
  /** After the first process is gone. */
  let next: MediaRun<FreeSwitchMedia>;

  beforeAll(async () => {
    cluster = await MixerCluster.start({ a: {} });
  }, 60_000);
  afterEach(async () => {
    await next.stop();
    await run.stop();
    await cluster.restore();
  }, 60_000);
  afterAll(() => cluster.stop(), 30_000);

  const start = async (): Promise<void> => {
    run = next = await MediaRun.start(cluster.media(['a']));
  };

  /** The process dies, as the mixers see it, and another comes. */
  const replace = async (): Promise<void> => {
    await run.media.release();
    next = await MediaRun.start(cluster.media(['a']));
  };

  const talker = async (hz: number): Promise<Caller> => {
    const caller = await run.caller();
    caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
    await caller.endpoint.join(ROOM, { muted: false });
    return caller;
  };

  const adopt = async ({ phone, endpoint, callId }: Caller, room: ConferenceId | null): Promise<Caller> => {
    const adopted = await next.media.adopt(callId, endpoint.handle ?? '', { room, remoteSdp: phone.offer() });
    return next.keep(phone, adopted);
  };

  it('takes members of a room back without a gap in what they hear, and everything works on', async () => {
    await start();
    const [hearing, heard] = [await talker(500), await talker(900)];
    await hearsTone(hearing.phone, 900);
    const { packetsReceived } = await hearing.endpoint.statistics();
    hearing.phone.clearHeard();
    await replace();
    expect(next.media.placeRoom(ROOM, 'a')).toBe('a');
    const [one, two] = await Promise.all([adopt(hearing, ROOM), adopt(heard, ROOM)]);
    await next.media.sweep();
    expect(next.media.mixers()[0]).toMatchObject({ endpoints: 2, rooms: 1 });
    // Still in the room, and not once more.
    await Promise.all([one, two].map(({ endpoint }) => endpoint.join(ROOM, { muted: false })));
    expect(await next.media.roomSize(ROOM)).toBe(2);
    await pause(300);
    expect(hearing.phone.heard().length).toBeGreaterThan(4_000);
    expect(silences(hearing.phone.heard(), 100)).toEqual([]);
    await hearsTone(one.phone, 900);
    await hearsTone(two.phone, 500);
    expect((await one.endpoint.statistics()).packetsReceived).toBeGreaterThan(packetsReceived);

    await one.endpoint.setMuted(true);
    await pause(250);
    expect(toneDbfs(await heardFor(two.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
    await one.endpoint.join(ROOM, { muted: false });
    await hearsTone(two.phone, 500);
    await one.phone.pressKey('7');
    await until('a key', () => next.listener.keysOf(one.callId) === '7');
    const [toOne, toAll] = [next.play(), next.play()];
    one.endpoint.play(toOne, [await next.sound('one', sine(1_500, 300))]);
    expect(await next.ended(toOne)).toBe('completed');
    next.media.playToRoom(ROOM, toAll, [await next.sound('all', sine(1_700, 300))]);
    expect(await next.ended(toAll)).toBe('completed');
    expect(toneDbfs(two.phone.heard(), 1_700)).toBeGreaterThan(-35);
    two.phone.acceptAnswer(await two.endpoint.renegotiate(two.phone.offer('sendonly')));
    two.phone.acceptAnswer(await two.endpoint.renegotiate(two.phone.offer('sendrecv')));
    await hearsTone(one.phone, 900);
    await two.endpoint.leave();
    expect(await next.media.roomSize(ROOM)).toBe(1);
    expect(next.listener.out).toEqual([]);
    await Promise.all([one, two].map(({ endpoint }) => endpoint.close()));
    expect(await cluster.sessions('a')).toBe(0);
    expect(run.listener.lost).toEqual([]);
    expect(run.listener.out).toEqual([]);
  }, 60_000);

  it('ends silently what played, outside a room', async () => {
    await start();
    const waiting = await run.caller();
    const play = run.play();
    waiting.endpoint.play(play, [{ ...(await run.sound('music', sine(700, 3_000))), loop: true }]);
    await hearsTone(waiting.phone, 700);
    await replace();
    const { phone, endpoint } = await adopt(waiting, null);
    await pause(600);
    expect(toneDbfs(await heardFor(phone, 300), 700)).toBeLessThan(QUIET_DBFS);
    expect(next.listener.finished).toEqual([]);
    const again = next.play();
    endpoint.play(again, [await next.sound('again', sine(900, 300))]);
    expect(await next.ended(again)).toBe('completed');
    await endpoint.join(ROOM, { muted: false });
    expect(await next.media.roomSize(ROOM)).toBe(1);
  }, 30_000);

  it('goes on to find keys in the audio, and to record', async () => {
    await start();
    const plain = await run.caller({ eventPayloadType: null });
    plain.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
    const path = `${run.folder}/across.wav`;
    await plain.endpoint.record(path, { limitMs: 20_000 });
    await pause(500);
    await replace();
    const { phone, endpoint, callId } = await adopt(plain, null);
    await pause(500);
    const result = await endpoint.stopRecording();
    const sound = await recorded(path);
    expect(result?.durationMs).toBe(sound.length / 8);
    expect(sound.length / 8).toBeGreaterThan(950);
    expect(toneDbfs(sound, 500)).toBeGreaterThan(-24);
    phone.say({ kind: 'silence' });
    await phone.pressKey('4', { method: 'inband' });
    await until('the key', () => next.listener.keysOf(callId) === '4');
    expect(next.listener.keys[0]?.method).toBe('inband');
    endpoint.stopInbandDetection();
  }, 30_000);

  it('ends what nobody took back, and nothing else', async () => {
    await start();
    const before = await talker(500);
    await talker(900);
    await run.caller();
    await replace();
    const kept = await adopt(before, ROOM);
    const fresh = await next.caller();
    await next.media.sweep();
    expect(await cluster.sessions('a')).toBe(2);
    expect(await next.media.roomSize(ROOM)).toBe(1);
    expect(next.listener.lost).toEqual([]);
    await fresh.endpoint.join(ROOM, { muted: false });
    fresh.phone.say({ kind: 'tone', hz: 1_300, dbfs: -20 });
    await hearsTone(kept.phone, 1_300);
  }, 30_000);

  it('says that an endpoint is gone where it is, and leaves nothing of it', async () => {
    await start();
    const [ended, strange] = [await run.caller(), await run.caller()];
    const handles = [ended, strange].map(({ endpoint }) => endpoint.handle ?? '');
    await run.media.release();
    await cluster.ask('a', 'hupall');
    await pause(200);
    next = await MediaRun.start(cluster.media(['a']));
    const state = { room: null, remoteSdp: null };
    const attempts: (() => Promise<MediaEndpoint>)[] = [
      () => next.media.adopt(ended.callId, handles[0] ?? '', state),
      () => next.media.adopt(strange.callId, (handles[1] ?? '').replace('"mixer":"a"', '"mixer":"z"'), state),
      () => next.media.adopt(ended.callId, 'nonsense', state),
      () =>
        next.media.adopt(ended.callId, '{"version":1,"mixer":"a","channel":"x uuid_kill","leg":"1","sdp":""}', state),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toThrow(EndpointGone);
    expect(next.media.mixers()[0]).toMatchObject({ endpoints: 0 });
    await until('the dialogs to be let go', () => cluster.transactions() === 0);
  }, 30_000);

  it('notices what ends after it was taken back', async () => {
    await start();
    const [one, two] = [await talker(500), await talker(900)];
    await replace();
    const { endpoint } = await adopt(one, ROOM);
    await adopt(two, ROOM);
    await cluster.ask('a', 'conference partyline-outliving hup all');
    await until('both to be out', () => next.listener.out.length === 2);
    await endpoint.join(ROOM, { muted: false });
    await cluster.ask('a', 'hupall');
    await until('both to be lost', () => next.listener.lost.length === 2);
  }, 30_000);
});
