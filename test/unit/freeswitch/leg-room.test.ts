import { describe, expect, it } from 'vitest';
import { Channel } from '../../../src/adapters/freeswitch/channel.js';
import { LegEnergy } from '../../../src/adapters/freeswitch/leg-energy.js';
import { LegGains } from '../../../src/adapters/freeswitch/leg-gains.js';
import { LegRoom } from '../../../src/adapters/freeswitch/leg-room.js';
import { MutedTalk } from '../../../src/adapters/freeswitch/muted-talk.js';
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
    const talk = new MutedTalk(channel, new LegEnergy(channel), () => undefined);
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
