import { assertNever } from '../assert-never.js';
import { say } from '../prompts.js';
import type { Admission, SecondCode } from './contract.js';
import { stopPin } from './misses.js';
import { askForName, nameOf } from './names.js';
import type { CallStage, ChoosingRole, LookingAtGate, StageEvent } from './state.js';
import { askForCode, leave, refuse, REQUEST_MS, requestAdmission, tooLong } from './transitions.js';
import { cancelTimer, play, setTimer, stopPlaying, type Turn } from './turn.js';

/** What comes after the PIN or a code was accepted: host or guest, the security code, the first look at the gate, the name. */
export function admitByAccount(
  turn: Turn,
  stage: CallStage,
  admission: Admission,
  accepted: 'pin' | SecondCode,
): CallStage {
  switch (accepted) {
    case 'pin':
      if (!admission.byAccessCode) return askForSecurityCode(turn, stage, admission);
      play(turn, [say('host-choice')]);
      return { kind: 'ChoosingRole', admission };
    case 'moderator':
      return askForSecurityCode(turn, stage, { ...admission, role: 'host' });
    case 'security':
      return approach(turn, stage, admission);
    default:
      return assertNever(accepted);
  }
}

/** `*` is the host; `#` or time is a guest. */
export function choosingRole(stage: ChoosingRole, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      if (event.key !== '*' && event.key !== '#') return stage;
      cancelTimer(turn, 'host-choice');
      stopPlaying(turn);
      if (event.key === '*') return askForCode(turn, 'moderator', stage.admission, []);
      return askForSecurityCode(turn, stage, stage.admission);
    case 'SpeechFinished':
      setTimer(turn, 'host-choice', turn.facts.entry.hostChoiceMs);
      return stage;
    case 'TimerExpired':
      if (event.name === 'accept') return tooLong(turn, stage);
      return event.name === 'host-choice' ? askForSecurityCode(turn, stage, stage.admission) : stage;
    default:
      return stage;
  }
}

function askForSecurityCode(turn: Turn, stage: CallStage, admission: Admission): CallStage {
  return admission.securityCode ? askForCode(turn, 'security', admission, []) : approach(turn, stage, admission);
}

/** Everything that is asked was accepted: to the gate, before a name is said in vain. A number that is blocked or not allowed finds the conference full. */
function approach(turn: Turn, stage: CallStage, admission: Admission): CallStage {
  cancelTimer(turn, 'accept');
  if (admission.blocked !== false) {
    const outcome = admission.blocked === 'not-allowed' ? 'not-allowed' : 'blocked';
    return leave(turn, stage, outcome, [say('conference-full'), say('goodbye')]);
  }
  if (admission.booking?.spoken === true) return requestAdmission(turn, admission, nameOf(turn));
  if (!admission.options.nameOnEntry) return requestAdmission(turn, admission, null);
  return lookAtGate(turn, admission);
}

/** Asked once more by a process that goes on with the call: it changes nothing. */
export function lookAtGate(turn: Turn, admission: Admission): LookingAtGate {
  turn.effects.push({ type: 'LookAtGate', admission });
  setTimer(turn, 'request', REQUEST_MS);
  return { kind: 'LookingAtGate', admission };
}

export function lookingAtGate(stage: LookingAtGate, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'GateFoundOpen':
      cancelTimer(turn, 'request');
      return askForName(turn, stage.admission, 0);
    case 'Refused':
      return refuse(turn, stage, event.reason);
    case 'PinStopped':
      return stopPin(turn, stage);
    case 'TimerExpired':
      return event.name === 'request' ? leave(turn, stage, 'failed', []) : stage;
    default:
      return stage;
  }
}
