import type { SpokenPrompt } from '../../../src/domain/prompts.js';
import { Caller, toneLevels, type Callable } from './caller.js';
import { HEARD_DBFS } from './listening.js';
import { withPauses, nameOf } from './names.js';
import { signal, spoken, type Sound } from './sounds.js';

/** What the host says all the while: who hears it is in. Far from the pitch of any voice. */
const HOST_HZ = 2_430;
const SAMPLES_A_MS = 8;
/** So long without a break it is heard: 4 pieces of 50 ms. */
const IN_PIECES = 4;
const PIECE_SAMPLES = 400;
/** Two sounds this near each other are parts of one announcement. */
const ONE_ANNOUNCEMENT_MS = 1_500;
const IN_LIMIT_MS = 60_000;
/** No announcement is kept back for so long: what was not heard by then is not heard any more. */
const LAST_WORDS_MS = 14_000;

/** What each announcement of comings ends with. */
const ENDS: readonly SpokenPrompt[] = ['has-joined', 'have-joined', 'others-have-joined', 'more-have-joined'];

export interface CrowdOptions {
  /** At most 60: so many names there are. */
  readonly callers: number;
  readonly withinMs: number;
}

/** How one came in. */
export interface Wait {
  /** From the beginning of the `#` after the name to "you are joining". */
  readonly askedMs: number;
  /** From the end of the introduction to hearing the room. */
  readonly enteredMs: number;
}

export interface Crowd {
  readonly callers: readonly Caller[];
  readonly waits: readonly Wait[];
  /** What the room heard, in order. */
  readonly announcements: readonly string[];
  /** From the first who was in to the last. */
  readonly arrivedWithinMs: number;
}

interface Arrival {
  readonly caller: Caller;
  /** Place in what was heard at which the `#` after the name began. */
  readonly namedAt: number;
  readonly inAtMs: number;
}

/**
 * A host is in and speaks; the others come at an even rate, each says a name of their own, and is in. Account: names on entry, announced
 * by name.
 */
export async function namedCrowd(
  bridge: Callable,
  account: { readonly hostPin: string; readonly guestPin: string },
  { callers: count, withinMs }: CrowdOptions,
  dialled: (caller: Caller) => void = () => undefined,
): Promise<Crowd> {
  const host = await Caller.dial(bridge, { from: '1000' });
  dialled(host);
  await host.keyPin(account.hostPin);
  await host.hears(signal('record-after'));
  await host.press('#');
  await host.hears(spoken('you-are-the-host'));
  await host.untilQuiet();
  host.say(HOST_HZ);
  const since = host.mark();
  const arriving = Array.from({ length: count }, async (_, index) => {
    await pause((index * withinMs) / count);
    return arrive(bridge, account.guestPin, index, dialled);
  });
  const arrivals = await Promise.all(arriving);
  await host.listen(LAST_WORDS_MS);
  const inAt = arrivals.map(({ inAtMs }) => inAtMs);
  return {
    callers: [host, ...arrivals.map(({ caller }) => caller)],
    waits: arrivals.map(waitOf),
    announcements: announcementsIn(host, since),
    arrivedWithinMs: Math.max(...inAt) - Math.min(...inAt),
  };
}

async function arrive(
  bridge: Callable,
  pin: string,
  index: number,
  dialled: (caller: Caller) => void,
): Promise<Arrival> {
  const caller = await Caller.dial(bridge, { from: String(2_000 + index) });
  dialled(caller);
  await caller.keyPin(pin);
  await caller.hears(signal('record-after'), { since: caller.mark() });
  await caller.sayOnce(withPauses(nameOf(index)));
  const namedAt = caller.mark();
  await caller.press('#');
  await caller.until('the host', IN_LIMIT_MS, () => heardHostAt(caller, namedAt) !== null);
  return { caller, namedAt, inAtMs: performance.now() };
}

/** Where the host was heard first; looks only at the latest second, as it is asked all the time. */
function heardHostAt(caller: Caller, since: number): number | null {
  const from = Math.max(since, caller.mark() - 1_000 * SAMPLES_A_MS);
  return firstHeard(caller.heard(from), from);
}

function firstHeard(samples: Int16Array, from: number): number | null {
  const levels = toneLevels(samples, HOST_HZ);
  const first = levels.findIndex((_, at) => {
    const run = levels.slice(at, at + IN_PIECES);
    return run.length === IN_PIECES && run.every((level) => level > HEARD_DBFS);
  });
  return first < 0 ? null : from + first * PIECE_SAMPLES;
}

function waitOf({ caller, namedAt }: Arrival): Wait {
  const [joining] = caller.allHeard(spoken('joining'), namedAt);
  if (joining === undefined) throw new Error('a caller came in without being told so');
  const inAt = firstHeard(caller.heard(joining.end), joining.end) ?? NaN;
  const introduction = [spoken('other-callers'), spoken('there-is-one-other')].flatMap((words) => [
    ...caller.allHeard(words, joining.end, inAt + IN_PIECES * PIECE_SAMPLES),
  ]);
  const introducedAt = Math.max(joining.end, ...introduction.map(({ end }) => end));
  return {
    askedMs: Math.max(0, joining.at - namedAt) / SAMPLES_A_MS,
    enteredMs: Math.max(0, inAt - introducedAt) / SAMPLES_A_MS,
  };
}

function announcementsIn(host: Caller, since: number): readonly string[] {
  const sounds: readonly Sound[] = [...ENDS.map((words) => spoken(words)), signal('entry')];
  const found = sounds
    .flatMap((sound) => host.allHeard(sound, since).map(({ at, likeness }) => ({ name: sound.name, at, likeness })))
    .toSorted((one, other) => one.at - other.at);
  const announcements: { name: string; at: number; likeness: number }[] = [];
  for (const one of found) {
    const last = announcements.at(-1);
    if (last === undefined || one.at - last.at > ONE_ANNOUNCEMENT_MS * SAMPLES_A_MS) announcements.push(one);
    else if (one.likeness > last.likeness) announcements[announcements.length - 1] = one;
  }
  return announcements.map(({ name }) => name);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
