import { assertNever } from '../assert-never.js';
import type { Key } from '../keys.js';
import { entryEndedByItself } from '../keypad/decoder.js';
import { say } from '../prompts.js';
import { admitByAccount } from './admitting.js';
import { isLastTry } from './misses.js';
import type {
  CallStage,
  CheckingCode,
  CheckingPin,
  CollectingCode,
  CollectingPin,
  Greeting,
  Ringing,
  Settling,
  StageEvent,
} from './state.js';
import { askAgain, askForPin, leave, NOT_RECOGNISED, tooLong } from './transitions.js';
import { cancelTimer, checkCode, lookUpPin, play, setTimer, stopPlaying, type Turn } from './turn.js';

/** Lookups the store may fail to answer before the caller is let go: they cost no try, but nobody is asked for ever. */
const MOST_LOOKUP_FAILURES = 3;

type Collecting = CollectingPin | CollectingCode;
type Checking = CheckingPin | CheckingCode;

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
      if (event.name === 'accept') return tooLong(turn, stage);
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
      return event.name === 'accept' ? tooLong(turn, stage) : stage;
    default:
      return stage;
  }
}

/** A digit pressed before the prompt begins the entry; another key only shortens what is said. */
function bargeIn(turn: Turn, key: Key): CallStage | null {
  if (means(key) !== 'digit') return null;
  return collectingKey({ kind: 'CollectingPin', digits: '' }, key, turn);
}

/** The PIN, the moderator PIN or the security code: one set of rules. */
export function collecting(stage: Collecting, event: StageEvent, turn: Turn): CallStage {
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

function collectingTimer(stage: Collecting, name: string, turn: Turn): CallStage {
  if (name === 'accept') return tooLong(turn, stage);
  if (name === 'inter-digit') return endedByItself(stage, stage.digits, turn);
  return name === 'first-key' ? silent(stage, turn) : stage;
}

function collectingKey(stage: Collecting, key: Key, turn: Turn): CallStage {
  const meaning = means(key);
  if (meaning === 'nothing') return stage;
  stopPlaying(turn);
  cancelTimer(turn, 'first-key');
  cancelTimer(turn, 'inter-digit');
  switch (meaning) {
    case 'digit': {
      const digits = stage.digits + key;
      if (digits.length >= turn.facts.entry.pinLength) return endedByItself(stage, digits, turn);
      setTimer(turn, 'inter-digit', turn.facts.entry.interDigitMs);
      return { ...stage, digits };
    }
    case 'end':
      return stage.digits === '' ? silent(stage, turn) : check(stage, stage.digits, turn);
    case 'start-over':
      setTimer(turn, 'first-key', turn.facts.entry.firstKeyMs);
      return { ...stage, digits: '' };
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

function endedByItself(stage: Collecting, digits: string, turn: Turn): Checking {
  turn.facts = { ...turn.facts, keypad: entryEndedByItself(turn.facts.keypad, turn.at) };
  return check(stage, digits, turn);
}

function check(stage: Collecting, digits: string, turn: Turn): Checking {
  if (stage.kind === 'CollectingPin') return { kind: 'CheckingPin', lookupId: lookUpPin(turn, digits) };
  const { code, admission } = stage;
  return { kind: 'CheckingCode', code, admission, lookupId: checkCode(turn, code, admission, digits) };
}

export function checking(stage: Checking, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'PinMatched':
      if (stage.kind !== 'CheckingPin' || event.lookupId !== stage.lookupId) return stage;
      return admitByAccount(turn, stage, event.admission, 'pin');
    case 'CodeMatched':
      if (stage.kind !== 'CheckingCode' || event.lookupId !== stage.lookupId) return stage;
      return admitByAccount(turn, stage, stage.admission, stage.code);
    case 'PinMissed':
      return event.lookupId === stage.lookupId ? wrong(stage, turn) : stage;
    case 'PinLookupFailed':
      return event.lookupId === stage.lookupId ? notToBeAsked(stage, turn) : stage;
    case 'TimerExpired':
      return event.name === 'accept' ? tooLong(turn, stage) : stage;
    default:
      return stage;
  }
}

function wrong(stage: Checking, turn: Turn): CallStage {
  const words = [say(NOT_RECOGNISED[codeOf(stage)])];
  if (isLastTry(turn)) return leave(turn, stage, 'wrong-pin', [...words, say('goodbye')]);
  return askAgain(turn, stage, words);
}

function silent(stage: Collecting, turn: Turn): CallStage {
  if (isLastTry(turn)) return leave(turn, stage, 'no-entry', [say('goodbye')]);
  return askAgain(turn, stage, [say('nothing-entered')]);
}

function notToBeAsked(stage: Checking, turn: Turn): CallStage {
  const lookupFailures = turn.facts.lookupFailures + 1;
  turn.facts = { ...turn.facts, lookupFailures };
  const words = [say(NOT_RECOGNISED[codeOf(stage)])];
  if (lookupFailures >= MOST_LOOKUP_FAILURES) return leave(turn, stage, 'failed', [...words, say('goodbye')]);
  return askAgain(turn, stage, words);
}

const codeOf = (stage: Checking) => (stage.kind === 'CheckingPin' ? 'pin' : stage.code);
