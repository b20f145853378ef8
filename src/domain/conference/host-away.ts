import { say } from '../prompts.js';
import { act } from './actions.js';
import { close, dismissEveryone } from './ending.js';
import { arrive, letEveryoneIn, lookAtGate } from './gate.js';
import { comeIn, hasHost, isDeserted, takeAway, watchAlone } from './presence.js';
import { resumeRecording } from './recording.js';
import type { Closed, ConferenceStage, HostAway, StageEvent } from './state.js';
import { cancelTimer, type Turn } from './turn.js';

/** Everyone is on hold music until a host is back, or the grace is over. */
export function hostAway(stage: HostAway, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'GateLookedAt':
      lookAtGate(turn, event);
      return stage;
    case 'CallerArrived':
      arrive(turn, event, 'host-away');
      return stage;
    case 'CallerJoined':
      if (comeIn(turn, event.callId) !== 'host') return stage;
      cancelTimer(turn, 'grace');
      resumeRecording(turn);
      letEveryoneIn(turn);
      watchAlone(turn);
      return { kind: 'InSession' };
    case 'CallerLeft':
      return left(stage, event, turn);
    case 'ActionRequested':
      return act(turn, stage, event);
    case 'TimerExpired':
      if (event.name !== 'grace') return stage;
      // A host who is just hearing the introduction is back in time.
      return hasHost(turn.facts) ? { ...stage, graceOver: true } : notBack(turn);
    default:
      return stage;
  }
}

function left(stage: HostAway, event: Extract<StageEvent, { type: 'CallerLeft' }>, turn: Turn): ConferenceStage {
  takeAway(turn, event.callId);
  if (isDeserted(turn.facts)) return close(turn, 'emptied');
  return stage.graceOver && !hasHost(turn.facts) ? notBack(turn) : stage;
}

const notBack = (turn: Turn): Closed => dismissEveryone(turn, 'host-not-back', [say('conference-ended')]);
