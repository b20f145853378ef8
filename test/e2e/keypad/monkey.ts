import { seeded } from '../../seeded.js';
import { Caller, steadyToneDbfs, type Callable } from '../kit/caller.js';
import { signal, spoken } from '../kit/sounds.js';
import { Model, type Expected, type Role, type VolumeCode } from './monkey-model.js';

const HOSTS = [0, 1] as const;
const CHECK_HZ = 1_790;
/** A tone is heard, however quiet speaker and listener have made it; or there is nothing. */
const AUDIBLE_DBFS = -65;
const ANSWER_MS = 20_000;
/** Longer than a pause between two sentences. */
const QUIET_MS = 600;
/** Share of the guests who key in the same moment. */
const AT_ONCE = 0.35;
/** A number and the sentence that it belongs to follow each other at once. */
const TOGETHER_SAMPLES = 8_000;
const VOLUME_CODES: readonly VolumeCode[] = ['#4', '#6', '#7', '#9'];
const HOST_CODES = ['*5', '*7', '*8', '##', '*4', '*2', '*3', '#8', '#1', '#2', '#3', '#0', '*1'];

export interface MonkeyOptions {
  readonly bridge: Callable;
  readonly pins: { readonly host: string; readonly guest: string };
  readonly guests: number;
  readonly seed: number;
  readonly forMs: number;
  readonly say: (line: string) => void;
}

export interface MonkeyReport {
  readonly steps: number;
  readonly keyed: Readonly<Record<string, number>>;
  readonly redialled: number;
  readonly conferences: number;
  readonly toneChecks: number;
}

/**
 * Two hosts and many guests who press random codes, hosts one at a time, guests several at once: each hears what the
 * model says, else the game is over. Who is dropped, or whose conference is ended, dials again.
 */
export async function playMonkey(options: MonkeyOptions): Promise<MonkeyReport> {
  const game = new Monkey(options);
  try {
    return await game.play();
  } catch (error) {
    throw new Error(`seed ${options.seed}, ${game.history()}: ${String(error)}`, { cause: error });
  } finally {
    await game.over();
  }
}

class Monkey {
  readonly #options: MonkeyOptions;
  readonly #random: () => number;
  readonly #callers = new Map<number, Caller>();
  readonly #steps: string[] = [];
  readonly #keyed = new Map<string, number>();
  #model = new Model();
  /** Guests whose order of coming is not known: they came at once. */
  #together = new Set<number>();
  #outside: number[] = [];
  #redialled = 0;
  #conferences = 1;
  #toneChecks = 0;

