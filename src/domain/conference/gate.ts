import { assertNever } from '../assert-never.js';
import type { RefusalReason, WaitReason } from '../call-flow/contract.js';
import type { Role } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import { secondsToMs } from '../timers.js';
import type { ConferenceEvent } from './contract.js';
import { introduce, welcomeBack } from './introduction.js';
import { isSilent } from './lines.js';
import { newMember } from './members.js';
import { guestsComeInMuted } from './mutes.js';
import { findMember, findWaiter, hasHost } from './presence.js';
import { signalHosts } from './signals.js';
import type { ConferenceFacts, Member, Waiter } from './state.js';
import { setTimer, update, type Turn } from './turn.js';

type Arrival = Extract<ConferenceEvent, { type: 'CallerArrived' }>;
type Look = Extract<ConferenceEvent, { type: 'GateLookedAt' }>;

type Verdict =
  | { readonly type: 'admit' }
  | { readonly type: 'wait'; readonly reason: WaitReason }
  | { readonly type: 'refuse'; readonly reason: RefusalReason };

interface Applicant {
  readonly role: Role;
  readonly pastLock: boolean;
  /** A host has admitted this caller from the lobby. */
  readonly pastLobby: boolean;
}

/** Why guests wait for a host now, or `null`. */
type Hostless = Exclude<WaitReason, 'lobby'> | null;

/** The gate, in the product's order (section 1.8). */
function judge(facts: ConferenceFacts, { role, pastLock, pastLobby }: Applicant, hostless: Hostless): Verdict {
  if (role === 'host') return { type: 'admit' };
  const { maxCallers, lobby } = facts.options;
  if (maxCallers !== null && facts.members.length >= maxCallers) return { type: 'refuse', reason: 'full' };
  if (facts.locked && !pastLock) return { type: 'refuse', reason: 'locked' };
  if (hostless !== null) return { type: 'wait', reason: hostless };
  if (!lobby || pastLobby) return { type: 'admit' };
  // Without anybody to admit them, nobody waits for ever.
  return { type: 'wait', reason: facts.hostless ? 'no-host' : 'lobby' };
}

/** The first look, before a name is said: full and locked are said now. What it finds holds for nothing later. */
export function lookAtGate(turn: Turn, { callId, role, callerNumber, options }: Look): void {
  if (findMember(turn.facts, callId) !== undefined || findWaiter(turn.facts, callId) !== undefined) return;
  const facts = { ...turn.facts, options };
  const pastLock = mayComeBack(facts, role, callerNumber, turn.at);
  const verdict = judge(facts, { role, pastLock, pastLobby: false }, null);
  if (verdict.type === 'refuse') refuse(turn, callId, verdict.reason);
  else turn.effects.push({ type: 'LetPass', callId });
}

/** Someone new at the gate: admitted, kept waiting or refused. */
export function arrive(turn: Turn, arrival: Arrival, hostless: Hostless): void {
  const { callId, role, callerNumber, options, name } = arrival;
  if (findMember(turn.facts, callId) !== undefined || findWaiter(turn.facts, callId) !== undefined) return;
  update(turn, { options });
  const pastLock = mayComeBack(turn.facts, role, callerNumber, turn.at);
  const verdict = judge(turn.facts, { role, pastLock, pastLobby: false }, hostless);
  if (verdict.type === 'refuse') {
    refuse(turn, callId, verdict.reason);
    return;
  }
  if (pastLock) forgetReturn(turn, callerNumber);
  const muted = role === 'guest' && guestsComeInMuted(turn.facts);
  switch (verdict.type) {
    case 'wait':
      keepWaiting(turn, {
        callId,
        callerNumber,
        name,
        muted,
        lineHeld: false,
        reason: verdict.reason,
        screened: 0,
        pastLock,
      });
      return;
    case 'admit':
      admit(turn, [newMember({ callId, role, callerNumber, name, muted })]);
      return;
    default:
      return assertNever(verdict);
  }
}

/** The hosts hear a discreet tone for whoever begins to wait in the lobby. */
function keepWaiting(turn: Turn, waiter: Waiter): void {
  update(turn, { waiting: [...turn.facts.waiting, waiter] });
  turn.effects.push({ type: 'KeepWaiting', callId: waiter.callId, reason: waiter.reason });
  if (waiter.reason === 'lobby') signalHosts(turn);
}

