import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventSocket } from '../../src/adapters/freeswitch/event-socket.js';
import { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaNotAcceptable, type MediaListener } from '../../src/ports/media.js';
import type { MixerLegs } from '../../src/ports/mixer-legs.js';
import { describeProduction, productionDirectory, startMixer, useFreeSwitch } from '../production.js';
import { levelDbfs, noise, sine } from '../sound.js';
import { hearsNoMore, hearsTone, MediaRun, place, recorded, undisturbed, until, untilTold } from './media-kit.js';
import { describeMedia } from './media.js';
import { ProductionMedia } from './production-media.js';

describeProduction('FreeSWITCH', () => {
  // Between two files of a list the last frame of the first is filled up with silence, less than 20 ms.
  // What a caller does not send is not recorded as silence: the recording is shorter by so much.
  describeMedia('freeswitch', () => ({
    media: new ProductionMedia(),
    lacks: ['gapless', 'recordedPauses', 'exactGains', 'wholeWhileRecording'],
  }));
});

describeProduction('FreeSWITCH, beyond what every engine does', () => {
  let run: MediaRun;
  const media = new ProductionMedia({ silenceMs: 1_200, heldSilenceMs: 4_000 });

  beforeAll(async () => {
    run = await MediaRun.start(media);
  }, 60_000);
  afterEach(() => run.clear());
  afterAll(() => run.stop(), 30_000);

  /** Asks the mixer itself. */
  const ask = async (command: string): Promise<string> => {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(media.running.freeswitch.eventSocket, nobody, 2_000);
    try {
      return await socket.api(command);
    } finally {
      socket.close();
    }
  };

  it('goes from file to file within a frame', async () => {
    const { phone, endpoint } = await run.caller();
    const sounds = [noise(330, -16, 1), noise(250, -16, 2), noise(410, -16, 3)];
    const items = await Promise.all(sounds.map((sound, index) => run.sound(`seam${index}`, sound)));
    await undisturbed(phone, async () => {
      phone.clearHeard();
      const play = run.play();
      endpoint.play(play, items);
      expect(await run.ended(play)).toBe('completed');
      await pause(200);
      const starts = sounds.map((sound) => place(phone.heard(), sound));
      for (const [index, sound] of sounds.slice(0, -1).entries()) {
        const pauseSamples = (starts[index + 1] ?? 0) - ((starts[index] ?? 0) + sound.length);
        expect(pauseSamples).toBeGreaterThanOrEqual(0);
        expect(pauseSamples).toBeLessThanOrEqual(160);
      }
    });
  });

  it('plays the rest of a list of which a file is missing, and says that it failed, in a room too', async () => {
    const { phone, endpoint } = await run.caller();
    const sound = noise(300);
    const list = [{ path: `${run.folder}/gone.wav`, loop: false }, await run.sound('there', sound)];
    const outside = run.play();
    endpoint.play(outside, list);
    expect(await run.ended(outside)).toBe('failed');
    await pause(100);
    place(phone.heard(), sound);

    await endpoint.join(conferenceId('missing'), { muted: false });
    phone.clearHeard();
    const [inside, toAll] = [run.play(), run.play()];
    endpoint.play(inside, list);
    expect(await run.ended(inside)).toBe('failed');
    run.media.playToRoom(conferenceId('missing'), toAll, list);
    expect(await run.ended(toAll)).toBe('failed');
    place(phone.heard(), sound);
  });

  it('stops within 100 ms, outside and inside a room', async () => {
    const { phone, endpoint } = await run.caller();
    const item = await run.sound('endless', sine(700, 400));
    for (const inRoom of [false, true]) {
      if (inRoom) await endpoint.join(conferenceId('stopping'), { muted: false });
      const tookMs: number[] = [];
      for (let stop = 0; stop < 3; stop++) {
        const play = run.play();
        endpoint.play(play, [{ ...item, loop: true }]);
        await hearsTone(phone, 700);
        const asked = performance.now();
        endpoint.stopPlaying();
        await until('the end', () => run.listener.outcomes(play).length > 0);
        tookMs.push(performance.now() - asked);
        await hearsNoMore(phone, 700);
      }
      // The quickest: the others waited for the machine.
      expect(Math.min(...tookMs)).toBeLessThan(100);
    }
  });

  it('survives plays and stops in quick succession, each ending once', async () => {
    const { phone, endpoint } = await run.caller();
    const item = await run.sound('hasty', sine(700, 3_000));
    const last = await run.sound('last', sine(1_300, 400));
    const plays = Array.from({ length: 12 }, () => run.play());
    for (const [index, play] of plays.entries()) {
      endpoint.play(play, [item, item]);
      if (index % 3 === 1) endpoint.stopPlaying();
      await pause(index * 7);
    }
    const final = run.play();
    endpoint.play(final, [last]);
    expect(await run.ended(final)).toBe('completed');
    for (const play of plays) {
      expect(run.listener.outcomes(play)).toHaveLength(1);
      expect(['replaced', 'stopped']).toContain(run.listener.outcomes(play)[0]);
    }
    await hearsNoMore(phone, 700);
  });

  it('leaves no channel and no room behind', async () => {
    const callers = await Promise.all([run.caller(), run.caller(), run.caller()]);
    await Promise.all(callers.map(({ endpoint }) => endpoint.join(conferenceId('gone'), { muted: false })));
    const sessions = async (): Promise<string | undefined> => /^(\d+) session\(s\) - /m.exec(await ask('status'))?.[1];
    await untilTold('three channels', async () => (await sessions()) === '3');
    await Promise.all(callers.map(({ endpoint }) => endpoint.close()));
    await untilTold('no channel', async () => (await sessions()) === '0');
    const noRoom = /^\+OK No active conferences|^No active conferences/;
    await untilTold('no room', async () => noRoom.test(await ask('conference list')));
    expect(run.media.mixers()[0]).toMatchObject({ endpoints: 0, rooms: 0, healthy: true });
  });

  it('tells once that no sound comes, later while the caller holds', async () => {
    const { phone, endpoint, callId } = await run.caller({ rtcp: false });
    const told = (): number => run.listener.missing.filter((one) => one.callId === callId).length;
    await pause(2_000);
    expect(told()).toBe(0);
    phone.say({ kind: 'nothing' });
    await until('the silence to be told', () => told() === 1);
    await pause(1_600);
    expect(told()).toBe(1);
    phone.say({ kind: 'silence' });
    await pause(600);
    phone.acceptAnswer(await endpoint.renegotiate(phone.offer('inactive')));
    phone.say({ kind: 'nothing' });
    await pause(2_500);
    expect(told()).toBe(1);
    await until('the silence on hold', () => told() === 2, 4_000);
    expect(run.listener.lost).toEqual([]);
  }, 20_000);

  it('counts what was lost', async () => {
    const rtp = await boundSocket();
    const endpoint = await run.endpoint(plainOffer(rtp.address().port));
    const port = Number(/^m=audio (\d+)/m.exec(endpoint.localSdp)?.[1]);
    const begun = performance.now();
    let latestMs = 0;
    for (let sequence = 0; sequence < 240; sequence++) {
      latestMs = Math.max(latestMs, performance.now() - begun - sequence * 20);
      if (sequence % 10 !== 9) rtp.send(loudPacket(sequence), port, '127.0.0.1');
      await pause(Math.max(0, begun + (sequence + 1) * 20 - performance.now()));
    }
    const { packetsReceived, packetsLost, jitterMs } = await endpoint.statistics();
    expect(packetsReceived).toBeGreaterThan(200);
    // As of the last report, which is up to 4 s old.
    expect(packetsLost).toBeGreaterThanOrEqual(15);
    expect(packetsLost).toBeLessThanOrEqual(24);
    expect(jitterMs).toBeGreaterThan(0);
    // We may have sent late ourselves.
    expect(jitterMs).toBeLessThan(60 + latestMs);
    await endpoint.close();
    rtp.close();
  }, 30_000);

  it('does not let a stranger be heard', async () => {
    const one = await run.caller();
    const other = await run.caller();
    for (const { endpoint } of [one, other]) await endpoint.join(conferenceId('strangers'), { muted: false });
    await pause(400);
    const port = Number(/^m=audio (\d+)/m.exec(one.endpoint.localSdp)?.[1]);
    const stranger = createSocket('udp4');
    other.phone.clearHeard();
    for (let sequence = 0; sequence < 40; sequence++) {
      stranger.send(loudPacket(sequence), port, '127.0.0.1');
      await pause(20);
    }
    stranger.close();
    expect(levelDbfs(other.phone.heard())).toBeLessThan(-60);
  });

  it('takes nothing but legs', async () => {
    for (const headers of [[], ['User-Agent: friendly'], ['X-Partyline-Control: test']]) {
      const refused = await invite(media.running.freeswitch.sipPort, headers);
      expect(refused.at(-1)).toMatch(/^SIP\/2\.0 [46]\d\d/);
    }
  });

  it('writes no key and no number to its log', async () => {
    const { phone, endpoint, callId } = await run.caller();
    for (const key of ['4', '7', '1', '1'] as const) await phone.pressKey(key, { durationMs: 60 });
    await endpoint.join(conferenceId('logged'), { muted: false });
    for (const key of ['0', '8'] as const) await phone.pressKey(key, { durationMs: 60 });
    const plain = await run.caller({ eventPayloadType: null });
    for (const key of ['5', '5'] as const) await plain.phone.pressKey(key, { method: 'inband' });
    await until(
      'all keys',
      () => run.listener.keysOf(callId) === '471108' && run.listener.keysOf(plain.callId) === '55',
    );
    const log = readFileSync(media.running.freeswitch.logFile, 'utf8');
    // Before the first call it tells which applications it has, some of them about keys.
    expect(log.slice(log.indexOf('New Channel'))).not.toMatch(/dtmf|digit/i);
    expect(log).not.toContain(media.running.freeswitch.eventSocket.secret);
    expect(log).toContain(`New Channel sofia/drachtio_mrf/${callId}@`);
  });

  it('has no keys of secured audio in its log, those it cannot read neither', async () => {
    const phone = await run.phone({ secure: true });
    const offer = phone.offer();
    const key = /inline:(\S+)/.exec(offer)?.[1] ?? 'none';
    const { endpoint } = await run.caller({ secure: true });
    const ours = /inline:(\S+)/.exec(endpoint.localSdp)?.[1] ?? 'none';
    const unreadable = [`${key};inline:${key}`, `${key}|1:4;inline:${key}|2:2`, `${key}:1`, `${key}AAAA${key}`];
    for (const text of unreadable)
      await expect(run.endpoint(offer.replace(key, () => text))).rejects.toThrow(MediaNotAcceptable);
    const log = readFileSync(media.running.freeswitch.logFile, 'utf8');
    for (const secret of [key, ours]) expect(log).not.toContain(secret);
    await (await run.endpoint(offer.replace(key, () => `${key}|2^20|1:4`))).close();
  });

  it('tells that a mixer died, and serves new calls once it is back', async () => {
    const [one, other] = [await run.caller(), await run.caller()];
    const callers = [one, other];
    await one.endpoint.join(conferenceId('dying'), { muted: false });
    const play = run.play();
    other.endpoint.play(play, [{ ...(await run.sound('cut', sine(700, 400))), loop: true }]);
    one.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
    const path = `${run.folder}/recorded.wav`;
    await one.endpoint.record(path, { limitMs: 60_000 });
    await pause(1_500);
    const { freeswitch } = media.running;
    const told = run.listener.lost.length;
    await freeswitch.kill();
    try {
      await until('both to be lost', () => run.listener.lost.length === told + 2, 5_000);
      const lost = run.listener.lost.slice(told).map(({ callId }) => callId);
      expect(lost.sort()).toEqual(callers.map(({ callId }) => callId).sort());
      expect(run.listener.troubles.at(-1)).toMatch(/^mixer freeswitch lost: /);
      expect(run.media.mixers()[0]).toMatchObject({ healthy: false, endpoints: 0, rooms: 0 });
      await expect(run.endpoint((await run.phone()).offer())).rejects.toThrow('the mixer is unreachable');
      await Promise.all(callers.map(({ endpoint }) => endpoint.close()));
      // Whole, with what had reached the disk; else nothing at all.
      const files = (await readdir(run.folder)).filter((file) => file.includes('recorded'));
      expect(files.filter((file) => file !== 'recorded.wav')).toEqual([]);
      if (files.length > 0) expect((await recorded(path)).length).toBeGreaterThan(0);
    } finally {
      await media.restartFreeSwitch();
      await until('the mixer to be back', () => run.media.mixers()[0]?.healthy === true, 15_000);
    }
    expect(run.listener.troubles.at(-1)).toBe('mixer freeswitch is back');
    const { phone, endpoint } = await run.caller();
    endpoint.play(run.play(), [await run.sound('again', sine(700, 500))]);
    await hearsTone(phone, 700);
  }, 60_000);
});

