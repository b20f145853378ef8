import type { CallId } from '../identifiers.js';
import { completeKeyMap } from '../keypad/key-map.js';
import { speakMuteHelp } from '../keypad/spoken-code.js';
import { say } from '../prompts.js';
import type { Actor } from './actor.js';
import { tellEveryone } from './everyone.js';
import { setMuted } from './lines.js';
import { findMember } from './presence.js';
import { unsay } from './sayings.js';
import type { ConferenceFacts, GuestMutes } from './state.js';
import { tell, update, type Turn } from './turn.js';

/** `*6`: one's own line, unless the host keeps the guests muted. On hold the wish holds from the moment of joining. */
export function toggleOwnMute(turn: Turn, { callId, role, muted }: Actor): void {
  if (muted && role === 'guest' && turn.facts.guestMutes === 'may-not-unmute') {
    tell(turn, callId, [say('may-not-unmute')]);
    return;
  }
  setMuted(turn, callId, !muted);
  tell(turn, callId, [say(muted ? 'you-are-unmuted' : 'you-are-muted')]);
}

const NEXT: Readonly<Record<GuestMutes, GuestMutes>> = {
  free: 'muted',
  muted: 'may-not-unmute',
  'may-not-unmute': 'free',
};

const WORDS = {
  muted: 'all-guests-muted',
  'may-not-unmute': 'guests-may-not-unmute',
  free: 'all-unmuted',
} as const;

/** `*4`: all guests are muted; then may not unmute themselves, and are muted once more; then all unmuted. It concerns all. */
export function toggleGuestMutes(turn: Turn): void {
  const guestMutes = NEXT[turn.facts.guestMutes];
  update(turn, { guestMutes });
  const guests = turn.facts.members.filter(({ role }) => role === 'guest');
  for (const { callId } of guests) setMuted(turn, callId, guestMutes !== 'free');
  for (const { callId } of turn.facts.waiting) setMuted(turn, callId, guestsComeInMuted(turn.facts));
  tellEveryone(turn, 'mutes', [say(WORDS[guestMutes])]);
}

/**
 * The last host has left a conference that goes on: nobody is there any more who could unmute the guests, so that they may again do so
 * themselves, and hear by which key. No line is opened that its caller takes for muted, unless there is no such key.
 */
export function letGuestsUnmute(turn: Turn): void {
  if (turn.facts.guestMutes !== 'may-not-unmute') return;
  const how = speakMuteHelp(completeKeyMap(turn.facts.options.keyMap));
  if (how.length === 0) {
    toggleGuestMutes(turn);
    return;
  }
  update(turn, { guestMutes: 'muted' });
  const [only, ...others] = turn.facts.members;
  // Whoever is alone hears of it after being told so, not at the same time.
  if (only !== undefined && others.length === 0) {
    unsay(turn, 'mutes');
    tell(turn, only.callId, how);
  } else tellEveryone(turn, 'mutes', how);
}

/** Newcomers follow the state they find. */
export const guestsComeInMuted = ({ guestMutes, options }: ConferenceFacts): boolean =>
  guestMutes !== 'free' || options.muteGuestsOnEntry;

/** A host mutes somebody else's line, who is told. @returns whether there is such a caller in or on the way in */
export function muteLine(turn: Turn, host: CallId, callId: CallId): boolean {
  const member = findMember(turn.facts, callId);
  if (member === undefined || callId === host || member.phase === 'held') return false;
  if (!member.muted) {
    setMuted(turn, callId, true);
    tell(turn, callId, [say('host-muted-you')]);
  }
  return true;
}
