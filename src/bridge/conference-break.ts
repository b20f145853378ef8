import { assertNever } from '../domain/assert-never.js';
import type { ConferenceEffect, ConferenceEvent } from '../domain/conference/contract.js';
import type { ConferenceState } from '../domain/conference/machine.js';
import type { CallId } from '../domain/identifiers.js';

/** What follows where a conference could not take an event. */
export interface AfterBreak {
  readonly state: ConferenceState;
  readonly effects: readonly ConferenceEffect[];
}

/**
 * Nothing has changed by an event that could not be taken. A code goes unanswered, a newcomer is let go; but where someone
 * came in, left, or time ran out, the conference would be wrong about it for ever, so that it ends for everyone.
 */
export function afterBreak(state: ConferenceState, event: ConferenceEvent): AfterBreak {
  switch (event.type) {
    case 'ActionRequested':
    case 'UnknownCodeKeyed':
    case 'ChoiceKeyed':
    case 'EntryKeyed':
    case 'MenuLeft':
    case 'MenuSpoken':
    case 'SpokeWhileMuted':
    case 'LineHeld':
    case 'LinesMeasured':
    case 'PlacedCallEnded':
    case 'RecordingFailed':
    case 'PlayFinished':
    case 'RoomMoved':
      return { state, effects: [] };
    case 'GateLookedAt':
      return { state, effects: [{ type: 'LetPass', callId: event.callId }] };
    case 'PlacedCallAnswered':
      return { state, effects: [dismissal(event.placed)] };
    case 'CallerArrived': {
      if (state.kind !== 'Empty') return { state, effects: [dismissal(event.callId)] };
      const ended = endForAll(state);
      return { ...ended, effects: [dismissal(event.callId), ...ended.effects] };
    }
    case 'CallerJoined':
    case 'CallerLeft':
    case 'TimerFired':
    case 'ShutdownRequested':
      return endForAll(state);
    default:
      return assertNever(event);
  }
}

function endForAll({ facts }: ConferenceState): AfterBreak {
  const { members, waiting, placed, peak, lockedOut } = facts;
  const callIds = [...[...members, ...waiting].map(({ callId }) => callId), ...placed.map((call) => call.placed)];
  return {
    state: { kind: 'Closed', outcome: 'failed', facts },
    effects: [...callIds.map(dismissal), { type: 'CloseConference', outcome: 'failed', peak, lockedOut }],
  };
}

const dismissal = (callId: CallId): ConferenceEffect => ({ type: 'Dismiss', callId, outcome: 'failed', farewell: [] });
