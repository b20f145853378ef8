import { assertNever } from '../assert-never.js';
import type { ConferenceId } from '../identifiers.js';
import { say, tone } from '../prompts.js';
import { stopTimer, timerNamed } from '../timers.js';
import { answerUnknownCode } from './actions.js';
import { comesTooLate, isWarning, planEnd, warn } from './booked-end.js';
import { closing } from './closing.js';
import type { ConferenceEffect, ConferenceEvent } from './contract.js';
import { empty } from './empty.js';
import { close, dismissEveryone, shutDown } from './ending.js';
import { hostAway } from './host-away.js';
import { placedCallEnded } from './dial-out.js';
import { inAnyStage } from './in-any-stage.js';
import { inSession } from './in-session.js';
import type { ConferenceStage, ConferenceState, StageEvent } from './state.js';
import { firstFacts, playToRoom, update, type Turn } from './turn.js';
import { waitingForHost } from './waiting-for-host.js';

export type { ConferenceState } from './state.js';

/** A conference nobody has come to yet. */
export const startConference = (config: { readonly conferenceId: ConferenceId }): ConferenceState => ({
  kind: 'Empty',
  facts: firstFacts(config.conferenceId),
});

/**
 * Takes one event: the state that follows and what is to be done, in this order. Never throws, whatever the order
 * of events. After `CloseConference` it answers nothing: whoever arrives then opens a new conference.
 */
export function stepConference(
  state: ConferenceState,
  event: ConferenceEvent,
): { state: ConferenceState; effects: readonly ConferenceEffect[] } {
  if (state.kind === 'Closed') return { state, effects: [] };
  const turn: Turn = { at: event.at, facts: state.facts, effects: [] };
  const stage = react(state, event, turn);
  return { state: { ...stage, facts: turn.facts }, effects: turn.effects };
}

/** What is the same in every stage; late timers are dropped. */
function react(stage: ConferenceStage, event: ConferenceEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'ShutdownRequested':
      return shutDown(turn);
    case 'UnknownCodeKeyed':
      if (stage.kind !== 'Closing') answerUnknownCode(turn, event.callId);
      return stage;
    case 'RoomMoved':
      if (stage.kind === 'InSession') playToRoom(turn, [tone('moved')]);
      return stage;
    case 'TimerFired': {
      const name = timerNamed(turn.facts.timers, event.timerId);
      if (name === null) return stage;
      update(turn, { timers: stopTimer(turn.facts.timers, name) });
      if (name === 'duration') return dismissEveryone(turn, 'time-limit', [say('time-limit-reached')]);
      if (name === 'booked-end') return dismissEveryone(turn, 'booking-ended', [say('conference-ended')]);
      if (isWarning(name)) {
        warn(turn, name);
        return stage;
      }
      return dispatch(stage, { at: event.at, type: 'TimerExpired', name }, turn);
    }
    case 'CallerArrived':
      if (stage.kind === 'Empty' && comesTooLate(turn, event.callId, event.endsAt)) return close(turn, 'booking-ended');
      planEnd(turn, event.endsAt);
      return dispatch(stage, event, turn);
    case 'CallerJoined':
    case 'ActionRequested':
    case 'PlayFinished':
    case 'GateLookedAt':
      return dispatch(stage, event, turn);
    case 'CallerLeft':
      // One called for a host, who has not been brought in yet.
      if (placedCallEnded(turn, event.callId, 'hung-up')) return stage;
      return dispatch(stage, event, turn);
    case 'PlacedCallEnded':
      // Just brought in, and hung up on the way: gone as everyone who leaves.
      if (placedCallEnded(turn, event.placed, event.reason)) return stage;
      return dispatch(stage, { at: event.at, type: 'CallerLeft', callId: event.placed, lineLost: false }, turn);
    case 'ChoiceKeyed':
    case 'EntryKeyed':
    case 'MenuLeft':
    case 'MenuSpoken':
    case 'SpokeWhileMuted':
    case 'LineHeld':
    case 'LinesMeasured':
    case 'PlacedCallAnswered':
    case 'RecordingFailed':
      if (stage.kind !== 'Closing') inAnyStage(turn, event);
      return stage;
    default:
      return assertNever(event);
  }
}

function dispatch(stage: ConferenceStage, event: StageEvent, turn: Turn): ConferenceStage {
  switch (stage.kind) {
    case 'Empty':
      return empty(stage, event, turn);
    case 'WaitingForHost':
      return waitingForHost(stage, event, turn);
    case 'InSession':
      return inSession(stage, event, turn);
    case 'HostAway':
      return hostAway(stage, event, turn);
    case 'Closing':
      return closing(stage, event, turn);
    case 'Closed':
      return stage;
    default:
      return assertNever(stage);
  }
}
