import { describe, expect, it } from 'vitest';
import { levelDbfs, noise, sine, toneDbfs } from '../../sound.js';
import { speech } from '../../speech.js';
import { Bench, order } from './bench.js';

const roomSound = (bench: Bench): Int16Array =>
  Int16Array.from(
    bench.told('roomRecorded').flatMap((event) => (event.type === 'roomRecorded' ? [...event.samples] : [])),
  );

/** Three in a room: one who talks at 500 Hz, one at 900, and one who listens. */
const three = (): Bench => {
  const bench = new Bench();
  for (const hz of [500, 900, null]) {
    const leg = bench.leg();
    leg.says = hz === null ? null : sine(hz, 60_000, -20);
    bench.engine.join(leg.session.descriptor.handle, 'room', false);
  }
  bench.tick(20);
  return bench;
};

describe('the recording of a room', () => {
  it('is what the room hears, told in pieces of 200 ms and its rest at the end', () => {
    const bench = three();
    bench.engine.recordRoom('room', 7, 1_000_000, false);
    bench.tick(25);
    bench.engine.stopRoomRecording('room', 6);
    expect(roomSound(bench)).toHaveLength(3_200);
    bench.engine.stopRoomRecording('room', 7);
    bench.tick(25);
    expect(roomSound(bench)).toHaveLength(4_000);
    expect(toneDbfs(roomSound(bench), 500)).toBeGreaterThan(-24);
    expect(toneDbfs(roomSound(bench), 900)).toBeGreaterThan(-24);
  });

  it('is silence where nobody speaks, and ends at its limit to the sample', () => {
    const bench = new Bench();
    bench.leg();
    bench.engine.join(1, 'room', false);
    bench.engine.recordRoom('room', 1, 1_999, false);
    bench.tick(30);
    expect(roomSound(bench)).toHaveLength(1_999);
    expect(roomSound(bench).every((sample) => sample === 0)).toBe(true);
  });

  it('keeps the time when ticks are left out, but for those in which it is paused', () => {
    const bench = three();
    bench.engine.recordRoom('room', 1, 1_000_000, false);
    bench.tick(10);
    bench.tick(1, 39);
    bench.engine.pauseRoomRecording('room', 1, true);
    bench.tick(1, 100);
    bench.engine.pauseRoomRecording('room', 1, false);
    bench.engine.stopRoomRecording('room', 1);
    expect(roomSound(bench)).toHaveLength(50 * 160);
    expect(levelDbfs(roomSound(bench).subarray(10 * 160, 49 * 160))).toBeLessThan(-90);
  });

  it('makes up for ten seconds at once and no more', () => {
    const bench = three();
    bench.engine.recordRoom('room', 1, 1_000_000, false);
    bench.tick(1, 1_000_000);
    bench.engine.stopRoomRecording('room', 1);
    expect(roomSound(bench)).toHaveLength(501 * 160);
  });

  it('that has reached its limit makes room for the next', () => {
    const bench = three();
    bench.engine.recordRoom('room', 1, 1_999, false);
    bench.tick(30);
    bench.engine.recordRoom('room', 2, 1_999, false);
    bench.tick(30);
    expect(bench.told('roomRecorded').map((event) => event.type === 'roomRecorded' && event.recording)).toEqual([
      1, 1, 2, 2,
    ]);
  });

  it('stands still while it is paused', () => {
    const bench = three();
    bench.engine.recordRoom('room', 1, 1_000_000, false);
    bench.tick(10);
    bench.engine.pauseRoomRecording('room', 1, true);
    bench.tick(50);
    bench.engine.pauseRoomRecording('room', 1, false);
    bench.tick(10);
    bench.engine.stopRoomRecording('room', 1);
    expect(roomSound(bench)).toHaveLength(3_200);
  });

  it.each([true, false])('has what is played to the room where asked for: %s', (plays) => {
    const bench = three();
    bench.engine.recordRoom('room', 1, 1_000_000, plays);
    bench.engine.playToRoom('room', order('p', sine(1_500, 500, -10)));
    bench.tick(50);
    bench.engine.stopRoomRecording('room', 1);
    if (plays) expect(toneDbfs(roomSound(bench), 1_500)).toBeCloseTo(-13, 0);
    else expect(toneDbfs(roomSound(bench), 1_500)).toBeLessThan(-60);
  });

  it('is not turned down for what is played to the room and is not in it', () => {
    const quiet = three();
    quiet.engine.recordRoom('room', 1, 1_000_000, false);
    quiet.tick(50);
    const drowned = three();
    drowned.engine.recordRoom('room', 1, 1_000_000, false);
    // As loud as it gets: with it, everyone in the room is turned down.
    drowned.engine.playToRoom('room', order('p', noise(1_000, 0)));
    drowned.tick(50);
    expect(roomSound(drowned)).toEqual(roomSound(quiet));
  });

  it('is limited for itself where many talk at once', () => {
    const bench = new Bench();
    for (let caller = 0; caller < 4; caller++) {
      const leg = bench.leg();
      leg.says = sine(400 + caller * 170, 5_000, -3);
      bench.engine.join(leg.session.descriptor.handle, 'room', false);
    }
    bench.tick(10);
    bench.engine.recordRoom('room', 1, 1_000_000, false);
    bench.engine.playToRoom('room', order('p', noise(300, -3)));
    bench.tick(100);
    const sound = roomSound(bench);
    expect(sound.filter((sample) => Math.abs(sample) >= 32_767)).toHaveLength(0);
    expect(levelDbfs(sound)).toBeGreaterThan(-12);
  });

  it('ends with the room, which is told after its last sound', () => {
    const bench = three();
    bench.engine.recordRoom('room', 5, 1_000_000, false);
    bench.tick(5);
    for (const handle of [1, 2, 3]) bench.engine.leave(handle);
    expect(roomSound(bench)).toHaveLength(800);
    expect(bench.events.at(-1)).toEqual({ type: 'roomRecordingEnded', recording: 5 });
    bench.tick(20);
    expect(roomSound(bench)).toHaveLength(800);
  });

  it('is refused without a room, and while there is one', () => {
    const bench = three();
    expect(() => bench.engine.recordRoom('elsewhere', 1, 100, false)).toThrow('there is no such room');
    bench.engine.recordRoom('room', 1, 100, false);
    expect(() => bench.engine.recordRoom('room', 2, 100, false)).toThrow('already');
  });
});

