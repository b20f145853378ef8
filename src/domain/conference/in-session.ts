import { assertNever } from '../assert-never.js';
import { say } from '../prompts.js';
import { secondsToMs } from '../timers.js';
import { act } from './actions.js';
import { announceBatch, announcementEnded, announceNow, forgetAnnouncements, playFinished } from './announcements.js';
import { othersGoOn } from './departure.js';
import { close, dismissEveryone } from './ending.js';
import { arrive, lookAtGate, waitFor } from './gate.js';
import { emptyUnusedLobby, endScreenings } from './lobby.js';
import { letGuestsUnmute } from './mutes.js';
import { comeIn, hasHost, isDeserted, takeAway, watchAlone } from './presence.js';
import { pauseRecording, recordingBeep } from './recording.js';
import { forgetSayings, sayingEnded, sayingFinished } from './sayings.js';
import { forgetSignals, signalOwed } from './signals.js';
import type { ConferenceStage, HostAway, InSession, Member, StageEvent } from './state.js';
import { cancelTimer, setTimer, update, type Turn } from './turn.js';

/** A host has been in, and is still, or the conference goes on without: newcomers join at once, or wait in the lobby. */
export function inSession(stage: InSession, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'GateLookedAt':
      lookAtGate(turn, event);
      return stage;
    case 'CallerArrived':
      arrive(turn, event, null);
      emptyUnusedLobby(turn);
      watchAlone(turn);
      return isDeserted(turn.facts) ? close(turn, 'emptied') : stage;
    case 'CallerJoined':
      if (comeIn(turn, event.callId) === 'host' && turn.facts.hostless) hostIsBack(turn);
      watchAlone(turn);
      return stage;
    case 'CallerLeft':
      return left(stage, event, turn);
    case 'ActionRequested':
      return act(turn, stage, event);
    case 'PlayFinished':
      playFinished(turn, event.playId);
      sayingFinished(turn, event.playId);
      return stage;
    case 'TimerExpired':
      return timer(stage, event.name, turn);
    default:
      return stage;
  }
}

function timer(stage: InSession, name: string, turn: Turn): ConferenceStage {
  if (name === 'alone') return dismissEveryone(turn, 'alone', [say('conference-ended')]);
  if (name === 'batch') announceBatch(turn);
  if (name === 'announce') announceNow(turn);
  if (name === 'sounding') announcementEnded(turn);
  if (name === 'saying') sayingEnded(turn);
  if (name === 'signal') signalOwed(turn);
  if (name === 'beep') recordingBeep(turn);
  return stage;
}

function left(stage: InSession, event: Extract<StageEvent, { type: 'CallerLeft' }>, turn: Turn): ConferenceStage {
  const gone = takeAway(turn, event.callId);
  if (gone === null) return stage;
  if (isDeserted(turn.facts)) return close(turn, 'emptied');
  if ('reason' in gone) {
    endScreenings(turn, gone, 'has-left', null);
    watchAlone(turn);
    return stage;
  }
  // A host who gave up on the way into a conference that goes on without one leaves it as it was.
  const wasLast = gone.role === 'host' && !hasHost(turn.facts) && !turn.facts.hostless;
  if (wasLast) return lastHostLeft(stage, gone, turn);
  othersGoOn(turn, gone);
  return stage;
}

/** Those who wait in the lobby have somebody again to admit them. */
function hostIsBack(turn: Turn): void {
  update(turn, { hostless: false });
  waitFor(turn, 'lobby');
}

/** However the line ended: on purpose or not cannot be known. */
function lastHostLeft(stage: InSession, gone: Member, turn: Turn): ConferenceStage {
  const { options, continueOnce } = turn.facts;
  update(turn, { continueOnce: false });
  const hostLeaves = continueOnce ? 'continue' : options.hostLeaves;
  switch (hostLeaves) {
    case 'continue':
      update(turn, { hostless: true });
      waitFor(turn, 'no-host');
      othersGoOn(turn, gone);
      letGuestsUnmute(turn);
      return stage;
    case 'end':
      return dismissEveryone(turn, 'host-left', []);
    case 'hold':
      return hold(turn);
    default:
      return assertNever(hostLeaves);
  }
}

/** Everyone keeps the seat; names, hands, mutes and lock stay as they are. */
function hold(turn: Turn): HostAway {
  cancelTimer(turn, 'alone');
  forgetAnnouncements(turn);
  forgetSayings(turn);
  forgetSignals(turn);
  pauseRecording(turn);
  const { members } = turn.facts;
  for (const { callId } of members) turn.effects.push({ type: 'SendToHold', callId, reason: 'host-away' });
  update(turn, { members: members.map((member) => ({ ...member, phase: 'held', inBatch: false })), menus: [] });
  waitFor(turn, 'host-away');
  setTimer(turn, 'grace', secondsToMs(turn.facts.options.graceSeconds));
  return { kind: 'HostAway', graceOver: false };
}
