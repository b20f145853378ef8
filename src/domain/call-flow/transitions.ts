import { secondsToMs } from '../timers.js';
import type { CallOutcome } from '../outcomes.js';
import { lastSyllable, say, type Utterance } from '../prompts.js';
import type { Admission, WaitReason } from './contract.js';
import { ended, hear, silentSpeech } from './speech.js';
import type { CallStage, CollectingPin, Ended, InConference, Joining, Leaving, Requesting, Waiting } from './state.js';
import { cancelAllTimers, cancelTimer, forgetPlaying, play, setTimer, stopPlaying, type Turn } from './turn.js';

/*
 * The ways into each stage: what is set going when it begins.
 */

/** Longest wait for the conference's answer; it answers at once unless something is broken. */
const REQUEST_MS = 10_000;
/** Longest introduction, farewell and mixer join: none of them may hold a call for ever. */
const INTRODUCTION_MS = 30_000;
const FAREWELL_MS = 20_000;
/** Beyond the wait for a mixer that is started again. */
const JOIN_MS = 40_000;

/** Asks for a PIN after the given words; the time to the first key runs from the end of the prompt. */
export function askForPin(turn: Turn, before: readonly Utterance[]): CollectingPin {
  cancelTimer(turn, 'first-key');
  cancelTimer(turn, 'inter-digit');
  play(turn, [...before, say('enter-pin')]);
  return { kind: 'CollectingPin', digits: '' };
}

export function requestAdmission(turn: Turn, admission: Admission): Requesting {
  turn.facts = { ...turn.facts, knownToConference: true };
  turn.effects.push({ type: 'RequestAdmission', admission });
  setTimer(turn, 'request', REQUEST_MS);
  return { kind: 'Requesting', admission };
}

/** Hold music, after the sentence that says why. Only waiting for the first host has a limit here: a grace time is the conference's. */
export function keepWaiting(turn: Turn, admission: Admission, reason: WaitReason, why: readonly Utterance[]): Waiting {
  const { options } = admission;
  if (options.reassureSeconds > 0) setTimer(turn, 'reassure', secondsToMs(options.reassureSeconds));
  if (reason === 'no-host') setTimer(turn, 'wait-limit', secondsToMs(options.waitLimitSeconds));
  return { kind: 'Waiting', admission, reason, speech: hear(turn, silentSpeech(turn.at), why) };
}

/** Out of the room, or on the way in, and back on hold music. */
export function sendToHold(turn: Turn, from: Joining | InConference, reason: WaitReason): Waiting {
  cancelAllTimers(turn);
  // The mixer's answer to a join that is given up here means nothing any more.
  if (from.kind === 'Joining' && from.phase === 'entering') {
    turn.facts = { ...turn.facts, abandonedJoins: turn.facts.abandonedJoins + 1 };
  }
  leaveMixer(turn, from);
  const why = reason === 'host-away' ? 'host-disconnected-hold' : 'host-not-arrived';
  return keepWaiting(turn, from.admission, reason, [say(why)]);
}

function leaveMixer(turn: Turn, from: CallStage): void {
  const isIn = from.kind === 'InConference' || (from.kind === 'Joining' && from.phase === 'entering');
  if (isIn) turn.effects.push({ type: 'LeaveMixer' });
}

export function beginJoining(
  turn: Turn,
  admission: Admission,
  muted: boolean,
  introduction: readonly Utterance[],
): Joining {
  cancelAllTimers(turn);
  const joining: Joining = {
    kind: 'Joining',
    admission,
    phase: 'introduction',
    muted,
    joinedMuted: muted,
    speech: silentSpeech(turn.at),
  };
  if (introduction.length === 0) return enterMixer(turn, joining);
  setTimer(turn, 'introduction', INTRODUCTION_MS);
  return { ...joining, speech: hear(turn, joining.speech, introduction) };
}

/** The introduction is over: into the room. What is still to be said is said there. */
export function enterMixer(turn: Turn, joining: Joining): Joining {
  cancelTimer(turn, 'introduction');
  stopPlaying(turn);
  setTimer(turn, 'join', JOIN_MS);
  turn.effects.push({ type: 'JoinMixer', conferenceId: joining.admission.conferenceId, muted: joining.muted });
  return { ...joining, phase: 'entering', joinedMuted: joining.muted, speech: ended(turn, joining.speech) };
}

/** Says the farewell and hangs up; without one at once. */
export function leave(
  turn: Turn,
  from: CallStage,
  outcome: CallOutcome,
  farewell: readonly Utterance[],
): Leaving | Ended {
  reportLeft(turn, false);
  if (farewell.length === 0) return hangUp(turn, outcome);
  cancelAllTimers(turn);
  leaveMixer(turn, from);
  play(turn, [...farewell, lastSyllable]);
  setTimer(turn, 'farewell', FAREWELL_MS);
  return { kind: 'Leaving', outcome };
}

/** Ends the call from our side, now. */
export function hangUp(turn: Turn, outcome: CallOutcome): Ended {
  cancelAllTimers(turn);
  turn.effects.push({ type: 'HangUp' });
  return close(turn, outcome);
}

/** The call is over. */
export function close(turn: Turn, outcome: CallOutcome): Ended {
  cancelAllTimers(turn);
  forgetPlaying(turn);
  turn.effects.push({ type: 'CloseCall', outcome });
  return { kind: 'Ended', outcome };
}

/** Tells the conference, if it knows the caller, once. */
export function reportLeft(turn: Turn, lineLost: boolean): void {
  if (!turn.facts.knownToConference) return;
  turn.facts = { ...turn.facts, knownToConference: false };
  turn.effects.push({ type: 'ReportLeft', lineLost });
}
