import { assertNever } from '../assert-never.js';
import { say } from '../prompts.js';
import { secondsToMs } from '../timers.js';
import { act } from './actions.js';
import { announceBatch, announceExit, announceOwed, exitAnnouncement, settleBatch } from './announcements.js';
import { close, dismissEveryone } from './ending.js';
import { arrive } from './gate.js';
import { comeIn, hasHost, hearsOfBeingAlone, isDeserted, takeAway, watchAlone } from './presence.js';
import type { ConferenceStage, HostAway, InSession, Member, StageEvent } from './state.js';
import { cancelTimer, setTimer, update, type Turn } from './turn.js';

/** A host has been in, and is still, or the conference goes on without: newcomers join at once. */
export function inSession(stage: InSession, event: StageEvent, turn: Turn): ConferenceStage {
  switch (event.type) {
    case 'CallerArrived':
      arrive(turn, event, null);
      watchAlone(turn);
      return stage;
    case 'CallerJoined':
      comeIn(turn, event.callId);
      watchAlone(turn);
      return stage;
    case 'CallerLeft':
      return left(stage, event, turn);
    case 'ActionRequested':
      return act(turn, stage, event.callId, event.action);
    case 'TimerExpired':
      return timer(stage, event.name, turn);
    default:
      return stage;
  }
}

function timer(stage: InSession, name: string, turn: Turn): ConferenceStage {
  if (name === 'alone') return dismissEveryone(turn, 'alone', [say('conference-ended')]);
  if (name === 'batch') announceBatch(turn);
  if (name === 'entries' || name === 'exits') announceOwed(turn, name);
  return stage;
}

function left(stage: InSession, event: Extract<StageEvent, { type: 'CallerLeft' }>, turn: Turn): ConferenceStage {
  const gone = takeAway(turn, event.callId);
  if (gone === null) return stage;
  if (isDeserted(turn.facts)) return close(turn, 'emptied');
  if (!('role' in gone)) return stage;
  return gone.role === 'host' && !hasHost(turn.facts) ? lastHostLeft(stage, gone, turn) : goOn(stage, gone, turn);
}

/** However the line ended: on purpose or not cannot be known. */
function lastHostLeft(stage: InSession, gone: Member, turn: Turn): ConferenceStage {
  const { hostLeaves } = turn.facts.options;
  switch (hostLeaves) {
    case 'continue':
      return goOn(stage, gone, turn);
    case 'end':
      return dismissEveryone(turn, 'host-left', []);
    case 'hold':
      return hold(turn);
    default:
      return assertNever(hostLeaves);
  }
}

function goOn(stage: InSession, gone: Member, turn: Turn): ConferenceStage {
  const privately = hearsOfBeingAlone(turn);
  if (gone.phase === 'in' && !privately) announceExit(turn);
  if (gone.inBatch) settleBatch(turn);
  watchAlone(turn, privately && gone.phase === 'in' ? exitAnnouncement(turn) : []);
  return stage;
}

/** Everyone keeps the seat, and mutes and lock stay as they are. */
function hold(turn: Turn): HostAway {
  for (const name of ['alone', 'batch', 'entries', 'exits'] as const) cancelTimer(turn, name);
  const { members } = turn.facts;
  for (const { callId } of members) turn.effects.push({ type: 'SendToHold', callId, reason: 'host-away' });
  update(turn, {
    members: members.map((member) => ({ ...member, phase: 'held', inBatch: false })),
    entries: { recent: [], owed: false },
    exits: { recent: [], owed: false },
  });
  setTimer(turn, 'grace', secondsToMs(turn.facts.options.graceSeconds));
  return { kind: 'HostAway', graceOver: false };
}
