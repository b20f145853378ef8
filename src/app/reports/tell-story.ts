import { FIRST_KEPT, STORY_WORDS } from '../../domain/call-flow/story.js';
import type { Story, StoryLine, StoryWord } from '../../domain/call-flow/story.js';
import type { CallOutcome } from '../../domain/outcomes.js';

/*
 * The story of a call in words (`why CALL`).
 */

/** Who ended a call. */
export type EndedBy = 'caller' | 'host' | 'administrator' | 'bridge' | 'network' | 'called';

/** Who ended a call that ended so, and why, as a sentence. */
export const ENDINGS: Readonly<Record<CallOutcome, readonly [by: EndedBy, why: string]>> = {
  completed: ['caller', 'was in the conference and hung up'],
  abandoned: ['caller', 'hung up before joining'],
  cancelled: ['caller', 'gave up before the call was answered'],
  'wrong-pin': ['bridge', 'too many wrong PINs or codes'],
  'no-entry': ['bridge', 'nothing was entered, too often'],
  'entry-too-long': ['bridge', 'no PIN was accepted within the time for it'],
  full: ['bridge', 'the conference was full'],
  locked: ['bridge', 'the conference was locked'],
  'no-host': ['bridge', 'no host came within the time to wait'],
  'host-ended': ['host', 'a host ended the conference'],
  'host-left': ['host', 'the last host left, which ends this conference'],
  'host-not-back': ['bridge', 'the host did not come back in time'],
  alone: ['bridge', 'was alone in the conference for too long'],
  'time-limit': ['bridge', 'the conference, or the time for calls out, had reached its limit'],
  'booking-ended': ['bridge', 'the booking was over'],
  dropped: ['host', 'was dropped by a host or an administrator'],
  refused: ['host', 'was refused by a host'],
  'given-up': ['host', 'the host gave the call up'],
  'not-answered': ['called', 'was not answered, or refused'],
  blocked: ['bridge', 'the number is blocked'],
  'not-allowed': ['bridge', 'the account allows certain callers only, and this is none of them'],
  'line-lost': ['network', 'the line was lost: no audio, no answer, or no ACK'],
  'unknown-number': ['bridge', 'the number dialled is not one of this bridge'],
  'unknown-source': ['bridge', 'the call came from no known trunk'],
  'mixer-lost': ['bridge', 'its mixer was lost, and the call could not be moved to another'],
  'not-acceptable': ['bridge', 'no codec in common'],
  overloaded: ['bridge', 'the bridge or its mixers had no room for another call'],
  draining: ['bridge', 'the bridge was taking no calls, or was stopped'],
  failed: ['bridge', 'the bridge failed: its log says why'],
};

type Facts = NonNullable<StoryLine[2]>;

const REFUSALS: Readonly<Record<string, string>> = {
  full: 'refused: the conference is full',
  locked: 'refused: the conference is locked',
  closing: 'refused: a host is just ending the conference',
  'booking-ended': 'refused: the booking is over',
};
const WAITS: Readonly<Record<string, string>> = {
  'no-host': 'waits: no host is in yet',
  'host-away': 'waits: the host has left',
  lobby: 'waits in the lobby',
};
const METHODS: Readonly<Record<string, string>> = {
  event: 'RFC 4733 events',
  info: 'SIP INFO',
  inband: 'tones in the audio',
};

const fact = (facts: Facts, name: string): string => String(facts[name] ?? '?');
const misses = (facts: Facts): string => `(miss ${fact(facts, 'misses')})`;

