import { secondsToMs } from '../timers.js';
import type { CallOutcome } from '../outcomes.js';
import { assertNever } from '../assert-never.js';
import type { ConferenceId, NameId } from '../identifiers.js';
import { lastSyllable, say, type SpokenPrompt, type Utterance } from '../prompts.js';
import type { Admission, RefusalReason, SecondCode, WaitReason } from './contract.js';
import { ended, hear, silentSpeech } from './speech.js';
import type {
  CallStage,
  CheckingCode,
  CheckingPin,
  CollectingCode,
  CollectingPin,
  Ended,
  InConference,
  Joining,
  Leaving,
  Placed,
  Requesting,
  Waiting,
} from './state.js';
import { cancelAllTimers, cancelTimer, forgetPlaying, play, setTimer, stopPlaying, type Turn } from './turn.js';

/*
 * The ways into each stage: what is set going when it begins.
 */

/** Longest wait for the conference's answer; it answers at once unless something is broken. */
export const REQUEST_MS = 10_000;
/** Longest introduction, farewell and mixer join: none of them may hold a call for ever. */
const INTRODUCTION_MS = 30_000;
const FAREWELL_MS = 20_000;
/** Beyond the wait for a mixer that is started again. */
const JOIN_MS = 40_000;
/** How long a menu waits for a key after its words. */
export const MENU_MS = 10_000;

const QUESTIONS: Readonly<Record<SecondCode, SpokenPrompt>> = {
  moderator: 'enter-moderator-pin',
  security: 'enter-security-code',
};

/** What is said of an entry that is not the account's, whatever the reason. */
export const NOT_RECOGNISED: Readonly<Record<'pin' | SecondCode, SpokenPrompt>> = {
  pin: 'pin-not-recognised',
  moderator: 'pin-not-recognised',
  security: 'security-code-not-recognised',
};

/** Asks for a PIN after the given words; the time to the first key runs from the end of the prompt. */
export function askForPin(turn: Turn, before: readonly Utterance[]): CollectingPin {
  question(turn, before, 'enter-pin');
  return { kind: 'CollectingPin', digits: '' };
}

/** The same for a code that goes with the PIN. */
export function askForCode(
  turn: Turn,
  code: SecondCode,
  admission: Admission,
  before: readonly Utterance[],
): CollectingCode {
  question(turn, before, QUESTIONS[code]);
  return { kind: 'CollectingCode', code, admission, digits: '' };
}

export const askAgain = (
  turn: Turn,
  stage: CollectingPin | CheckingPin | CollectingCode | CheckingCode,
  before: readonly Utterance[],
): CollectingPin | CollectingCode =>
  'code' in stage ? askForCode(turn, stage.code, stage.admission, before) : askForPin(turn, before);

function question(turn: Turn, before: readonly Utterance[], prompt: SpokenPrompt): void {
  cancelTimer(turn, 'first-key');
  cancelTimer(turn, 'inter-digit');
  play(turn, [...before, say(prompt)]);
}

/** No PIN, or no code that goes with it, was accepted in time. */
export const tooLong = (turn: Turn, stage: CallStage): Leaving | Ended =>
  leave(turn, stage, 'entry-too-long', [say('goodbye')]);

export function requestAdmission(turn: Turn, admission: Admission, name: NameId | null): Requesting {
  turn.facts = { ...turn.facts, knownToConference: true };
  turn.effects.push({ type: 'RequestAdmission', admission, name });
  setTimer(turn, 'request', REQUEST_MS);
  return { kind: 'Requesting', admission };
}

/** Hold music, after the sentence that says why. Only waiting for the first host has a limit here: a grace time is the conference's. */
export function keepWaiting(turn: Turn, admission: Admission, reason: WaitReason, why: readonly Utterance[]): Waiting {
  watchWaiting(turn, admission, reason);
  return { kind: 'Waiting', admission, reason, speech: hear(turn, silentSpeech(turn.at), why), menu: null };
}

/** Sets the times that go with what is waited for. */
export function watchWaiting(turn: Turn, { options }: Admission, reason: WaitReason): void {
  if (options.reassureSeconds > 0) setTimer(turn, 'reassure', secondsToMs(options.reassureSeconds));
  if (reason === 'no-host') setTimer(turn, 'wait-limit', secondsToMs(options.waitLimitSeconds));
  else cancelTimer(turn, 'wait-limit');
}

