/** Why a call ended: the closed list of the call records. */
export const CALL_OUTCOMES = [
  'completed', // was in the conference and hung up
  'abandoned', // hung up before joining
  'cancelled', // gave up while it rang (CANCEL)
  'wrong-pin', // third miss
  'no-entry', // third silence, or misses and silences together ending in silence
  'entry-too-long', // no PIN accepted within the limit
  'full',
  'locked',
  'no-host', // waited in vain
  'host-ended', // the host pressed ##
  'host-left', // automatic host hang-up
  'host-not-back', // grace ran out under `hold`
  'alone', // last one in, too long
  'time-limit', // the conference's longest duration
  'booking-ended', // the booking and its overrun were over
  'dropped', // by host or operator
  'refused', // by the host, from the lobby
  'given-up', // placed by a host, who did not bring it in
  'not-answered', // placed by a host: refused, busy or no answer
  'blocked', // the host or an administrator blocked this number
  'not-allowed', // the account allows certain callers, and this is none of them
  'line-lost', // no audio and no answer any more, session timer, or no ACK
  'unknown-number', // 404
  'unknown-source', // refused, no trunk
  'mixer-lost', // its mixer died and the call could not be moved to another
  'not-acceptable', // no codec or media in common: 488
  'overloaded', // 503
  'draining', // 503
  'failed', // the bridge's own failure
] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** Why a conference ended. */
export const CONFERENCE_OUTCOMES = [
  'emptied',
  'host-ended',
  'host-left',
  'host-not-back',
  'alone',
  'time-limit',
  'booking-ended',
  'no-host',
  'shutdown',
  'failed', // the bridge's own failure
] as const;
export type ConferenceOutcome = (typeof CONFERENCE_OUTCOMES)[number];
