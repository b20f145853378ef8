import { RtpPhone } from '../../../src/adapters/embedded-media/phone.js';
import { SipCallee, type Called } from '../../conformance/sip-callee.js';
import { TONE_DBFS, toneLevels } from '../kit/caller.js';
import { Ear, Search, type Heard } from '../kit/ear.js';
import { HEARD_DBFS } from '../kit/listening.js';
import type { Sound } from '../kit/sounds.js';

const TIMERS = { t1: 500, t2: 4_000, t4: 5_000 };
const LIMIT_MS = 20_000;
const LOOK_MS = 25;
const SETTLED_SAMPLES = 4_000;

/** What is behind a trunk that hosts dial out by: telephones that are answered as a test wants it. */
export class FarEnds {
  readonly #callee = new SipCallee(TIMERS);
  readonly #calls = new Map<string, Called>();
  #dialled = 0;
  #stopped = false;

  async start(): Promise<void> {
    await this.#callee.start();
    void this.#take();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#callee.stop();
  }

  /** As the configuration has it. */
  get target(): string {
    const { transport, host, port } = this.#callee.target();
    return `${transport}:${host}:${port}`;
  }

  /** A number of this trunk that nobody has dialled yet. */
  number(): string {
    this.#dialled += 1;
    return `0207946${String(this.#dialled).padStart(4, '0')}`;
  }

  wasCalled(number: string): boolean {
    return this.#calls.has(number);
  }

  /** The telephone of this number, as soon as it is called. */
  async called(number: string): Promise<FarEnd> {
    const call = await until(`a call to ${number}`, () => this.#calls.get(number) ?? null);
    return new FarEnd(call, await RtpPhone.open({ ownThread: true }));
  }

  async #take(): Promise<void> {
    while (!this.#stopped) {
      const call = await this.#callee.call();
      this.#calls.set(call.invite.request.uri.user, call);
    }
  }
}

/** Somebody who is called. */
export class FarEnd {
  readonly call: Called;
  readonly #phone: RtpPhone;
  readonly #ear = new Ear();
  #answer: string | null = null;

  constructor(call: Called, phone: RtpPhone) {
    this.call = call;
    this.#phone = phone;
  }

  /** Rings, without any sound of its own. */
  ring(): void {
    this.call.ring(180);
  }

  /** Is heard before it is answered. */
  early(hz: number): void {
    this.call.ring(183, this.#sdp());
    this.say(hz);
  }

  async pickUp(): Promise<void> {
    await this.call.accept(this.#sdp());
  }

  async hangUp(): Promise<void> {
    await this.call.ask('BYE');
  }

  say(hz: number | null): void {
    this.#phone.say(hz === null ? { kind: 'silence' } : { kind: 'tone', hz, dbfs: TONE_DBFS });
  }

  mark(): number {
    this.#listen();
    return this.#ear.position;
  }

  async hears(sound: Sound, since = 0, limitMs = LIMIT_MS): Promise<Heard> {
    const search = new Search(this.#ear, sound, since);
    const look = (): Heard | null => {
      this.#listen();
      return search.look(false);
    };
    return until(`"${sound.name}" at the one called`, look, limitMs);
  }

  async hearsTone(hz: number): Promise<void> {
    const since = this.mark();
    await until(`${hz} Hz at the one called`, () => {
      const heard = this.#ear.between(Math.max(since, this.mark() - SETTLED_SAMPLES));
      return heard.length >= SETTLED_SAMPLES && Math.min(...toneLevels(heard, hz)) > HEARD_DBFS ? true : null;
    });
  }

  /** Until the bridge has hung up, or given up. */
  async isLetGo(): Promise<'cancelled' | 'bye'> {
    return until('the end of the call placed', () => {
      if (this.call.cancelled) return 'cancelled';
      return this.call.byes.length > 0 ? 'bye' : null;
    });
  }

  close(): Promise<void> {
    return this.#phone.close();
  }

  #sdp(): string {
    this.#answer ??= this.#phone.answer(this.call.offer);
    return this.#answer;
  }

  #listen(): void {
    this.#ear.append(this.#phone.takeHeard());
  }
}

async function until<T>(what: string, look: () => T | null, limitMs = LIMIT_MS): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