describeProduction('FreeSWITCH, when it cannot work', () => {
  const directory = productionDirectory();
  const server = useFreeSwitch(directory, { withoutModules: ['mod_conference'] });

  const startWith = async (changes: object): Promise<void> => {
    const { eventSocket, profile } = server();
    const mixers = [{ name: 'a', eventSocket, profile, ...changes }];
    const media = new FreeSwitchMedia({ legs: NO_LEGS, mixers, instance: 'test' });
    try {
      await media.start(NOBODY);
    } finally {
      await media.stop();
    }
  };

  describe('one line within 5 s says', () => {
    let begun = 0;
    const timed = async (changes: object): Promise<string> => {
      begun = Date.now();
      const error: unknown = await startWith(changes).catch((reason: unknown) => reason);
      expect(Date.now() - begun).toBeLessThan(5_000);
      return error instanceof Error ? error.message : 'it worked';
    };

    it('that the event-socket secret is wrong', async () => {
      const { host, port } = server().eventSocket;
      const message = await timed({ eventSocket: { host, port, secret: 'not the secret of this one' } });
      expect(message).toBe(`FreeSWITCH at ${host}:${port} refused the event-socket secret`);
    });

    it('that mod_conference is missing', async () => {
      const { host, port } = server().eventSocket;
      expect(await timed({})).toBe(`FreeSWITCH at ${host}:${port} does not have mod_conference loaded`);
    });

    it('that nobody answers', async () => {
      const { secret } = server().eventSocket;
      const message = await timed({ eventSocket: { host: '127.0.0.1', port: 1, secret } });
      expect(message).toBe('FreeSWITCH does not answer at 127.0.0.1:1 (ECONNREFUSED)');
    });
  });

  it('refuses a secret that everyone knows, and starts nothing', async () => {
    const known = { directory: join(directory, 'known'), secret: 'ClueCon' };
    await expect(startMixer(known)).rejects.toThrow("the secret of FreeSWITCH's event socket is known");
  });
});

