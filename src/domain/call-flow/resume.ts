import { assertNever } from '../assert-never.js';
import { lookAtGate } from './admitting.js';
import type { CallEffect } from './contract.js';
import { leaveByTime } from './menus.js';
import { askForName } from './names.js';
import type { CallStage, CallState, Listener } from './state.js';
import { askForCode, askForPin } from './transitions.js';
import type { Turn } from './turn.js';

/** Identities that may have been given out after the state was stored: none of them is given out again. */
const SPARE_IDENTITIES = 1_000;

/** The state as it may be stored: digits of PINs, codes and numbers are not. */
export function withoutDigits(state: CallState): CallState {
  switch (state.kind) {
    case 'CollectingPin':
    case 'CollectingCode':
      return state.digits === '' ? state : { ...state, digits: '' };
    case 'Joining':
      return state.menu?.kind === 'entry' ? { ...state, menu: { ...state.menu, digits: '' } } : state;
    case 'Waiting':
    case 'InConference':
      return state.menu?.kind === 'entry' ? { ...state, menu: { ...state.menu, digits: '' } } : state;
    default:
      return state;
  }
}

/**
 * Goes on with a stored state in another process, its timers as they were: the state from which it goes on and what is to be
 * done for it. What was playing plays again by itself.
 */
export function resumeCall(stored: CallState, at: number): { state: CallState; effects: readonly CallEffect[] } {
  const { facts } = stored;
  const turn: Turn = {
    at,
    facts: {
      ...facts,
      plays: facts.plays + SPARE_IDENTITIES,
      lookups: facts.lookups + SPARE_IDENTITIES,
      timers: { ...facts.timers, set: facts.timers.set + SPARE_IDENTITIES },
      abandonedJoins: 0,
    },
    effects: [],
  };
  const stage = resumed(stored, turn);
  return { state: { ...stage, facts: turn.facts }, effects: turn.effects };
}

function resumed(stage: CallStage, turn: Turn): CallStage {
  switch (stage.kind) {
    case 'CollectingPin':
      // While the prompt was heard nothing had been keyed; later, what was keyed is lost.
      return turn.facts.playing === null ? askForPin(turn, []) : stage;
    case 'CheckingPin':
      return askForPin(turn, []);
    case 'CollectingCode':
      return turn.facts.playing === null ? askForCode(turn, stage.code, stage.admission, []) : stage;
    case 'CheckingCode':
      return askForCode(turn, stage.code, stage.admission, []);
    case 'LookingAtGate':
      return lookAtGate(turn, stage.admission);
    case 'RecordingName':
      // What was said is lost with the process that recorded it.
      return askForName(turn, stage.admission, stage.takes - 1);
    case 'Waiting':
    case 'InConference':
      return listener(stage, turn);
    case 'Joining':
      if (stage.phase === 'entering') {
        turn.effects.push({ type: 'JoinMixer', conferenceId: stage.room, muted: stage.muted });
        return { ...stage, joinedMuted: stage.muted };
      }
      return stage;
    case 'Ended':
      // Whether it was hung up and recorded is not known: each is done once only.
      turn.effects.push({ type: 'HangUp' }, { type: 'CloseCall', outcome: stage.outcome });
      return stage;
    case 'Ringing':
    case 'Placed':
    case 'Settling':
    case 'Greeting':
    case 'ChoosingRole':
    case 'AskingName':
    case 'ReviewingName':
    case 'Requesting':
    case 'Leaving':
      return stage;
    default:
      return assertNever(stage);
  }
}

/** Menus go on. An entry whose words were over may have had digits: it is left. */
const listener = <S extends Listener>(stage: S, turn: Turn): S =>
  stage.menu?.kind === 'entry' && turn.facts.playing === null ? leaveByTime(stage, turn) : stage;
