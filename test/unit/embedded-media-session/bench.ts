import { expect } from 'vitest';
import { DtmfEventSender } from '../../../src/adapters/embedded-media/dtmf-events.js';
import { PCMA, PCMU } from '../../../src/adapters/embedded-media/g711.js';
import { LegLedger } from '../../../src/adapters/embedded-media/leg-ledger.js';
import { MixingEngine } from '../../../src/adapters/embedded-media/mixing-engine.js';
import type { SessionDescriptor, WorkerEvent } from '../../../src/adapters/embedded-media/protocol.js';
import { parseRtp, RtpHeader, writeRtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';
import type { Agreement, Destination } from '../../../src/adapters/embedded-media/sdp-session.js';
import { Session } from '../../../src/adapters/embedded-media/session.js';
import type { Key } from '../../../src/domain/keys.js';
import { concatenated } from '../../sound.js';

export const CALLER: Destination = { address: '192.0.2.1', port: 4_000 };
export const AGREEMENT: Agreement = {
  codec: 'PCMU',
  payloadType: 0,
  receive: [
    { payloadType: 0, codec: 'PCMU' },
    { payloadType: 8, codec: 'PCMA' },
  ],
  eventPayloadType: 101,
  eventSendPayloadType: 101,
  ptimeMs: 20,
  remote: CALLER,
  remoteRtcp: { address: CALLER.address, port: 4_001 },
  rtcpMux: false,
  direction: 'sendrecv',
  held: false,
};

interface Sent {
  readonly header: RtpHeader;
  readonly samples: Int16Array;
  readonly to: Destination;
}

/** An engine moved by hand: one tick a call, no sockets, no time but its own. */
export class Bench {
  nowMs = 10_000;
  readonly events: WorkerEvent[] = [];
  readonly engine = new MixingEngine((event) => this.took(event));
  readonly legs: Leg[] = [];

  /** Another thread takes the leg over, here in the same engine; the caller talks on. */
  handOver(leg: Leg): Leg {
    const { descriptor } = leg.session;
    this.engine.remove(descriptor.handle);
    const released = leg.session.giveAway(this.nowMs);
    leg.session.close(this.nowMs);
    const next = new Leg(this, { ...descriptor, ledger: leg.ledger.memory }, descriptor.handle);
    next.says = leg.says;
    next.sequence = leg.sequence;
    next.timestamp = leg.timestamp;
    next.session.takeOver(released, this.nowMs);
    this.legs[this.legs.indexOf(leg)] = next;
    this.engine.add(next.session);
    return next;
  }

  leg(descriptor: Partial<SessionDescriptor> = {}): Leg {
    const leg = new Leg(this, descriptor, this.legs.length + 1);
    this.legs.push(leg);
    this.engine.add(leg.session);
    return leg;
  }

  tick(count = 1, skipped = 0): void {
    for (let index = 0; index < count; index++) {
      this.nowMs += 20;
      for (const leg of this.legs) leg.talk();
      this.engine.tick(this.nowMs, index === 0 ? skipped : 0);
    }
  }

  /** As the thread boundary does, what is told is copied. */
  private took(event: WorkerEvent): void {
    this.events.push('samples' in event ? { ...event, samples: Int16Array.from(event.samples) } : event);
  }

  told(type: WorkerEvent['type']): readonly WorkerEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

/** One caller: what is said goes in, what was sent is kept. */
export class Leg {
  readonly ledger: LegLedger;
  readonly session: Session;
  readonly sent: Sent[] = [];
  readonly reports: { readonly packet: Buffer; readonly to: Destination; readonly multiplexed: boolean }[] = [];
  closed = false;
  says: Int16Array | null = null;
  private readonly bench: Bench;
  sequence = 100;
  timestamp = 5_000;

  constructor(bench: Bench, descriptor: Partial<SessionDescriptor>, handle: number) {
    this.bench = bench;
    this.ledger = new LegLedger(descriptor.ledger);
    const whole: SessionDescriptor = {
      ...{ handle, bindAddress: '127.0.0.1', rtpPort: 0, ssrc: 0xabc0 + handle, cname: 'x', agreement: AGREEMENT },
      ...{ latched: null, room: null, muted: false, inbandOff: false, silenceMs: 60_000, silenceOnHoldMs: 1_800_000 },
      ...{ hearDb: 0, speakDb: 0 },
      ...descriptor,
      ledger: this.ledger.memory,
    };
    const sockets = {
      sendRtp: (packet: Buffer, length: number, to: Destination) => {
        this.took(packet, length, to);
      },
      sendRtcp: (packet: Buffer, to: Destination, multiplexed: boolean) => {
        this.reports.push({ packet: Buffer.from(packet), to, multiplexed });
      },
      close: () => {
        this.closed = true;
      },
    };
    const listener = {
      key: (key: Key, method: 'event' | 'inband') => bench.events.push({ type: 'key', handle, key, method }),
      latched: (source: Destination) => bench.events.push({ type: 'latched', handle, source }),
      audioMissing: (silentMs: number) => bench.events.push({ type: 'audioMissing', handle, silentMs }),
      playFinished: (playId: string, outcome: 'completed') =>
        bench.events.push({ type: 'playFinished', handle, playId, outcome }),
      spokeWhileMuted: () => bench.events.push({ type: 'spokeWhileMuted', handle }),
      recorded: (samples: Int16Array) =>
        bench.events.push({ type: 'recorded', handle, samples: Int16Array.from(samples) }),
    };
    this.session = new Session(whole, sockets, listener, bench.nowMs, 0x1234_5678);
  }

  /** Sends the next 20 ms of what is said. */
  talk(): void {
    if (this.says === null) return;
    const frame = this.says.subarray(0, 160);
    this.says = this.says.length > 160 ? this.says.subarray(160) : null;
    const packet = Buffer.alloc(12 + frame.length);
    writeRtpHeader(packet, 0, false, this.sequence++, this.timestamp, 7);
    PCMU.encode(frame, packet, 12);
    this.timestamp += 160;
    this.receive(packet);
  }

  receive(packet: Buffer, from: Destination = CALLER): void {
    this.session.receiveRtp(packet, from.address, from.port, this.bench.nowMs);
  }

  /** The packets of a key, one a tick; `between` may change the payload type after the second. */
  keyPackets(key: Key, count: number, payloadType = 101, between: () => number = () => payloadType): void {
    const sender = new DtmfEventSender();
    sender.start(key, this.timestamp, count * 20);
    const packet = Buffer.alloc(16);
    for (let index = 0, type = payloadType; sender.next(packet, 12); index++) {
      if (index === 2) type = between();
      writeRtpHeader(packet, type, sender.marker, this.sequence++, sender.timestamp, 7);
      this.receive(packet);
      this.timestamp += 160;
      this.bench.tick();
    }
  }

  heard(): Int16Array {
    return concatenated(...this.sent.map(({ samples }) => samples));
  }

  private took(packet: Buffer, length: number, to: Destination): void {
    const header = new RtpHeader();
    expect(parseRtp(packet, length, header)).toBe(true);
    const samples = new Int16Array(header.payloadLength);
    (header.payloadType === 8 ? PCMA : PCMU).decode(packet, header.payloadOffset, header.payloadLength, samples, 0);
    this.sent.push({ header, samples, to });
  }
}

export const order = (playId: string, ...sounds: readonly Int16Array[]) => ({
  playId,
  sounds: sounds.map((samples) => ({ samples, loop: false })),
});
