import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpServer } from '../../../src/app/http/server.js';
import type { MixerStatus } from '../../../src/ports/media.js';

type Observed = ConstructorParameters<typeof HttpServer>[1];
type Status = ReturnType<Observed['status']>;

const mixer = (name: string, more: Partial<MixerStatus> = {}): MixerStatus => ({
  name,
  healthy: true,
  draining: false,
  endpoints: 2,
  rooms: 1,
  limit: 500,
  version: 'FreeSWITCH 1.11.1',
  ...more,
});

let server: HttpServer;
let status: Status;
let mixers: MixerStatus[];
let healthy: boolean;

const get = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`http://${server.address()}${path}`);
  return { status: response.status, text: await response.text() };
};

beforeEach(async () => {
  status = {
    calls: 3,
    conferences: 1,
    callsTotal: 9,
    draining: false,
    outcomes: new Map([['completed', 6]]),
    callsBeingMoved: 2,
    callsMoved: 5,
    callsTakenBack: 4,
    recordings: 2,
    recordingFailures: 1,
  };
  mixers = [mixer('a')];
  healthy = true;
  server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      engine: 'freeswitch',
      version: '1.2.3',
      status: () => status,
      signaling: () => ({ healthy, detail: 'as it is', calls: 3, transactions: 1, listening: ['udp:127.0.0.1:5060'] }),
      mixers: () => mixers,
    },
  );
  await server.start();
});
afterEach(() => server.stop());

describe('/readyz', () => {
  it('is 200 while new calls are taken', async () => {
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ready\n' });
    mixers = [mixer('a', { healthy: false }), mixer('b', { draining: true }), mixer('c')];
    expect((await get('/readyz')).status).toBe(200);
  });

  it.each([
    ['draining', (): void => void (status = { ...status, draining: true })],
    ['no signalling', (): void => void (healthy = false)],
    ['no mixer', (): void => void (mixers = [mixer('a', { healthy: false })])],
    ['no mixer', (): void => void (mixers = [])],
    [
      'every mixer is draining',
      (): void => void (mixers = [mixer('a', { draining: true }), mixer('b', { healthy: false })]),
    ],
  ])('is 503 with one word for it: %s', async (word, happen) => {
    happen();
    expect(await get('/readyz')).toEqual({ status: 503, text: `${word}\n` });
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('/status', () => {
  it('tells signalling and mixers as they are', async () => {
    mixers.push(mixer('b', { draining: true, limit: null }));
    expect(JSON.parse((await get('/status')).text)).toMatchObject({
      version: '1.2.3',
      engine: 'freeswitch',
      calls: 3,
      outcomes: { completed: 6 },
      signaling: { healthy: true, detail: 'as it is', calls: 3, transactions: 1, listening: ['udp:127.0.0.1:5060'] },
      mixers: [
        { name: 'a', healthy: true, draining: false, endpoints: 2, rooms: 1, limit: 500 },
        { name: 'b', draining: true, limit: null },
      ],
    });
  });
});

describe('/metrics', () => {
  it('has a line for every figure of every mixer, and none for a mixer that was taken away', async () => {
    mixers.push(mixer('b', { healthy: false, draining: true, limit: null }));
    const { text } = await get('/metrics');
    for (const line of [
      'partyline_calls 3',
      'partyline_calls_being_moved 2',
      'partyline_calls_moved_total 5',
      'partyline_calls_taken_back_total 4',
      'partyline_recordings 2',
      'partyline_recording_failures_total 1',
      'partyline_signaling_healthy 1',
      'partyline_signaling_calls 3',
      'partyline_mixers_healthy 1',
      'partyline_mixer_healthy{mixer="a"} 1',
      'partyline_mixer_healthy{mixer="b"} 0',
      'partyline_mixer_draining{mixer="b"} 1',
      'partyline_mixer_endpoints{mixer="a"} 2',
      'partyline_mixer_rooms{mixer="a"} 1',
      'partyline_mixer_limit{mixer="a"} 500',
      'partyline_call_outcomes_total{outcome="completed"} 6',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('partyline_mixer_limit{mixer="b"}');
    mixers.pop();
    expect((await get('/metrics')).text).not.toContain('mixer="b"');
  });
});

describe('anything else', () => {
  it('is refused: other paths and other methods', async () => {
    expect((await get('/')).status).toBe(404);
    const response = await fetch(`http://${server.address()}/status`, { method: 'POST' });
    expect(response.status).toBe(405);
  });
});
