import { writeFile } from 'node:fs/promises';
import { DtmfEventSender, EVENT_BYTES } from '../../../src/adapters/embedded-media/dtmf-events.js';
import type { G711Codec } from '../../../src/adapters/embedded-media/g711.js';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';
import { isKey } from '../../../src/domain/keys.js';
import { concatenated, sine } from '../../sound.js';

/** What SIPp plays: files of G.711, and recordings of RTP (pcap), both made here. */

export const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const EVENT_PAYLOAD_TYPE = 96;
const KEY_MS = 80;
const KEY_GAP_MS = 60;

/** Exactly one second of a tone of whole hertz, so that it can be repeated without a click. */
export const tone = (hz: number, dbfs: number): Int16Array => sine(hz, 1_000, dbfs);

export function encoded(codec: G711Codec, samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length);
  codec.encode(samples, bytes, 0);
  return bytes;
}

export interface Spoken {
  readonly codec: G711Codec;
  /** Pressed first, as telephone events. */
  readonly keys: string;
  readonly samples: Int16Array;
}

/** RTP packets, one every 20 ms: the keys as events (RFC 4733), then the sound; all one stream with one SSRC. */
export function spokenPackets({ codec, keys, samples }: Spoken): readonly Buffer[] {
  const ssrc = 0x50_61_72_74;
  const packets: Buffer[] = [];
  let ticks = 0;
  const push = (payload: Uint8Array, type: number, marker: boolean, timestamp: number): void => {
    const packet = Buffer.alloc(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(packet, type, marker, packets.length, timestamp, ssrc);
    packet.set(payload, RTP_HEADER_BYTES);
    packets.push(packet);
  };
  const say = (sound: Int16Array): void => {
    for (let at = 0; at + FRAME_SAMPLES <= sound.length; at += FRAME_SAMPLES) {
      push(encoded(codec, sound.subarray(at, at + FRAME_SAMPLES)), codec.payloadType, packets.length === 0, ticks);
      ticks += FRAME_SAMPLES;
    }
  };
  const gap = new Int16Array(KEY_GAP_MS * 8);
  const events = new DtmfEventSender();
  say(gap);
  for (const key of keys) {
    if (!isKey(key)) throw new Error(`${key} is no key`);
    events.start(key, ticks, KEY_MS);
    for (let payload = new Uint8Array(EVENT_BYTES); events.next(payload, 0); payload = new Uint8Array(EVENT_BYTES)) {
      push(payload, EVENT_PAYLOAD_TYPE, events.marker, events.timestamp);
      ticks += FRAME_SAMPLES;
    }
    say(gap);
  }
  say(samples);
  return packets;
}

/** A tone for so many seconds. */
export const lastingTone = (hz: number, dbfs: number, seconds: number): Int16Array =>
  concatenated(...Array.from({ length: seconds }, () => tone(hz, dbfs)));

/**
 * Writes packets as a recording (pcap, Ethernet, IPv4, UDP) in which one is sent every 20 ms. Whoever plays it puts in
 * addresses and ports of its own.
 */
export async function writeRecording(path: string, packets: readonly Buffer[]): Promise<void> {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const records = packets.flatMap((packet, index) => {
    const frame = ethernetFrame(packet);
    const record = Buffer.alloc(16);
    const ms = index * FRAME_MS;
    record.writeUInt32LE(Math.floor(ms / 1_000), 0);
    record.writeUInt32LE((ms % 1_000) * 1_000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  await writeFile(path, Buffer.concat([head, ...records]));
}

const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const LOOPBACK = 0x7f_00_00_01;

function ethernetFrame(payload: Buffer): Buffer {
  const head = Buffer.alloc(ETHERNET_BYTES + IP_BYTES + UDP_BYTES);
  head.writeUInt16BE(0x0800, 12);
  const ip = ETHERNET_BYTES;
  head.writeUInt8(0x45, ip);
  head.writeUInt16BE(IP_BYTES + UDP_BYTES + payload.length, ip + 2);
  head.writeUInt8(64, ip + 8);
  head.writeUInt8(17, ip + 9);
  head.writeUInt32BE(LOOPBACK, ip + 12);
  head.writeUInt32BE(LOOPBACK, ip + 16);
  const udp = ip + IP_BYTES;
  head.writeUInt16BE(6_000, udp);
  head.writeUInt16BE(6_000, udp + 2);
  head.writeUInt16BE(UDP_BYTES + payload.length, udp + 4);
  return Buffer.concat([head, payload]);
}
