import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import type { ConferenceRecord } from '../../../src/ports/store.js';
import { writeWav } from '../../sound.js';
import { startBridge, type BridgeOptions, type TestBridge } from './bridge.js';
import { Caller, type CallerOptions } from './caller.js';
import type { CallRow, TestAccount } from './operator.js';
import type { Sound } from './sounds.js';
import { othersOf, TONES_HZ, untilHears } from './tones.js';

// The scenes of a file play at the same time, in conferences of their own on one bridge: most of the time they wait.
vi.setConfig({ maxConcurrency: 20 });

const SCENE_LIMIT_MS = 110_000;

/** One test at the telephone: callers of its own, who all hang up when it is over. */
export class Scene {
  readonly bridge: TestBridge;
  readonly #callers: Caller[] = [];

  constructor(bridge: TestBridge) {
    this.bridge = bridge;
  }

  addAccount(...flags: readonly string[]): Promise<TestAccount> {
    return this.bridge.addAccount(...flags);
  }

  /** Dials; nothing is keyed yet. */
  async dial(options: CallerOptions = {}): Promise<Caller> {
    const caller = await Caller.dial(this.bridge, options);
    this.#callers.push(caller);
    return caller;
  }

  /** Dials and keys the PIN. */
  async call(pin: string, options: CallerOptions = {}): Promise<Caller> {
    const caller = await this.dial(options);
    await caller.keyPin(pin);
    return caller;
  }

  /** A host and `count` - 1 guests of one conference, each saying a tone of its own; the host first. */
  async callers(
    account: TestAccount,
    count: number,
    tones: readonly number[] = TONES_HZ,
    options: CallerOptions = {},
  ): Promise<readonly Caller[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => {
        const hz = tones[index];
        return this.call(index === 0 ? account.hostPin : account.guestPin, {
          ...options,
          ...(hz === undefined ? {} : { hz }),
        });
      }),
    );
  }

  /** As `callers`, but everyone is in, has heard everyone, and is silent when this resolves. The host first. */
  async gather(account: TestAccount, count: 2, options?: CallerOptions): Promise<readonly [Caller, Caller]>;
  async gather(account: TestAccount, count: 3, options?: CallerOptions): Promise<readonly [Caller, Caller, Caller]>;
  async gather(account: TestAccount, count: number, options: CallerOptions = {}): Promise<readonly Caller[]> {
    const callers = await this.callers(account, count, TONES_HZ, options);
    await Promise.all(callers.map((caller) => untilHears(caller, othersOf(caller, callers))));
    for (const caller of callers) caller.say(null);
    await Promise.all(callers.map((caller) => caller.untilQuiet()));
    return callers;
  }

  /** Dials, keys the PIN and says a name where it is asked for. */
  async callNamed(pin: string, name: Sound, options: CallerOptions = {}): Promise<Caller> {
    const caller = await this.call(pin, options);
    await caller.giveName(name);
    return caller;
  }

  /** What the record of an ended call says. */
  record(caller: Caller): Promise<CallRow> {
    return this.bridge.record(caller.telephone.sipCallId);
  }

  /** What the record of the account's first conference says, once that has ended. */
  async conference(account: { readonly id: string }): Promise<Partial<ConferenceRecord>> {
    const [first] = await this.bridge.conferences(account.id, 1);
    return first ?? {};
  }

  async over(): Promise<void> {
    await Promise.all(this.#callers.map((caller) => caller.hangUp()));
  }

  /** What each caller heard, as WAV files, and the bridge's log in the folder `PARTYLINE_TEST_AUDIO`, if that is set: to listen to a failure. */
  async keepAudio(title: string): Promise<void> {
    const folder = process.env['PARTYLINE_TEST_AUDIO'];
    if (folder === undefined) return;
    const name = `${this.bridge.engine} ${title}`.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80);
    await writeFile(join(folder, `${name}.log`), this.bridge.log);
    await Promise.all(
      this.#callers.map((caller, index) => writeWav(join(folder, `${name}-${index + 1}.wav`), caller.heard(0))),
    );
  }
}

/** A part of the specification: the scenes in it play at the same time as those of the others. */
export function part(title: string, define: () => void): void {
  describe.concurrent(title, define);
}

export type Play = (title: string, play: (scene: Scene) => Promise<void>, limitMs?: number) => void;

/**
 * Starts a bridge for the scenes of this suite and stops it after them. Each scene ends with all its callers hanging up
 * and a look through the logs for what must not be in them.
 */
export function withBridge(options: BridgeOptions): Play {
  let bridge: TestBridge | null = null;
  beforeAll(async () => {
    bridge = await startBridge(options);
  }, 90_000);
  afterAll(async () => {
    await bridge?.stop();
  }, 60_000);
  return (title, play, limitMs = SCENE_LIMIT_MS) => {
    it.concurrent(
      title,
      async () => {
        if (bridge === null) throw new Error('the bridge did not start');
        const scene = new Scene(bridge);
        try {
          await play(scene);
        } catch (error) {
          await scene.keepAudio(title);
          throw error;
        } finally {
          await scene.over();
        }
        bridge.expectNoSecretsLogged();
      },
      limitMs,
    );
  };
}
