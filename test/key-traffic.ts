import { DtmfEventSender } from '../src/adapters/embedded-media/dtmf-events.js';
import { PCMA, PCMU } from '../src/adapters/embedded-media/g711.js';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../src/adapters/embedded-media/rtp-packet.js';
import type { Key } from '../src/domain/keys.js';
import { seeded } from './seeded.js';
import { levelDbfs } from './sound.js';

/** What telephones send while keys are pressed, seeded: the same packets for the same seed, for tests and benchmarks of any engine. */

/** The keys there are on telephones. */
const PRESSED: readonly Key[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'];
const FRAME = 160;
const FRAME_MS = 20;
/** As our offers say it. */
export const EVENT_PAYLOAD_TYPE = 101;

/** A packet and when it arrives, milliseconds from the beginning. */
export interface TimedPacket {
  readonly atMs: number;
  readonly packet: Buffer;
}

export interface KeyTraffic {
  readonly keys: readonly Key[];
  /** In order of arrival. */
  readonly packets: readonly TimedPacket[];
  readonly lastMs: number;
}

export interface NetworkTrouble {
  /** Share of the packets that never come. */
  readonly loss: number;
  /** Share of the packets that are overtaken by one to three others. */
  readonly overtaken: number;
}

export const CALM: NetworkTrouble = { loss: 0, overtaken: 0 };

/** One telephone's stream: a packet every 20 ms. */
class Stream {
  readonly packets: TimedPacket[] = [];
  readonly #random: () => number;
  readonly #trouble: NetworkTrouble;
  readonly #ssrc: number;
  #sequence: number;
  timestamp: number;
  atMs = 0;

  constructor(random: () => number, trouble: NetworkTrouble) {
    this.#random = random;
    this.#trouble = trouble;
    this.#ssrc = (random() * 2 ** 32) >>> 0;
    this.#sequence = Math.floor(random() * 65_536);
    this.timestamp = (random() * 2 ** 32) >>> 0;
  }

  send(payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): void {
    const packet = Buffer.alloc(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(packet, payloadType, marker, this.#sequence, timestamp, this.#ssrc);
    packet.set(payload, RTP_HEADER_BYTES);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const lost = this.#random() < this.#trouble.loss;
    const overtaken = this.#random() < this.#trouble.overtaken;
    const lateMs = overtaken ? 25 + this.#random() * 45 : this.#random() * 2;
    if (!lost) this.packets.push({ atMs: this.atMs + lateMs, packet });
    this.atMs += FRAME_MS;
    this.timestamp = (this.timestamp + FRAME) >>> 0;
  }

  /** In order of arrival. */
  arriving(): readonly TimedPacket[] {
    return this.packets.sort((one, other) => one.atMs - other.atMs);
  }
}

/** Keys by RFC 4733: 60 to 250 ms long, 60 to 250 ms apart, silence between them. */
export function eventTraffic(seed: number, count: number, trouble: NetworkTrouble): KeyTraffic {
  const random = seeded(seed);
  const stream = new Stream(random, trouble);
  const sender = new DtmfEventSender();
  const silence = new Uint8Array(FRAME).fill(0xff);
  const keys: Key[] = [];
  const quiet = (ms: number): void => {
    for (let frames = Math.round(ms / FRAME_MS); frames > 0; frames--) stream.send(0, false, stream.timestamp, silence);
  };
  quiet(300);
  for (let press = 0; press < count; press++) {
    const key = PRESSED[Math.floor(random() * PRESSED.length)] ?? '0';
    keys.push(key);
    sender.start(key, stream.timestamp, 60 + random() * 190);
    const payload = new Uint8Array(4);
    while (sender.next(payload, 0)) stream.send(EVENT_PAYLOAD_TYPE, sender.marker, sender.timestamp, payload);
    quiet(60 + random() * 190);
  }
  quiet(300);
  return { keys, packets: stream.arriving(), lastMs: stream.atMs };
}

/** Sound as G.711; PCMU or PCMA by the seed. */
export function soundTraffic(
  seed: number,
  sound: Int16Array,
  keys: readonly Key[] = [],
  trouble: NetworkTrouble = CALM,
): KeyTraffic {
  const random = seeded(seed);
  const stream = new Stream(random, trouble);
  const [codec, payloadType] = random() < 0.5 ? [PCMU, 0] : [PCMA, 8];
  const frame = new Int16Array(FRAME);
  for (let at = 0; at < sound.length; at += FRAME) {
    frame.fill(0);
    frame.set(sound.subarray(at, at + FRAME));
    const payload = new Uint8Array(FRAME);
    codec.encode(frame, payload, 0);
    stream.send(payloadType, at === 0, stream.timestamp, payload);
  }
  return { keys, packets: stream.arriving(), lastMs: stream.atMs };
}

const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1_209, 1_336, 1_477] as const;
const ROWS = ['123', '456', '789', '*0#'] as const;

export interface ToneConditions {
  /** Speech behind the tones, repeated as often as need be; `null`: none. */
  readonly behind: Int16Array | null;
  /** How far the speech lies under the stronger tone, dB, each RMS. */
  readonly behindDb: number;
  /** How far noise lies under the weaker tone, dB. */
  readonly noiseDb: number;
}

/** A generated press: within what ITU-T Q.24 asks receivers to take. */
interface Press {
  readonly key: Key;
  readonly lowHz: number;
  readonly highHz: number;
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

function press(random: () => number): Press {
  const row = Math.floor(random() * 4);
  const column = Math.floor(random() * 3);
  // The stronger tone from -8 to -26 dBFS; the high one up to 4 dB above the low one, or 8 below.
  const strong = 32_767 * 10 ** ((-8 - random() * 18) / 20);
  const twist = -8 + random() * 12;
  const off = (): number => 1 + (random() * 2 - 1) * 0.015;
  return {
    key: (ROWS[row]?.[column] ?? '0') as Key,
    lowHz: (ROWS_HZ[row] ?? 0) * off(),
    highHz: (COLUMNS_HZ[column] ?? 0) * off(),
    low: twist > 0 ? strong * 10 ** (-twist / 20) : strong,
    high: twist > 0 ? strong : strong * 10 ** (twist / 20),
    samples: Math.round((50 + random() * 150) * 8),
  };
}

/** Keys as tones: 50 to 200 ms long and 50 to 200 ms apart, with seeded levels, twist, frequencies, and what lies behind them. */
export function toneTraffic(
  seed: number,
  count: number,
  { behind, behindDb, noiseDb }: ToneConditions,
  trouble: NetworkTrouble = CALM,
): KeyTraffic {
  const random = seeded(seed);
  const presses = Array.from({ length: count }, () => press(random));
  const sound: number[] = [];
  const keys: Key[] = [];
  const speechRms = behind === null ? 0 : 32_768 * 10 ** (levelDbfs(behind) / 20);
  let spoken = behind === null ? 0 : Math.floor(random() * behind.length);
  for (const { key, lowHz, highHz, low, high, samples } of presses) {
    keys.push(key);
    const pause = Math.round((50 + random() * 150) * 8);
    const speechGain = behind === null ? 0 : ((Math.max(low, high) / Math.SQRT2) * 10 ** (-behindDb / 20)) / speechRms;
    // Even noise of peak p has an RMS of p / sqrt 3.
    const noise = (Math.min(low, high) / Math.SQRT2) * 10 ** (-noiseDb / 20) * Math.sqrt(3);
    const phase = random() * Math.PI * 2;
    for (let i = 0; i < samples + pause; i++) {
      const slope = Math.max(0, Math.min(1, (i + 1) / 16, (samples - i) / 16));
      const turn = (2 * Math.PI * i) / 8_000;
      const tones = low * Math.sin(turn * lowHz + phase) + high * Math.sin(turn * highHz);
      const said = behind === null ? 0 : (behind[spoken++ % behind.length] ?? 0) * speechGain;
      const value = tones * slope + said + (random() * 2 - 1) * noise;
      sound.push(Math.max(-32_768, Math.min(32_767, Math.round(value))));
    }
  }
  const whole = new Int16Array(sound.length + 4_800);
  whole.set(sound, 2_400);
  return soundTraffic(seed + 1, whole, keys, trouble);
}

export interface KeyErrors {
  readonly missed: number;
  /** Heard but never pressed, or more than once. */
  readonly extra: number;
}

/** The fewest keys left out of what was sent, and added to it, that make it what was heard. */
export function keyErrors(sent: readonly Key[], heard: readonly Key[]): KeyErrors {
  // Longest common subsequence.
  let before = new Uint32Array(heard.length + 1);
  for (const key of sent) {
    const row = new Uint32Array(heard.length + 1);
    for (let at = 0; at < heard.length; at++) {
      row[at + 1] = heard[at] === key ? (before[at] ?? 0) + 1 : Math.max(row[at] ?? 0, before[at + 1] ?? 0);
    }
    before = row;
  }
  const common = before[heard.length] ?? 0;
  return { missed: sent.length - common, extra: heard.length - common };
}
