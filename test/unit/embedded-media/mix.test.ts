import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PCMU } from '../../../src/adapters/embedded-media/g711.js';
import { JitterBuffer } from '../../../src/adapters/embedded-media/jitter-buffer.js';
import { SILENCE_DBFS, peakDbfs, rmsDbfs } from '../../../src/adapters/embedded-media/level.js';
import { MixMember, RoomMix, mixOnce } from '../../../src/adapters/embedded-media/mix.js';
import { coded, concat, headerOf, noise, roughness, signalToNoise, stream, tone } from './kit.js';

/** Runs a room in which member i says `says[i]` (null: nothing); gives what each hears. */
const converse = (
  says: readonly (Int16Array | null)[],
  options: { readonly muted?: readonly number[]; readonly roomPlay?: Int16Array } = {},
): { readonly heard: readonly Int16Array[]; readonly full: Int16Array; readonly members: readonly MixMember[] } => {
  const room = new RoomMix();
  const members = says.map(() => new MixMember());
  const length = Math.max(160, ...says.map((said) => said?.length ?? 0), options.roomPlay?.length ?? 0);
  const heard: Int16Array[][] = says.map(() => []);
  const full: Int16Array[] = [];
  for (let at = 0; at + 160 <= length; at += 160) {
    members.forEach((member, i) => {
      const frame = says[i]?.subarray(at, at + 160);
      member.speaking = frame !== undefined;
      member.muted = options.muted?.includes(i) ?? false;
      if (frame !== undefined) member.input.set(frame);
    });
    mixOnce(room, members, options.roomPlay?.subarray(at, at + 160) ?? null);
    members.forEach((member, i) => heard[i]?.push(member.output.slice()));
    full.push(room.full.slice());
  }
  return { heard: heard.map(concat), full: concat(full), members };
};

const at = (list: readonly Int16Array[], index: number): Int16Array => list[index] ?? new Int16Array(0);
const sum = (...parts: readonly Int16Array[]): Int16Array =>
  at(parts, 0).map((_, i) => parts.reduce((total, part) => total + (part[i] ?? 0), 0));

describe('in a room', () => {
  test('one talker is heard by all others bit for bit, at any level, and not by himself', () => {
    const said = noise(1600, 0);
    const { heard, full } = converse([said, null, null]);
    expect(at(heard, 0).every((sample) => sample === 0)).toBe(true);
    expect(at(heard, 1)).toEqual(said);
    expect(at(heard, 2)).toEqual(said);
    expect(full).toEqual(said);
  });

  test('everyone hears everyone else, and never himself', () => {
    const says = [tone(400, 1600, -20), tone(700, 1600, -20), tone(1100, 1600, -20)];
    const { heard } = converse([...says, null]);
    expect(at(heard, 0)).toEqual(sum(at(says, 1), at(says, 2)));
    expect(at(heard, 1)).toEqual(sum(at(says, 0), at(says, 2)));
    expect(at(heard, 2)).toEqual(sum(at(says, 0), at(says, 1)));
    expect(at(heard, 3)).toEqual(sum(...says));
  });

  test('a muted caller hears all and is heard by none', () => {
    const says = [tone(400, 1600, -20), tone(700, 1600, -20)];
    const { heard, full } = converse([...says, null], { muted: [0] });
    expect(at(heard, 0)).toEqual(at(says, 1));
    expect(at(heard, 2)).toEqual(at(says, 1));
    expect(at(heard, 1).every((sample) => sample === 0)).toBe(true);
    expect(full).toEqual(at(says, 1));
  });

  test('what is played to the room is heard by everyone, talkers too', () => {
    const played = tone(1000, 1600, -20);
    const said = tone(400, 1600, -20);
    const { heard } = converse([said, null], { roomPlay: played });
    expect(at(heard, 0)).toEqual(played);
    expect(at(heard, 1)).toEqual(sum(said, played));
    expect(at(converse([null], { roomPlay: played }).heard, 0)).toEqual(played);
  });

  test('listeners share one frame, so that it is encoded once', () => {
    const { members } = converse([tone(400, 160), null, null]);
    expect(members.map((member) => member.shared)).toEqual([false, true, true]);
    expect(members[1]?.output).toBe(members[2]?.output);
  });

  test('no one speaks: silence', () => {
    const { heard } = converse([null, null]);
    expect(heard.every((samples) => samples.every((sample) => sample === 0))).toBe(true);
  });
});