describe('volumes', () => {
  const levels = (bench: Bench, hz: number): number => {
    const listener = bench.legs[2];
    if (listener === undefined) throw new Error('nobody listens');
    listener.sent.length = 0;
    bench.tick(40);
    return toneDbfs(listener.heard().subarray(1_600), hz);
  };

  it('make one caller louder for the others, and others louder for one', () => {
    const bench = three();
    const before = levels(bench, 500);
    bench.legs[0]?.session.setGains(0, -8);
    expect(levels(bench, 500) - before).toBeCloseTo(-8, 0);
    bench.legs[2]?.session.setGains(4, 0);
    expect(levels(bench, 500) - before).toBeCloseTo(-4, 0);
  });

  it('go on where another thread takes the leg over', () => {
    const bench = three();
    const before = levels(bench, 500);
    const [talker, , listener] = bench.legs;
    if (talker === undefined || listener === undefined) throw new Error('nobody is there');
    // The main thread puts them into the descriptor that the next thread gets.
    Object.assign(talker.session.descriptor, { speakDb: -8, room: 'room' });
    Object.assign(listener.session.descriptor, { hearDb: -4, room: 'room' });
    bench.handOver(talker);
    bench.handOver(listener);
    bench.tick(20);
    expect(levels(bench, 500) - before).toBeCloseTo(-12, 0);
  });
});

describe('a muted caller who talks', () => {
  const spoke = (bench: Bench): number => bench.told('spokeWhileMuted').length;

  it('is told once for each time of being muted, in a room alone', () => {
    const bench = three();
    const leg = bench.leg();
    leg.says = speech(60_000);
    bench.tick(200);
    bench.engine.join(4, 'room', false);
    bench.tick(200);
    expect(spoke(bench)).toBe(0);
    leg.session.mute(true);
    bench.tick(200);
    expect(spoke(bench)).toBe(1);
    leg.session.mute(true);
    bench.tick(200);
    expect(spoke(bench)).toBe(1);
    leg.session.mute(false);
    leg.session.mute(true);
    bench.tick(200);
    expect(spoke(bench)).toBe(2);
    bench.engine.leave(4);
    bench.tick(200);
    bench.engine.join(4, 'room', true);
    bench.tick(200);
    expect(spoke(bench)).toBe(3);
  });

  it('is not one who keys a code', () => {
    const bench = three();
    const leg = bench.leg();
    bench.engine.join(4, 'room', true);
    for (const key of ['*', '6', '#', '4', '*', '6'] as const) leg.keyPackets(key, 15);
    bench.tick(100);
    expect(spoke(bench)).toBe(0);
  });
});

describe('the lines of a room', () => {
  it('are measured, whoever is muted', () => {
    const bench = three();
    bench.legs[0]?.session.mute(true);
    bench.tick(600);
    const measured = bench.engine.measureRoom('room');
    expect(measured.map(({ handle }) => handle)).toEqual([1, 2, 3]);
    for (const handle of [1, 2]) {
      const line = measured.find((one) => one.handle === handle);
      expect(line?.levelDb).toBeCloseTo(-23, 0);
      expect(line?.activeShare).toBeCloseTo(1, 1);
    }
    expect(measured[2]).toEqual({ handle: 3, levelDb: -96, activeShare: 0 });
    expect(bench.engine.measureRoom('elsewhere')).toEqual([]);
  });
});