describeProduction('FreeSWITCH, when its surroundings are wrong', () => {
  const directory = productionDirectory();
  const server = useFreeSwitch(directory);

  it('says in one line that there is no such profile', async () => {
    const { eventSocket } = server();
    const mixers = [{ name: 'a', eventSocket, profile: 'other' }];
    const media = new FreeSwitchMedia({ legs: NO_LEGS, mixers, instance: 'test' });
    await expect(media.start(NOBODY)).rejects.toThrow(
      `FreeSWITCH at 127.0.0.1:${eventSocket.port} has no SIP profile other running on an IPv4 address`,
    );
  });
});

const NO_LEGS: MixerLegs = {
  place: () => Promise.reject(new Error('no signalling')),
  takeBack: () => Promise.resolve(null),
};

const NOBODY: MediaListener = {
  keyPressed: () => undefined,
  playFinished: () => undefined,
  roomPlayFinished: () => undefined,
  audioMissing: () => undefined,
  roomLeft: () => undefined,
  endpointLost: () => undefined,
  spokeWhileMuted: () => undefined,
  roomRecordingFailed: () => undefined,
  trouble: () => undefined,
};

/** PCMU at full level. */
function loudPacket(sequence: number): Buffer {
  const packet = Buffer.alloc(172);
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 160, 4);
  packet.writeUInt32BE(77, 8);
  for (let index = 12; index < 172; index++) packet[index] = index % 8 < 4 ? 0x00 : 0x80;
  return packet;
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

const plainOffer = (port: number): string =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;

/** Sends an INVITE of a stranger's straight to the mixer. @returns the first lines of what comes back within a while. */
async function invite(port: number, headers: readonly string[]): Promise<readonly string[]> {
  const socket = await boundSocket();
  const lines: string[] = [];
  socket.on('message', (message) => {
    const line = message.toString().split('\r\n', 1)[0] ?? '';
    lines.push(line.startsWith('SIP/') ? line : (line.split(' ', 1)[0] ?? ''));
  });
  const own = socket.address().port;
  const id = randomUUID();
  const sdp = plainOffer(9);
  const text = [
    `INVITE sip:x@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${id}`,
    `From: <sip:x@127.0.0.1>;tag=${id}`,
    `To: <sip:x@127.0.0.1:${port}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:x@127.0.0.1:${own}>`,
    'Max-Forwards: 70',
    ...headers,
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n');
  socket.send(text, port, '127.0.0.1');
  await pause(1_500);
  socket.close();
  return lines;
}
