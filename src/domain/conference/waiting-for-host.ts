import { act } from './actions.js';
import { close } from './ending.js';
import { arrive, letEveryoneIn, lookAtGate } from './gate.js';
import { comeIn, isDeserted, takeAway } from './presence.js';
import { recordAutomatically } from './recording.js';
import type { ConferenceStage, StageEvent, WaitingForHost } from './state.js';
import type { Turn } from './turn.js';

/** Guests wait; a host may be on the way in. A host who is in opens the conference to all of them, or they go to the lobby. */
export function waitingForHost(stage: WaitingForHost, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'GateLookedAt':
      lookAtGate(turn, event);
      return stage;
    case 'CallerArrived':
      arrive(turn, event, 'no-host');
      return stage;
    case 'CallerJoined':
      if (comeIn(turn, event.callId) !== 'host') return stage;
      recordAutomatically(turn);
      letEveryoneIn(turn);
      return { kind: 'InSession' };
    case 'CallerLeft':
      takeAway(turn, event.callId);
      return isDeserted(turn.facts) ? close(turn, 'no-host') : stage;
    case 'ActionRequested':
      return act(turn, stage, event);
    default:
      return stage;
  }
}