/** Why everyone outside waits has changed; each who waited for another reason is told. */
export function waitFor(turn: Turn, reason: WaitReason): void {
  for (const waiter of turn.facts.waiting) {
    if (waiter.reason !== reason) turn.effects.push({ type: 'KeepWaiting', callId: waiter.callId, reason });
  }
  update(turn, { waiting: turn.facts.waiting.map((waiter) => ({ ...waiter, reason })) });
}

/**
 * A host is in: the members on hold come back to the seats they kept, then everyone waiting passes the gate in order
 * of arrival, all of them at once, or goes to the lobby.
 */
export function letEveryoneIn(turn: Turn): void {
  const held = turn.facts.members.filter((member) => member.phase === 'held');
  const members = turn.facts.members.map((member): Member =>
    member.phase === 'held' ? { ...member, phase: 'joining', inBatch: !member.hasBeenIn } : member,
  );
  update(turn, { members });
  for (const member of held) {
    const { callId, muted, hasBeenIn } = member;
    const introduction = hasBeenIn ? welcomeBack(turn.facts, muted) : introduce(turn.facts, muted, false);
    turn.effects.push({ type: 'Admit', callId, muted: isSilent(member), introduction });
  }
  letIn(turn, turn.facts.waiting, { pastLobby: false });
  waitFor(turn, 'lobby');
}

/**
 * Some of those who wait pass the gate, in order of arrival and as one batch; the others of them are refused, or wait on.
 * @returns why the last of those who were refused was, or `null`
 */
export function letIn(
  turn: Turn,
  waiters: readonly Waiter[],
  { pastLobby }: { readonly pastLobby: boolean },
): RefusalReason | null {
  const passed: Member[] = [];
  const refused: { readonly callId: CallId; readonly reason: RefusalReason }[] = [];
  for (const waiter of waiters) {
    const facts = { ...turn.facts, members: [...turn.facts.members, ...passed] };
    const verdict = judge(facts, { role: 'guest', pastLock: waiter.pastLock, pastLobby }, null);
    if (verdict.type === 'refuse') refused.push({ callId: waiter.callId, reason: verdict.reason });
    else if (verdict.type === 'admit') passed.push(inBatch(waiter));
  }
  const settled = [...passed, ...refused].map(({ callId }) => callId);
  update(turn, { waiting: turn.facts.waiting.filter(({ callId }) => !settled.includes(callId)) });
  for (const { callId, reason } of refused) refuse(turn, callId, reason);
  admit(turn, passed);
  return refused.at(-1)?.reason ?? null;
}

const inBatch = ({ callId, callerNumber, name, muted, lineHeld }: Waiter): Member =>
  newMember({ callId, role: 'guest', callerNumber, name, muted, lineHeld, inBatch: true });

/** Gives seats to callers who come in at the same time, so that each hears of all the others. */
export function admit(turn: Turn, members: readonly Member[]): void {
  const firstHost = !hasHost(turn.facts);
  update(turn, { members: [...turn.facts.members, ...members] });
  for (const member of members) {
    const { callId, muted } = member;
    const introduction = introduce(turn.facts, muted, firstHost && member.role === 'host');
    turn.effects.push({ type: 'Admit', callId, muted: isSilent(member), introduction });
  }
  if (turn.facts.recordStarted || members.length === 0) return;
  update(turn, { recordStarted: true });
  turn.effects.push({ type: 'RecordStarted' });
  setTimer(turn, 'duration', secondsToMs(turn.facts.options.durationLimitSeconds));
}

/** Turns a caller away; the room's hosts hear a discreet tone for one the lock kept out. */
function refuse(turn: Turn, callId: CallId, reason: RefusalReason): void {
  turn.effects.push({ type: 'Refuse', callId, reason });
  if (reason !== 'locked') return;
  update(turn, { lockedOut: turn.facts.lockedOut + 1 });
  signalHosts(turn);
}

/** Whether the lock would keep out a caller who may return. */
function mayComeBack(facts: ConferenceFacts, role: Role, callerNumber: string | null, at: number): boolean {
  const { locked, options, mayReturn } = facts;
  if (role !== 'guest' || !locked || !options.readmit || callerNumber === null) return false;
  return mayReturn.some((entry) => entry.callerNumber === callerNumber && at <= entry.until);
}

function forgetReturn(turn: Turn, callerNumber: string | null): void {
  update(turn, { mayReturn: turn.facts.mayReturn.filter((entry) => entry.callerNumber !== callerNumber) });
}
