import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conferenceId, playId } from '../../src/domain/identifiers.js';
import { noise, sine, toneDbfs } from '../sound.js';
import { heardFor, hearsTone, place } from './media-kit.js';
import { at, LOUD_DBFS, QUIET_DBFS, type MediaSuite } from './media-suite.js';

export function describeRooms(suite: MediaSuite): void {
  describe('rooms', () => {
    it('lets two hear each other and nobody himself', async () => {
      const callers = await suite.talkers('two', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(one.phone, 900);
      await hearsTone(two.phone, 500);
      expect(toneDbfs(await heardFor(one.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
      expect(toneDbfs(await heardFor(two.phone, 300), 900)).toBeLessThan(QUIET_DBFS);
    });

    it('lets each of three hear the two others and not himself', async () => {
      const tones = [500, 900, 1_300];
      const callers = await suite.talkers('three', ...tones);
      await pause(300);
      for (const [index, { phone }] of callers.entries()) {
        const heard = await heardFor(phone, 400);
        for (const [other, hz] of tones.entries()) {
          if (other === index) expect(toneDbfs(heard, hz)).toBeLessThan(QUIET_DBFS + 10);
          else expect(toneDbfs(heard, hz)).toBeGreaterThan(LOUD_DBFS);
        }
      }
      expect(await suite.run.media.roomSize(conferenceId('three'))).toBe(3);
    });

    it('keeps two rooms apart', async () => {
      const [here, there] = [await suite.talkers('here', 500, 900), await suite.talkers('there', 1_300, 1_700)];
      await hearsTone(at(here, 0).phone, 900);
      await hearsTone(at(there, 0).phone, 1_700);
      const heard = await heardFor(at(here, 0).phone, 400);
      expect(toneDbfs(heard, 1_300)).toBeLessThan(QUIET_DBFS);
      expect(toneDbfs(heard, 1_700)).toBeLessThan(QUIET_DBFS);
    });

    it('does not let a muted caller be heard, from the moment of joining until unmuted', async () => {
      const [listener] = await suite.talkers('muting', 500);
      const muted = await suite.run.caller();
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
      const { phone, endpoint } = await suite.run.caller();
      const play = suite.run.play();
      endpoint.play(play, [{ ...(await suite.run.sound('hold', sine(700, 400))), loop: true }]);
      await hearsTone(phone, 700);
      await endpoint.join(conferenceId('music ends'), { muted: false });
      expect(await suite.run.ended(play)).toBe('stopped');
      await pause(100);
      expect(toneDbfs(await heardFor(phone, 300), 700)).toBeLessThan(QUIET_DBFS);
    });

    it('lets a caller leave, be played to and come back', async () => {
      const callers = await suite.talkers('leaving', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(one.phone, 900);
      await two.endpoint.leave();
      await pause(200);
      expect(toneDbfs(await heardFor(one.phone, 300), 900)).toBeLessThan(QUIET_DBFS);
      expect(toneDbfs(await heardFor(two.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
      expect(await suite.run.media.roomSize(conferenceId('leaving'))).toBe(1);

      const play = suite.run.play();
      two.endpoint.play(play, [await suite.run.sound('outside', sine(1_500, 400))]);
      expect(await suite.run.ended(play)).toBe('completed');
      expect(toneDbfs(two.phone.heard(), 1_500)).toBeGreaterThan(LOUD_DBFS);
      await two.endpoint.join(conferenceId('leaving'), { muted: false });
      await hearsTone(one.phone, 900);
    });

    it('lets a caller change rooms', async () => {
      const [old] = await suite.talkers('old room', 500);
      const [fresh] = await suite.talkers('new room', 900);
      const [mover] = await suite.talkers('old room', 1_300);
      if (old === undefined || fresh === undefined || mover === undefined) throw new Error('a caller is missing');
      await hearsTone(old.phone, 1_300);
      await mover.endpoint.join(conferenceId('new room'), { muted: false });
      await hearsTone(fresh.phone, 1_300);
      await hearsTone(mover.phone, 900);
      expect(toneDbfs(await heardFor(old.phone, 300), 1_300)).toBeLessThan(QUIET_DBFS);
    });

    it('survives that everyone leaves, and begins anew', async () => {
      const callers = await suite.talkers('emptied', 500, 900);
      await Promise.all(callers.map(({ endpoint }) => endpoint.leave()));
      expect(await suite.run.media.roomSize(conferenceId('emptied'))).toBe(0);
      await Promise.all(callers.map(({ endpoint }) => endpoint.join(conferenceId('emptied'), { muted: false })));
      await hearsTone(at(callers, 0).phone, 900);
    });

    it('plays to everyone in the room, one after the other in order of call, each ending once', async () => {
      const callers = await suite.talkers('announcements', 500, 900);
      const sounds = [noise(400, -16, 6), noise(300, -16, 7)];
      const plays = [suite.run.play(), suite.run.play()];
      for (const { phone } of callers) {
        phone.say({ kind: 'silence' });
        phone.clearHeard();
      }
      for (const [index, sound] of sounds.entries()) {
        const item = await suite.run.sound(`announced${index}`, sound);
        suite.run.media.playToRoom(conferenceId('announcements'), plays[index] ?? playId(''), [item]);
      }
      for (const play of plays) expect(await suite.run.ended(play)).toBe('completed');
      await pause(200);
      for (const { phone } of callers) {
        const heard = phone.heard();
        const [first, second] = sounds.map((sound) => place(heard, sound));
        expect(second ?? 0).toBeGreaterThanOrEqual((first ?? 0) + 3_200 - 80);
      }
    });

    it('plays to a room under its talk, both at their level', async () => {
      const callers = await suite.talkers('talked over', 500, 900);
      const { phone } = at(callers, 0);
      await hearsTone(phone, 900);
      const before = toneDbfs(await heardFor(phone, 300), 900);
      const play = suite.run.play();
      suite.run.media.playToRoom(conferenceId('talked over'), play, [
        await suite.run.sound('under', sine(1_500, 1_200, -20)),
      ]);
      await hearsTone(phone, 1_500);
      const heard = await heardFor(phone, 400);
      expect(Math.abs(toneDbfs(heard, 900) - before)).toBeLessThan(1.5);
      expect(Math.abs(toneDbfs(heard, 1_500) + 23)).toBeLessThan(1.5);
      expect(await suite.run.ended(play)).toBe('completed');
    });

    it('refuses to play to a room that is not there', async () => {
      const play = suite.run.play();
      suite.run.media.playToRoom(conferenceId('nobody here'), play, [await suite.run.sound('unheard', sine(700, 200))]);
      expect(await suite.run.ended(play, 1_000)).toBe('failed');
    });

    suite.unless('privateInRoom')('plays to one caller in a room without the others hearing it', async () => {
      const callers = await suite.talkers('whisper', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(two.phone, 500);
      const play = suite.run.play();
      two.phone.clearHeard();
      one.endpoint.play(play, [await suite.run.sound('whispered', sine(1_500, 600))]);
      await hearsTone(one.phone, 1_500);
      expect(await suite.run.ended(play)).toBe('completed');
      expect(toneDbfs(two.phone.heard(), 1_500)).toBeLessThan(QUIET_DBFS);
      await hearsTone(one.phone, 900);
    });
  });
}
