import { assertNever } from '../assert-never.js';
import type { CallEffect } from './contract.js';
import type { CallStage, CallState } from './state.js';
import { askForPin } from './transitions.js';
import type { Turn } from './turn.js';

/** Identities that may have been given out after the state was stored: none of them is given out again. */
const SPARE_IDENTITIES = 1_000;

/** The state as it may be stored: digits of a PIN are not. */
export const withoutDigits = (state: CallState): CallState =>
  state.kind === 'CollectingPin' && state.digits !== '' ? { ...state, digits: '' } : state;

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
    case 'Joining':
      if (stage.phase === 'entering') {
        turn.effects.push({ type: 'JoinMixer', conferenceId: stage.admission.conferenceId, muted: stage.muted });
        return { ...stage, joinedMuted: stage.muted };
      }
      return stage;
    case 'Ended':
      // Whether it was hung up and recorded is not known: each is done once only.
      turn.effects.push({ type: 'HangUp' }, { type: 'CloseCall', outcome: stage.outcome });
      return stage;
    case 'Ringing':
    case 'Settling':
    case 'Greeting':
    case 'Requesting':
    case 'Waiting':
    case 'InConference':
    case 'Leaving':
      return stage;
    default:
      return assertNever(stage);
  }
}
