import type { PhoneLevels, PhoneSource, PhoneStatistics } from '../../adapters/embedded-media/phone.js';
import type { Key, KeyMethod } from '../../domain/keys.js';
import type { KeyStep } from './key-sequence.js';
import type { Screen } from './screen.js';

/** What a call by hand needs of a telephone; `Telephone` is one. */
export interface CallInProgress {
  readonly ended: Promise<CallEnding>;
  press(keys: string, options?: PressOptions): Promise<void>;
  say(source: PhoneSource): void;
  /** What was heard since the last time it was asked. */
  takeHeard(): Int16Array;
  levels(): PhoneLevels;
  statistics(): PhoneStatistics;
  hangUp(): Promise<void>;
}

export interface PressOptions {
  readonly method?: KeyMethod;
  /** Silence between two keys, milliseconds. Default 100. */
  readonly gapMs?: number;
  /** How long a key is held, milliseconds. Default 100. */
  readonly durationMs?: number;
}

/** How a call came to its end. */
export interface CallEnding {
  /** `line`: nobody said good-bye. */
  readonly by: 'us' | 'them' | 'line';
  /** For people. */
  readonly cause: string;
}

export interface HandCallOptions {
  /** Keyed with `#` when the far end begins to speak; never shown. */
  readonly pin: readonly Key[] | null;
  /** Keyed afterwards. */
  readonly keys: readonly KeyStep[];
  readonly say: PhoneSource;
  /** Takes everything heard, 8 kHz. */
  readonly record: ((samples: Int16Array) => void) | null;
  /** Ends the call after so many milliseconds; `null`: when either side hangs up. */
  readonly limitMs: number | null;
  /** Left out: events where the far end takes them, else tones. */
  readonly keyMethod: KeyMethod | null;
  /** Wishes to hang up: Ctrl-C, `q`, a signal. */
  readonly hangUp: AbortSignal;
}

/** The figures of a finished call. */
export interface CallSummary {
  readonly durationMs: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Loudest level each way, of those looked at every tenth of a second, dBFS; `null`: nothing but silence. */
  readonly loudestInDbfs: number | null;
  readonly loudestOutDbfs: number | null;
  readonly endedBy: CallEnding['by'];
  readonly cause: string;
}

const TICK_MS = 100;
const SPEECH_DBFS = -45;
/** What the codecs make of digital silence. */
const QUIET_DBFS = -70;
/** Longest wait for the far end to begin speaking before the PIN is keyed all the same. */
const PROMPT_LIMIT_MS = 10_000;
/** How long the far end speaks before it is interrupted: it should be listening by then. */
const LISTEN_FIRST_MS = 400;
/** Keys after the PIN wait for a pause this long in what is said, and at most the limit. */
const QUIET_MS = 1_000;
const QUIET_LIMIT_MS = 8_000;
/** A person's pace. */
const KEY_MS = 100;
const KEY_GAP_MS = 120;

/**
 * A call as a person makes it in a terminal: keys the PIN when asked, shows the levels, records, hangs up in order.
 * Resolves when the call is over, never rejects for anything the far end does.
 */
export class HandCall {
  readonly #call: CallInProgress;
  readonly #options: HandCallOptions;
  readonly #screen: Screen;
  readonly #startedAt = performance.now();
  #loudestIn = -Infinity;
  #loudestOut = -Infinity;
  #ending: CallEnding | null = null;
  /** Keys are pressed one after the other, whoever asks for them. */
  #keying: Promise<void> = Promise.resolve();

  constructor(call: CallInProgress, options: HandCallOptions, screen: Screen) {
    this.#call = call;
    this.#options = options;
    this.#screen = screen;
  }

  /** A key typed by hand: sent at once, behind those under way. */
  type(key: Key): void {
    // Digits may be those of a PIN.
    this.#screen.tell(/[0-9]/.test(key) ? 'digit sent' : `${key} sent`);
    this.#press(key);
  }

