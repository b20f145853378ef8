import { arrive, lookAtGate } from './gate.js';
import { close } from './ending.js';
import { isDeserted } from './presence.js';
import type { ConferenceStage, Empty, StageEvent } from './state.js';
import type { Turn } from './turn.js';

/** Nobody has come yet: whoever comes first waits or, as host, is let in. */
export function empty(stage: Empty, event: StageEvent, turn: Turn): ConferenceStage {
  if (event.type === 'GateLookedAt') lookAtGate(turn, event);
  if (event.type !== 'CallerArrived') return stage;
  arrive(turn, event, 'no-host');
  return isDeserted(turn.facts) ? close(turn, 'no-host') : { kind: 'WaitingForHost' };
}