  constructor(options: MonkeyOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  history(): string {
    return `step ${this.#steps.length} (${this.#steps.slice(-6).join('; ')})`;
  }

  async play(): Promise<MonkeyReport> {
    await this.#everyoneComes();
    const end = performance.now() + this.#options.forMs;
    while (performance.now() < end) {
      await this.#calm();
      await this.#step();
    }
    return {
      ...{ steps: this.#steps.length, keyed: Object.fromEntries(this.#keyed), redialled: this.#redialled },
      ...{ conferences: this.#conferences, toneChecks: this.#toneChecks },
    };
  }

  async over(): Promise<void> {
    await Promise.all([...this.#callers.values()].map((caller) => caller.hangUp()));
  }

  async #step(): Promise<void> {
    const returning = this.#outside[0];
    if (returning !== undefined && this.#chance(0.3)) return this.#redials(returning);
    const kind = this.#random();
    if (kind < 0.1) return this.#listens();
    if (kind < 0.16) return this.#hangsUp();
    if (kind < 0.5) return this.#hostKeys(this.#of(HOSTS));
    return this.#guestsKey();
  }

  /** Several guests at once, each something that is between the bridge and them: at most one hand, since their order counts. */
  async #guestsKey(): Promise<void> {
    const guests = this.#guests().filter(() => this.#chance(AT_ONCE));
    const [first = this.#of(this.#guests()), ...others] = guests;
    const work = [this.#guestKeys(first, true), ...others.map((id) => this.#guestKeys(id, false))];
    await Promise.all(work);
  }

  #guestKeys(id: number, mayRaise: boolean): Promise<void> {
    const kind = Math.floor(this.#random() * 8);
    if (kind <= 1) return this.#keys(id, '*6', this.#model.mutes(id));
    if (kind === 2) return this.#keys(id, '*#', this.#model.counts(id));
    if (kind === 3) return this.#asksForHelp(id);
    if (kind <= 4 && mayRaise) return this.#keys(id, '*9', this.#model.raisesHand(id));
    if (kind <= 5) return this.#keys(id, this.#of(HOST_CODES), ['only-host-can-do-that']);
    if (kind === 6) return this.#keys(id, '*0', ['unknown-code']);
    if (this.#chance(0.2)) return this.#keys(id, '#5', this.#model.resetsVolume(id));
    const code = this.#of(VOLUME_CODES);
    return this.#keys(id, code, this.#model.turnsVolume(id, code));
  }

  /** It is long: the next code ends it. */
  async #asksForHelp(id: number): Promise<void> {
    await this.#keys(id, '**', ['help-intro']);
    await this.#keys(id, '*#', this.#model.counts(id));
  }

  async #hostKeys(id: number): Promise<void> {
    const model = this.#model;
    const code = this.#of(['*6', '*#', '**', '*9', '*9', '*4', '*4', '*5', '*7', '*8', ...HOST_CODES.slice(5), 'rare']);
    switch (code) {
      case '*6':
        return this.#keys(id, code, model.mutes(id));
      case '*#':
        return this.#keys(id, code, model.counts(id));
      case '**':
        return this.#asksForHelp(id);
      case '*9':
        return this.#callsHands(id);
      case '*4':
        return this.#tellsAll(id, code, model.mutesAll());
      case '*5':
      case '*7':
        return this.#tellsAll(id, code, model.locks());
      case '*8':
        return this.#keys(id, code, model.heads());
      case '*2':
        return this.#records(id);
      case '*3':
        return this.#keys(id, code, model.announces());
      case '#8':
      case '#1':
        return this.#keys(id, code, ['lobby-empty']);
      case '#2':
        await this.#keys(id, code, { tone: 'done' });
        return this.#hear(this.#caller(id), ['no-noisy-line'], 0);
      case '#3':
        return this.#dropsLast(id);
      case '#0':
        return this.#keys(id, code, ['continues-without-host']);
      case '*1':
        return this.#keys(id, code, ['not-available']);
      default:
        return this.#chance(0.5) ? this.#ends(id) : this.#listens();
    }
  }

  #keys(id: number, keys: string, answer: Expected): Promise<void> {
    this.#note(id, keys);
    return this.#answers(id, keys, answer);
  }

  async #answers(id: number, keys: string, answer: Expected): Promise<void> {
    const caller = this.#caller(id);
    const since = caller.mark();
    await caller.press(keys);
    await this.#hear(caller, answer, since);
  }

  async #tellsAll(id: number, keys: string, words: Expected): Promise<void> {
    this.#note(id, keys);
    const hearing = this.#model.members.map((member) => this.#caller(member.id));
    const marks = hearing.map((caller) => caller.mark());
    await this.#caller(id).press(keys);
    await Promise.all(hearing.map((caller, index) => this.#hear(caller, words, marks[index] ?? 0)));
  }

  async #callsHands(id: number): Promise<void> {
    const hands = [...this.#model.hands];
    if (hands.length === 0) return this.#keys(id, '*9', ['no-hands-raised']);
    await this.#keys(id, '*9', ['unnamed-caller', 'hand-menu']);
    let at = 0;
    while (this.#chance(0.3)) {
      await this.#keys(id, '2', ['unnamed-caller', 'hand-menu']);
      at = (at + 1) % hands.length;
    }
    if (this.#chance(0.3)) {
      this.#note(id, '*');
      return this.#caller(id).press('*');
    }
    const called = hands[at] ?? 0;
    const guest = this.#caller(called);
    const since = guest.mark();
    this.#note(id, '1');
    await this.#answers(id, '1', { tone: 'done' });
    await this.#hear(guest, this.#model.callsUp(called), since);
  }

  async #records(id: number): Promise<void> {
    const model = this.#model;
    if (model.recorded) {
      model.recorded = false;
      return this.#tellsAll(id, '*2', ['recording-stopped']);
    }
    await this.#keys(id, '*2', ['confirm-recording']);
    model.recorded = this.#chance(0.7);
    if (model.recorded) return this.#tellsAll(id, '1', ['recording-started']);
    this.#note(id, '*');
    return this.#caller(id).press('*');
  }

  async #dropsLast(id: number): Promise<void> {
    const last = this.#model.members.findLast(({ role }) => role === 'guest');
    if (last === undefined) return this.#keys(id, '#3', this.#model.heads());
    const possible = this.#together.has(last.id) ? [...this.#together] : [last.id];
    this.#note(id, '#3');
    await this.#answers(id, '#3', ['last-guest-dropped']);
    const dropped = await this.#oneOfEnds(possible);
    this.#gone(dropped);
  }

  async #oneOfEnds(ids: readonly number[]): Promise<number> {
    const deadline = performance.now() + ANSWER_MS;
    for (;;) {
      const ended = ids.find((id) => this.#caller(id).hasEnded);
      if (ended !== undefined) return ended;
      if (performance.now() > deadline) throw new Error(`none of the callers ${ids.join(', ')} was dropped`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #hangsUp(): Promise<void> {
    const id = this.#chance(0.15) ? this.#of(HOSTS) : this.#of(this.#guests());
    this.#note(id, 'hangs up');
    await this.#caller(id).hangUp();
    this.#gone(id);
    await this.#calm();
    if (this.#roleOf(id) === 'host') await this.#redials(id);
  }

  #gone(id: number): void {
    this.#model.leaves(id);
    this.#together.delete(id);
    if (this.#roleOf(id) === 'guest') this.#outside.push(id);
  }

  async #redials(id: number): Promise<void> {
    this.#note(id, 'dials');
    this.#redialled += 1;
    this.#outside = this.#outside.filter((other) => other !== id);
    const role = this.#roleOf(id);
    const caller = await this.#dials(id);
    const { hears, isIn } = this.#model.comes(id, role);
    await this.#hear(caller, hears, 0);
    if (isIn) return;
    await caller.ends(ANSWER_MS);
    this.#outside.push(id);
  }

  /** `##`: all hear it and are off; then all dial again. */
  async #ends(id: number): Promise<void> {
    await this.#tellsAll(id, '##', ['host-ended-conference']);
    const ids = this.#model.members.map((member) => member.id);
    await Promise.all(ids.map((one) => this.#caller(one).ends(ANSWER_MS)));
    this.#conferences += 1;
    this.#redialled += ids.length;
    this.#model = new Model();
    await this.#everyoneComes();
  }

  async #everyoneComes(): Promise<void> {
    for (const id of HOSTS) await this.#hear(await this.#dials(id), this.#model.comes(id, 'host').hears, 0);
    const guests = Array.from({ length: this.#options.guests }, (_, index) => HOSTS.length + index);
    await Promise.all(
      guests.map(async (id) => this.#hear(await this.#dials(id), this.#model.comes(id, 'guest').hears, 0)),
    );
    this.#together = new Set(guests);
    this.#outside = [];
  }

  async #dials(id: number): Promise<Caller> {
    const { bridge, pins } = this.#options;
    const caller = await Caller.dial(bridge, { from: String(2_000 + id) });
    this.#callers.set(id, caller);
    await caller.keyPin(this.#roleOf(id) === 'host' ? pins.host : pins.guest);
    return caller;
  }

  /** Somebody says a tone: whoever listens hears it, unless the model says that the line is muted. */
  async #listens(): Promise<void> {
    const speaker = this.#of(this.#model.members);
    const listener = this.#of(this.#model.members.filter(({ id }) => id !== speaker.id));
    this.#note(speaker.id, `is ${speaker.muted ? 'not ' : ''}heard by ${listener.id}`);
    this.#toneChecks += 1;
    const [one, other] = [this.#caller(speaker.id), this.#caller(listener.id)];
    one.say(CHECK_HZ);
    await other.listen(500);
    const level = steadyToneDbfs(await other.listen(500), CHECK_HZ);
    one.say(null);
    if (level > AUDIBLE_DBFS === speaker.muted) throw new Error(`the tone is heard at ${level.toFixed(1)} dBFS`);
  }

  async #hear(caller: Caller, expected: Expected, since: number): Promise<void> {
    if ('tone' in expected) {
      await caller.hears(signal(expected.tone), { since, withinMs: ANSWER_MS });
      return;
    }
    let end = since;
    let afterNumber = false;
    for (const part of expected) {
      const heard = await caller.hears(spoken(part), { since: end, withinMs: ANSWER_MS });
      if (afterNumber && heard.at - end > TOGETHER_SAMPLES) throw new Error(`"${part}" has no number before it`);
      afterNumber = typeof part === 'number';
      end = heard.end;
    }
  }

  /** Nobody is told anything just now; everyone's hearing is taken in, so that none of it is lost. */
  async #calm(): Promise<void> {
    const callers = this.#model.members.map(({ id }) => this.#caller(id));
    await Promise.all(callers.map((caller) => caller.untilQuiet(QUIET_MS)));
  }

  #caller(id: number): Caller {
    const caller = this.#callers.get(id);
    if (caller === undefined) throw new Error(`caller ${id} has never dialled`);
    return caller;
  }

  #roleOf(id: number): Role {
    return id < HOSTS.length ? 'host' : 'guest';
  }

  #guests(): readonly number[] {
    return this.#model.members.filter(({ role }) => role === 'guest').map(({ id }) => id);
  }

  #note(id: number, what: string): void {
    this.#steps.push(`${id} ${what}`);
    this.#keyed.set(what.split(' ')[0] ?? what, (this.#keyed.get(what.split(' ')[0] ?? what) ?? 0) + 1);
    this.#options.say(`${this.#steps.length}: caller ${id} ${what}`);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #of<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.#random() * all.length)];
    if (one === undefined) throw new Error('there is none to choose');
    return one;
  }
}