describe('when many talk at once', () => {
  test('the sum never wraps nor is cut flat, whatever is said', () => {
    const frame = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 160, maxLength: 160 });
    fc.assert(
      fc.property(fc.array(frame, { minLength: 2, maxLength: 6 }), (frames) => {
        const says = frames.map((samples) => Int16Array.from(samples));
        const { heard } = converse([...says, null]);
        const total = sum32(says);
        at(heard, says.length).forEach((sample, i) => {
          const exact = total[i] ?? 0;
          if (Math.abs(exact) > 50) expect(Math.sign(sample) * Math.sign(exact)).toBeGreaterThanOrEqual(0);
          expect(Math.abs(sample)).toBeLessThanOrEqual(Math.max(Math.abs(exact), 0) + 1);
        });
      }),
      { numRuns: 100 },
    );
  });

  const sum32 = (parts: readonly Int16Array[]): Int32Array =>
    Int32Array.from({ length: 160 }, (_, i) => parts.reduce((total, part) => total + (part[i] ?? 0), 0));

  test('eight loud talkers in step stay a clean tone: turned down, not distorted', () => {
    const loud = tone(400, 16_000, -3);
    const { heard } = converse([...Array.from({ length: 8 }, () => loud), null]);
    const listener = at(heard, 8);
    expect(peakDbfs(listener)).toBeLessThan(0);
    expect(signalToNoise(listener.subarray(4000), 400)).toBeGreaterThan(30);
    // The first 2 ms are the onset itself, eight voices at once out of nothing.
    expect(roughness(listener.subarray(16))).toBeLessThan(roughness(loud) * 1.5);
  });

  test('after a shout the level comes back within half a second, without a step', () => {
    const soft = tone(400, 16_000, -12);
    const shout = concat([tone(390, 4000, 0), new Int16Array(12_000)]);
    const { heard } = converse([soft, shout, null]);
    expect(at(heard, 2).subarray(8000)).toEqual(soft.subarray(8000));
    expect(roughness(at(heard, 2).subarray(4100))).toBeLessThan(1200);
  });
});

test('a 1 kHz tone keeps 30 dB through the bridge: PCMU, jitter buffer, mix, PCMU', () => {
  const said = tone(1004, 8 * 5000, -10);
  const buffer = new JitterBuffer();
  const room = new RoomMix();
  const members = [new MixMember(), new MixMember(), new MixMember()];
  const [talker, listener] = members;
  if (talker === undefined || listener === undefined) throw new Error('unreachable');
  const heard: Int16Array[] = [];
  const packets = stream(said, { delayMs: (index) => 5 + (index % 4) });
  const octets = new Uint8Array(160);
  packets.forEach((packet, index) => {
    buffer.put(PCMU, headerOf(packet), packet.payload, packet.arrivalMs);
    talker.speaking = buffer.pull(talker.input, 33 + index * 20) !== 'silence';
    mixOnce(room, members, null);
    PCMU.encode(listener.output, octets, 0);
    const frame = new Int16Array(160);
    PCMU.decode(octets, 0, 160, frame, 0);
    heard.push(frame);
  });
  const through = signalToNoise(concat(heard).subarray(8000, 8 * 4900), 1004);
  expect(through).toBeGreaterThan(30);
  // G.711 is not coded twice: what it decodes to, it encodes to again.
  expect(through).toBeCloseTo(signalToNoise(coded(said).subarray(8000, 8 * 4900), 1004), 0);
});

describe('levels', () => {
  test('are relative to full scale', () => {
    expect(rmsDbfs(tone(1000, 8000, 0))).toBeCloseTo(-3.01, 1);
    expect(peakDbfs(tone(1000, 8000, -20))).toBeCloseTo(-20, 1);
    expect(rmsDbfs(Int16Array.of(-32_768, -32_768))).toBeCloseTo(0, 5);
  });

  test('of nothing are the floor', () => {
    expect(rmsDbfs(new Int16Array(160))).toBe(SILENCE_DBFS);
    expect(peakDbfs(new Int16Array(160))).toBe(SILENCE_DBFS);
  });
});
