import { randomBytes } from 'node:crypto';
import type { Key } from '../../domain/keys.js';
import { DtmfEventSender, EVENT_BYTES } from './dtmf-events.js';
import { keyTone } from './dtmf-tones.js';
import { FRAME_SAMPLES, SAMPLE_RATE_HZ } from './frame.js';
import { PCMA, PCMU } from './g711.js';
import { LegLedger } from './leg-ledger.js';
import { LegRtcp } from './leg-rtcp.js';
import { rmsDbfs } from './level.js';
import { monotonicMs } from './monotonic.js';
import { OutboundAudio } from './outbound.js';
import { PhoneMemory, type PhoneMemoryBlocks } from './phone-memory.js';
import type { PhoneSource } from './phone-facts.js';
import { parseRtcp } from './rtcp-packet.js';
import { isRtcp, parseRtp, RtpHeader } from './rtp-packet.js';
import { RtpSockets } from './rtp-sockets.js';
import { RtpReception } from './rtp-statistics.js';
import type { SrtpKeys } from './sdes.js';
import type { Agreement } from './sdp-session.js';
import { SrtpReceiver, SrtpSender } from './srtp.js';
import { Ticker } from './ticker.js';

export interface PhoneLineOptions {
  readonly bindAddress: string;
  /** Even; `null`: any free pair. */
  readonly port: number | null;
  readonly rtcp: boolean;
  readonly memory: PhoneMemoryBlocks;
}

/** Random pairs tried when no port is asked for, and where. */
const MOST_PORTS_TRIED = 100;
const FIRST_PORT = 33_000;
const LAST_PORT = 60_998;
/** A pause between two keys, ticks. */
const KEY_PAUSE_TICKS = 3;
const KEY_TONE_DBFS = -13;
/** A step of the timestamp beyond this is a new stream. */
const MOST_GAP_SAMPLES = 30 * SAMPLE_RATE_HZ;
const MOST_LATE_SAMPLES = SAMPLE_RATE_HZ / 2;
const MOST_PAYLOAD_SAMPLES = 1_600;

interface KeyPress {
  readonly key: Key;
  readonly method: 'event' | 'inband';
  readonly durationMs: number;
  /** Given when its last packet went out (clock of `monotonicMs`). */
  readonly done: (sentMs: number) => void;
}

/** One tick for all telephones of the thread. */
const lines = new Set<PhoneLine>();
const ticker = new Ticker((skipped) => {
  const nowMs = monotonicMs();
  for (const line of lines) line.tick(nowMs, skipped);
});

/** The running part of a telephone: sockets, sending, recording. It lives in the thread that ticks it. */
export class PhoneLine {
  readonly port: number;
  private readonly sockets: RtpSockets;
  private readonly memory: PhoneMemory;
  private readonly ledger: LegLedger;
  private readonly reception = new RtpReception(SAMPLE_RATE_HZ);
  private readonly outbound: OutboundAudio;
  private readonly rtcp: LegRtcp;
  private readonly reports: boolean;
  private readonly header = new RtpHeader();
  private readonly decoded = new Int16Array(MOST_PAYLOAD_SAMPLES);
  private readonly frame = new Int16Array(FRAME_SAMPLES);
  private agreement: Agreement | null = null;
  private srtpKeys: SrtpKeys | null = null;
  private protection: { readonly sender: SrtpSender; readonly receiver: SrtpReceiver } | null = null;
  private source: PhoneSource = { kind: 'silence' };
  private sourceAt = 0;
  private readonly keys: KeyPress[] = [];
  private pressing: KeyPress | null = null;
  private readonly eventSender = new DtmfEventSender();
  private tone: Int16Array | null = null;
  private toneAt = 0;
  private pauseTicks = 0;
  private heardSsrc = -1;
  private nextTimestamp = 0;

  private constructor(port: number, sockets: RtpSockets, { memory, rtcp }: PhoneLineOptions) {
    this.port = port;
    this.sockets = sockets;
    this.memory = new PhoneMemory(memory);
    this.ledger = new LegLedger(memory.ledger);
    this.reports = rtcp;
    const random = randomBytes(8);
    const ssrc = random.readUInt32BE(4);
    const nowMs = monotonicMs();
    this.outbound = new OutboundAudio(ssrc, this.ledger, nowMs, random.readUInt32BE(), (packet, length, to) => {
      const secured = this.protection?.sender.rtp(packet.subarray(0, length));
      sockets.sendRtp(secured ?? packet, secured?.length ?? length, to);
    });
    const cname = random.toString('hex');
    this.rtcp = new LegRtcp({ ssrc, cname }, this.ledger, this.reception, nowMs, Math.random());
  }