  async run(): Promise<CallSummary> {
    const { hangUp, limitMs, say } = this.#options;
    this.#call.say(say);
    void this.#call.ended.then((ending) => {
      this.#ending = ending;
    });
    const meters = setInterval(() => this.#look(), TICK_MS);
    const limit = limitMs === null ? null : setTimeout(() => void this.#call.hangUp(), limitMs);
    const wish = (): void => void this.#call.hangUp();
    if (hangUp.aborted) wish();
    else hangUp.addEventListener('abort', wish, { once: true });
    const keying = this.#keyAsAsked();
    try {
      const ending = await this.#call.ended;
      await keying;
      this.#look();
      return this.#summary(ending);
    } finally {
      clearInterval(meters);
      if (limit !== null) clearTimeout(limit);
      hangUp.removeEventListener('abort', wish);
    }
  }

  #look(): void {
    const levels = this.#call.levels();
    this.#loudestIn = Math.max(this.#loudestIn, levels.inDbfs);
    this.#loudestOut = Math.max(this.#loudestOut, levels.outDbfs);
    this.#screen.levels(levels, performance.now() - this.#startedAt);
    this.#options.record?.(this.#call.takeHeard());
  }

  async #keyAsAsked(): Promise<void> {
    const { pin, keys } = this.#options;
    if (pin === null && keys.length === 0) return;
    const heard = await this.#until(PROMPT_LIMIT_MS, () => this.#call.levels().inDbfs > SPEECH_DBFS);
    if (this.#isOver()) return;
    this.#screen.tell(heard ? 'the far end speaks' : 'nothing is heard; keying all the same');
    await this.#pause(LISTEN_FIRST_MS);
    if (pin !== null) {
      this.#screen.tell('keying the PIN');
      for (const key of pin) this.#press(key);
      this.#press('#');
      await this.#keying;
    }
    if (keys.length === 0 || this.#isOver()) return;
    await this.#untilQuiet();
    for (const step of keys) {
      if (this.#isOver()) return;
      if (step.kind === 'pause') await this.#pause(step.ms);
      else this.#press(step.key);
      await this.#keying;
    }
    if (!this.#isOver()) this.#screen.tell('keys sent');
  }

  #press(key: Key): void {
    const { keyMethod } = this.#options;
    this.#keying = this.#keying.then(async () => {
      if (this.#isOver()) return;
      try {
        const method = keyMethod === null ? {} : { method: keyMethod };
        await this.#call.press(key, { ...method, durationMs: KEY_MS, gapMs: 0 });
        await this.#pause(KEY_GAP_MS);
      } catch (error) {
        if (!this.#isOver())
          this.#screen.tell(`a key was not taken: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  #isOver(): boolean {
    return this.#ending !== null;
  }

  async #untilQuiet(): Promise<void> {
    let lastLoud = performance.now();
    await this.#until(QUIET_LIMIT_MS, () => {
      const now = performance.now();
      if (this.#call.levels().inDbfs > SPEECH_DBFS) lastLoud = now;
      return now - lastLoud >= QUIET_MS;
    });
  }

  /** @returns whether it came true in time; the end of the call ends the wait too */
  async #until(limitMs: number, condition: () => boolean): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    while (!this.#isOver() && performance.now() < deadline) {
      if (condition()) return true;
      await this.#pause(TICK_MS / 2);
    }
    return false;
  }

  /** The end of the call ends every pause. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      void this.#call.ended.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #summary(ending: CallEnding): CallSummary {
    const { packetsSent, packetsReceived, packetsLost } = this.#call.statistics();
    const level = (dbfs: number): number | null => (dbfs > QUIET_DBFS ? Math.round(dbfs * 10) / 10 : null);
    return {
      durationMs: Math.round(performance.now() - this.#startedAt),
      packetsSent,
      packetsReceived,
      packetsLost,
      loudestInDbfs: level(this.#loudestIn),
      loudestOutDbfs: level(this.#loudestOut),
      endedBy: ending.by,
      cause: ending.cause,
    };
  }
}
