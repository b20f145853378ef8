import type { MediaListener, MixerName } from '../../ports/media.js';
import { within } from './channel.js';
import type { FreeSwitchLeg } from './leg.js';
import type { MixerCommon } from './mixer-common.js';
import { Mixer } from './mixer.js';
import type { MixerPlace } from './session.js';

export interface MixerOptions extends MixerPlace {
  /** Its name in records and for people; unique. */
  readonly name: MixerName;
  /** Takes no new leg or room; those it has stay until they end. */
  readonly draining?: boolean;
}

/** When one mixer works, the others are waited for so much longer at the start, milliseconds. */
const OTHERS_MS = 1_500;

/** The mixers of one bridge: those it is told to use, and those that leave when their last leg is gone. */
export class Fleet {
  readonly #common: MixerCommon;
  readonly #listener: MediaListener;
  readonly #gone: (mixer: Mixer) => void;
  readonly #current = new Map<MixerName, Mixer>();
  readonly #leaving = new Set<Mixer>();
  #swept = false;
  /** What was told about versions last. */
  #versions = '';

  /** @param gone told of one that is lost, before its legs are, and of one that is let go of. */
  constructor(common: MixerCommon, gone: (mixer: Mixer) => void) {
    this.#common = common;
    this.#listener = common.listener;
    this.#gone = gone;
  }

  /** Resolves when one mixer works, and the others do or have had their time. @throws Error with one clear line when none does. */
  async start(list: readonly MixerOptions[]): Promise<void> {
    if (list.length === 0) throw new Error('no mixer is configured');
    const openings = list.map((options) => open(this.#add(options)));
    const works = await Promise.any(openings.map(throwing)).then(
      () => true,
      () => false,
    );
    if (!works) {
      const failed = await Promise.all(openings);
      await this.stop('end');
      throw new Error(summary(failed));
    }
    await within(Promise.all(openings), OTHERS_MS, null);
    for (const opening of openings) this.#goOn(opening);
  }

  async stop(legs: 'end' | 'release'): Promise<void> {
    const all = this.all();
    this.#current.clear();
    this.#leaving.clear();
    await Promise.all(all.map((mixer) => mixer.stop(legs)));
  }

  set(list: readonly MixerOptions[]): void {
    const wanted = new Map(list.map((options) => [options.name, options]));
    for (const [name, mixer] of [...this.#current]) {
      const options = wanted.get(name);
      if (options === undefined || !isSamePlace(options, mixer.place)) this.#retire(mixer);
    }
    for (const options of list) {
      const mixer = this.#current.get(options.name) ?? this.#returning(options);
      if (mixer === null) {
        this.#goOn(open(this.#add(options)));
        continue;
      }
      mixer.place = options;
      mixer.draining = options.draining ?? false;
    }
    this.#compareVersions();
  }

  /** In order of the list; those that leave last. */
  all(): readonly Mixer[] {
    return [...this.#current.values(), ...this.#leaving];
  }

  named(name: MixerName): Mixer | null {
    return this.all().find((mixer) => mixer.name === name) ?? null;
  }

  /** Those that take new legs and rooms; where none is healthy, those of which that is not known at the moment. */
  takers(): readonly Mixer[] {
    const takers = [...this.#current.values()].filter(({ draining }) => !draining);
    const healthy = takers.filter((mixer) => mixer.healthy);
    return healthy.length > 0 ? healthy : takers.filter(({ uncertain }) => uncertain);
  }

  *legs(): Iterable<FreeSwitchLeg> {
    for (const mixer of this.all()) yield* mixer.legs;
  }

  /** Ends legs of processes before this one that were not adopted, also at mixers that are found later. Never rejects. */
  async sweep(): Promise<void> {
    this.#swept = true;
    await Promise.all(this.all().map((mixer) => mixer.sweep()));
  }

  #add(options: MixerOptions): Mixer {
    const mixer = new Mixer(options.name, options, this.#common, {
      swept: () => this.#swept,
      isKnown: (channel) => this.all().some((one) => one.has(channel)),
      opened: () => this.#compareVersions(),
      lost: () => this.#gone(mixer),
      emptied: () => this.#letGo(mixer),
    });
    mixer.draining = options.draining ?? false;
    this.#current.set(options.name, mixer);
    return mixer;
  }

  /** A mixer that leaves, and is wanted again. */
  #returning(options: MixerOptions): Mixer | null {
    const mixer = [...this.#leaving].find(({ place }) => isSamePlace(options, place)) ?? null;
    if (mixer === null) return null;
    this.#leaving.delete(mixer);
    mixer.name = options.name;
    this.#current.set(options.name, mixer);
    return mixer;
  }

  #retire(mixer: Mixer): void {
    this.#current.delete(mixer.name);
    this.#leaving.add(mixer);
    mixer.draining = true;
    // Its name may be another's from now on.
    const name = mixer.name;
    for (let count = 1; this.all().some((one) => one !== mixer && one.name === mixer.name) || count === 1; count++)
      mixer.name = count === 1 ? `${name} (leaving)` : `${name} (leaving ${count})`;
    this.#letGo(mixer);
  }

  #letGo(mixer: Mixer): void {
    if (!mixer.empty || !this.#leaving.delete(mixer)) return;
    this.#gone(mixer);
    void mixer.stop('end');
    this.#compareVersions();
  }

  #goOn(opening: Promise<Opening>): void {
    void opening.then(({ mixer, failure }) => {
      if (failure === null) return;
      this.#listener.trouble(`mixer ${mixer.name}: ${failure}`);
      mixer.retry(failure);
    });
  }

  #compareVersions(): void {
    const versions = this.all().flatMap(({ name, version }) => (version === null ? [] : [`${name} ${version}`]));
    const differ = new Set(this.all().flatMap(({ version }) => version ?? [])).size > 1;
    const text = differ ? versions.join(', ') : '';
    if (text !== this.#versions && text !== '')
      this.#listener.trouble(`the mixers run different versions of FreeSWITCH: ${text}`);
    if (text !== '' || versions.length > 1) this.#versions = text;
  }
}

interface Opening {
  readonly mixer: Mixer;
  /** One line, or `null` where it works. */
  readonly failure: string | null;
}

async function open(mixer: Mixer): Promise<Opening> {
  try {
    await mixer.open();
    return { mixer, failure: null };
  } catch (error) {
    return { mixer, failure: error instanceof Error ? error.message : String(error) };
  }
}

async function throwing(opening: Promise<Opening>): Promise<void> {
  const { failure } = await opening;
  if (failure !== null) throw new Error(failure);
}

function summary(failed: readonly Opening[]): string {
  const [only] = failed;
  if (failed.length === 1 && only !== undefined) return only.failure ?? '';
  return `no mixer works: ${failed.map(({ mixer, failure }) => `${mixer.name}: ${failure ?? ''}`).join('; ')}`;
}

/** Whether both are the same FreeSWITCH; a secret may change. */
function isSamePlace(one: MixerPlace, other: MixerPlace): boolean {
  return (
    one.eventSocket.host === other.eventSocket.host &&
    one.eventSocket.port === other.eventSocket.port &&
    one.profile === other.profile &&
    one.sipAddress === other.sipAddress
  );
}
