import type { KeyMethod } from '../../../src/domain/keys.js';
import {
  Telephone,
  type CallEnding,
  type DialOptions,
  type PressOptions,
} from '../../../src/app/telephone/telephone.js';
import { levelDbfs, NOTHING_DBFS, toneDbfs } from '../../sound.js';
import type { EngineName } from './engines.js';
import { Ear, everyPlace, Search, type Heard } from './ear.js';
import { withPauses } from './names.js';
import { signal, spoken, type Sound } from './sounds.js';

/** Level of the tone a caller says, peak: ten of them together stay clear of full scale. */
export const TONE_DBFS = -26;
const LOOK_MS = 25;
const USUAL_LIMIT_MS = 20_000;
/** Longest wait for the bridge to begin speaking. */
const PROMPT_LIMIT_MS = 10_000;
const QUIET_DBFS = -50;
/** How fast a practised caller keys. */
const KEY_MS = 60;
const KEY_GAP_MS = 60;
const KEY_TONE_MS = 80;
const SAMPLES_A_MS = 8;
const PACKET_SAMPLES = 160;

export interface CallerOptions extends Partial<DialOptions> {
  /** The tone this caller says from the beginning; silence when left out. */
  readonly hz?: number;
  /** How this caller keys, from the PIN on: a bridge takes only one way in a call. Default: events. */
  readonly method?: KeyMethod;
}

/**
 * A caller who keys this way. One who keys tones although the telephone offers events is understood by the embedded engine alone:
 * FreeSWITCH searches for tones only where there are no events.
 */
export function keyedBy(method: KeyMethod, engine: EngineName): CallerOptions {
  return method === 'inband' && engine === 'freeswitch' ? { method, rtp: { eventPayloadType: null } } : { method };
}

/** What is called: a bridge under test. */
export interface Callable {
  /** What callers dial. */
  readonly address: string;
  /** These keys must never be found in a log. */
  keepSecret(keys: string): void;
}

interface Watch<T> {
  /** `null`: not yet. `over`: the call has ended. */
  readonly look: (over: boolean) => T | null;
  /** What else is to be said when it was in vain. */
  readonly detail?: () => string;
}

/** A person with a telephone: dials, keys, says a tone, and remembers everything heard. */
export class Caller {
  readonly telephone: Telephone;
  readonly hz: number | null;
  readonly #bridge: Callable;
  readonly #ear = new Ear();
  #ending: CallEnding | null = null;
  #says: number | null = null;

  readonly #method: KeyMethod | undefined;

  private constructor(bridge: Callable, telephone: Telephone, hz: number | null, method: KeyMethod | undefined) {
    this.#bridge = bridge;
    this.#method = method;
    this.telephone = telephone;
    this.hz = hz;
    void telephone.ended.then((ending) => {
      this.#ending = ending;
    });
    if (hz !== null) this.say(hz);
  }

  /** Dials and is answered. @throws CallRefused */
  static async dial(bridge: Callable, options: CallerOptions = {}): Promise<Caller> {
    const telephone = await Telephone.dial({
      target: bridge.address,
      ...options,
      rtp: { ownThread: true, ...options.rtp },
    });
    return new Caller(bridge, telephone, options.hz ?? null, options.method);
  }

  /** Keys a PIN as soon as something is heard. */
  async keyPin(pin: string): Promise<void> {
    await this.untilSpoken();
    await this.press(pin);
  }

  /** Until the bridge says or plays anything. */
  async untilSpoken(): Promise<void> {
    await this.until('anything', PROMPT_LIMIT_MS, () => this.telephone.levels().inOnsetMs > 0);
  }

  /** Presses keys, as fast as a practised caller. Keys as tones are pressed into a quiet line, as by a person who is not speaking. */
  async press(keys: string, options: PressOptions = {}): Promise<void> {
    this.#bridge.keepSecret(keys);
    const method = options.method ?? this.#method;
    if (method === 'inband') this.telephone.say({ kind: 'silence' });
    await this.telephone.press(keys, {
      durationMs: method === 'inband' ? KEY_TONE_MS : KEY_MS,
      gapMs: method === 'inband' ? KEY_TONE_MS : KEY_GAP_MS,
      ...options,
      ...(method === undefined ? {} : { method }),
    });
    if (method === 'inband') this.say(this.#says);
  }

  /** A place in what is heard: now. */
  mark(): number {
    this.#listen();
    return this.#ear.position;
  }

  /** Waits until the whole sound was heard, from `since` on. */
  async hears(sound: Sound, options: { readonly since?: number; readonly withinMs?: number } = {}): Promise<Heard> {
    const search = new Search(this.#ear, sound, options.since ?? 0);
    return this.#untilFound(`"${sound.name}"`, options.withinMs ?? USUAL_LIMIT_MS, {
      look: (over) => search.look(over),
      detail: () => ` (the most alike was ${search.best.toFixed(2)})`,
    });
  }

  /** Waits for one sound after the other. @returns where the last one was */
  async hearsInOrder(sounds: readonly Sound[], since = 0): Promise<Heard> {
    let last: Heard = { at: since, end: since, likeness: 1 };
    for (const sound of sounds) last = await this.hears(sound, { since: last.end });
    return last;
  }

