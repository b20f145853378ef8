import { assertNever } from '../assert-never.js';
import type { RefusalReason, WaitReason } from '../call-flow/contract.js';
import type { Role } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import { say, sayNumber, tone, type Utterance } from '../prompts.js';
import { secondsToMs } from '../timers.js';
import type { ConferenceEvent } from './contract.js';
import { countOnHold, findMember, findWaiter, hasHost, present } from './presence.js';
import type { ConferenceFacts, Member, Waiter } from './state.js';
import { setTimer, tell, update, type Turn } from './turn.js';

export type Arrival = Extract<ConferenceEvent, { type: 'CallerArrived' }>;

type Verdict =
  | { readonly type: 'admit' }
  | { readonly type: 'wait'; readonly reason: WaitReason }
  | { readonly type: 'refuse'; readonly reason: RefusalReason };

interface Applicant {
  readonly role: Role;
  readonly pastLock: boolean;
}

/** The gate, in the product's order. `hostless`: why guests wait for a host now, or `null`. The lobby will be its last rule. */
function judge(facts: ConferenceFacts, { role, pastLock }: Applicant, hostless: WaitReason | null): Verdict {
  if (role === 'host') return { type: 'admit' };
  const { maxCallers } = facts.options;
  if (maxCallers !== null && facts.members.length >= maxCallers) return { type: 'refuse', reason: 'full' };
  if (facts.locked && !pastLock) return { type: 'refuse', reason: 'locked' };
  return hostless === null ? { type: 'admit' } : { type: 'wait', reason: hostless };
}

/** Someone new at the gate: admitted, kept waiting or refused. */
export function arrive(turn: Turn, arrival: Arrival, hostless: WaitReason | null): void {
  const { callId, role, callerNumber, options } = arrival;
  if (findMember(turn.facts, callId) !== undefined || findWaiter(turn.facts, callId) !== undefined) return;
  update(turn, { options });
  const pastLock = role === 'guest' && mayComeBack(turn.facts, callerNumber, turn.at);
  const verdict = judge(turn.facts, { role, pastLock }, hostless);
  switch (verdict.type) {
    case 'refuse':
      refuse(turn, callId, verdict.reason);
      return;
    case 'wait': {
      if (pastLock) forgetReturn(turn, callerNumber);
      const muted = options.muteGuestsOnEntry;
      update(turn, { waiting: [...turn.facts.waiting, { callId, callerNumber, muted, pastLock }] });
      turn.effects.push({ type: 'KeepWaiting', callId, reason: verdict.reason });
      return;
    }
    case 'admit':
      if (pastLock) forgetReturn(turn, callerNumber);
      admit(turn, [newMember(callId, role, callerNumber, role === 'guest' && options.muteGuestsOnEntry)]);
      return;
    default:
      return assertNever(verdict);
  }
}

/**
 * A host is in: the members on hold come back to the seats they kept, then everyone waiting passes the gate in order
 * of arrival. All of them at once.
 */
export function letEveryoneIn(turn: Turn): void {
  const held = turn.facts.members.filter((member) => member.phase === 'held');
  for (const { callId, muted } of held) {
    turn.effects.push({ type: 'Admit', callId, muted, introduction: [say('host-returned'), ...mutedNotice(muted)] });
  }
  const members = turn.facts.members.map((member): Member =>
    member.phase === 'held' ? { ...member, phase: 'joining', inBatch: !member.hasBeenIn } : member,
  );
  const { waiting } = turn.facts;
  update(turn, { members, waiting: [] });
  admit(turn, passing(turn, waiting));
}

/** Those who pass the gate, each of them a seat taken for the next; the others are refused. */
function passing(turn: Turn, waiting: readonly Waiter[]): readonly Member[] {
  const passed: Member[] = [];
  for (const { callId, callerNumber, muted, pastLock } of waiting) {
    const facts = { ...turn.facts, members: [...turn.facts.members, ...passed] };
    const verdict = judge(facts, { role: 'guest', pastLock }, null);
    if (verdict.type === 'refuse') refuse(turn, callId, verdict.reason);
    else {
      passed.push({ ...newMember(callId, 'guest', callerNumber, muted), inBatch: true });
    }
  }
  return passed;
}

const newMember = (callId: CallId, role: Role, callerNumber: string | null, muted: boolean): Member => ({
  callId,
  role,
  callerNumber,
  muted,
  phase: 'joining',
  hasBeenIn: false,
  inBatch: false,
});

/** Gives seats to callers who come in at the same time, so that each hears of all the others. */
function admit(turn: Turn, members: readonly Member[]): void {
  const firstHost = !hasHost(turn.facts);
  update(turn, { members: [...turn.facts.members, ...members] });
  for (const member of members) {
    const { callId, muted } = member;
    const asFirstHost = firstHost && member.role === 'host';
    turn.effects.push({ type: 'Admit', callId, muted, introduction: introduce(turn.facts, muted, asFirstHost) });
  }
  if (turn.facts.recordStarted || members.length === 0) return;
  update(turn, { recordStarted: true });
  turn.effects.push({ type: 'RecordStarted' });
  setTimer(turn, 'duration', secondsToMs(turn.facts.options.durationLimitSeconds));
}

function introduce(facts: ConferenceFacts, muted: boolean, asFirstHost: boolean): readonly Utterance[] {
  const onHold = countOnHold(facts);
  return [
    say('joining'),
    ...othersInRoom(present(facts).length - 1, onHold),
    ...(asFirstHost ? [say('you-are-the-host'), ...countWaiting(onHold)] : []),
    ...mutedNotice(muted),
  ];
}

/** "You are the first" would be wrong where others have been sent to hold, and of little use where some wait. */
function othersInRoom(others: number, onHold: number): readonly Utterance[] {
  if (others === 0) return onHold === 0 ? [say('you-are-the-first')] : [];
  if (others === 1) return [say('there-is-one-other')];
  return [say('there-are'), sayNumber(others), say('other-callers')];
}

export function countWaiting(waiting: number): readonly Utterance[] {
  if (waiting === 0) return [];
  return waiting === 1 ? [say('one-is-waiting')] : [sayNumber(waiting), say('are-waiting')];
}

const mutedNotice = (muted: boolean): readonly Utterance[] => (muted ? [say('you-are-muted')] : []);

/** Turns a caller away; the room's hosts hear a discreet tone for one the lock kept out. */
function refuse(turn: Turn, callId: CallId, reason: RefusalReason): void {
  turn.effects.push({ type: 'Refuse', callId, reason });
  if (reason !== 'locked') return;
  update(turn, { lockedOut: turn.facts.lockedOut + 1 });
  const hosts = turn.facts.members.filter((member) => member.role === 'host' && member.phase === 'in');
  for (const host of hosts) tell(turn, host.callId, [tone('discreet')]);
}

/** Whether the lock would keep out a caller who may return. */
function mayComeBack(
  { locked, options, mayReturn }: ConferenceFacts,
  callerNumber: string | null,
  at: number,
): boolean {
  if (!locked || !options.readmit || callerNumber === null) return false;
  return mayReturn.some((entry) => entry.callerNumber === callerNumber && at <= entry.until);
}

function forgetReturn(turn: Turn, callerNumber: string | null): void {
  update(turn, { mayReturn: turn.facts.mayReturn.filter((entry) => entry.callerNumber !== callerNumber) });
}
