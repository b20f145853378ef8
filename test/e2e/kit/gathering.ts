import type { TestAccount } from './operator.js';
import { Caller, type CallerOptions } from './caller.js';
import type { Cluster } from './cluster.js';
import { othersOf, TONES_HZ, untilHears } from './listening.js';
import { silenceOf, type Silence } from './silence.js';

/** Between two calls, milliseconds: a burst is another test. */
const DIAL_EVERY_MS = 120;
const INTRODUCTIONS_MS = 60_000;

export interface GatheringOptions {
  /** Callers in each conference, the host among them: 2 to 10. */
  readonly size: number;
  readonly conferences: number;
  readonly call?: CallerOptions;
  /** Flags of `account add`. */
  readonly account?: readonly string[];
}

/** A conference as its callers hear it. Everyone says a tone of their own. */
export class Gathering {
  readonly account: TestAccount;
  /** The host first. */
  readonly callers: readonly Caller[];
  #marks = new Map<Caller, number>();

  private constructor(account: TestAccount, callers: readonly Caller[]) {
    this.account = account;
    this.callers = callers;
  }

  /** Several conferences at once; each caller is told to `dialled`. Resolves when everyone in them hears everyone else of theirs. */
  static async make(
    cluster: Cluster,
    options: GatheringOptions,
    dialled: (caller: Caller) => void = () => undefined,
  ): Promise<readonly Gathering[]> {
    const accounts: TestAccount[] = [];
    for (let index = 0; index < options.conferences; index += 1) {
      accounts.push(await cluster.addAccount(...(options.account ?? [])));
    }
    const dialling: Promise<Caller>[][] = accounts.map(() => []);
    for (let place = 0; place < options.size; place += 1) {
      for (const [index, account] of accounts.entries()) {
        dialling[index]?.push(enter(cluster, account, place, options.call ?? {}, dialled));
        await new Promise((resolve) => setTimeout(resolve, DIAL_EVERY_MS));
      }
    }
    const made = await Promise.all(
      accounts.map(async (account, index) => new Gathering(account, await Promise.all(dialling[index] ?? []))),
    );
    await Promise.all(made.map((gathering) => gathering.untilEveryoneHears(INTRODUCTIONS_MS)));
    return made;
  }

  get host(): Caller {
    return this.at(0);
  }

  at(index: number): Caller {
    const found = this.callers[index];
    if (found === undefined) throw new Error(`no caller ${index}`);
    return found;
  }

  get guests(): readonly Caller[] {
    return this.callers.slice(1);
  }

  /** Everyone says nothing, so that words can be told from each other; resolves when everyone hears nothing. */
  async hush(): Promise<void> {
    const callers = this.callers.filter(({ hasEnded }) => !hasEnded);
    for (const caller of callers) caller.say(null);
    await Promise.all(callers.map((caller) => caller.untilQuiet()));
  }

  /** Everyone says their tone again. */
  talk(): void {
    for (const caller of this.callers) caller.say(caller.hz);
  }

  /** Everyone who says a tone is heard by everyone else. */
  async untilEveryoneHears(limitMs: number, callers = this.callers): Promise<void> {
    await Promise.all(callers.map((caller) => untilHears(caller, othersOf(caller, callers), limitMs)));
  }

  /** From here on silence is measured. */
  mark(): void {
    this.#marks = new Map(this.callers.map((caller) => [caller, caller.mark()]));
    for (const { telephone } of this.callers) telephone.resetGaps();
  }

  /** What each caller did not hear of the others since the mark, in order of callers. */
  silences(): Silence[] {
    return this.callers.map((caller) =>
      silenceOf(caller, othersOf(caller, this.callers), this.#marks.get(caller) ?? 0),
    );
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.callers.map((caller) => caller.hangUp()));
  }
}

async function enter(
  cluster: Cluster,
  account: TestAccount,
  place: number,
  options: CallerOptions,
  dialled: (caller: Caller) => void,
): Promise<Caller> {
  const hz = TONES_HZ[place];
  const caller = await Caller.dial(cluster, {
    from: String(1_000 + place),
    ...(hz === undefined ? {} : { hz }),
    ...options,
  });
  dialled(caller);
  await caller.keyPin(place === 0 ? account.hostPin : account.guestPin);
  return caller;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