/** Out of the room, or on the way in, and back on hold music. */
export function sendToHold(turn: Turn, from: Joining | InConference, reason: WaitReason): Waiting {
  cancelAllTimers(turn);
  giveUpRoom(turn, from);
  return keepWaiting(turn, from.admission, reason, [say(WHY_HELD[reason])]);
}

const WHY_HELD: Readonly<Record<WaitReason, SpokenPrompt>> = {
  'no-host': 'host-not-arrived',
  'host-away': 'host-disconnected-hold',
  lobby: 'waiting-for-admission',
};

/** Out of whatever room. The mixer's answer to a join that is given up here means nothing any more. */
function giveUpRoom(turn: Turn, from: CallStage): void {
  if (from.kind === 'Joining' && from.phase === 'entering') {
    turn.facts = { ...turn.facts, abandonedJoins: turn.facts.abandonedJoins + 1 };
  }
  leaveMixer(turn, from);
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
  const joining = joiningOf(turn, admission, admission.conferenceId, muted);
  if (introduction.length === 0) return enterMixer(turn, joining);
  setTimer(turn, 'introduction', INTRODUCTION_MS);
  return { ...joining, speech: hear(turn, joining.speech, introduction) };
}

/** One called for a host is brought in, and hears in between what every newcomer hears. */
export function admitFromAside(
  turn: Turn,
  from: Joining | InConference,
  muted: boolean,
  introduction: readonly Utterance[],
): Joining {
  giveUpRoom(turn, from);
  return beginJoining(turn, from.admission, muted, introduction);
}

function joiningOf(turn: Turn, admission: Admission, room: ConferenceId, muted: boolean): Joining {
  const speech = silentSpeech(turn.at);
  const phase = 'introduction';
  return { kind: 'Joining', admission, room, phase, muted, joinedMuted: muted, speech, menu: null, menuWords: [] };
}

/** The introduction is over: into the room. What is still to be said is said there. */
export function enterMixer(turn: Turn, joining: Joining): Joining {
  cancelTimer(turn, 'introduction');
  stopPlaying(turn);
  setTimer(turn, 'join', JOIN_MS);
  turn.effects.push({ type: 'JoinMixer', conferenceId: joining.room, muted: joining.muted });
  return { ...joining, phase: 'entering', joinedMuted: joining.muted, speech: ended(turn, joining.speech) };
}

/** Without a word into a room aside, or from there into the conference's own. An open menu goes along, its words cut short. */
export function sendToRoom(
  turn: Turn,
  from: Joining | InConference | Waiting,
  room: ConferenceId,
  muted: boolean,
): Joining {
  if (from.kind === 'Joining' && from.phase === 'entering' && from.room === room) return { ...from, muted };
  cancelAllTimers(turn);
  giveUpRoom(turn, from);
  const menu = from.menu?.kind === 'confirm-end' ? from.menu.over : from.menu;
  return enterMixer(turn, {
    ...joiningOf(turn, from.admission, room, muted),
    speech: from.speech,
    menu: menu?.kind === 'choices' ? { ...menu, speaking: false } : menu,
    menuWords: from.kind === 'Joining' ? from.menuWords : [],
  });
}

/** A call of ours was answered: into the room where the host waits for it. */
export function enterPlaced(turn: Turn, { admission, room, muted }: Placed): Joining {
  turn.facts = { ...turn.facts, knownToConference: true };
  return enterMixer(turn, joiningOf(turn, admission, room, muted));
}

/** Outcome and words of a refusal; the host who is just ending the conference ends it for newcomers too. */
export function refuse(turn: Turn, from: CallStage, reason: RefusalReason): Leaving | Ended {
  switch (reason) {
    case 'full':
      return leave(turn, from, 'full', [say('conference-full'), say('goodbye')]);
    case 'locked':
      return leave(turn, from, 'locked', [say('conference-locked'), say('goodbye')]);
    case 'closing':
      return leave(turn, from, 'host-ended', [say('conference-ended'), say('goodbye')]);
    case 'booking-ended':
      return leave(turn, from, 'booking-ended', [say('conference-ended'), say('goodbye')]);
    default:
      return assertNever(reason);
  }
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
