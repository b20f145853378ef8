import type { Key } from '../../domain/keys.js';
import { KEYS } from '../../domain/keys.js';
import { FRAME_SAMPLES } from './frame.js';

/**
 * Telephone events (RFC 4733 section 2.3): a key as packets that repeat its code and its length so far.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * ```
 */
export const EVENT_BYTES = 4;

/** Sections 2.3.5 and 2.5.1.3: a longer key continues in a new segment whose timestamp is so much later. */
const LONGEST_SEGMENT = 0xffff;
/** Two keys cannot begin within 50 ms of each other (8 kHz clock): such a step is a sender that moves the timestamp within one key. */
const SAME_PRESS = 400;
/** A timestamp up to 10 s back is a packet that came late; further back, the source began anew. */
export const LATE_EVENT = 80_000;

/**
 * Hears the keys of one leg: each press once, on the first packet of it that arrives.
 *
 * A press is known by SSRC and timestamp, so that lost starts, lost ends, the end's repetitions and reordering
 * make no difference. A press older than the last one heard is never told, for it would come in the wrong order.
 * Events other than the sixteen keys (flash, fax and modem tones) are passed over.
 */
export class DtmfEventReceiver {
  #heard = false;
  #ssrc = 0;
  #timestamp = 0;
  #event = 0;
  #duration = 0;
  #ended = true;

  /** A key is down: its end has not arrived. A lost end leaves this true, so ask only within some 100 ms of the last event packet. */
  get keyDown(): boolean {
    return !this.#ended;
  }

  /**
   * Takes the payload of a telephone-event packet: `length` octets of `packet` from `offset`.
   * @returns the key, if this packet is the first of a press; otherwise `null`, for malformed ones too.
   */
  receive(
    ssrc: number,
    timestamp: number,
    marker: boolean,
    packet: Uint8Array,
    offset: number,
    length: number,
  ): Key | null {
    if (length < EVENT_BYTES || offset + EVENT_BYTES > packet.length) return null;
    const event = packet[offset] ?? 0;
    const key = KEYS_BY_EVENT[event];
    if (key === undefined) return null;
    const ended = ((packet[offset + 1] ?? 0) & 0x80) !== 0;
    const duration = ((packet[offset + 2] ?? 0) << 8) | (packet[offset + 3] ?? 0);

    if (this.#heard && ssrc === this.#ssrc) {
      const step = (timestamp - this.#timestamp) | 0;
      if (step < 0 && step > -LATE_EVENT) return null;
      if (step === 0) {
        this.#duration = Math.max(this.#duration, duration);
        this.#ended ||= ended;
        return null;
      }
      if (step > 0 && event === this.#event && this.#continues(step, marker, duration)) {
        this.#timestamp = timestamp;
        this.#duration = duration;
        this.#ended ||= ended;
        return null;
      }
    }
    this.#heard = true;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#event = event;
    this.#duration = duration;
    this.#ended = ended;
    return key;
  }

  #continues(step: number, marker: boolean, duration: number): boolean {
    // A sender that counts timestamps in something coarser than its clock: what begins anew after an end is a new press.
    if (this.#ended && marker && duration < this.#duration) return false;
    if (step <= SAME_PRESS) return true;
    return !this.#ended && !marker && (step === LONGEST_SEGMENT || step === this.#duration);
  }
}

/** Event codes 0 to 15 in order (RFC 4733 table 3). */
const KEYS_BY_EVENT: readonly (Key | undefined)[] = KEYS;

const END_REPETITIONS = 3;

/**
 * Sends keys as a telephone does: a packet every 20 ms while the key is down, then the end three times.
 * The sequence numbers are the stream's own and are the caller's to write.
 */
export class DtmfEventSender {
  #event = 0;
  #volume = 0;
  #remaining = 0;
  #duration = 0;
  #ends = 0;
  #first = false;
  #timestamp = 0;

  /** A press is being sent; {@link next} has more of it. */
  get busy(): boolean {
    return this.#ends > 0;
  }

  /** For the RTP header: set on the first packet of the press alone. */
  get marker(): boolean {
    return this.#first;
  }

  /** For the RTP header: when the press (or its present segment) began. Does not move with the packets. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /**
   * Begins a press; one that is still being sent is dropped. `timestamp` is the stream's time now (8 kHz clock),
   * `durationMs` at least 20, `volume` 0 to 63 in -dBm0.
   */
  start(key: Key, timestamp: number, durationMs: number, volume = 10): void {
    this.#event = KEYS.indexOf(key);
    this.#volume = volume & 0x3f;
    this.#remaining = Math.max(FRAME_SAMPLES, durationMs * 8);
    this.#duration = 0;
    this.#ends = END_REPETITIONS;
    this.#first = false;
    this.#timestamp = timestamp >>> 0;
  }

  /**
   * Writes the payload due in this 20 ms tick into `target` from `offset`; then {@link marker} and {@link timestamp} are those of this packet.
   * @returns whether there was one.
   */
  next(target: Uint8Array, offset: number): boolean {
    if (this.#ends === 0) return false;
    if (this.#ends === END_REPETITIONS) {
      this.#first = this.#duration === 0;
      this.#advance();
    } else {
      this.#first = false;
    }
    const ending = this.#remaining === 0;
    target[offset] = this.#event;
    target[offset + 1] = (ending ? 0x80 : 0) | this.#volume;
    target[offset + 2] = this.#duration >>> 8;
    target[offset + 3] = this.#duration & 0xff;
    if (ending) this.#ends -= 1;
    return true;
  }

  #advance(): void {
    const step = Math.min(FRAME_SAMPLES, this.#remaining);
    if (this.#duration === LONGEST_SEGMENT) {
      this.#timestamp = (this.#timestamp + LONGEST_SEGMENT) >>> 0;
      this.#duration = step;
      this.#remaining -= step;
      return;
    }
    const room = Math.min(step, LONGEST_SEGMENT - this.#duration);
    this.#duration += room;
    this.#remaining -= room;
  }
}
