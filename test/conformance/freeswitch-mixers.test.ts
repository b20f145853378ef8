import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseHandle } from '../../src/adapters/freeswitch/leg-handle.js';
import type { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import { callId, conferenceId } from '../../src/domain/identifiers.js';
import { MediaExhausted } from '../../src/ports/media.js';
import { describeProduction } from '../production.js';
import { sine, toneDbfs } from '../sound.js';
import { hearsTone, heardFor, MediaRun, until, type Caller } from './media-kit.js';
import { MixerCluster } from './mixer-cluster.js';

const QUIET_DBFS = -60;

/** Uuid of a caller's channel. */
const channelOf = ({ endpoint }: Caller): string => parseHandle(endpoint.handle ?? '')?.channel ?? 'none';

describeProduction('FreeSWITCH, two mixers', () => {
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

  const start = async (...names: readonly string[]): Promise<void> => {
    run = await MediaRun.start(cluster.media(names));
  };

  /** A caller on the mixer of a room, in it, with a tone. */
  const talker = async (name: string, hz: number, muted = false): Promise<Caller> => {
    const room = conferenceId(name);
    const caller = await run.caller({}, run.media.placeRoom(room));
    caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
    await caller.endpoint.join(room, { muted });
    return caller;
  };

  const mixerOf = (name: string) => run.media.mixers().find((mixer) => mixer.name === name);

  describe('placement', () => {
    it('puts callers and rooms on the emptier mixer, and a room on one', async () => {
      await start('a', 'b');
      const callers = [await run.caller(), await run.caller(), await run.caller(), await run.caller()];
      expect(callers.map(({ endpoint }) => endpoint.mixer).sort()).toEqual(['a', 'a', 'b', 'b']);
      const rooms = ['r1', 'r2', 'r3', 'r4'].map((room) => run.media.placeRoom(conferenceId(room)));
      expect([...rooms].sort()).toEqual(['a', 'a', 'b', 'b']);
      expect(run.media.placeRoom(conferenceId('r3'))).toBe(rooms[2]);
      expect(mixerOf('a')).toMatchObject({ healthy: true, draining: false, endpoints: 2, limit: 999 });
      expect(mixerOf('a')?.version).toMatch(/^FreeSWITCH 1\.\d+/);
    });

    it('puts a room where its first caller sits, unless that mixer is drained', async () => {
      await start('a', 'b');
      const [one, two] = [await run.caller(), await run.caller()];
      for (const [name, { endpoint }] of Object.entries({ one, two, again: one })) {
        expect(run.media.placeRoom(conferenceId(`near-${name}`), undefined, endpoint.mixer)).toBe(endpoint.mixer);
      }
      run.media.setMixers(['a', 'b'].map((mixer) => ({ ...cluster.options(mixer), draining: mixer === 'a' })));
      expect(run.media.placeRoom(conferenceId('near-drained'), undefined, 'a')).toBe('b');
    });

    it('lets callers of one room hear each other, plays to it and counts it where it is', async () => {
      await start('a', 'b');
      const [one, two] = [await talker('first', 500), await talker('first', 900)];
      const [three, four] = [await talker('second', 1_300), await talker('second', 1_700)];
      expect(one.endpoint.mixer).toBe(two.endpoint.mixer);
      expect(three.endpoint.mixer).toBe(four.endpoint.mixer);
      expect(one.endpoint.mixer).not.toBe(three.endpoint.mixer);
      await hearsTone(one.phone, 900);
      await hearsTone(three.phone, 1_700);
      expect(await run.media.roomSize(conferenceId('second'))).toBe(2);
      const play = run.play();
      run.media.playToRoom(conferenceId('second'), play, [await run.sound('to-all', sine(2_100, 400))]);
      expect(await run.ended(play)).toBe('completed');
      expect(toneDbfs(four.phone.heard(), 2_100)).toBeGreaterThan(-35);
      expect(toneDbfs(two.phone.heard(), 2_100)).toBeLessThan(QUIET_DBFS);
    });

    it('puts nothing new on a mixer that is drained, and lets what is there go on', async () => {
      await start('a', 'b');
      const [one] = [await talker('kept', 500)];
      const name = one.endpoint.mixer;
      const other = name === 'a' ? 'b' : 'a';
      run.media.setMixers(['a', 'b'].map((mixer) => ({ ...cluster.options(mixer), draining: mixer === name })));
      expect(mixerOf(name)).toMatchObject({ draining: true, healthy: true });
      for (let count = 0; count < 3; count++) expect((await run.caller()).endpoint.mixer).toBe(other);
      expect(run.media.placeRoom(conferenceId('later'))).toBe(other);
      const joining = await talker('kept', 900);
      expect(joining.endpoint.mixer).toBe(name);
      await hearsTone(one.phone, 900);
      run.media.setMixers(['a', 'b'].map((mixer) => cluster.options(mixer)));
      expect((await run.caller()).endpoint.mixer).toBe(name);
    });

    it('says that no mixer takes anything when all are drained', async () => {
      await start('a');
      run.media.setMixers([{ ...cluster.options('a'), draining: true }]);
      await expect(run.caller()).rejects.toThrow(MediaExhausted);
      expect(() => run.media.placeRoom(conferenceId('nowhere'))).toThrow(MediaExhausted);
    });
  });

  describe('changed while it runs', () => {
    it('tells far ends the address configured for their mixer at the moment, or its own', async () => {
      const advertising = (address: string) => ({
        ...cluster.options('a'),
        advertise: (remote: string) => (remote.startsWith('10.') ? null : address),
      });
      run = await MediaRun.start(cluster.media([], { mixers: [advertising('203.0.113.7')] }));
      const told = async (remoteAddress: string): Promise<string> => {
        const phone = await run.phone();
        const request = { callId: callId(`from-${remoteAddress}`), offer: phone.offer(), remoteAddress, label: '' };
        const { localSdp } = run.keep(phone, await run.media.createEndpoint(request)).endpoint;
        // Nothing in it says another one.
        const addresses = new Set([...localSdp.matchAll(/ IN IP4 (\S+)/g)].map(([, address]) => address));
        return [...addresses].join();
      };
      expect(await told('198.51.100.1')).toBe('203.0.113.7');
      expect(await told('10.1.2.3')).toBe('127.0.0.1');
      run.media.setMixers([advertising('203.0.113.8')]);
      expect(await told('198.51.100.1')).toBe('203.0.113.8');
      run.media.setMixers([cluster.options('a')]);
      expect(await told('198.51.100.2')).toBe('127.0.0.1');
    });

    it('takes a new mixer, and lets one go when its last leg is gone', async () => {
      await start('a');
      const [one] = [await talker('staying', 500), await talker('staying', 900)];
      run.media.setMixers([cluster.options('b')]);
      await until('the new mixer', () => mixerOf('b')?.healthy === true);
      expect(one.endpoint.mixer).toBe('a (leaving)');
      expect(mixerOf('a (leaving)')).toMatchObject({ healthy: true, draining: true, endpoints: 2 });
      expect((await run.caller()).endpoint.mixer).toBe('b');
      await hearsTone(one.phone, 900);
      // Its room stays where it is.
      expect(run.media.placeRoom(conferenceId('staying'))).toBe('a (leaving)');
      const late = await talker('staying', 1_300);
      await hearsTone(one.phone, 1_300);
      expect(late.endpoint.mixer).toBe('a (leaving)');
      await run.clear();
      await until('the old one to be gone', () => run.media.mixers().length === 1);
      expect(await cluster.sessions('a')).toBe(0);
    });

    it('takes a mixer back that was leaving, without touching its callers', async () => {
      await start('a', 'b');
      const [one, two] = [await talker('back', 500), await talker('back', 900)];
      const name = one.endpoint.mixer;
      run.media.setMixers([cluster.options(name === 'a' ? 'b' : 'a')]);
      expect(one.endpoint.mixer).toBe(`${name} (leaving)`);
      run.media.setMixers(['a', 'b'].map((mixer) => cluster.options(mixer)));
      expect(one.endpoint.mixer).toBe(name);
      expect(run.listener.lost).toEqual([]);
      await hearsTone(two.phone, 500);
    });

    it('tells of a new mixer that cannot be used, once, and goes on', async () => {
      await start('a');
      const { eventSocket, ...rest } = cluster.options('b');
      run.media.setMixers([
        cluster.options('a'),
        { ...rest, eventSocket: { ...eventSocket, secret: 'not the secret' } },
      ]);
      await until('the trouble', () => run.listener.troubles.length > 0);
      await pause(1_500);
      expect(run.listener.troubles).toEqual([
        `mixer b: FreeSWITCH at 127.0.0.1:${eventSocket.port} refused the event-socket secret`,
      ]);
      expect((await run.caller()).endpoint.mixer).toBe('a');
      run.media.setMixers([cluster.options('a'), { ...rest, eventSocket }]);
      await until('the right secret to count', () => mixerOf('b')?.healthy === true, 8_000);
    });
  });

  it('starts when one mixer works, and takes the other when it comes', async () => {
    await cluster.kill('b');
    const begun = performance.now();
    await start('a', 'b');
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(run.listener.troubles).toHaveLength(1);
    expect(run.listener.troubles[0]).toMatch(/^mixer b: FreeSWITCH /);
    expect(mixerOf('b')).toMatchObject({ healthy: false, version: 'unreachable' });
    await cluster.restart('b');
    await until('the other', () => mixerOf('b')?.healthy === true, 10_000);
    expect((await run.caller()).endpoint.mixer).toBe('a');
    expect((await run.caller()).endpoint.mixer).toBe('b');
  }, 60_000);

  it('tells at once that a mixer was killed, keeps the other, and takes it again when it is back', async () => {
    await start('a', 'b');
    const [one, two, other] = [await talker('dying', 500), await talker('dying', 900), await talker('living', 1_300)];
    const name = one.endpoint.mixer;
    const play = run.play();
    run.media.playToRoom(conferenceId('dying'), play, [{ ...(await run.sound('cut', sine(700, 400))), loop: true }]);
    await hearsTone(two.phone, 700);
    const killed = performance.now();
    await cluster.kill(name);
    await until('both to be lost', () => run.listener.lost.length === 2);
    expect(performance.now() - killed).toBeLessThan(1_000);
    expect(run.listener.lost.map(({ callId: lost }) => lost).sort()).toEqual([one.callId, two.callId].sort());
    expect(run.listener.outcomes(play)).toEqual(['failed']);
    expect(mixerOf(name)).toMatchObject({ healthy: false, endpoints: 0, rooms: 0 });
    expect(run.media.placeRoom(conferenceId('dying'))).toBe(other.endpoint.mixer);
    await expect(run.caller({}, name)).rejects.toThrow(MediaExhausted);
    const moved = await run.caller();
    expect(moved.endpoint.mixer).toBe(other.endpoint.mixer);
    await until('the lost dialogs to be let go', () => cluster.transactions() === 0, 8_000);

    await cluster.restart(name);
    await until('the mixer to be back', () => mixerOf(name)?.healthy === true, 10_000);
    expect(run.listener.troubles.at(-1)).toBe(`mixer ${name} is back`);
    expect((await run.caller()).endpoint.mixer).toBe(name);
  }, 60_000);

  it('finds a frozen mixer within 5 s, and lets it rejoin without ghosts', async () => {
    await start('a', 'b');
    const [one, two] = [await talker('frozen', 500), await talker('frozen', 900)];
    const name = one.endpoint.mixer;
    await hearsTone(one.phone, 900);
    const stopped = performance.now();
    cluster.freeze(name);
    try {
      await until('both to be lost', () => run.listener.lost.length === 2, 6_000);
      const found = performance.now() - stopped;
      expect(found).toBeLessThan(5_000);
      expect(found).toBeGreaterThan(1_000);
      expect(mixerOf(name)?.healthy).toBe(false);
      await pause(1_000);
    } finally {
      cluster.thaw(name);
    }
    await until('it to be back', () => mixerOf(name)?.healthy === true, 10_000);
    expect(await cluster.sessions(name)).toBe(0);
    expect(await cluster.ask(name, 'conference list')).toMatch(/No active conferences/);
    for (const { phone } of [one, two]) {
      const { packetsReceived } = phone.statistics();
      await pause(200);
      expect(phone.statistics().packetsReceived).toBe(packetsReceived);
    }
    expect((await run.caller({}, name)).endpoint.mixer).toBe(name);
  }, 60_000);

  it('tries the next mixer where one refuses', async () => {
    await start('a', 'b');
    const [first] = run.media.mixers();
    await cluster.ask('a', 'fsctl pause inbound');
    try {
      const callers = [await run.caller(), await run.caller(), await run.caller()];
      expect(first?.name).toBe('a');
      expect(callers.map(({ endpoint }) => endpoint.mixer)).toEqual(['b', 'b', 'b']);
      await expect(run.caller({}, 'a')).rejects.toThrow(/^mixer a made no leg: the mixer refused the offer \(503\)$/);
      expect(await cluster.sessions('a')).toBe(0);
    } finally {
      await cluster.ask('a', 'fsctl resume inbound');
    }
  });

  it('takes legs from the signalling alone, whatever header fields they bring', async () => {
    await start('a');
    const phone = await run.phone();
    const invite = async (from: string): Promise<string> => {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, from, resolve));
      const body = phone.offer();
      // Another INVITE of that name would be taken for the same one, and refused as such.
      const id = randomUUID();
      const uri = `sip:leg@127.0.0.1:${cluster.sipPort('a')}`;
      const lines = [
        `INVITE ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${from}:${socket.address().port};branch=z9hG4bK${id}`,
        ...['Max-Forwards: 70', `From: <sip:x@${from}>;tag=${id}`, `To: <${uri}>`, `Call-ID: ${id}@${from}`],
        ...['CSeq: 1 INVITE', `Contact: <sip:x@${from}:${socket.address().port}>`, 'X-Partyline-Call: call-1'],
        ...['X-Partyline-Control: test', 'X-Partyline-Secure: no', 'Content-Type: application/sdp'],
        ...[`Content-Length: ${Buffer.byteLength(body)}`, '', body],
      ];
      const responses: string[] = [];
      socket.on('message', (message) => responses.push(message.toString().split('\r\n')[0] ?? ''));
      socket.send(lines.join('\r\n'), cluster.sipPort('a'), '127.0.0.1');
      const final = (): string | undefined => responses.find((line) => !line.startsWith('SIP/2.0 1'));
      await until('a response', () => final() !== undefined);
      socket.close();
      return final() ?? '';
    };
    expect(await invite('127.0.0.2')).toMatch(/^SIP\/2\.0 403 /);
    expect(await cluster.sessions('a')).toBe(0);
  });

  it('goes on when only the event socket was cut', async () => {
    await start('a');
    const [one, two] = [await talker('cut', 500), await talker('cut', 900)];
    const waiting = await run.caller();
    const play = run.play();
    waiting.endpoint.play(play, [{ ...(await run.sound('music', sine(700, 400))), loop: true }]);
    await hearsTone(waiting.phone, 700);
    const toAll = run.play();
    run.media.playToRoom(conferenceId('cut'), toAll, [await run.sound('announced', sine(2_100, 3_000))]);
    await hearsTone(one.phone, 2_100);
    const before = one.phone.statistics().packetsReceived;
    const cutAt = performance.now();
    cluster.cut('a');
    await until('it to be seen', () => mixerOf('a')?.healthy === false, 1_000);
    await until('it to be open again', () => mixerOf('a')?.healthy === true, 2_000);
    expect(performance.now() - cutAt).toBeLessThan(1_500);
    expect(await run.ended(toAll)).toBe('completed');
    await pause(500);
    expect(one.phone.statistics().packetsReceived - before).toBeGreaterThan(20);
    expect(run.listener.lost).toEqual([]);
    // Everything works as before.
    await hearsTone(waiting.phone, 700);
    await one.endpoint.setMuted(true);
    await pause(200);
    expect(toneDbfs(await heardFor(two.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
    await one.endpoint.setMuted(false);
    await one.phone.pressKey('5');
    await until('a key', () => run.listener.keysOf(one.callId) === '5');
    await waiting.endpoint.join(conferenceId('cut'), { muted: true });
    expect(await run.ended(play)).toBe('stopped');
    await hearsTone(waiting.phone, 900);
    await two.endpoint.leave();
    expect(await run.media.roomSize(conferenceId('cut'))).toBe(2);
    // Whoever hung up in between is noticed.
    cluster.cut('a');
    await cluster.ask('a', `uuid_kill ${channelOf(two)}`);
    await until('the leg to be lost', () => run.listener.lost.length === 1);
    expect(run.listener.lost[0]?.callId).toBe(two.callId);
  }, 60_000);

  it('tells who was taken out of his room at the mixer, and lets him enter it again', async () => {
    await start('a');
    const [one, two] = [await talker('kicked', 500), await talker('kicked', 900)];
    const room = 'partyline-kicked';
    const list = await cluster.ask('a', `conference ${room} list`);
    const member =
      list
        .split('\n')
        .find((line) => line.includes(String(one.callId)))
        ?.split(';')[0] ?? '';
    await cluster.ask('a', `conference ${room} hup ${member}`);
    await until('him to be out', () => run.listener.out.length === 1);
    expect(run.listener.out).toEqual([{ callId: one.callId, room: conferenceId('kicked') }]);
    await one.endpoint.join(conferenceId('kicked'), { muted: false });
    await hearsTone(two.phone, 500);
    await cluster.ask('a', `conference ${room} hup all`);
    await until('both to be out', () => run.listener.out.length === 3);
    for (const { endpoint } of [one, two]) await endpoint.join(conferenceId('kicked'), { muted: false });
    await hearsTone(two.phone, 500);
    // Where the leg itself is ended, that alone is told.
    await cluster.ask('a', `uuid_kill ${channelOf(one)}`);
    await until('one to be lost', () => run.listener.lost.length === 1);
    expect(run.listener.lost[0]?.callId).toBe(one.callId);
    await two.endpoint.leave();
    await pause(200);
    expect(run.listener.out).toHaveLength(3);
    expect(run.listener.lost).toHaveLength(1);
  }, 30_000);
});