  /** @throws Error when no port can be bound. */
  static async open(options: PhoneLineOptions): Promise<PhoneLine> {
    for (let tries = 1; ; tries++) {
      const pairs = (LAST_PORT - FIRST_PORT) / 2 + 1;
      const port = options.port ?? FIRST_PORT + 2 * Math.floor(Math.random() * pairs);
      const line: { opened: PhoneLine | null } = { opened: null };
      try {
        const sockets = await RtpSockets.bind(options.bindAddress, port, false, {
          rtp: (packet, { address }) => line.opened?.receive(packet, address),
          rtcp: (packet) => line.opened?.receiveRtcp(packet),
        });
        line.opened = new PhoneLine(port, sockets, options);
        lines.add(line.opened);
        ticker.start();
        return line.opened;
      } catch (error) {
        if (options.port !== null || tries === MOST_PORTS_TRIED) throw error;
      }
    }
  }

  /** @param keys of SRTP, or `null` for plain RTP. A direction whose key is new begins afresh. */
  agree(agreement: Agreement, keys: SrtpKeys | null): void {
    this.agreement = agreement;
    this.outbound.agree(agreement);
    const { srtpKeys: before, protection } = this;
    this.srtpKeys = keys;
    if (keys === null) this.protection = null;
    else {
      const [send, receive] = [Buffer.from(keys.send), Buffer.from(keys.receive)];
      const sameSend = before !== null && send.equals(before.send);
      const sameReceive = before !== null && receive.equals(before.receive);
      this.protection = {
        sender: protection !== null && sameSend ? protection.sender : new SrtpSender(send),
        receiver: protection !== null && sameReceive ? protection.receiver : new SrtpReceiver(receive),
      };
    }
  }

  say(source: PhoneSource): void {
    this.source = source;
    this.sourceAt = 0;
  }

  /** On a line that is closed nothing is sent, and nobody waits for it. */
  press(press: KeyPress): void {
    if (lines.has(this)) this.keys.push(press);
    else press.done(monotonicMs());
  }

  close(): void {
    if (!lines.delete(this)) return;
    const nowMs = monotonicMs();
    for (const { done } of this.keys) done(nowMs);
    this.pressing?.done(nowMs);
    if (this.reports) this.sendRtcp(this.rtcp.goodbye(monotonicMs(), this.outbound.rtpTimestamp));
    this.sockets.close();
    if (lines.size === 0) ticker.stop();
  }

  tick(nowMs: number, skipped: number): void {
    const { agreement } = this;
    if (agreement === null) return;
    if (skipped > 0) this.outbound.pass(skipped);
    if (this.pressing === null) this.nextKey();
    const sends = agreement.direction === 'sendrecv' || agreement.direction === 'sendonly';
    if (agreement.remote === null || !sends || this.source.kind === 'nothing')
      this.outbound.frame(this.frame, null, nowMs);
    else if (this.eventSender.busy) this.sendEvent(agreement);
    else {
      this.fill();
      this.memory.levelOut(rmsDbfs(this.frame), nowMs);
      this.outbound.frame(this.frame, agreement.remote, nowMs);
    }
    if (!this.reports) return;
    const report = this.rtcp.due(nowMs, this.outbound.rtpTimestamp);
    if (report !== null) this.sendRtcp(report);
  }

  private nextKey(): void {
    if (this.pauseTicks > 0) {
      this.pauseTicks -= 1;
      return;
    }
    const press = this.keys.shift();
    if (press === undefined) return;
    this.pressing = press;
    if (press.method === 'event') this.eventSender.start(press.key, this.outbound.rtpTimestamp, press.durationMs);
    else this.tone = keyTone(press.key, press.durationMs, KEY_TONE_DBFS);
    this.toneAt = 0;
  }

  private keySent(): void {
    this.pressing?.done(monotonicMs());
    this.pressing = null;
    this.tone = null;
    this.pauseTicks = KEY_PAUSE_TICKS;
  }

