import { assertNever } from '../assert-never.js';
import type { CallId } from '../identifiers.js';
import type { KeypadAction } from '../keypad/contract.js';
import { isFor } from '../keypad/key-map.js';
import { say, tone } from '../prompts.js';
import { actorOf, type Actor } from './actor.js';
import { cycleAnnouncements } from './announcements.js';
import { countFor } from './counting.js';
import { dialOut } from './dial-out.js';
import { dropLast } from './drops.js';
import { endForAll } from './ending.js';
import { tellEveryone } from './everyone.js';
import { callHands, toggleHand } from './hands.js';
import { helpFor, isAllowed } from './help.js';
import { admitAll } from './lobby.js';
import { toggleGuestMutes, toggleOwnMute } from './mutes.js';
import { findNoise } from './noise.js';
import { toggleRecording } from './recording.js';
import { rollCall } from './roll-call.js';
import { screenNext } from './screening.js';
import type { ConferenceEvent } from './contract.js';
import type { ConferenceStage } from './state.js';
import { tell, update, type Turn } from './turn.js';

type Asked = Extract<ConferenceEvent, { type: 'ActionRequested' }>;

/** Carries out one code: every one is answered, privately unless it concerns all. */
export function act(turn: Turn, stage: ConferenceStage, { callId, action, keyMap }: Asked): ConferenceStage {
  const actor = actorOf(turn.facts, callId);
  if (actor === null) {
    refuseOutsider(turn, callId);
    return stage;
  }
  if (!isFor(action, actor.role)) {
    tell(turn, callId, [say(actor.role === 'guest' ? 'only-host-can-do-that' : 'not-available')]);
  } else if (!isAllowed(turn.facts, action)) tell(turn, callId, [say('not-available')]);
  else if (actor.phase === 'aside' && OPENS_A_MENU.has(action)) tell(turn, callId, [tone('refused')]);
  else if (action === 'end') return endForAll(turn);
  else carryOut(turn, actor, action, keyMap);
  return stage;
}

/** Whoever was called by a host has no seat yet, and is not to wonder whether the key was heard. */
function refuseOutsider(turn: Turn, callId: CallId): void {
  if (turn.facts.placed.some(({ placed }) => placed === callId)) tell(turn, callId, [tone('refused')]);
}

/** Not for a host who is aside with someone called: that menu is open as long as the call. */
const OPENS_A_MENU: ReadonlySet<KeypadAction> = new Set([
  'hands',
  'roll-call',
  'record',
  'screen',
  'find-noise',
  'dial-out',
] as const);

function carryOut(turn: Turn, actor: Actor, action: Exclude<KeypadAction, 'end'>, keyMap: Asked['keyMap']): void {
  const { callId } = actor;
  switch (action) {
    case 'mute':
      toggleOwnMute(turn, actor);
      return;
    case 'count':
      tell(turn, callId, countFor(turn.facts, actor));
      return;
    case 'help':
      tell(turn, callId, helpFor(turn.facts, actor, keyMap));
      return;
    case 'raise-hand':
      toggleHand(turn, actor);
      return;
    case 'hands':
      callHands(turn, callId);
      return;
    case 'lock':
      toggleLock(turn);
      return;
    case 'roll-call':
      rollCall(turn, callId);
      return;
    case 'mute-all':
      toggleGuestMutes(turn);
      return;
    case 'record':
      toggleRecording(turn, actor);
      return;
    case 'find-noise':
      findNoise(turn, callId);
      return;
    case 'drop-last':
      dropLast(turn, callId);
      return;
    case 'continue':
      update(turn, { continueOnce: true });
      tell(turn, callId, [say('continues-without-host')]);
      return;
    case 'dial-out':
      dialOut(turn, actor);
      return;
    case 'announcements':
      tell(turn, callId, cycleAnnouncements(turn));
      return;
    case 'admit-all':
      admitAll(turn, callId);
      return;
    case 'screen':
      screenNext(turn, callId);
      return;
    case 'hear-quieter':
    case 'hear-louder':
    case 'speak-quieter':
    case 'speak-louder':
    case 'volume-normal':
      // The call flow's own: they do not come here.
      return;
    default:
      assertNever(action);
  }
}

export function answerUnknownCode(turn: Turn, callId: CallId): void {
  if (actorOf(turn.facts, callId) === null) refuseOutsider(turn, callId);
  else tell(turn, callId, [say('unknown-code')]);
}

function toggleLock(turn: Turn): void {
  const locked = !turn.facts.locked;
  update(turn, { locked });
  tellEveryone(turn, 'lock', [say(locked ? 'conference-now-locked' : 'conference-now-unlocked')]);
}
