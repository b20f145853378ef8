import { ArrivalWindow } from './arrival-window.js';
import { Concealment } from './concealment.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import type { G711Codec } from './g711.js';
import { SampleRing } from './sample-ring.js';
import type { RtpHeader } from './rtp-packet.js';
import { TickClock } from './tick-clock.js';
import { NEEDED_TO_STRETCH, findPeriod, neededToShorten, shorten, stretch } from './time-scale.js';

/** What a frame is made of: the caller's audio (at least in part), a stand-in for what was lost, or nothing. */
export type PulledFrame = 'audio' | 'concealed' | 'silence';

/**
 * `stored`: will be heard. `late`: its time had passed. `duplicate`: was there already. `refused`: empty, too long, or far from everything before.
 */
export type PutOutcome = 'stored' | 'late' | 'duplicate' | 'refused';

/** Counters since the start of the leg, and where the buffer stands. */
export interface JitterBufferFigures {
  readonly stored: number;
  readonly late: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Samples made up for lost or late audio. */
  readonly concealedSamples: number;
  /** Samples left out or put in to move the delay. */
  readonly droppedSamples: number;
  readonly insertedSamples: number;
  /** From the arrival of the fastest packets of late until they begin to be heard, milliseconds. */
  readonly delayMs: number;
  /** The delay that the jitter measured asks for, milliseconds. */
  readonly targetDelayMs: number;
}

/** Longest payload: 200 ms. */
const MAX_PAYLOAD = 1600;
/** Kept in hand beyond the slowest packets: 5 ms. */
const MARGIN = 40;
/** The delay may be 10 ms too long before it is moved, */
const TOLERANCE_OVER = 80;
/** and 4 ms too short: then still nothing is late, whatever the phase between packets and ticks. */
const TOLERANCE_UNDER = 32;
/** Farther off than 40 ms, it is moved often: every 40 ms instead of every 200. */
const FAR_OFF = 320;
const TICKS_BETWEEN_MOVES = 10;
const TICKS_BETWEEN_MOVES_FAR_OFF = 2;
/** Two stretches this alike are taken for periods of one voice. */
const ALIKE = 0.7;
/** After half a second without such a place, the best there is will do. */
const PATIENCE_TICKS = 25;
/** The delay never exceeds that of the fastest packets by more: with the tick itself, 200 ms. */
const MAX_DELAY = 180 * SAMPLES_PER_MS;
/** A step of the timestamps against the clock larger than half a second is another stream of time. */
const STRANGE_STEP = 4000;
/** So many packets in a row too late: the old delay is no longer true. */
const LATE_IN_A_ROW = 5;
/** After 2 s without packets old measurements count no more. */
const STALE_MS = 2000;
/** A hole in the timestamps shorter than 20 ms is a sloppy clock, and bridged; a longer one without missing packets is silence. */
const SHORTEST_SILENCE = FRAME_SAMPLES;

/**
 * Makes a steady stream of 20 ms frames from a telephone's packets.
 *
 * One is made per leg. The socket side calls {@link put} for every audio packet and {@link quietFrom} for every packet that says
 * "no audio now"; the tick side calls {@link pull} once per tick and gets a full frame each time.
 *
 * G.711 has one octet per sample and no memory, so packets are decoded on arrival into a ring addressed by timestamp: any packet
 * length, reordering and overlap come out right by themselves. The delay is the distance of the playing position from the
 * fastest packets; it follows the slowest packets of the last 8 s, and moves by whole pitch periods, or freely in silence.
 * When the ring runs dry, the position waits instead of running on: what comes late is then heard late, not lost.
 */
export class JitterBuffer {
  readonly #ring = new SampleRing();
  readonly #window = new ArrivalWindow();
  readonly #clock = new TickClock();
  readonly #concealment = new Concealment();
  #started = false;
  #ssrc = 0;
  /** The newest packet: sequence, timestamp and its place in the ring. */
  #sequence = 0;
  #timestamp = 0;
  #position = 0;
  #transit = 0;
  #arrivalMs = 0;
  /** The next sample to be heard. */
  #read = 0;
  /** Silence was announced from here on; `Infinity`: it was not. */
  #quiet = Infinity;
  #lateInARow = 0;
  #awaitedSequence = -1;
  #sinceMove = 0;
  #stored = 0;
  #late = 0;
  #duplicates = 0;
  #refused = 0;
  #concealed = 0;
  #dropped = 0;
  #inserted = 0;
  readonly #recent = new Int32Array(256).fill(-1);

