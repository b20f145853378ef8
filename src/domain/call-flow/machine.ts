import { assertNever } from '../assert-never.js';
import type { EntryOptions } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import { swallowHash } from '../keypad/decoder.js';
import type { CallOutcome } from '../outcomes.js';
import { stopTimer, timerNamed } from '../timers.js';
import type { CallEffect, CallEvent } from './contract.js';
import { checkingPin, collectingPin, greeting, ringing, settling } from './entry.js';
import { inConference, joining } from './room.js';
import type { CallStage, CallState, Leaving, StageEvent } from './state.js';
import { close, hangUp, leave, reportLeft } from './transitions.js';
import { firstFacts, type Turn } from './turn.js';
import { requesting, waiting } from './waiting.js';

export type { CallState } from './state.js';

/** A call before it is answered. */
export const startCall = (config: { readonly callId: CallId; readonly entry: EntryOptions }): CallState => ({
  kind: 'Ringing',
  facts: firstFacts(config.callId, config.entry),
});

/**
 * Takes one event: the state that follows and what is to be done, in this order. Never throws, whatever the order
 * of events. Every `JoinMixer` is to be answered by one `MixerJoined` or `MixerJoinFailed`, in the order asked,
 * also when a `LeaveMixer` followed.
 */
export function stepCall(state: CallState, event: CallEvent): { state: CallState; effects: readonly CallEffect[] } {
  if (state.kind === 'Ended') return { state, effects: [] };
  const turn: Turn = { at: event.at, facts: state.facts, effects: [] };
  const stage = react(state, event, turn);
  return { state: { ...stage, facts: turn.facts }, effects: turn.effects };
}

/** What is the same in every stage: the ends of a call, stale identities, and the swallowed `#`. */
function react(stage: CallStage, event: CallEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'CallerHungUp':
      reportLeft(turn, event.lineLost);
      return close(turn, outcomeOfHangUp(stage, event.lineLost, turn));
    case 'MediaFailed':
      reportLeft(turn, true);
      return hangUp(turn, stage.kind === 'Leaving' ? stage.outcome : 'failed');
    case 'MoveFailed':
      reportLeft(turn, true);
      return hangUp(turn, stage.kind === 'Leaving' ? stage.outcome : 'mixer-lost');
    case 'Dismissed':
      if (stage.kind !== 'Leaving') return leave(turn, stage, event.outcome, event.farewell);
      // A farewell is heard to its end, unless the bridge itself is ending.
      return event.farewell.length === 0 ? hangUp(turn, stage.outcome) : stage;
    case 'TimerFired': {
      const name = timerNamed(turn.facts.timers, event.timerId);
      if (name === null) return stage;
      turn.facts = { ...turn.facts, timers: stopTimer(turn.facts.timers, name) };
      return dispatch(stage, { at: event.at, type: 'TimerExpired', name }, turn);
    }
    case 'PlayFinished':
      if (event.playId !== turn.facts.playing) return stage;
      turn.facts = { ...turn.facts, playing: null };
      return dispatch(stage, { at: event.at, type: 'SpeechFinished' }, turn);
    case 'MixerJoined':
    case 'MixerJoinFailed':
      if (turn.facts.abandonedJoins === 0) return dispatch(stage, event, turn);
      turn.facts = { ...turn.facts, abandonedJoins: turn.facts.abandonedJoins - 1 };
      return stage;
    case 'KeyPressed': {
      const { state: keypad, swallowed } = swallowHash(turn.facts.keypad, event.key, event.at);
      turn.facts = { ...turn.facts, keypad };
      return swallowed ? stage : dispatch(stage, event, turn);
    }
    case 'CallAnswered':
    case 'PinMatched':
    case 'PinMissed':
    case 'PinLookupFailed':
    case 'KeptWaiting':
    case 'Admitted':
    case 'Refused':
    case 'Told':
    case 'SentToHold':
    case 'MuteChanged':
      return dispatch(stage, event, turn);
    default:
      return assertNever(event);
  }
}

function dispatch(stage: CallStage, event: StageEvent, turn: Turn): CallStage {
  switch (stage.kind) {
    case 'Ringing':
      return ringing(stage, event, turn);
    case 'Settling':
      return settling(stage, event, turn);
    case 'Greeting':
      return greeting(stage, event, turn);
    case 'CollectingPin':
      return collectingPin(stage, event, turn);
    case 'CheckingPin':
      return checkingPin(stage, event, turn);
    case 'Requesting':
      return requesting(stage, event, turn);
    case 'Waiting':
      return waiting(stage, event, turn);
    case 'Joining':
      return joining(stage, event, turn);
    case 'InConference':
      return inConference(stage, event, turn);
    case 'Leaving':
      return leaving(stage, event, turn);
    case 'Ended':
      return stage;
    default:
      return assertNever(stage);
  }
}

/** The farewell is not to be interrupted. */
function leaving(stage: Leaving, event: StageEvent, turn: Turn): CallStage {
  const over = event.type === 'SpeechFinished' || (event.type === 'TimerExpired' && event.name === 'farewell');
  return over ? hangUp(turn, stage.outcome) : stage;
}

function outcomeOfHangUp(stage: CallStage, lineLost: boolean, turn: Turn): CallOutcome {
  if (stage.kind === 'Leaving') return stage.outcome;
  if (lineLost) return 'line-lost';
  if (stage.kind === 'Ringing') return 'cancelled';
  return turn.facts.hasBeenIn ? 'completed' : 'abandoned';
}
