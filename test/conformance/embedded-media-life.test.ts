import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedMedia } from '../../src/adapters/embedded-media/media.js';
import { pairIsFree } from '../../src/adapters/embedded-media/port-range.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaExhausted } from '../../src/ports/media.js';
import { sine, toneDbfs } from '../sound.js';
import { MediaRun, recorded, until } from './media-kit.js';

const stall = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe('embedded media, as they come and go', () => {
  let media: EmbeddedMedia;
  let run: MediaRun;

  const start = async (workers: number): Promise<void> => {
    media = new EmbeddedMedia({
      ...{ clock: new SystemClock(), rtpPorts: { min: 22_450, max: 22_459 }, workers, portRestMs: 100 },
      ...{ advertise: () => '127.0.0.1', bindAddress: '127.0.0.1' },
    });
    run = await MediaRun.start(media);
  };

  beforeEach(() => start(1));

  afterEach(async () => {
    await run.stop();
  });

  it('open no endpoint once they are being stopped, and hold no port afterwards', async () => {
    const offer = (await run.phone()).offer();
    const calls = [1, 2, 3].map(() => run.endpoint(offer));
    const refused = Promise.allSettled(calls);
    await media.stop();
    for (const call of await refused) {
      expect(call.status === 'rejected' ? call.reason : call.value).toBeInstanceOf(MediaExhausted);
    }
    for (let port = 22_450; port < 22_460; port += 2) expect(await pairIsFree('127.0.0.1', port)).toBe(true);
  });

  it('give back the port of a call that no worker could take', async () => {
    const offer = (await run.phone()).offer();
    for (let death = 0; death < 6; death++) {
      const told = new Promise<void>((done) => (run.listener.trouble = () => done()));
      media.failWorker('worker-1', 'throw');
      // This thread is busy: it hears that the worker is ready together with its end.
      if (death > 2) stall(300);
      await told;
    }
    await pause(50);
    expect(media.mixers().map(({ healthy }) => healthy)).toEqual([false]);
    for (let call = 0; call < 5; call++) await expect(run.endpoint(offer)).rejects.toThrow('no media worker is ready');
    await until('a worker to be ready again', () => media.mixers().every(({ healthy }) => healthy));
    await pause(200);
    await (await run.endpoint(offer)).close();
  });

  it('play what is asked for while a caller is on the way to another worker', async () => {
    await run.stop();
    await start(2);
    const [one, other] = [await run.caller(), await run.caller()];
    const room = conferenceId('there');
    const sound = await run.sound('prompt', sine(700, 200));
    await media.preload([sound.path]);
    await one.endpoint.join(room, { muted: false });
    const joined = other.endpoint.join(room, { muted: false });
    await Promise.resolve();
    const play = run.play();
    other.endpoint.play(play, [sound]);
    await joined;
    expect(other.endpoint.mixer).toBe(one.endpoint.mixer);
    expect(await run.ended(play)).toBe('completed');
  });

  it('record on when a worker dies, and keep what was recorded when none takes its place', async () => {
    const { phone, endpoint } = await run.caller();
    phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
    await pause(200);
    const path = `${run.folder}/recorded.wav`;
    await endpoint.record(path, { limitMs: 60_000 });
    await pause(600);
    media.failWorker('worker-1', 'throw');
    await until('the worker to be replaced', () => run.listener.troubles.length > 0);
    await until('the next one to be ready', () => media.mixers().every(({ healthy }) => healthy), 15_000);
    phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
    await pause(1_000);
    const result = await endpoint.stopRecording();
    const sound = await recorded(path);
    expect(result?.durationMs).toBe(sound.length / 8);
    expect(sound.length / 8).toBeGreaterThan(1_000);
    expect(toneDbfs(sound.subarray(0, 2_400), 500)).toBeGreaterThan(-25);
    expect(toneDbfs(sound.subarray(-2_400), 900)).toBeGreaterThan(-25);

    await endpoint.record(path, { limitMs: 60_000 });
    await pause(600);
    for (let death = 0; death < 6 && run.listener.lost.length === 0; death++) {
      const told = run.listener.troubles.length;
      media.failWorker('worker-1', 'throw');
      await until('a worker to be replaced', () => run.listener.troubles.length > told);
    }
    expect(run.listener.lost).toHaveLength(1);
    await endpoint.close();
    expect(toneDbfs(await recorded(path), 900)).toBeGreaterThan(-25);
  });
});