  /**
   * Takes one packet: `packet` and the `header` read from it. Copies what it needs. Payloads are 1 to 1600 samples; their length may change at any time.
   * `arrivalMs`: when it came, on the clock of {@link pull}. A change of SSRC starts anew.
   */
  put(codec: G711Codec, header: RtpHeader, packet: Uint8Array, arrivalMs: number): PutOutcome {
    const length = header.payloadLength;
    const arrival = arrivalMs * SAMPLES_PER_MS;
    if (length < 1 || length > MAX_PAYLOAD || header.payloadOffset + length > packet.length) return this.#refuse();
    let position = 0;
    if (!this.#started || header.ssrc !== this.#ssrc) {
      this.#begin(header, arrivalMs);
    } else {
      position = this.#place(header.timestamp);
      if (this.#recent[header.sequence & 0xff] === header.sequence) {
        this.#duplicates += 1;
        return 'duplicate';
      }
      if (Math.abs(arrival - position - this.#transit) > STRANGE_STEP) {
        if (!this.#mayBeginAnew(header, arrivalMs)) return this.#refuse();
        this.#begin(header, arrivalMs);
        position = 0;
      }
    }
    this.#awaitedSequence = -1;
    this.#measure(arrival - position, arrivalMs);

    if (this.#read >= this.#ring.end && position + length > this.#read) this.#resume(position, arrival);
    if (position + length <= this.#read) {
      this.#lateInARow += 1;
      if (this.#lateInARow < LATE_IN_A_ROW) {
        this.#note(header, position);
        this.#late += 1;
        return 'late';
      }
      this.#begin(header, arrivalMs);
      position = 0;
    }
    this.#lateInARow = 0;
    if (!this.#ring.fits(this.#read, position + length)) {
      this.#begin(header, arrivalMs);
      position = 0;
    }
    this.#markSilence(header.sequence, position);
    this.#ring.store(codec, packet, header.payloadOffset, length, position, this.#read);
    if (position + length > this.#quiet) this.#quiet = Infinity;
    this.#note(header, position);
    this.#stored += 1;
    return 'stored';
  }

  /**
   * The source sends no audio from this timestamp on, until it does again: comfort noise (RFC 3389) or a telephone event (RFC 4733).
   * What is missing from there is silence, not loss.
   */
  quietFrom(header: RtpHeader): void {
    if (!this.#started || header.ssrc !== this.#ssrc) return;
    const position = this.#place(header.timestamp);
    if (Math.abs(position - this.#position) > SAMPLES_PER_MS * 10_000) return;
    this.#recent[header.sequence & 0xff] = header.sequence;
    if (((header.sequence - this.#sequence) << 16) >> 16 > 0) this.#sequence = header.sequence;
    if (this.#quiet !== Infinity) return;
    this.#quiet = Math.max(position, this.#ring.end, this.#read);
    if (this.#ring.fits(this.#read, this.#quiet)) this.#ring.extend(this.#quiet);
  }

  /**
   * Fills `out` (160 samples) with the next 20 ms. `nowMs` is the tick's time; lateness of single ticks does no harm.
   * Read the sockets before pulling after a stall, or packets that wait there count as late.
   */
  pull(out: Int16Array, nowMs: number): PulledFrame {
    const first = this.#clock.position === null;
    this.#clock.tick(nowMs);
    if (first && this.#started) this.#setFirstPosition(nowMs * SAMPLES_PER_MS - FRAME_SAMPLES);
    this.#sinceMove += 1;
    const moved = this.#steer(out);
    if (moved !== null) return moved;
    let audio = false;
    let concealed = false;
    for (let done = 0; done < FRAME_SAMPLES;) {
      const wanted = FRAME_SAMPLES - done;
      const present = this.#ring.present(this.#read, wanted);
      let count = present;
      if (present > 0) {
        audio = this.#ring.take(this.#read, present, out, done) || audio;
        this.#concealment.heard(out, done, present);
        this.#read += present;
      } else {
        const hole = this.#ring.hole(this.#read, wanted);
        count = hole === 0 ? wanted : hole;
        if (this.#started && this.#read < this.#quiet) {
          this.#concealment.conceal(out, done, count);
          if (!this.#concealment.faded) {
            concealed = true;
            this.#concealed += count;
          }
        } else {
          out.fill(0, done, done + count);
          this.#concealment.heard(out, done, count);
        }
        // Behind a hole lies something, so what is missing is lost. Where nothing lies ahead the position waits for it.
        this.#read += hole;
      }
      done += count;
    }
    if (audio) return 'audio';
    return concealed ? 'concealed' : 'silence';
  }

  /** Drops everything: a new offer or answer, another address. Figures go on. */
  reset(): void {
    this.#started = false;
    this.#ring.clear(0);
    this.#read = 0;
    this.#quiet = Infinity;
    this.#concealment.breakHere();
  }

  figures(): JitterBufferFigures {
    const tick = this.#clock.position;
    const inMs = (samples: number): number => (samples + FRAME_SAMPLES) / SAMPLES_PER_MS;
    const running = this.#started && tick !== null;
    return {
      stored: this.#stored,
      late: this.#late,
      duplicates: this.#duplicates,
      refused: this.#refused,
      concealedSamples: this.#concealed,
      droppedSamples: this.#dropped,
      insertedSamples: this.#inserted,
      delayMs: running ? inMs(tick - this.#read - this.#window.fastest) : 0,
      targetDelayMs: running ? inMs(this.#target(this.#window.usuallySlowest) - this.#window.fastest) : 0,
    };
  }

  #refuse(): PutOutcome {
    this.#refused += 1;
    return 'refused';
  }

  /** The first packet of a source or of its new timestamps: it lies at position 0. */
  #begin(header: RtpHeader, arrivalMs: number): void {
    const arrival = arrivalMs * SAMPLES_PER_MS;
    const tick = this.#clock.position ?? arrival;
    this.#started = true;
    this.#ssrc = header.ssrc;
    this.#sequence = (header.sequence - 1) & 0xffff;
    this.#timestamp = header.timestamp;
    this.#position = 0;
    this.#transit = arrival;
    this.#arrivalMs = arrivalMs;
    this.#quiet = Infinity;
    this.#lateInARow = 0;
    this.#recent.fill(-1);
    this.#window.restart(arrival, 0, arrivalMs);
    this.#ring.clear(0);
    this.#setFirstPosition(tick);
    this.#concealment.breakHere();
  }

  /** Begins with as much silence as makes the delay right, when the last tick was at `tick`. */
  #setFirstPosition(tick: number): void {
    this.#read = Math.max(-MAX_DELAY, Math.min(0, Math.floor(tick - this.#target(this.#window.usuallySlowest))));
    this.#ring.silence(this.#read, 0);
  }

  /** A packet far from the others' time: believed at once after a pause or with the marker, otherwise when the next follows on it. */
  #mayBeginAnew(header: RtpHeader, arrivalMs: number): boolean {
    if (header.marker || header.sequence === this.#awaitedSequence || arrivalMs - this.#arrivalMs > STALE_MS)
      return true;
    this.#awaitedSequence = (header.sequence + 1) & 0xffff;
    return false;
  }

  #measure(transit: number, arrivalMs: number): void {
    this.#transit = transit;
    if (arrivalMs - this.#arrivalMs > STALE_MS) {
      this.#window.restart(transit, this.#window.slowest - this.#window.fastest, arrivalMs);
    } else {
      this.#window.add(transit, arrivalMs);
    }
    this.#arrivalMs = arrivalMs;
  }

  /** The ring was dry. Goes on from `position` or from where the delay is right, but not beyond the longest delay. */
  #resume(position: number, arrival: number): void {
    const tick = this.#clock.position ?? arrival;
    const right = Math.floor(tick - this.#target(this.#window.usuallySlowest));
    const latest = Math.ceil(tick - this.#window.fastest - MAX_DELAY);
    this.#read = Math.max(this.#read, Math.min(position, right), latest);
  }

  /** What lies between the last audio and `position` was never sent, if no packet is missing or silence was announced. */
  #markSilence(sequence: number, position: number): void {
    const end = Math.max(this.#ring.end, this.#read);
    if (position <= end) return;
    const next = sequence === ((this.#sequence + 1) & 0xffff);
    if (next && position - end >= SHORTEST_SILENCE) this.#ring.silence(end, position);
    else if (this.#quiet < position) this.#ring.silence(Math.max(end, this.#quiet), position);
  }

  #note(header: RtpHeader, position: number): void {
    this.#recent[header.sequence & 0xff] = header.sequence;
    if (((header.sequence - this.#sequence) << 16) >> 16 <= 0) return;
    this.#sequence = header.sequence;
    this.#timestamp = header.timestamp;
    this.#position = position;
  }

  #place(timestamp: number): number {
    return this.#position + ((timestamp - this.#timestamp) | 0);
  }

  /** The position on the transit scale that hears packets as slow as `slowest` in time. */
  #target(slowest: number): number {
    return Math.min(slowest + MARGIN, this.#window.fastest + MAX_DELAY);
  }

  /** Moves the delay towards its target, if it is off and the sound at hand allows it; then `out` is filled and the frame's kind returned. */
  #steer(out: Int16Array): PulledFrame | null {
    const tick = this.#clock.position;
    if (!this.#started || tick === null) return null;
    const delay = tick - FRAME_SAMPLES - this.#read;
    if (delay - this.#window.fastest > MAX_DELAY + FAR_OFF) this.#leap(tick);
    const over = delay - this.#target(this.#window.slowest);
    const under = this.#target(this.#window.usuallySlowest) - delay;
    if (over > TOLERANCE_OVER) return this.#move(out, over, true);
    if (under > TOLERANCE_UNDER) return this.#move(out, under, false);
    return null;
  }

  /** Far too much in hand, as after a long freeze: the surplus is skipped at once. */
  #leap(tick: number): void {
    const to = Math.min(this.#ring.end, Math.floor(tick - FRAME_SAMPLES - this.#target(this.#window.usuallySlowest)));
    if (to <= this.#read) return;
    this.#dropped += to - this.#read;
    this.#ring.drop(this.#read, to);
    this.#read = to;
    this.#concealment.breakHere();
  }

  #move(out: Int16Array, by: number, shorter: boolean): PulledFrame | null {
    const quiet = this.#ring.quietRun(this.#read, 2 * FRAME_SAMPLES);
    if (quiet >= FRAME_SAMPLES) {
      this.#moveSilence(Math.floor(by), shorter, quiet);
      return null;
    }
    const wait = by > FAR_OFF ? TICKS_BETWEEN_MOVES_FAR_OFF : TICKS_BETWEEN_MOVES;
    if (this.#sinceMove < wait) return null;
    const available = this.#ring.present(this.#read, this.#ring.scratch.length);
    if (available < (shorter ? FRAME_SAMPLES : Math.max(FRAME_SAMPLES, NEEDED_TO_STRETCH))) return null;
    const source = this.#ring.scratch;
    const audio = this.#ring.peek(this.#read, available, source);
    const room = shorter ? available - FRAME_SAMPLES : FRAME_SAMPLES / 2;
    const found = findPeriod(source, available, Math.min(room, Math.floor(by + MARGIN)));
    if (found === null || (found.likeness < ALIKE && this.#sinceMove < wait + PATIENCE_TICKS)) return null;
    if (shorter && available < neededToShorten(found.lag)) return null;
    this.#sinceMove = 0;
    if (shorter) {
      shorten(source, found.lag, out);
      this.#dropped += found.lag;
    } else {
      stretch(source, found.lag, out);
      this.#inserted += found.lag;
    }
    const used = shorter ? FRAME_SAMPLES + found.lag : FRAME_SAMPLES - found.lag;
    this.#ring.drop(this.#read, this.#read + used);
    this.#read += used;
    this.#concealment.heard(out, 0, FRAME_SAMPLES);
    return audio ? 'audio' : 'silence';
  }

  /** In silence the position is simply moved. */
  #moveSilence(by: number, shorter: boolean, quiet: number): void {
    if (shorter) {
      const count = Math.min(by, quiet);
      this.#ring.drop(this.#read, this.#read + count);
      this.#read += count;
      this.#dropped += count;
    } else {
      const count = Math.min(by, FRAME_SAMPLES);
      this.#ring.silence(this.#read - count, this.#read);
      this.#read -= count;
      this.#inserted += count;
    }
  }
}