const SENTENCES: Readonly<Record<StoryWord, (facts: Facts) => string>> = {
  answered: () => 'answered',
  'first-key': (facts) => `first key, by ${METHODS[fact(facts, 'method')] ?? 'another method'}`,
  'pin-wrong': (facts) => `wrong PIN ${misses(facts)}`,
  'pin-accepted': (facts) => `PIN accepted: ${pinOf(facts)}`,
  'pin-stopped': (facts) => `the PIN was stopped before the caller was in ${misses(facts)}`,
  'moderator-pin-wrong': (facts) => `wrong moderator PIN ${misses(facts)}`,
  'moderator-pin-accepted': () => 'moderator PIN accepted: host',
  'security-code-wrong': (facts) => `wrong security code ${misses(facts)}`,
  'security-code-accepted': () => 'security code accepted',
  'nothing-entered': (facts) => `nothing entered ${misses(facts)}`,
  'not-looked-up': () => 'the database could not be asked for a PIN or code',
  'name-recorded': () => 'said a name',
  'name-not-said': () => 'said no name',
  refused: (facts) => REFUSALS[fact(facts, 'reason')] ?? 'refused',
  waits: (facts) => WAITS[fact(facts, 'reason')] ?? 'waits',
  admitted: (facts) => (facts['muted'] === true ? 'admitted, muted' : 'admitted'),
  joined: (facts) => (facts['again'] === true ? 'in the conference again' : 'in the conference'),
  aside: () => 'in a room aside, with a call that a host placed',
  action: (facts) => `code keyed: ${fact(facts, 'action')}`,
  dismissed: (facts) => `let go: ${fact(facts, 'reason')}`,
  'mixer-lost': (facts) => `mixer ${fact(facts, 'mixer')} was lost`,
  moved: (facts) => `moved to mixer ${fact(facts, 'mixer')}`,
  'not-moved': () => 'could not be moved to another mixer',
  'media-failed': () => 'the media failed',
  'bridge-replaced': () => 'the bridge was started again and took the call back',
  'caller-hung-up': () => 'the far end hung up',
  'line-lost': () => 'the line was lost',
  'bridge-hung-up': () => 'the bridge hung up',
  ended: (facts) => `ended: ${fact(facts, 'outcome')}`,
};

function pinOf(facts: Facts): string {
  const kind = fact(facts, 'kind') === 'access-code' ? 'access code' : `${fact(facts, 'kind')} PIN`;
  const of = facts['personal'] === true ? ' of an invitee' : facts['booking'] === true ? ' of a booking' : '';
  return `${kind}${of}${facts['blocked'] === true ? ', but this caller is not let in' : ''}`;
}

/** One line of a story, for people and for programs. */
export interface ToldLine {
  /** Milliseconds since the INVITE. */
  readonly atMs: number;
  readonly what: StoryWord;
  readonly facts: Facts;
  readonly words: string;
}

export interface ToldStory {
  readonly lines: readonly ToldLine[];
  /** Lines that are not kept, and after how many of `lines` they stood. */
  readonly leftOut: number;
  readonly leftOutAfter: number;
}

/** The story that a record keeps; `null`: it keeps none that can be read. */
export function readStory(text: string | null): Story | null {
  if (text === null) return null;
  try {
    const read: unknown = JSON.parse(text);
    return isStory(read) ? read : null;
  } catch {
    return null;
  }
}

const isStory = (value: unknown): value is Story =>
  typeof value === 'object' &&
  value !== null &&
  'lines' in value &&
  Array.isArray(value.lines) &&
  value.lines.every(isLine) &&
  'leftOut' in value &&
  typeof value.leftOut === 'number';

const isLine = (value: unknown): boolean =>
  Array.isArray(value) &&
  typeof value[0] === 'number' &&
  typeof value[1] === 'string' &&
  (value[2] === undefined || (typeof value[2] === 'object' && value[2] !== null));

/** In words; those of a newer Partyline stay as they are. */
export function tellStory({ lines, leftOut }: Story): ToldStory {
  const told = lines.map(([atMs, what, facts = {}]): ToldLine => {
    const known = (STORY_WORDS as readonly string[]).includes(what);
    return { atMs, what, facts, words: known ? SENTENCES[what](facts) : what };
  });
  return { lines: told, leftOut, leftOutAfter: FIRST_KEPT };
}

const WRONG: readonly StoryWord[] = [
  'pin-wrong',
  'pin-stopped',
  'moderator-pin-wrong',
  'security-code-wrong',
  'nothing-entered',
];

/** Wrong PINs and codes and silences. */
export const missesOf = (story: Story): number => story.lines.filter(([, word]) => WRONG.includes(word)).length;
