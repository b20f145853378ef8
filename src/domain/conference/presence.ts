import type { Role } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import { say, type Utterance } from '../prompts.js';
import { isRunning, secondsToMs } from '../timers.js';
import { announceEntry, settleBatch } from './announcements.js';
import { forgetBelongings } from './belongings.js';
import type { ConferenceFacts, Member, Waiter } from './state.js';
import { cancelTimer, setTimer, tell, update, updateMember, type Turn } from './turn.js';

/** How long a guest who left a locked conference may come back. */
const RETURN_MS = 5 * 60_000;

export const findMember = (facts: ConferenceFacts, callId: CallId): Member | undefined =>
  facts.members.find((member) => member.callId === callId);

export const findWaiter = (facts: ConferenceFacts, callId: CallId): Waiter | undefined =>
  facts.waiting.find((waiter) => waiter.callId === callId);

/** A host who is aside with someone called still counts: the others are not to notice. */
export const countIn = (facts: ConferenceFacts): number =>
  facts.members.filter(({ phase }) => phase === 'in' || phase === 'aside').length;

/** Everyone in the room, aside, or on the way in. */
export const present = (facts: ConferenceFacts): readonly Member[] =>
  facts.members.filter((member) => member.phase !== 'held');

export const hasHost = (facts: ConferenceFacts): boolean => facts.members.some((member) => member.role === 'host');

/** Outside, on hold music, with or without a seat. */
export const countOnHold = (facts: ConferenceFacts): number =>
  facts.waiting.length + facts.members.filter((member) => member.phase === 'held').length;

export const isDeserted = (facts: ConferenceFacts): boolean => facts.members.length + facts.waiting.length === 0;

/** The mixer has the member: the room may be told. `null`: nobody on the way in goes by that name. */
export function comeIn(turn: Turn, callId: CallId): Role | null {
  const member = findMember(turn.facts, callId);
  if (member?.phase !== 'joining') return null;
  updateMember(turn, callId, { phase: 'in', hasBeenIn: true });
  const inNow = countIn(turn.facts);
  // Someone who comes in for the first time, but not as the first ever, has missed whoever was in before.
  const othersHaveBeenIn = turn.facts.othersHaveBeenIn || inNow > 1 || (turn.facts.peak > 0 && !member.hasBeenIn);
  update(turn, { peak: Math.max(turn.facts.peak, inNow), othersHaveBeenIn });
  if (inNow > 1) update(turn, { toldAlone: false });
  if (!member.hasBeenIn) countNumber(turn, member.callerNumber);
  if (member.inBatch) settleBatch(turn);
  else if (!member.hasBeenIn) announceEntry(turn, [member]);
  return member.role;
}

function countNumber(turn: Turn, callerNumber: string | null): void {
  if (callerNumber === null) return;
  const { seenOnce, seenAgain } = turn.facts;
  if (seenAgain.includes(callerNumber)) return;
  if (!seenOnce.includes(callerNumber)) update(turn, { seenOnce: [...seenOnce, callerNumber] });
  else {
    update(turn, {
      seenOnce: seenOnce.filter((other) => other !== callerNumber),
      seenAgain: [...seenAgain, callerNumber],
    });
  }
}

/** Takes a caller off the lists; what that means to the others is the stage's to say. */
export function takeAway(turn: Turn, callId: CallId): Member | Waiter | null {
  forgetBelongings(turn, callId);
  const waiter = findWaiter(turn.facts, callId);
  if (waiter !== undefined) {
    update(turn, { waiting: turn.facts.waiting.filter((other) => other.callId !== callId) });
    return waiter;
  }
  const member = findMember(turn.facts, callId);
  if (member === undefined) return null;
  update(turn, { members: turn.facts.members.filter((other) => other.callId !== callId) });
  rememberForReturn(turn, member);
  return member;
}

/** Whoever was dropped by the host is taken away without being remembered. */
function rememberForReturn(turn: Turn, { role, hasBeenIn, callerNumber }: Member): void {
  const { locked, seenOnce, mayReturn } = turn.facts;
  if (!locked || role === 'host' || !hasBeenIn || callerNumber === null || !seenOnce.includes(callerNumber)) return;
  const current = mayReturn.filter((entry) => entry.until >= turn.at && entry.callerNumber !== callerNumber);
  update(turn, { mayReturn: [...current, { callerNumber, until: turn.at + RETURN_MS }] });
}

/** The one caller who is in when all others have gone, or `null`. A host is not alone with callers to be let in. */
function lonely({ facts }: Turn): Member | null {
  const [last, ...others] = present(facts);
  if (!facts.othersHaveBeenIn || last?.phase !== 'in' || others.length > 0) return null;
  return last.role === 'host' && facts.waiting.length > 0 ? null : last;
}

/** Whoever called them is gone, and nobody came in by himself: they are nobody's conference. */
const onlyCalled = ({ members }: ConferenceFacts): boolean =>
  members.length > 0 && members.every(({ called }) => called);

/** Whether the only one to hear that someone left is just about to be told to be alone. */
export const hearsOfBeingAlone = (turn: Turn): boolean => !turn.facts.toldAlone && lonely(turn) !== null;

/**
 * Once others have been in, the last caller is told once, and not left alone for ever; nor are those who were called, among themselves.
 * @param before what the same message begins with: two sounds at once would cover each other
 */
export function watchAlone(turn: Turn, before: readonly Utterance[] = []): void {
  const last = lonely(turn);
  if (last === null && !onlyCalled(turn.facts)) {
    cancelTimer(turn, 'alone');
    return;
  }
  if (!isRunning(turn.facts.timers, 'alone'))
    setTimer(turn, 'alone', secondsToMs(turn.facts.options.aloneLimitSeconds));
  if (last === null || turn.facts.toldAlone) return;
  update(turn, { toldAlone: true });
  tell(turn, last.callId, [...before, say('you-are-alone')]);
}
