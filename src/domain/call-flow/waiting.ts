import { secondsToMs } from '../timers.js';
import { say, type SpokenPrompt } from '../prompts.js';
import type { WaitReason } from './contract.js';
import { listening } from './listening.js';
import { ownsKeys, told } from './menus.js';
import { stopPin } from './misses.js';
import { hear } from './speech.js';
import type { CallStage, Requesting, StageEvent, Waiting } from './state.js';
import {
  beginJoining,
  hangUp,
  keepWaiting,
  leave,
  refuse,
  reportLeft,
  sendToRoom,
  watchWaiting,
} from './transitions.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';

/** What whoever begins to wait is told. */
const WHY: Readonly<Record<WaitReason, SpokenPrompt>> = {
  'no-host': 'host-not-arrived',
  'host-away': 'host-not-arrived',
  lobby: 'waiting-for-admission',
};

export function requesting(stage: Requesting, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'Admitted':
      return beginJoining(turn, stage.admission, event.muted, event.introduction);
    case 'KeptWaiting':
      cancelTimer(turn, 'request');
      return keepWaiting(turn, stage.admission, event.reason, [say(WHY[event.reason])]);
    case 'Refused':
      return refuse(turn, stage, event.reason);
    case 'PinStopped':
      return stopPin(turn, stage);
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
      return refuse(turn, stage, event.reason);
    case 'PinStopped':
      // Whoever is in stays in, on hold too.
      return turn.facts.hasBeenIn ? stage : stopPin(turn, stage);
    case 'KeptWaiting':
    case 'SentToHold':
      return waitFor(stage, event.reason, turn);
    case 'SentToRoom':
      return sendToRoom(turn, stage, event.room, event.muted);
    case 'TimerExpired':
      return waitingTimer(stage, event, turn);
    default:
      return listening(stage, event, turn);
  }
}

/** What is waited for changes. Only the lobby is news: the host has come. */
function waitFor(stage: Waiting, reason: WaitReason, turn: Turn): Waiting {
  if (reason === stage.reason) return stage;
  watchWaiting(turn, stage.admission, reason);
  const waits = { ...stage, reason };
  return reason === 'lobby' ? told(waits, [say(WHY.lobby)], turn) : waits;
}

function waitingTimer(stage: Waiting, event: Extract<StageEvent, { type: 'TimerExpired' }>, turn: Turn): CallStage {
  if (event.name === 'wait-limit') return leave(turn, stage, 'no-host', [say('host-did-not-arrive'), say('goodbye')]);
  if (event.name !== 'reassure') return listening(stage, event, turn);
  setTimer(turn, 'reassure', secondsToMs(stage.admission.options.reassureSeconds));
  if (stage.speech.saying !== null || ownsKeys(stage.menu)) return stage;
  return { ...stage, speech: hear(turn, stage.speech, [say(reassurance(stage.reason, turn))]) };
}

/** Whoever has heard that the host was disconnected is not told that he has yet to arrive. */
function reassurance(reason: WaitReason, turn: Turn): SpokenPrompt {
  if (reason === 'lobby') return 'waiting-for-admission';
  return reason === 'host-away' && turn.facts.hasBeenIn ? 'host-disconnected-hold' : 'still-waiting';
}