  /** Whether the whole sound was heard in between, by marks. */
  hasHeard(sound: Sound, since: number, to?: number): boolean {
    const ear = new Ear();
    ear.append(this.heard(since, to));
    return new Search(ear, sound, 0).look(true) !== null;
  }

  /** Every place at which the whole sound was heard in between, by marks. */
  allHeard(sound: Sound, since = 0, to?: number): readonly Heard[] {
    return everyPlace(this.heard(since, to), sound).map(({ at, end, likeness }) => ({
      ...{ at: at + since, end: end + since, likeness },
    }));
  }

  /** What was heard in between, by marks. */
  heard(since: number, to?: number): Int16Array {
    this.#listen();
    return this.#ear.between(since, to);
  }

  /** Listens for so long, and gives what was heard. */
  async listen(ms: number): Promise<Int16Array> {
    const from = this.mark();
    await this.until(`${ms} ms of audio`, ms + 5_000, () => this.mark() - from >= ms * SAMPLES_A_MS);
    return this.heard(from, from + ms * SAMPLES_A_MS).slice();
  }

  /** Until nothing was heard for so many milliseconds. */
  async untilQuiet(ms = 400): Promise<void> {
    await this.until(
      `${ms} ms of quiet`,
      USUAL_LIMIT_MS,
      () => this.mark() >= ms * SAMPLES_A_MS && this.levelNow(ms) < QUIET_DBFS,
    );
  }

  /** Until no packet arrived for so many milliseconds. */
  async untilNothingArrives(ms = 300): Promise<void> {
    let count = -1;
    let since = 0;
    await this.until(`${ms} ms without a packet`, USUAL_LIMIT_MS, () => {
      const { packetsReceived } = this.telephone.statistics();
      if (packetsReceived !== count) since = performance.now();
      count = packetsReceived;
      return performance.now() - since >= ms;
    });
  }

  /** Says a tone from now on, or nothing but silence. */
  say(hz: number | null): void {
    this.#says = hz;
    this.telephone.say(hz === null ? { kind: 'silence' } : { kind: 'tone', hz, dbfs: TONE_DBFS });
  }

  /** Says a sound once, and resolves when its last packet was sent. */
  async sayOnce(samples: Int16Array): Promise<void> {
    const packets = Math.ceil(samples.length / PACKET_SAMPLES) + 2;
    const before = this.telephone.statistics().packetsSent;
    this.telephone.say({ kind: 'samples', samples, loop: false });
    const limitMs = samples.length / SAMPLES_A_MS + 5_000;
    await this.until(
      'the end of what is said',
      limitMs,
      () => this.telephone.statistics().packetsSent >= before + packets,
    );
    this.say(this.#says);
  }

  /** Is asked for the name, says it after the tone, and keys `#`. @returns where the tone ended */
  async giveName(name: Sound, since = 0): Promise<Heard> {
    const asked = await this.hearsInOrder([spoken('say-your-name'), signal('record-after')], since);
    await this.sayOnce(withPauses(name));
    await this.press('#');
    return asked;
  }

  /** The latest so many milliseconds of what was heard; `null` until so much was heard since the mark. */
  latest(ms: number, since: number): Int16Array | null {
    const from = this.mark() - ms * SAMPLES_A_MS;
    return from < since ? null : this.#ear.between(from);
  }

  /** Level of everything in the latest so many milliseconds, dBFS. */
  levelNow(ms = 400): number {
    this.#listen();
    return levelDbfs(this.#ear.between(this.#ear.position - ms * SAMPLES_A_MS));
  }

  get hasEnded(): boolean {
    return this.#ending !== null;
  }

  /** How the call ended, within a limit. */
  async ends(withinMs = USUAL_LIMIT_MS): Promise<CallEnding> {
    return this.#untilFound('the end of the call', withinMs, { look: () => this.#ending });
  }

  async hangUp(): Promise<void> {
    await this.telephone.hangUp();
  }

  /** Waits for a condition, bounded; the end of the call ends the wait. */
  async until(what: string, limitMs: number, condition: () => boolean): Promise<void> {
    await this.#untilFound(what, limitMs, { look: () => (condition() ? true : null) });
  }

  async #untilFound<T>(what: string, limitMs: number, { look, detail }: Watch<T>): Promise<T> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const ended = this.#ending;
      this.#listen();
      const found = look(ended !== null);
      if (found !== null) return found;
      const waitedFor = `${what}${detail?.() ?? ''}`;
      if (ended !== null) throw new Error(`the call ended (${ended.by}: ${ended.cause}) before ${waitedFor}`);
      if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${waitedFor}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #listen(): void {
    this.#ear.append(this.telephone.takeHeard());
  }
}

/** Level of a tone in each piece of 50 ms, dBFS. A tone and its neighbour 150 Hz away are more than 40 dB apart in this. */
export function toneLevels(samples: Int16Array, hz: number): readonly number[] {
  const levels: number[] = [];
  for (let at = 0; at + 400 <= samples.length; at += 400) levels.push(toneDbfs(samples.subarray(at, at + 400), hz));
  return levels;
}

/** Level of a tone that sounds throughout: the median over the pieces, so that neither a click nor the beginning of the recording counts. */
export function steadyToneDbfs(samples: Int16Array, hz: number): number {
  const levels = [...toneLevels(samples, hz)].sort((one, other) => one - other);
  return levels[Math.floor(levels.length / 2)] ?? NOTHING_DBFS;
}
