import type { ConferenceStage, Closing, StageEvent } from './state.js';
import { close, dismissEveryone } from './ending.js';
import { findMember, isDeserted, takeAway } from './presence.js';
import type { Turn } from './turn.js';

/** The room hears that the host ended the conference; nobody comes in meanwhile. */
export function closing(stage: Closing, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'GateLookedAt':
    case 'CallerArrived':
      if (findMember(turn.facts, event.callId) === undefined) {
        turn.effects.push({ type: 'Refuse', callId: event.callId, reason: 'closing' });
      }
      return stage;
    case 'CallerLeft':
      takeAway(turn, event.callId);
      return isDeserted(turn.facts) ? close(turn, 'host-ended') : stage;
    case 'PlayFinished':
      return event.playId === stage.lastWords ? dismissEveryone(turn, 'host-ended', []) : stage;
    case 'TimerExpired':
      return event.name === 'closing' ? dismissEveryone(turn, 'host-ended', []) : stage;
    default:
      return stage;
  }
}
