import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseHandle } from '../../src/adapters/freeswitch/leg-handle.js';
import type { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import type { MediaEndpoint } from '../../src/ports/media.js';
import type { MixerLegs } from '../../src/ports/mixer-legs.js';
import { describeProduction } from '../production.js';
import { sine } from '../sound.js';
import { hearsTone, MediaRun, until, untilTold, type Caller } from './media-kit.js';
import { MixerCluster } from './mixer-cluster.js';

const ROOM = conferenceId('raced');

describeProduction('FreeSWITCH, where two things happen at once', () => {
  let cluster: MixerCluster;
  let run: MediaRun<FreeSwitchMedia>;

  beforeAll(async () => {
    cluster = await MixerCluster.start({ a: {}, b: {} });
  }, 60_000);
  afterEach(async () => {
    await run.stop();
    await cluster.restore();
  }, 60_000);
  afterAll(() => cluster.stop(), 30_000);

  const start = async (legs: MixerLegs, ...names: readonly string[]): Promise<void> => {
    run = await MediaRun.start(cluster.media(names, { legs }));
  };

  const mixerOf = (name: string) => run.media.mixers().find((mixer) => mixer.name === name);
  const reopened = async (): Promise<void> => {
    await until('the cut to be seen', () => mixerOf('a')?.healthy === false);
    await until('it to be open again', () => mixerOf('a')?.healthy === true);
  };
  const adopt = async ({ phone, endpoint, callId }: Caller): Promise<Caller> => {
    const state = { room: ROOM, remoteSdp: phone.offer() };
    return run.keep(phone, await run.media.adopt(callId, endpoint.handle ?? '', state));
  };

  const channelOf = ({ handle }: MediaEndpoint): string => parseHandle(handle ?? '')?.channel ?? 'none';

  it('takes a change of the mixers that comes while it starts', async () => {
    const media = cluster.media(['a', 'b']);
    const starting = MediaRun.start(media);
    await pause(5);
    media.setMixers([{ ...cluster.options('a'), draining: true }]);
    run = await starting;
    await until('the change', () => run.media.mixers().length === 1);
    expect(run.media.mixers()).toMatchObject([{ name: 'a', draining: true }]);
  });

  it('places a room anew whose mixer was let go', async () => {
    await start(cluster.legs, 'a');
    expect(run.media.placeRoom(ROOM)).toBe('a');
    run.media.setMixers([cluster.options('b')]);
    await until('the new mixer', () => mixerOf('b')?.healthy === true);
    expect(run.media.placeRoom(ROOM)).toBe('b');
  });

  it('keeps a leg that is made while the event socket is cut', async () => {
    const { legs } = cluster;
    await start(
      {
        place: async (request) => {
          const leg = await legs.place(request);
          cluster.cut('a');
          await until('the cut to be seen', () => mixerOf('a')?.healthy === false);
          return leg;
        },
        takeBack: (handle) => legs.takeBack(handle),
      },
      'a',
    );
    const { phone, endpoint } = await run.caller();
    const play = run.play();
    endpoint.play(play, [await run.sound('heard', sine(700, 600))]);
    await hearsTone(phone, 700);
    expect(await run.ended(play)).toBe('completed');
  });

  it('takes a leg back while the event socket is cut', async () => {
    await start(cluster.legs, 'a');
    const before = await run.caller();
    await run.media.release();
    run = await MediaRun.start(cluster.media(['a']));
    cluster.cut('a');
    await until('the cut to be seen', () => mixerOf('a')?.healthy === false);
    const { endpoint } = await adopt(before);
    await endpoint.join(ROOM, { muted: false });
    expect(await run.media.roomSize(ROOM)).toBe(1);
  });

  it('plays once more from its beginning what the cut of the event socket interrupted', async () => {
    await start(cluster.legs, 'a');
    const { phone, endpoint } = await run.caller();
    const play = run.play();
    endpoint.play(play, [await run.sound('whole', sine(700, 1_500))]);
    await hearsTone(phone, 700);
    cluster.cut('a');
    await reopened();
    await pause(300);
    expect(run.listener.outcomes(play)).toEqual([]);
    await hearsTone(phone, 700);
    expect(await run.ended(play)).toBe('completed');
  });

  it('searches for keys in the audio also where that was begun while the event socket was cut', async () => {
    await start(cluster.legs, 'a');
    const { endpoint, callId } = await run.caller();
    cluster.cut('a');
    await until('the cut to be seen', () => mixerOf('a')?.healthy === false);
    // A re-INVITE of a telephone that has no events.
    const plain = await run.phone({ eventPayloadType: null });
    await endpoint.acceptAnswer(plain.offer());
    plain.acceptAnswer(endpoint.localSdp);
    await until('it to be open again', () => mixerOf('a')?.healthy === true);
    const searching = async (): Promise<boolean> =>
      (await cluster.ask('a', `uuid_buglist ${channelOf(endpoint)}`)).includes('dtmf');
    await untilTold('the audio to be searched', searching);
    await pause(300);
    await plain.pressKey('4', { method: 'inband' });
    await until('the key', () => run.listener.keysOf(callId) === '4');
  });

  it('enters a room once where that is asked for just as the event socket is opened again', async () => {
    await start(cluster.legs, 'a');
    const { endpoint } = await run.caller();
    cluster.cut('a');
    await until('the cut to be seen', () => mixerOf('a')?.healthy === false);
    // Answered by the new socket, after the mixer said who sits where.
    await run.media.roomSize(ROOM);
    await endpoint.join(ROOM, { muted: false });
    await until('it to be open again', () => mixerOf('a')?.healthy === true);
    await pause(200);
    expect(await run.media.roomSize(ROOM)).toBe(1);
    await endpoint.leave();
    await pause(200);
    expect(await run.media.roomSize(ROOM)).toBe(0);
    expect(run.listener.out).toEqual([]);
  });

  it('takes back the audio of a leg whose dialog is lost, and ends it', async () => {
    await start(cluster.legs, 'a');
    const before = await run.caller();
    before.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
    await before.endpoint.join(ROOM, { muted: false });
    await run.media.release();
    run = await MediaRun.start(
      cluster.media(['a'], {
        legs: { place: (request) => cluster.legs.place(request), takeBack: () => Promise.resolve(null) },
      }),
    );
    const { phone, endpoint } = await adopt(before);
    const other = await run.caller();
    other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
    await other.endpoint.join(ROOM, { muted: false });
    await hearsTone(phone, 900);
    await hearsTone(other.phone, 500);
    // It cannot be offered anything, and goes on as it is.
    await expect(endpoint.renegotiate(phone.offer('sendonly'))).rejects.toThrow('the dialog of this leg is lost');
    await hearsTone(phone, 900);
    await endpoint.leave();
    const play = run.play();
    endpoint.play(play, [await run.sound('still', sine(1_500, 300))]);
    expect(await run.ended(play)).toBe('completed');
    await endpoint.close();
    expect(await cluster.ask('a', `uuid_exists ${channelOf(endpoint)}`)).toBe('false');
    expect(run.listener.lost).toEqual([]);
  }, 20_000);
});
