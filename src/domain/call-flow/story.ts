import type { CallEffect, CallEvent } from './contract.js';
import type { CallState } from './state.js';

/*
 * The story of a call (`why CALL`): what happened in it, in order, read from what its state machine took and did. It never holds a key
 * pressed in an entry, a name, a number, nor what a PIN opened; how wrong PINs are told apart is nowhere in it.
 */

/** What can have happened. A closed list. */
export const STORY_WORDS = [
  'answered',
  'first-key',
  'pin-wrong',
  'pin-accepted',
  'pin-stopped',
  'moderator-pin-wrong',
  'moderator-pin-accepted',
  'security-code-wrong',
  'security-code-accepted',
  'nothing-entered',
  'not-looked-up',
  'name-recorded',
  'name-not-said',
  'refused',
  'waits',
  'admitted',
  'joined',
  'aside',
  'action',
  'dismissed',
  'mixer-lost',
  'moved',
  'not-moved',
  'media-failed',
  'bridge-replaced',
  'caller-hung-up',
  'line-lost',
  'bridge-hung-up',
  'ended',
] as const;
export type StoryWord = (typeof STORY_WORDS)[number];

/** Small facts: a reason, an outcome, the name of a mixer; never what was keyed or said. */
type StoryFacts = Readonly<Record<string, string | number | boolean>>;

/** Milliseconds since the INVITE, what happened, and more of it. Plain data. */
export type StoryLine = readonly [ms: number, word: StoryWord, facts?: StoryFacts];

export interface Story {
  readonly lines: readonly StoryLine[];
  /** Lines left out between the first {@link FIRST_KEPT} and the last ones. */
  readonly leftOut: number;
}

export const NO_STORY: Story = { lines: [], leftOut: 0 };

/** The most lines of a story, and how many of its beginning stay when it is longer. */
const MOST_LINES = 40;
export const FIRST_KEPT = 25;

export type Told = readonly [word: StoryWord, facts?: StoryFacts];

/** The story with these as its last lines. @param ms since the INVITE; a clock that was set back counts as standing still */
export function tell(story: Story, ms: number, told: readonly Told[]): Story {
  if (told.length === 0) return story;
  const at = Math.max(0, Math.round(ms), story.lines.at(-1)?.[0] ?? 0);
  const added = told.map(([word, facts]): StoryLine => (facts === undefined ? [at, word] : [at, word, facts]));
  const lines = [...story.lines, ...added];
  const tooMany = Math.max(0, lines.length - MOST_LINES);
  return {
    lines: tooMany === 0 ? lines : lines.toSpliced(FIRST_KEPT, tooMany),
    leftOut: story.leftOut + tooMany,
  };
}

/** What one event and its effects add to the story. */
export function happened(
  before: CallState,
  event: CallEvent,
  after: CallState,
  effects: readonly CallEffect[],
): readonly Told[] {
  return [...byEvent(before, event, after), ...bySilence(before, event, after), ...byEffects(before, after, effects)];
}

function byEvent(before: CallState, event: CallEvent, after: CallState): readonly Told[] {
  switch (event.type) {
    case 'CallAnswered':
      return before.kind === 'Ringing' || before.kind === 'Placed' ? [['answered']] : [];
    case 'PinMatched':
      return before.kind === 'CheckingPin' && after.kind !== 'CheckingPin' ? [['pin-accepted', pinFacts(event)]] : [];
    case 'PinMissed':
      if (before === after || after.kind === before.kind) return [];
      if (before.kind === 'CheckingPin') return [['pin-wrong', { misses: after.facts.misses }]];
      return before.kind === 'CheckingCode' ? [[CODE_WRONG[before.code], { misses: after.facts.misses }]] : [];
    case 'CodeMatched':
      return before.kind === 'CheckingCode' && after.kind !== 'CheckingCode' ? [[CODE_ACCEPTED[before.code]]] : [];
    case 'PinStopped':
      return after.facts.misses > before.facts.misses ? [['pin-stopped', { misses: after.facts.misses }]] : [];
    case 'PinLookupFailed':
      return before.facts.lookupFailures < after.facts.lookupFailures ? [['not-looked-up']] : [];
    case 'NameRecorded':
      if (before.kind !== 'RecordingName' && before.kind !== 'AskingName') return [];
      return [[event.speechMs > 0 ? 'name-recorded' : 'name-not-said']];
    case 'Refused':
      return isOver(before) ? [] : [['refused', { reason: event.reason }]];
    case 'KeptWaiting':
    case 'SentToHold':
      return isOver(before) ? [] : [['waits', { reason: event.reason }]];
    case 'Admitted':
      return isOver(before) ? [] : [['admitted', { muted: event.muted }]];
    case 'Dismissed':
      return isOver(before) ? [] : [['dismissed', { reason: event.outcome }]];
    case 'MediaFailed':
    case 'MixerJoinFailed':
      return before.kind === 'Ended' ? [] : [['media-failed']];
    case 'MoveFailed':
      return before.kind === 'Ended' ? [] : [['not-moved']];
    case 'CallerHungUp':
      return before.kind === 'Ended' ? [] : [[event.lineLost ? 'line-lost' : 'caller-hung-up']];
    default:
      return [];
  }
}

const CODE_WRONG = { moderator: 'moderator-pin-wrong', security: 'security-code-wrong' } as const;
const CODE_ACCEPTED = { moderator: 'moderator-pin-accepted', security: 'security-code-accepted' } as const;

const isOver = ({ kind }: CallState): boolean => kind === 'Leaving' || kind === 'Ended';

function pinFacts({ admission }: Extract<CallEvent, { type: 'PinMatched' }>): StoryFacts {
  return {
    kind: admission.byAccessCode ? 'access-code' : admission.role,
    ...(admission.booking === null ? {} : { booking: true }),
    ...(admission.booking?.inviteeId == null ? {} : { personal: true }),
    ...(admission.blocked === false ? {} : { blocked: true }),
  };
}

/** Nothing was keyed in time: it costs a try as a wrong PIN does. */
const bySilence = (before: CallState, event: CallEvent, after: CallState): readonly Told[] =>
  event.type !== 'PinMissed' && event.type !== 'PinStopped' && after.facts.misses > before.facts.misses
    ? [['nothing-entered', { misses: after.facts.misses }]]
    : [];

function byEffects(before: CallState, after: CallState, effects: readonly CallEffect[]): readonly Told[] {
  return effects.flatMap((effect): readonly Told[] => {
    switch (effect.type) {
      case 'ReportJoined':
        return before.facts.hasBeenIn ? [['joined', { again: true }]] : [['joined']];
      case 'ReportAction':
        return [['action', { action: effect.action }]];
      case 'JoinMixer':
        return 'admission' in after && effect.conferenceId !== after.admission.conferenceId ? [['aside']] : [];
      case 'HangUp':
        return [['bridge-hung-up']];
      case 'CloseCall':
        return [['ended', { outcome: effect.outcome }]];
      default:
        return [];
    }
  });
}
