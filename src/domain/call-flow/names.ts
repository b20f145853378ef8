import { nameId, type NameId } from '../identifiers.js';
import { entryEndedByItself } from '../keypad/decoder.js';
import { say, tone } from '../prompts.js';
import { bargesIn } from './codes.js';
import type { Admission } from './contract.js';
import type { AskingName, CallStage, RecordingName, ReviewingName, StageEvent } from './state.js';
import { MENU_MS, requestAdmission } from './transitions.js';
import { cancelTimer, play, setTimer, stopPlaying, type Turn } from './turn.js';

/** Recordings of a name before the last is kept. */
const MOST_TAKES = 3;
/** The tone after which the name is said, and a little more: recording begins with it, so that no first syllable is lost. */
const TONE_MS = 400;
/** Longest question, and longest review: neither may hold a call for ever. */
const WORDS_MS = 30_000;
/** How long a recording that was ended may take to be there. */
const KEEP_MS = 5_000;

/** A call has one name; saying it again replaces it. */
export const nameOf = (turn: Turn): NameId => nameId(`${turn.facts.callId}-name`);

/** "After the tone, say your name, then press hash." @param takes recordings made so far */
export function askForName(turn: Turn, admission: Admission, takes: number): AskingName {
  play(turn, [say('say-your-name')]);
  setTimer(turn, 'name', WORDS_MS);
  return { kind: 'AskingName', admission, takes };
}

export function askingName(stage: AskingName, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      // Who knows the sentence goes on to the tone.
      return bargesIn(event.key) ? record(stage, turn) : stage;
    case 'SpeechFinished':
      return record(stage, turn);
    case 'TimerExpired':
      return event.name === 'name' ? record(stage, turn) : stage;
    default:
      return stage;
  }
}

/** With the tone, of which the recording, being the caller's own voice, has the echo at most. */
function record({ admission, takes }: AskingName, turn: Turn): RecordingName {
  const limitMs = TONE_MS + turn.facts.entry.nameMs;
  play(turn, [tone('record-after')]);
  turn.effects.push({ type: 'RecordName', nameId: nameOf(turn), limitMs });
  setTimer(turn, 'name', limitMs);
  return { kind: 'RecordingName', admission, takes: takes + 1, stopped: false };
}

export function recordingName(stage: RecordingName, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      return event.key === '#' && !stage.stopped ? stop(stage, turn) : stage;
    case 'NameRecorded': {
      if (event.nameId !== nameOf(turn)) return stage;
      if (!stage.stopped) endedWithoutHash(turn);
      return event.speechMs > 0 ? recorded(stage, turn) : goOn(turn, stage.admission, null);
    }
    case 'TimerExpired':
      if (event.name !== 'name') return stage;
      // A recording that never comes costs the name, not the call.
      if (stage.stopped) return goOn(turn, stage.admission, null);
      endedWithoutHash(turn);
      return stop(stage, turn);
    default:
      return stage;
  }
}

function stop(stage: RecordingName, turn: Turn): RecordingName {
  turn.effects.push({ type: 'StopRecordingName', nameId: nameOf(turn) });
  setTimer(turn, 'name', KEEP_MS);
  return { ...stage, stopped: true };
}

/** The `#` that was asked for may still come: it belongs to the name. */
function endedWithoutHash(turn: Turn): void {
  turn.facts = { ...turn.facts, keypad: entryEndedByItself(turn.facts.keypad, turn.at) };
}

function recorded({ admission, takes }: RecordingName, turn: Turn): CallStage {
  const name = nameOf(turn);
  if (!admission.options.nameReview || takes >= MOST_TAKES) return goOn(turn, admission, name);
  play(turn, [{ kind: 'name', name }, say('name-review')]);
  setTimer(turn, 'name', WORDS_MS);
  return { kind: 'ReviewingName', admission, takes };
}

/** `1` keeps the name, `2` records it again; `*` or time leaves the review, and the name as it is. */
export function reviewingName(stage: ReviewingName, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      if (event.key === '1' || event.key === '*') return goOn(turn, stage.admission, nameOf(turn));
      return event.key === '2' ? askForName(turn, stage.admission, stage.takes) : stage;
    case 'SpeechFinished':
      setTimer(turn, 'name', MENU_MS);
      return stage;
    case 'TimerExpired':
      return event.name === 'name' ? goOn(turn, stage.admission, nameOf(turn)) : stage;
    default:
      return stage;
  }
}

function goOn(turn: Turn, admission: Admission, name: NameId | null): CallStage {
  cancelTimer(turn, 'name');
  stopPlaying(turn);
  return requestAdmission(turn, admission, name);
}
