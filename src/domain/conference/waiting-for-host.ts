import { act } from './actions.js';
import { close } from './ending.js';
import { arrive, letEveryoneIn } from './gate.js';
import { comeIn, isDeserted, takeAway } from './presence.js';
import type { ConferenceStage, StageEvent, WaitingForHost } from './state.js';
import type { Turn } from './turn.js';

/** Guests wait; a host may be on the way in. A host who is in opens the conference to all of them. */
export function waitingForHost(stage: WaitingForHost, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'CallerArrived':
      arrive(turn, event, 'no-host');
      return stage;
    case 'CallerJoined':
      if (comeIn(turn, event.callId) !== 'host') return stage;
      letEveryoneIn(turn);
      return { kind: 'InSession' };
    case 'CallerLeft':
      takeAway(turn, event.callId);
      return isDeserted(turn.facts) ? close(turn, 'no-host') : stage;
    case 'ActionRequested':
      return act(turn, stage, event.callId, event.action);
    default:
      return stage;
  }
}
