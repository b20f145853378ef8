import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaExhausted } from '../../src/ports/media.js';
import { levelDbfs, noise } from '../sound.js';
import { hearsTone, place, until } from './media-kit.js';
import { useEmbeddedMedia } from './embedded-run.js';

/** An RTP packet of PCMU with a loud square wave. */
const loudPacket = (sequence: number, ssrc: number): Buffer => {
  const packet = Buffer.alloc(172, Buffer.concat([Buffer.alloc(4, 0x00), Buffer.alloc(4, 0x80)]));
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
};

const addressedPort = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);

// Real time on a machine that others use too: what a moment of theirs spoils is heard again.
describe('a leg of the embedded media', { retry: 2 }, () => {
  const at = useEmbeddedMedia();

  describe('whose audio it is', () => {
    beforeEach(() => at.start());

    it('drops and counts what comes from elsewhere', async () => {
      const { one, other } = await at.two();
      one.phone.say({ kind: 'silence' });
      await pause(300);
      const stranger = createSocket('udp4');
      other.phone.clearHeard();
      for (let sequence = 0; sequence < 25; sequence++) {
        stranger.send(loudPacket(sequence, 77), addressedPort(one.endpoint.localSdp), '127.0.0.1');
        await pause(20);
      }
      stranger.close();
      expect(levelDbfs(other.phone.heard())).toBeLessThan(-60);
      expect((await one.endpoint.statistics()).packetsRejected).toBe(25);
    });

    it('finds a caller behind a NAT by his packets, once', async () => {
      const listener = await at.run.caller();
      const natted = await at.run.caller({ advertise: '192.0.2.7' });
      await natted.endpoint.join(conferenceId('nat'), { muted: false });
      await listener.endpoint.join(conferenceId('nat'), { muted: false });
      listener.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      natted.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await hearsTone(listener.phone, 900);
      await hearsTone(natted.phone, 500);

      const stranger = createSocket('udp4');
      for (let sequence = 0; sequence < 10; sequence++) {
        stranger.send(loudPacket(sequence, 77), addressedPort(natted.endpoint.localSdp), '127.0.0.1');
        await pause(5);
      }
      stranger.close();
      await pause(50);
      expect((await natted.endpoint.statistics()).packetsRejected).toBe(10);
      await hearsTone(natted.phone, 500);

      // The same caller re-offers, and is still reached at once.
      natted.phone.acceptAnswer(await natted.endpoint.renegotiate(natted.phone.offer()));
      await hearsTone(natted.phone, 500);
    });

    it('remembers who was believed when a worker dies', async () => {
      const listener = await at.run.caller();
      const natted = await at.run.caller({ advertise: '192.0.2.7' });
      for (const { endpoint } of [listener, natted]) await endpoint.join(conferenceId('nat'), { muted: false });
      listener.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      await hearsTone(natted.phone, 500);
      natted.phone.say({ kind: 'nothing' });
      at.media.failWorker(natted.endpoint.mixer, 'throw');
      await pause(300);
      await hearsTone(natted.phone, 500);
    });
  });

  describe('signs of life', () => {
    it('tells once that neither RTP nor RTCP came, and again after they came back and stopped', async () => {
      await at.start({ silenceMs: 400, silenceOnHoldMs: 1_500 });
      const { phone, endpoint, callId } = await at.run.caller({ rtcp: false });
      const told = (): number => at.run.listener.missing.filter((one) => one.callId === callId).length;
      await pause(700);
      expect(told()).toBe(0);
      phone.say({ kind: 'nothing' });
      await until('the silence to be told', () => told() === 1);
      expect(at.run.listener.missing[0]?.silentMs).toBeGreaterThanOrEqual(400);
      await pause(600);
      expect(told()).toBe(1);
      phone.say({ kind: 'silence' });
      await pause(200);
      phone.say({ kind: 'nothing' });
      await until('the second silence', () => told() === 2);

      phone.acceptAnswer(await endpoint.renegotiate(phone.offer('inactive')));
      await pause(900);
      expect(told()).toBe(2);
      await until('the silence on hold', () => told() === 3, 2_000);
    });

    it('sends reports on RTP and RTCP ports as agreed, and says goodbye', async () => {
      await at.start();
      for (const rtcpMux of [false, true]) {
        const { phone, endpoint } = await at.run.caller({ rtcpMux });
        expect(phone.agreement?.rtcpMux).toBe(rtcpMux);
        await until('a report', () => phone.statistics().rtcpReceived > 0, 7_000);
        await endpoint.close();
        await until('the goodbye', () => phone.statistics().byeReceived);
      }
    }, 30_000);
  });

  describe('ports', () => {
    it('refuses a call when all are taken, and gives them out again once they have rested', async () => {
      await at.start({ rtpPorts: { min: 22_400, max: 22_403 }, portRestMs: 300 });
      const phone = await at.run.phone();
      const [first] = [await at.run.endpoint(phone.offer()), await at.run.endpoint(phone.offer())];
      await expect(at.run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await first.close();
      await expect(at.run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await pause(350);
      const again = await at.run.endpoint(phone.offer());
      expect(addressedPort(again.localSdp) % 2).toBe(0);
    });

    it('leaves the ports of other programs alone', async () => {
      const theirs = createSocket({ type: 'udp4', reuseAddr: true });
      await new Promise<void>((bound) => theirs.bind({ port: 22_411, address: '127.0.0.1' }, bound));
      await at.start({ rtpPorts: { min: 22_410, max: 22_413 } });
      const phone = await at.run.phone();
      expect(addressedPort((await at.run.endpoint(phone.offer())).localSdp)).toBe(22_412);
      await expect(at.run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await new Promise<void>((closed) => theirs.close(closed));
    });

    it('spends none on an offer that cannot be answered', async () => {
      await at.start({ rtpPorts: { min: 22_420, max: 22_421 } });
      await expect(at.run.endpoint('nonsense')).rejects.toThrow();
      const phone = await at.run.phone();
      expect(addressedPort((await at.run.endpoint(phone.offer())).localSdp)).toBe(22_420);
    });

    it('speaks IPv6', async () => {
      await at.start({ advertise: (remote) => (remote.includes(':') ? '::1' : '127.0.0.1') });
      const six = await at.run.caller({ bindAddress: '::1' });
      const four = await at.run.caller();
      four.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      six.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      for (const { endpoint } of [six, four]) await endpoint.join(conferenceId('families'), { muted: false });
      await hearsTone(six.phone, 900);
      await hearsTone(four.phone, 500);
    });
  });

  describe('sounds', () => {
    beforeEach(() => at.start());

    it('plays what was preloaded, and what the file holds now', async () => {
      const { phone, endpoint } = await at.run.caller();
      const [old, fresh] = [noise(300, -16, 1), noise(320, -16, 2)];
      const item = await at.run.sound('changing', old);
      await at.media.preload([item.path, `${at.run.folder}/missing.wav`]);
      expect(at.run.listener.troubles.filter((line) => line.includes('missing.wav'))).toHaveLength(1);
      const first = at.run.play();
      endpoint.play(first, [item]);
      await at.run.ended(first);
      await pause(100);
      place(phone.heard(), old);

      await at.run.sound('changing', fresh);
      await at.media.preload([item.path]);
      phone.clearHeard();
      const second = at.run.play();
      endpoint.play(second, [item]);
      await at.run.ended(second);
      await pause(100);
      place(phone.heard(), fresh);
    });

    it('plays the rest of a list of which a file is missing, and says that it failed', async () => {
      const { phone, endpoint } = await at.run.caller();
      const sound = noise(300);
      const play = at.run.play();
      endpoint.play(play, [{ path: `${at.run.folder}/gone.wav`, loop: false }, await at.run.sound('there', sound)]);
      expect(await at.run.ended(play)).toBe('failed');
      await pause(100);
      place(phone.heard(), sound);
    });
  });
});
