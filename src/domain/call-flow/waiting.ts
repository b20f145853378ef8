import { secondsToMs } from '../timers.js';
import { assertNever } from '../assert-never.js';
import type { CallOutcome } from '../outcomes.js';
import { say, type Utterance } from '../prompts.js';
import type { RefusalReason } from './contract.js';
import { bargesIn, keyCode, report } from './codes.js';
import { hear, interrupt, messageEnded, quietSince } from './speech.js';
import type { CallStage, Requesting, StageEvent, Waiting } from './state.js';
import { beginJoining, hangUp, keepWaiting, leave, reportLeft } from './transitions.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';

export function requesting(stage: Requesting, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'Admitted':
      return beginJoining(turn, stage.admission, event.muted, event.introduction);
    case 'KeptWaiting':
      cancelTimer(turn, 'request');
      return keepWaiting(turn, stage.admission, event.reason, [say('host-not-arrived')]);
    case 'Refused':
      return refused(stage, event.reason, turn);
    case 'TimerExpired':
      if (event.name !== 'request') return stage;
      reportLeft(turn, false);
      return hangUp(turn, 'failed');
    default:
      return stage;
  }
}

export function waiting(stage: Waiting, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'Admitted':
      return beginJoining(turn, stage.admission, event.muted, event.introduction);
    case 'Refused':
      return refused(stage, event.reason, turn);
    case 'KeptWaiting':
    case 'SentToHold':
      return { ...stage, reason: event.reason };
    case 'Told':
      return { ...stage, speech: hear(turn, stage.speech, event.utterances) };
    case 'SpeechFinished':
      return { ...stage, speech: messageEnded(turn, stage.speech, 'music') };
    case 'KeyPressed': {
      report(turn, keyCode(turn, stage.admission, quietSince(stage.speech), event.key));
      return bargesIn(event.key) ? { ...stage, speech: interrupt(turn, stage.speech, 'music') } : stage;
    }
    case 'TimerExpired':
      return waitingTimer(stage, event.name, turn);
    default:
      return stage;
  }
}

function waitingTimer(stage: Waiting, name: string, turn: Turn): CallStage {
  if (name === 'wait-limit') return leave(turn, stage, 'no-host', [say('host-did-not-arrive'), say('goodbye')]);
  if (name !== 'reassure') return stage;
  setTimer(turn, 'reassure', secondsToMs(stage.admission.options.reassureSeconds));
  if (stage.speech.saying !== null) return stage;
  return { ...stage, speech: hear(turn, stage.speech, [say('still-waiting')]) };
}

/** Outcome and words of a refusal; the host who is just ending the conference ends it for newcomers too. */
function refused(stage: CallStage, reason: RefusalReason, turn: Turn): CallStage {
  const { outcome, words } = refusal(reason);
  return leave(turn, stage, outcome, [...words, say('goodbye')]);
}

function refusal(reason: RefusalReason): { outcome: CallOutcome; words: readonly Utterance[] } {
  switch (reason) {
    case 'full':
      return { outcome: 'full', words: [say('conference-full')] };
    case 'locked':
      return { outcome: 'locked', words: [say('conference-locked')] };
    case 'closing':
      return { outcome: 'host-ended', words: [say('conference-ended')] };
    default:
      return assertNever(reason);
  }
}
