import type { Role } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import { findMember, findWaiter } from './presence.js';
import type { ConferenceFacts, Member } from './state.js';

/** Who keyed a code, and from where. */
export interface Actor {
  readonly callId: CallId;
  readonly role: Role;
  readonly muted: boolean;
  /** `waiting`: on hold music without a seat. */
  readonly phase: Member['phase'] | 'waiting';
}

export function actorOf(facts: ConferenceFacts, callId: CallId): Actor | null {
  const member = findMember(facts, callId);
  if (member !== undefined) return member;
  const waiter = findWaiter(facts, callId);
  return waiter === undefined ? null : { callId, role: 'guest', muted: waiter.muted, phase: 'waiting' };
}
