import { assertNever } from '../assert-never.js';
import type { Key } from '../keys.js';
import { entryEndedByItself } from '../keypad/decoder.js';
import { say } from '../prompts.js';
import type {
  CallStage,
  CheckingPin,
  CollectingPin,
  Greeting,
  Leaving,
  Ended,
  Ringing,
  Settling,
  StageEvent,
} from './state.js';
import { askForPin, leave, requestAdmission } from './transitions.js';
import { cancelTimer, lookUpPin, play, setTimer, stopPlaying, type Turn } from './turn.js';

/** Lookups the store may fail to answer before the caller is let go: they cost no try, but nobody is asked for ever. */
const MOST_LOOKUP_FAILURES = 3;

export function ringing(stage: Ringing, event: StageEvent, turn: Turn): CallStage {
  if (event.type !== 'CallAnswered') return stage;
  setTimer(turn, 'accept', turn.facts.entry.acceptMs);
  setTimer(turn, 'settle', turn.facts.entry.settleMs);
  return { kind: 'Settling' };
}

export function settling(stage: Settling, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      if (means(event.key) === 'nothing') return stage;
      cancelTimer(turn, 'settle');
      return bargeIn(turn, event.key) ?? greet(turn);
    case 'TimerExpired':
      if (event.name === 'accept') return tooLong(stage, turn);
      return event.name === 'settle' ? greet(turn) : stage;
    default:
      return stage;
  }
}

function greet(turn: Turn): Greeting | CollectingPin {
  const { greeting } = turn.facts.entry;
  if (greeting === null) return askForPin(turn, []);
  play(turn, [{ kind: 'greeting', name: greeting }]);
  return { kind: 'Greeting' };
}

export function greeting(stage: Greeting, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      if (means(event.key) === 'nothing') return stage;
      return bargeIn(turn, event.key) ?? askForPin(turn, []);
    case 'SpeechFinished':
      return askForPin(turn, []);
    case 'TimerExpired':
      return event.name === 'accept' ? tooLong(stage, turn) : stage;
    default:
      return stage;
  }
}

/** A digit pressed before the prompt begins the entry; another key only shortens what is said. */
function bargeIn(turn: Turn, key: Key): CallStage | null {
  if (means(key) !== 'digit') return null;
  return collectingKey({ kind: 'CollectingPin', digits: '' }, key, turn);
}

export function collectingPin(stage: CollectingPin, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      return collectingKey(stage, event.key, turn);
    case 'SpeechFinished':
      setTimer(turn, 'first-key', turn.facts.entry.firstKeyMs);
      return stage;
    case 'TimerExpired':
      return collectingTimer(stage, event.name, turn);
    default:
      return stage;
  }
}

function collectingTimer(stage: CollectingPin, name: string, turn: Turn): CallStage {
  if (name === 'accept') return tooLong(stage, turn);
  if (name === 'inter-digit') return endedByItself(stage.digits, turn);
  return name === 'first-key' ? silent(stage, turn) : stage;
}

function collectingKey(stage: CollectingPin, key: Key, turn: Turn): CallStage {
  const meaning = means(key);
  if (meaning === 'nothing') return stage;
  stopPlaying(turn);
  cancelTimer(turn, 'first-key');
  cancelTimer(turn, 'inter-digit');
  switch (meaning) {
    case 'digit': {
      const digits = stage.digits + key;
      if (digits.length >= turn.facts.entry.pinLength) return endedByItself(digits, turn);
      setTimer(turn, 'inter-digit', turn.facts.entry.interDigitMs);
      return { kind: 'CollectingPin', digits };
    }
    case 'end':
      return stage.digits === '' ? silent(stage, turn) : check(stage.digits, turn);
    case 'start-over':
      setTimer(turn, 'first-key', turn.facts.entry.firstKeyMs);
      return { kind: 'CollectingPin', digits: '' };
    default:
      return assertNever(meaning);
  }
}

/** What a key means in an entry. */
function means(key: Key): 'digit' | 'end' | 'start-over' | 'nothing' {
  if (key === '#') return 'end';
  if (key === '*') return 'start-over';
  return /[0-9]/.test(key) ? 'digit' : 'nothing';
}

function endedByItself(digits: string, turn: Turn): CheckingPin {
  turn.facts = { ...turn.facts, keypad: entryEndedByItself(turn.facts.keypad, turn.at) };
  return check(digits, turn);
}

const check = (digits: string, turn: Turn): CheckingPin => ({ kind: 'CheckingPin', lookupId: lookUpPin(turn, digits) });

export function checkingPin(stage: CheckingPin, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'PinMatched':
      if (event.lookupId !== stage.lookupId) return stage;
      cancelTimer(turn, 'accept');
      return requestAdmission(turn, event.admission);
    case 'PinMissed':
      return event.lookupId === stage.lookupId ? wrong(stage, turn) : stage;
    case 'PinLookupFailed':
      return event.lookupId === stage.lookupId ? notToBeAsked(stage, turn) : stage;
    case 'TimerExpired':
      return event.name === 'accept' ? tooLong(stage, turn) : stage;
    default:
      return stage;
  }
}

function wrong(stage: CheckingPin, turn: Turn): CallStage {
  if (isLastTry(turn)) return leave(turn, stage, 'wrong-pin', [say('pin-not-recognised'), say('goodbye')]);
  return askForPin(turn, [say('pin-not-recognised')]);
}

function silent(stage: CollectingPin, turn: Turn): CallStage {
  if (isLastTry(turn)) return leave(turn, stage, 'no-entry', [say('goodbye')]);
  return askForPin(turn, [say('nothing-entered')]);
}

/** Counts a miss or a silence: both draw on the same tries. */
function isLastTry(turn: Turn): boolean {
  const misses = turn.facts.misses + 1;
  turn.facts = { ...turn.facts, misses };
  return misses >= turn.facts.entry.tries;
}

function notToBeAsked(stage: CheckingPin, turn: Turn): CallStage {
  const lookupFailures = turn.facts.lookupFailures + 1;
  turn.facts = { ...turn.facts, lookupFailures };
  const words = [say('pin-not-recognised')];
  if (lookupFailures >= MOST_LOOKUP_FAILURES) return leave(turn, stage, 'failed', [...words, say('goodbye')]);
  return askForPin(turn, words);
}

const tooLong = (stage: CallStage, turn: Turn): Leaving | Ended =>
  leave(turn, stage, 'entry-too-long', [say('goodbye')]);
