import { assertNever } from '../assert-never.js';
import { DEFAULT_ENTRY_OPTIONS, type EntryOptions } from '../conference-options.js';
import type { CallId, ConferenceId, MenuId } from '../identifiers.js';
import { swallowHash } from '../keypad/decoder.js';
import type { CallOutcome } from '../outcomes.js';
import { stopTimer, timerNamed } from '../timers.js';
import { choosingRole, lookingAtGate } from './admitting.js';
import type { Admission, CallEffect, CallEvent } from './contract.js';
import { checking, collecting, greeting, ringing, settling } from './entry.js';
import { askingName, recordingName, reviewingName } from './names.js';
import { inConference, joining, placed } from './room.js';
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

/** A call of ours to someone a host wants in. `room`: where the host waits for it; it goes there as soon as it is answered. */
export const startPlacedCall = (config: {
  readonly callId: CallId;
  /** As a guest of the conference. */
  readonly admission: Admission;
  readonly room: ConferenceId;
}): CallState => ({
  kind: 'Placed',
  admission: config.admission,
  room: config.room,
  muted: false,
  facts: firstFacts(config.callId, DEFAULT_ENTRY_OPTIONS),
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
    case 'MenuOpened':
    case 'EntryOpened':
      if (!mayHaveMenus(stage)) leaveUnopened(turn, event.menuId);
      return dispatch(stage, event, turn);
    case 'CallAnswered':
    case 'PinMatched':
    case 'PinMissed':
    case 'CodeMatched':
    case 'PinStopped':
    case 'PinLookupFailed':
    case 'NameRecorded':
    case 'GateFoundOpen':
    case 'KeptWaiting':
    case 'Admitted':
    case 'Refused':
    case 'SentToRoom':
    case 'Told':
    case 'SentToHold':
    case 'MuteChanged':
    case 'MenuClosed':
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
    case 'Placed':
      return placed(stage, event, turn);
    case 'CollectingPin':
    case 'CollectingCode':
      return collecting(stage, event, turn);
    case 'CheckingPin':
    case 'CheckingCode':
      return checking(stage, event, turn);
    case 'ChoosingRole':
      return choosingRole(stage, event, turn);
    case 'LookingAtGate':
      return lookingAtGate(stage, event, turn);
    case 'AskingName':
      return askingName(stage, event, turn);
    case 'RecordingName':
      return recordingName(stage, event, turn);
    case 'ReviewingName':
      return reviewingName(stage, event, turn);
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

const mayHaveMenus = ({ kind }: CallStage): boolean =>
  kind === 'Waiting' || kind === 'Joining' || kind === 'InConference';

/** Nobody can see it: the conference is not left to wait for a key. */
function leaveUnopened(turn: Turn, menuId: MenuId): void {
  if (turn.facts.knownToConference) turn.effects.push({ type: 'ReportMenuLeft', menuId });
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
  if (stage.kind === 'Placed') return 'not-answered';
  return turn.facts.hasBeenIn ? 'completed' : 'abandoned';
}
