import type { Key } from '../keys.js';
import type { Keyed } from '../keypad/decoder.js';
import { say, tone } from '../prompts.js';
import { bargesIn, keyCode, report } from './codes.js';
import { hear, holdBack, interrupt, messageEnded, next, quietSince } from './speech.js';
import type { CallStage, InConference, Joining, StageEvent } from './state.js';
import { enterMixer, hangUp, reportLeft, sendToHold } from './transitions.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';

/** How long "press hash again to confirm" can be answered, from its beginning. */
const CONFIRM_MS = 10_000;

export function joining(stage: Joining, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'SpeechFinished':
      return stage.phase === 'introduction' ? enterMixer(turn, stage) : stage;
    case 'MixerJoined':
      return stage.phase === 'entering' ? enterRoom(stage, turn) : stage;
    case 'MixerJoinFailed':
      return stage.phase === 'entering' ? notTakenIn(turn) : stage;
    case 'MuteChanged':
      return { ...stage, muted: event.muted };
    case 'Told':
      return { ...stage, speech: holdBack(stage.speech, event.utterances) };
    case 'SentToHold':
      return sendToHold(turn, stage, event.reason);
    case 'KeyPressed': {
      const keyed = keyCode(turn, stage.admission, null, event.key);
      if (!wantsConfirmation(stage, keyed)) report(turn, keyed);
      return stage;
    }
    case 'TimerExpired':
      if (event.name === 'introduction') return enterMixer(turn, stage);
      return event.name === 'join' ? notTakenIn(turn) : stage;
    default:
      return stage;
  }
}

function enterRoom(stage: Joining, turn: Turn): InConference {
  cancelTimer(turn, 'join');
  turn.facts = { ...turn.facts, hasBeenIn: true };
  if (stage.muted !== stage.joinedMuted) turn.effects.push({ type: 'SetMuted', muted: stage.muted });
  turn.effects.push({ type: 'ReportJoined' });
  return {
    kind: 'InConference',
    admission: stage.admission,
    speech: next(turn, stage.speech, 'none'),
    menu: null,
  };
}

function notTakenIn(turn: Turn): CallStage {
  reportLeft(turn, false);
  return hangUp(turn, 'failed');
}

export function inConference(stage: InConference, event: StageEvent, turn: Turn): CallStage {
  switch (event.type) {
    case 'KeyPressed':
      return stage.menu === null ? keyInRoom(stage, event.key, turn) : keyInMenu(stage, event.key, turn);
    case 'Told':
      return { ...stage, speech: hear(turn, stage.speech, event.utterances) };
    case 'SpeechFinished':
      return { ...stage, speech: messageEnded(turn, stage.speech, 'none') };
    case 'MuteChanged':
      turn.effects.push({ type: 'SetMuted', muted: event.muted });
      return stage;
    case 'SentToHold':
      return sendToHold(turn, stage, event.reason);
    case 'TimerExpired':
      if (event.name !== 'menu' || stage.menu === null) return stage;
      return { ...stage, menu: null, speech: hear(turn, stage.speech, [tone('refused')]) };
    default:
      return stage;
  }
}

function keyInRoom(stage: InConference, key: Key, turn: Turn): InConference {
  const keyed = keyCode(turn, stage.admission, quietSince(stage.speech), key);
  const heard = bargesIn(key) ? { ...stage, speech: interrupt(turn, stage.speech, 'none') } : stage;
  if (wantsConfirmation(stage, keyed)) {
    setTimer(turn, 'menu', CONFIRM_MS);
    return {
      ...heard,
      menu: { kind: 'confirm-end' },
      speech: hear(turn, heard.speech, [say('confirm-host-hangup')]),
    };
  }
  report(turn, keyed);
  return heard;
}

/** Only a host in the room is asked; on the way in the code does nothing. To a guest the conference says whose code it is. */
const wantsConfirmation = ({ admission }: Joining | InConference, keyed: Keyed): boolean =>
  keyed.type === 'action' && keyed.action === 'end' && admission.options.confirmHangup && admission.role === 'host';

/** `#` confirms, `*` leaves the menu, digits are the menu's and mean nothing in this one. */
function keyInMenu(stage: InConference, key: Key, turn: Turn): InConference {
  if (!bargesIn(key)) return stage;
  cancelTimer(turn, 'menu');
  if (key === '#') turn.effects.push({ type: 'ReportAction', action: 'end' });
  return { ...stage, menu: null, speech: interrupt(turn, stage.speech, 'none') };
}
