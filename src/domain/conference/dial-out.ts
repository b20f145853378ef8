import { callerDigits } from '../access/callers.js';
import { callId as asCallId, conferenceId as asConferenceId, type CallId } from '../identifiers.js';
import { say, tone, type Utterance } from '../prompts.js';
import type { Actor } from './actor.js';
import type { ConferenceEvent } from './contract.js';
import { admit } from './gate.js';
import { isSilent } from './lines.js';
import { closeMenu, menuOf, openEntry, openMenu } from './menus.js';
import { newMember } from './members.js';
import { guestsComeInMuted } from './mutes.js';
import { findMember, watchAlone } from './presence.js';
import type { Placed } from './state.js';
import { tell, update, updateMember, type Turn } from './turn.js';

/** The longest number with an international prefix (ITU-T E.164: 15 digits), and some to spare. */
const MOST_DIGITS = 20;
const BRING_IN = '*2';
const GIVE_UP = '*3';

/** `*1`: asks for the number. One call at a time for each host, and only from within. */
export function dialOut(turn: Turn, { callId, phase }: Actor): void {
  if (phase !== 'in') tell(turn, callId, [tone('refused')]);
  else openEntry(turn, callId, { kind: 'number' }, [say('enter-number-to-dial')], MOST_DIGITS);
}

/** The host goes aside to hear it ring; the others hear nothing of it. */
export function numberEntered(turn: Turn, host: CallId, number: string): void {
  if (findMember(turn.facts, host)?.phase !== 'in') return;
  const placedEver = turn.facts.placedEver + 1;
  const placed = asCallId(`${host}-out-${placedEver}`);
  const room = asConferenceId(`${turn.facts.conferenceId}/aside-${placedEver}`);
  const call: Placed = { placed, host, number, room, answered: false };
  update(turn, { placedEver, placed: [...turn.facts.placed, call] });
  updateMember(turn, host, { phase: 'aside' });
  watchAlone(turn);
  turn.effects.push({ type: 'PlaceCall', callId: host, placed, number, room });
  turn.effects.push({ type: 'SendToRoom', callId: host, room, muted: false });
  offer(turn, call, []);
}

/** The host hears the keys, then speaks first. */
export function placedCallAnswered(turn: Turn, placed: CallId): void {
  const call = callNamed(turn, placed);
  if (call === undefined || call.answered) return;
  const answered = { ...call, answered: true };
  update(turn, { placed: turn.facts.placed.map((other) => (other === call ? answered : other)) });
  offer(turn, answered, [say('dial-out-menu')]);
}

/** Nobody to bring in yet, while it rings. */
function offer(turn: Turn, { host, placed, answered }: Placed, words: readonly Utterance[]): void {
  openMenu(turn, host, { kind: 'dial-out', placed }, words, answered ? [BRING_IN, GIVE_UP] : [GIVE_UP]);
}

export function dialOutChosen(turn: Turn, placed: CallId, choice: string): void {
  const call = callNamed(turn, placed);
  if (call === undefined) return;
  if (choice === BRING_IN) bringIn(turn, call);
  else giveUp(turn, call);
}

/** The menu of a call placed stays for as long as the call. */
export function dialOutLeft(turn: Turn, placed: CallId): void {
  const call = callNamed(turn, placed);
  if (call !== undefined && findMember(turn.facts, call.host)?.phase === 'aside') offer(turn, call, []);
}

/**
 * The one called comes in as every newcomer does: introduced, muted where guests are, announced when in.
 * A lock or a full conference is no bar, since a host brings him.
 */
function bringIn(turn: Turn, call: Placed): void {
  const { placed, number } = call;
  const muted = guestsComeInMuted(turn.facts);
  const callerNumber = callerDigits(number);
  admit(turn, [newMember({ callId: placed, role: 'guest', callerNumber, name: null, muted, called: true })]);
  comeBack(turn, call, []);
}

function giveUp(turn: Turn, call: Placed): void {
  turn.effects.push({ type: 'Dismiss', callId: call.placed, outcome: 'given-up', farewell: [] });
  comeBack(turn, call, [tone('done')]);
}

/** It came to nothing. @returns whether a host waited for it */
export function placedCallEnded(
  turn: Turn,
  placed: CallId,
  reason: Extract<ConferenceEvent, { type: 'PlacedCallEnded' }>['reason'],
): boolean {
  const call = callNamed(turn, placed);
  if (call === undefined) return false;
  comeBack(turn, call, [reason === 'not-allowed' ? say('not-available') : whatIsHeardOfTheEnd(call)]);
  return true;
}

const whatIsHeardOfTheEnd = ({ answered }: Placed): Utterance => (answered ? tone('exit') : say('dial-out-failed'));

/** The host is on the way back to the others, who have not heard of the absence. */
function comeBack(turn: Turn, { placed, host }: Placed, words: readonly Utterance[]): void {
  update(turn, { placed: turn.facts.placed.filter((call) => call.placed !== placed) });
  const menu = menuOf(turn.facts, host);
  if (menu?.kind === 'dial-out' && menu.placed === placed) closeMenu(turn, host, []);
  const member = findMember(turn.facts, host);
  if (member?.phase !== 'aside') return;
  updateMember(turn, host, { phase: 'joining' });
  const room = turn.facts.conferenceId;
  turn.effects.push({ type: 'SendToRoom', callId: host, room, muted: isSilent(member) });
  if (words.length > 0) tell(turn, host, words);
}

const callNamed = (turn: Turn, placed: CallId): Placed | undefined =>
  turn.facts.placed.find((call) => call.placed === placed);
