import type { G711Codec } from '../../../src/adapters/embedded-media/g711.js';
import { PCMU } from '../../../src/adapters/embedded-media/g711.js';
import type { PulledFrame } from '../../../src/adapters/embedded-media/jitter-buffer.js';
import { JitterBuffer } from '../../../src/adapters/embedded-media/jitter-buffer.js';
import { RtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';

/** Frames, tones, measures and a simulated network for the acoustic tests. Nothing here waits or draws unseeded numbers. */

/** A sine of `hz` at 8 kHz; `dbfs` is its amplitude against full scale. */
export const tone = (hz: number, samples: number, dbfs = -10): Int16Array =>
  Int16Array.from({ length: samples }, (_, i) =>
    Math.round(32_767 * 10 ** (dbfs / 20) * Math.sin((2 * Math.PI * hz * i) / 8000)),
  );

/** Even numbers from 0 up to 1, the same each time. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const noise = (samples: number, dbfs: number, seed = 1): Int16Array => {
  const random = seeded(seed);
  return Int16Array.from({ length: samples }, () => Math.round((random() * 2 - 1) * 32_767 * 10 ** (dbfs / 20)));
};

/** Decibels of a sine of `hz`, whatever its phase and level, over everything else in `samples`. */
export const signalToNoise = (samples: Int16Array, hz: number): number => {
  let cc = 0;
  let ss = 0;
  let cs = 0;
  let xc = 0;
  let xs = 0;
  samples.forEach((x, i) => {
    const c = Math.cos((2 * Math.PI * hz * i) / 8000);
    const s = Math.sin((2 * Math.PI * hz * i) / 8000);
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += x * c;
    xs += x * s;
  });
  const det = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / det;
  const b = (xs * cc - xc * cs) / det;
  let signal = 0;
  let rest = 0;
  samples.forEach((x, i) => {
    const fit = a * Math.cos((2 * Math.PI * hz * i) / 8000) + b * Math.sin((2 * Math.PI * hz * i) / 8000);
    signal += fit * fit;
    rest += (x - fit) ** 2;
  });
  return 10 * Math.log10(signal / Math.max(rest, 1e-9));
};

export const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length));

/** The largest second difference: what a click stands out by. */
export const roughness = (samples: Int16Array): number => {
  let most = 0;
  for (let i = 2; i < samples.length; i++) {
    most = Math.max(most, Math.abs((samples[i] ?? 0) - 2 * (samples[i - 1] ?? 0) + (samples[i - 2] ?? 0)));
  }
  return most;
};

export const concat = (parts: readonly Int16Array[]): Int16Array => {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivalMs: number;
  readonly payload: Uint8Array;
  readonly marker?: boolean;
  readonly ssrc?: number;
  /** A packet that carries no audio: announces quiet. */
  readonly quiet?: boolean;
}

export const headerOf = (packet: Packet): RtpHeader => {
  const header = new RtpHeader();
  header.sequence = packet.sequence & 0xffff;
  header.timestamp = packet.timestamp >>> 0;
  header.ssrc = packet.ssrc ?? 1;
  header.marker = packet.marker ?? false;
  header.payloadLength = packet.payload.length;
  return header;
};

export interface StreamOptions {
  readonly ptimeMs?: number;
  readonly codec?: G711Codec;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  /** Milliseconds on the way, by index of the packet; `null`: lost. */
  readonly delayMs?: (index: number) => number | null;
  /** Sender's clock against ours, parts per million; positive: it sends slower. */
  readonly driftPpm?: number;
}

/** Cuts `samples` into packets as a telephone sends them, from time 0 on. */
export const stream = (samples: Int16Array, options: StreamOptions = {}): Packet[] => {
  const { ptimeMs = 20, codec = PCMU, firstSequence = 65_530, firstTimestamp = 0xffff_f000, driftPpm = 0 } = options;
  const size = ptimeMs * 8;
  const packets: Packet[] = [];
  for (let index = 0; (index + 1) * size <= samples.length; index++) {
    const delay = options.delayMs === undefined ? 5 : options.delayMs(index);
    if (delay === null) continue;
    const payload = new Uint8Array(size);
    codec.encode(samples.subarray(index * size, (index + 1) * size), payload, 0);
    packets.push({
      sequence: firstSequence + index,
      timestamp: firstTimestamp + index * size,
      arrivalMs: (index + 1) * ptimeMs * (1 + driftPpm / 1e6) + delay,
      payload,
    });
  }
  return packets;
};

export interface Heard {
  readonly samples: Int16Array;
  readonly kinds: readonly PulledFrame[];
  readonly buffer: JitterBuffer;
}

/** Plays packets through a buffer in order of arrival, with a tick every 20 ms from `phaseMs` on, until `untilMs`. */
export const listen = (
  packets: readonly Packet[],
  untilMs: number,
  phaseMs = 7,
  options: {
    readonly codec?: G711Codec;
    readonly buffer?: JitterBuffer;
    readonly tickLateMs?: (tick: number) => number;
    readonly onTick?: (buffer: JitterBuffer, tick: number) => void;
  } = {},
): Heard => {
  const buffer = options.buffer ?? new JitterBuffer();
  const arriving = [...packets].sort((a, b) => a.arrivalMs - b.arrivalMs);
  const frames: Int16Array[] = [];
  const kinds: PulledFrame[] = [];
  let next = 0;
  for (let tick = 0; phaseMs + tick * 20 < untilMs; tick++) {
    const now = phaseMs + tick * 20 + (options.tickLateMs?.(tick) ?? 0);
    for (let packet = arriving[next]; packet !== undefined && packet.arrivalMs <= now; packet = arriving[++next]) {
      if (packet.quiet === true) buffer.quietFrom(headerOf(packet));
      else buffer.put(options.codec ?? PCMU, headerOf(packet), packet.payload, packet.arrivalMs);
    }
    const frame = new Int16Array(160);
    kinds.push(buffer.pull(frame, now));
    frames.push(frame);
    options.onTick?.(buffer, tick);
  }
  return { samples: concat(frames), kinds, buffer };
};

/** What G.711 makes of `samples`: the best a listener can get. */
export const coded = (samples: Int16Array, codec: G711Codec = PCMU): Int16Array => {
  const octets = new Uint8Array(samples.length);
  const result = new Int16Array(samples.length);
  codec.encode(samples, octets, 0);
  codec.decode(octets, 0, octets.length, result, 0);
  return result;
};

/** Where `part` lies in `whole`, sample for sample; -1: nowhere. */
export const find = (whole: Int16Array, part: Int16Array): number => {
  outer: for (let at = 0; at + part.length <= whole.length; at++) {
    for (let i = 0; i < part.length; i++) if (whole[at + i] !== part[i]) continue outer;
    return at;
  }
  return -1;
};