  private sendEvent({ eventSendPayloadType, remote }: Agreement): void {
    const { packet, offset } = this.outbound.eventPayload;
    if (eventSendPayloadType !== null && remote !== null && this.eventSender.next(packet, offset)) {
      const { marker, timestamp } = this.eventSender;
      this.outbound.event(eventSendPayloadType, marker, timestamp, EVENT_BYTES, remote);
    }
    if (!this.eventSender.busy) this.keySent();
  }

  /** The next frame of whatever is said; a key's tones come before everything. */
  private fill(): void {
    const { frame, source, tone } = this;
    if (tone !== null) {
      frame.fill(0);
      frame.set(tone.subarray(this.toneAt, this.toneAt + FRAME_SAMPLES));
      this.toneAt += FRAME_SAMPLES;
      if (this.toneAt >= tone.length) this.keySent();
      return;
    }
    if (source.kind === 'tone') {
      const amplitude = 32_767 * 10 ** (source.dbfs / 20);
      const step = (2 * Math.PI * source.hz) / SAMPLE_RATE_HZ;
      for (let index = 0; index < FRAME_SAMPLES; index++) {
        frame[index] = Math.round(amplitude * Math.sin(step * (this.sourceAt + index)));
      }
    } else if (source.kind === 'samples') {
      const { samples, loop } = source;
      for (let index = 0; index < FRAME_SAMPLES; index++) {
        const at = this.sourceAt + index;
        frame[index] = samples[loop && samples.length > 0 ? at % samples.length : at] ?? 0;
      }
    } else frame.fill(0);
    this.sourceAt += FRAME_SAMPLES;
  }

  private receive(packet: Buffer, address: string): void {
    const { agreement, header, memory } = this;
    if (agreement === null) return;
    if (isRtcp(packet, packet.length)) {
      this.receiveRtcp(packet);
      return;
    }
    if (agreement.remote !== null && agreement.remote.address !== address) return;
    const opened = this.protection === null ? packet : this.protection.receiver.rtp(packet);
    if (opened === null || !parseRtp(opened, opened.length, header)) return;
    const codec = agreement.receive.find(({ payloadType }) => payloadType === header.payloadType)?.codec;
    if (codec === undefined || header.payloadLength > MOST_PAYLOAD_SAMPLES) return;
    const nowMs = monotonicMs();
    const lastMs = memory.lastArrivalMs;
    this.reception.arrived(header.ssrc, header.sequence, header.timestamp, nowMs, true);
    memory.arrived(header.ssrc, nowMs);
    memory.lost(this.reception.packetsLost);
    const { payloadOffset, payloadLength } = header;
    (codec === 'PCMA' ? PCMA : PCMU).decode(opened, payloadOffset, payloadLength, this.decoded, 0);
    const samples = this.decoded.subarray(0, payloadLength);
    memory.levelIn(rmsDbfs(samples), nowMs);
    this.record(samples, lastMs, nowMs);
  }

  /** Places by timestamp: what is missing is silence, what comes late goes where it belongs. */
  private record(samples: Int16Array, lastMs: number, nowMs: number): void {
    const { header, memory } = this;
    const ahead = (header.timestamp - this.nextTimestamp) | 0;
    const follows = header.ssrc === this.heardSsrc && ahead > -MOST_LATE_SAMPLES && ahead < MOST_GAP_SAMPLES;
    if (follows && ahead < 0) {
      memory.insert(samples, -ahead);
      return;
    }
    if (follows) memory.appendSilence(ahead);
    else if (lastMs > 0) memory.appendSilence(Math.max(0, Math.round((nowMs - lastMs) * 8) - samples.length));
    memory.append(samples);
    this.heardSsrc = header.ssrc;
    this.nextTimestamp = (header.timestamp + samples.length) >>> 0;
  }

  private receiveRtcp(received: Buffer): void {
    const packet = this.protection === null ? received : this.protection.receiver.rtcp(received);
    if (packet === null) return;
    const parts = parseRtcp(packet, packet.length);
    if (parts === null) return;
    this.memory.rtcpArrived(parts.some(({ kind }) => kind === 'goodbye'));
    this.rtcp.receive(packet, packet.length, monotonicMs());
  }

  private sendRtcp(packet: Buffer): void {
    const { agreement } = this;
    const secured = this.protection?.sender.rtcp(packet) ?? packet;
    if (agreement?.remoteRtcp != null) this.sockets.sendRtcp(secured, agreement.remoteRtcp, agreement.rtcpMux);
  }
}
