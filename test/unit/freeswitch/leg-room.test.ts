import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Channel } from '../../../src/adapters/freeswitch/channel.js';
import { LegEnergy } from '../../../src/adapters/freeswitch/leg-energy.js';
import { LegGains } from '../../../src/adapters/freeswitch/leg-gains.js';
import { LegRoom } from '../../../src/adapters/freeswitch/leg-room.js';
import { MutedTalk } from '../../../src/adapters/freeswitch/muted-talk.js';
import { Slots } from '../../../src/adapters/freeswitch/slots.js';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { ScriptedLine, settled } from './scripted-line.js';

const ROOM = conferenceId('room');
const SEAT = { room: 'partyline-room', member: '7' };

describe('a muted leg', () => {
  const seated = (): { readonly script: ScriptedLine; readonly room: LegRoom; readonly told: string[] } => {
    const script = new ScriptedLine();
    const told: string[] = [];
    const room = new LegRoom(new Channel('u', script.line), 'profile', {
      quiet: () => Promise.resolve(),
      moved: () => undefined,
      muted: (seat) => told.push(seat === null ? 'watch ends' : 'watch begins'),
      out: () => undefined,
    });
    room.found(ROOM, { ...SEAT, speaks: false });
    return { script, room, told };
  };

  it('is not watched any more before the mixer is told to unmute it', async () => {
    const { script, room, told } = seated();
    script.replies = () => null;
    const unmuted = room.setMuted(false);
    expect(told).toEqual(['watch begins', 'watch ends']);
    await settled();
    expect(script.asked).toEqual(['conference partyline-room unmute 7 quiet']);
    script.answer('+OK unmute 7');
    await unmuted;
    expect(told).toEqual(['watch begins', 'watch ends']);
  });

  it('is watched on where the mixer did not unmute it', async () => {
    const { script, room, told } = seated();
    script.replies = () => '-ERR no';
    await expect(room.setMuted(false)).rejects.toThrow('did not mute');
    expect(told).toEqual(['watch begins', 'watch ends', 'watch begins']);
  });

  it('is listened to where the mixer said that it is loud just before we knew that it is muted', async () => {
    const script = new ScriptedLine();
    const channel = new Channel('u', script.line);
    const talk = new MutedTalk(channel, new LegEnergy(channel), new Slots(1), () => undefined);
    talk.loud();
    talk.begin(SEAT);
    await settled();
    expect(script.asked).toEqual(['conference partyline-room volume_in 7 0']);
    talk.end();
    talk.begin(SEAT);
    await settled();
    expect(script.asked).toHaveLength(1);
    channel.gone();
  });

  it('is listened to later where too many are', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const script = new ScriptedLine();
      const slots = new Slots(2);
      const talks = ['1', '2', '3'].map((member) => {
        const channel = new Channel(member, script.line);
        const talk = new MutedTalk(channel, new LegEnergy(channel), slots, () => undefined);
        talk.begin({ ...SEAT, member });
        return talk;
      });
      for (const talk of talks) talk.loud();
      await settled();
      expect(script.asked).toEqual([1, 2].map((member) => `conference partyline-room volume_in ${member} 0`));
      vi.advanceTimersByTime(3_000);
      await settled();
      expect(script.asked).toContain('conference partyline-room mute 3 quiet');
      for (const talk of talks) talk.end();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is listened to no longer than it is muted', async () => {
    const script = new ScriptedLine();
    const channel = new Channel('u', script.line);
    const slots = new Slots(1);
    const talk = new MutedTalk(channel, new LegEnergy(channel), slots, () => undefined);
    talk.begin(SEAT);
    talk.loud();
    expect(slots.take()).toBe(false);
    talk.end();
    await pause(150);
    expect(script.asked.length).toBeLessThanOrEqual(2);
    expect(slots.take()).toBe(true);
  });
});

describe('the volumes of a leg', () => {
  it('are never both 0 on the way to other ones, and set in order', async () => {
    const script = new ScriptedLine();
    script.replies = () => null;
    const gains = new LegGains(new Channel('u', script.line));
    const done = Promise.all([
      gains.set({ hearDb: 8, speakDb: 0 }),
      gains.set({ hearDb: 0, speakDb: 8 }),
      gains.set({ hearDb: 8, speakDb: 0 }),
    ]);
    const levels = { write: 0, read: 0 };
    for (let asked = 0; asked < 6; asked++) {
      await settled();
      expect(script.asked).toHaveLength(asked + 1);
      const [, direction, level] = /start (read|write) level (-?\d)$/.exec(script.asked[asked] ?? '') ?? [];
      levels[direction === 'read' ? 'read' : 'write'] = Number(level);
      expect(levels.write !== 0 || levels.read !== 0).toBe(true);
      script.answer('+OK');
    }
    await done;
    expect(levels).toEqual({ write: 2, read: 0 });
  });
});
