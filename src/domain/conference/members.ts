import type { Member } from './state.js';

type Newcomer = Pick<Member, 'callId' | 'role' | 'callerNumber' | 'name' | 'muted'> & {
  readonly lineHeld?: boolean;
  readonly inBatch?: boolean;
  readonly called?: boolean;
};

/** Someone who is given a seat. */
export const newMember = ({ callId, role, callerNumber, name, muted, ...more }: Newcomer): Member => ({
  callId,
  role,
  callerNumber,
  name,
  muted,
  lineHeld: more.lineHeld ?? false,
  toldMuted: false,
  phase: 'joining',
  hasBeenIn: false,
  inBatch: more.inBatch ?? false,
  called: more.called ?? false,
});
