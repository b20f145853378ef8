import { assertNever } from '../assert-never.js';
import type { CallId } from '../identifiers.js';
import type { ConferenceEvent } from './contract.js';
import { dialOutChosen, dialOutLeft, numberEntered, placedCallAnswered } from './dial-out.js';
import { handChosen } from './hands.js';
import { lineHeld, spokeWhileMuted } from './lines.js';
import { forgetMenu, menuNamed } from './menus.js';
import { linesMeasured, noiseChosen } from './noise.js';
import { recordingConfirmed, recordingFailed } from './recording.js';
import { rollCallChosen, rollCallSpoken } from './roll-call.js';
import { screeningChosen } from './screening.js';
import type { Menu } from './state.js';
import type { Turn } from './turn.js';

/** What is answered alike in every stage but the last, and leaves it as it is. */
export type AnywhereEvent = Extract<
  ConferenceEvent,
  {
    type:
      | 'ChoiceKeyed'
      | 'EntryKeyed'
      | 'MenuLeft'
      | 'MenuSpoken'
      | 'SpokeWhileMuted'
      | 'LineHeld'
      | 'LinesMeasured'
      | 'PlacedCallAnswered'
      | 'RecordingFailed';
  }
>;

export function inAnyStage(turn: Turn, event: AnywhereEvent): void {
  switch (event.type) {
    case 'ChoiceKeyed':
    case 'EntryKeyed':
    case 'MenuLeft':
    case 'MenuSpoken':
      inMenu(turn, event);
      return;
    case 'SpokeWhileMuted':
      spokeWhileMuted(turn, event.callId);
      return;
    case 'LineHeld':
      lineHeld(turn, event.callId, event.held);
      return;
    case 'LinesMeasured':
      linesMeasured(turn, event.callId, event.lines);
      return;
    case 'PlacedCallAnswered':
      placedCallAnswered(turn, event.placed);
      return;
    case 'RecordingFailed':
      recordingFailed(turn);
      return;
    default:
      assertNever(event);
  }
}

/** What is keyed in a menu that is not open any more means nothing. */
function inMenu(turn: Turn, event: Extract<AnywhereEvent, { menuId: unknown }>): void {
  const { callId } = event;
  const open = menuNamed(turn.facts, callId, event.menuId);
  if (open === null) return;
  const { menu, choices } = open;
  switch (event.type) {
    case 'ChoiceKeyed':
      if (choices.includes(event.choice)) chosen(turn, callId, menu, event.choice);
      return;
    case 'EntryKeyed':
      if (menu.kind !== 'number') return;
      forgetMenu(turn, callId);
      numberEntered(turn, callId, event.digits);
      return;
    case 'MenuLeft':
      forgetMenu(turn, callId);
      if (menu.kind === 'dial-out') dialOutLeft(turn, menu.placed);
      return;
    case 'MenuSpoken':
      if (menu.kind === 'roll-call') rollCallSpoken(turn, callId, menu);
      return;
    default:
      assertNever(event);
  }
}

function chosen(turn: Turn, callId: CallId, menu: Menu, choice: string): void {
  switch (menu.kind) {
    case 'hand':
      handChosen(turn, callId, menu.subject, choice);
      return;
    case 'roll-call':
      rollCallChosen(turn, callId, menu, choice);
      return;
    case 'confirm-recording':
      recordingConfirmed(turn, callId);
      return;
    case 'noise':
      noiseChosen(turn, callId, menu, choice);
      return;
    case 'dial-out':
      dialOutChosen(turn, menu.placed, choice);
      return;
    case 'screening':
      screeningChosen(turn, callId, menu.subject, choice);
      return;
    case 'number':
      return;
    default:
      assertNever(menu);
  }
}
