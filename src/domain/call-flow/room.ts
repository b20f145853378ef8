import type { Key } from '../keys.js';
import { keyCode } from './codes.js';
import { listening } from './listening.js';
import { report } from './menu-keys.js';
import { awaitKey, beginMenu, menuOf, ownsKeys } from './menus.js';
import { ended, holdBack, next } from './speech.js';
import type { CallStage, InConference, Joining, Placed, StageEvent } from './state.js';
import { admitFromAside, enterMixer, enterPlaced, hangUp, reportLeft, sendToHold, sendToRoom } from './transitions.js';
import { cancelTimer, type Turn } from './turn.js';
import { changeVolume, isVolume } from './volumes.js';

/** A call of ours: whoever answers it hears nothing of PINs, and is in the room where the host waits. */
export function placed(stage: Placed, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'CallAnswered':
      return enterPlaced(turn, stage);
    case 'SentToRoom':
      return { ...stage, room: event.room, muted: event.muted };
    case 'MuteChanged':
      return { ...stage, muted: event.muted };
    default:
      return stage;
  }
}

/** Pieces of a message that is short enough to be heard before coming in. */
const MOST_PIECES_BEFORE = 6;

const isAside = ({ room, admission }: Joining | InConference): boolean => room !== admission.conferenceId;

export function joining(stage: Joining, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'SpeechFinished':
      return stage.phase === 'introduction' ? introductionEnded(stage, turn) : stage;
    case 'MixerJoined':
      return stage.phase === 'entering' ? enterRoom(stage, turn) : stage;
    case 'MixerJoinFailed':
      return stage.phase === 'entering' ? notTakenIn(turn) : stage;
    case 'MuteChanged':
      return { ...stage, muted: event.muted };
    case 'Told':
      return { ...stage, speech: holdBack(stage.speech, event.utterances) };
    case 'MenuOpened':
    case 'EntryOpened':
      return { ...stage, menu: menuOf(event), menuWords: event.utterances };
    case 'MenuClosed': {
      const speech = holdBack(stage.speech, event.utterances);
      return stage.menu?.menuId === event.menuId
        ? { ...stage, speech, menu: null, menuWords: [] }
        : { ...stage, speech };
    }
    case 'SentToHold':
      return sendToHold(turn, stage, event.reason);
    case 'SentToRoom':
      return sendToRoom(turn, stage, event.room, event.muted);
    case 'Admitted':
      return isAside(stage) ? admitFromAside(turn, stage, event.muted, event.introduction) : stage;
    case 'KeyPressed':
      return keyOnTheWay(stage, event.key, turn);
    case 'TimerExpired':
      if (event.name === 'introduction') return enterMixer(turn, stage);
      return event.name === 'join' ? notTakenIn(turn) : stage;
    default:
      return stage;
  }
}

/** What came meanwhile is heard before coming in, as that it is recorded from now on; the help is for later. */
function introductionEnded(stage: Joining, turn: Turn): Joining {
  const speech = ended(turn, stage.speech);
  const [message] = speech.queue;
  if (message === undefined || message.length > MOST_PIECES_BEFORE) return enterMixer(turn, stage);
  return { ...stage, speech: next(turn, speech, 'none') };
}

/** The code that ends the conference works only where nothing is said: not on the way. */
function keyOnTheWay(stage: Joining, key: Key, turn: Turn): Joining {
  const menu = stage.menu?.kind === 'choices' && !ownsKeys(stage.menu) ? stage.menu : null;
  const keyed = keyCode(turn, stage.admission, null, key, menu?.choices);
  if (keyed.type === 'action' && isVolume(keyed.action)) {
    return { ...stage, speech: holdBack(stage.speech, changeVolume(turn, keyed.action)) };
  }
  report(turn, stage.admission, keyed, menu);
  return stage;
}

/** In a room aside the conference waits for nobody: there is nothing to report. */
function enterRoom({ admission, room, speech, menu, menuWords, ...joined }: Joining, turn: Turn): InConference {
  cancelTimer(turn, 'join');
  if (joined.muted !== joined.joinedMuted) turn.effects.push({ type: 'SetMuted', muted: joined.muted });
  if (room === admission.conferenceId) {
    turn.facts = { ...turn.facts, hasBeenIn: true };
    turn.effects.push({ type: 'ReportJoined' });
  }
  const inside: InConference = { kind: 'InConference', admission, room, speech, menu };
  if (menu !== null && menuWords.length > 0) return beginMenu(inside, menu, menuWords, turn);
  return ownsKeys(menu) ? awaitKey(inside, turn) : { ...inside, speech: next(turn, speech, 'none') };
}

function notTakenIn(turn: Turn): CallStage {
  reportLeft(turn, false);
  return hangUp(turn, 'failed');
}

export function inConference(stage: InConference, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'MuteChanged':
      turn.effects.push({ type: 'SetMuted', muted: event.muted });
      return stage;
    case 'SentToHold':
      return sendToHold(turn, stage, event.reason);
    case 'SentToRoom':
      if (event.room !== stage.room) return sendToRoom(turn, stage, event.room, event.muted);
      turn.effects.push({ type: 'SetMuted', muted: event.muted });
      return stage;
    case 'Admitted':
      return isAside(stage) ? admitFromAside(turn, stage, event.muted, event.introduction) : stage;
    default:
      return listening(stage, event, turn);
  }
}
