import { performance } from 'node:perf_hooks';
import { DtmfToneDetector } from '../src/adapters/embedded-media/dtmf-tones.js';
import { PCMU } from '../src/adapters/embedded-media/g711.js';
import { JitterBuffer } from '../src/adapters/embedded-media/jitter-buffer.js';
import { MixMember, RoomMix, mixOnce } from '../src/adapters/embedded-media/mix.js';
import { RtpHeader, parseRtp, writeRtpHeader } from '../src/adapters/embedded-media/rtp-packet.js';

/**
 * What one member costs per tick of 20 ms in the pure part of the engine, without sockets: receiving (parse, jitter buffer,
 * decode), searching for key tones, mixing, encoding and the header of the packet sent. Run: `npm run bench:core`.
 */
const TICKS = 1000;

const random = (() => {
  let state = 1;
  return (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
})();

class Leg {
  readonly jitter = new JitterBuffer();
  readonly tones = new DtmfToneDetector();
  readonly header = new RtpHeader();
  readonly member = new MixMember();
  readonly packet = Buffer.alloc(172);
  readonly sent = Buffer.alloc(172);
  readonly talks: boolean;

  constructor(talks: boolean) {
    this.talks = talks;
    const said = Int16Array.from({ length: 160 }, () => (talks ? (random() - 0.5) * 8000 : 0));
    PCMU.encode(said, this.packet, 12);
  }
}

/** Nanoseconds per member and tick, in a room of `size` of whom `talkers` talk. */
const measure = (size: number, talkers: number, searchTones: boolean): Record<string, number> => {
  const legs = Array.from({ length: size }, (_, index) => new Leg(index < talkers));
  const members = legs.map((leg) => leg.member);
  const room = new RoomMix();
  const spent = { receive: 0, tones: 0, mix: 0, send: 0 };
  const shared = Buffer.alloc(160);
  for (let tick = -200; tick < TICKS; tick++) {
    const now = 1000 + tick * 20;
    if (tick === 0) Object.assign(spent, { receive: 0, tones: 0, mix: 0, send: 0 });
    const started = performance.now();
    for (const leg of legs) {
      writeRtpHeader(leg.packet, 0, false, tick + 200, (tick + 200) * 160, 1);
      if (parseRtp(leg.packet, leg.packet.length, leg.header)) leg.jitter.put(PCMU, leg.header, leg.packet, now - 7);
      leg.member.speaking = leg.jitter.pull(leg.member.input, now) !== 'silence' && leg.talks;
    }
    const received = performance.now();
    if (searchTones) for (const leg of legs) leg.tones.feed(leg.member.input);
    const searched = performance.now();
    mixOnce(room, members, null);
    const mixed = performance.now();
    PCMU.encode(room.full, shared, 0);
    for (const leg of legs) {
      writeRtpHeader(leg.sent, 0, false, tick + 200, (tick + 200) * 160, 2);
      if (leg.member.shared) leg.sent.set(shared, 12);
      else PCMU.encode(leg.member.output, leg.sent, 12);
    }
    spent.receive += received - started;
    spent.tones += searched - received;
    spent.mix += mixed - searched;
    spent.send += performance.now() - mixed;
  }
  const each = (ms: number): number => Math.round((ms * 1e6) / TICKS / size);
  return {
    members: size,
    talkers,
    'receive ns': each(spent.receive),
    'tones ns': each(spent.tones),
    'mix ns': each(spent.mix),
    'send ns': each(spent.send),
    'total ns': each(spent.receive + spent.tones + spent.mix + spent.send),
  };
};

console.table([
  measure(3, 3, false),
  measure(10, 2, false),
  measure(100, 3, false),
  measure(500, 3, false),
  measure(100, 100, false),
  measure(100, 3, true),
  measure(100, 100, true),
]);
