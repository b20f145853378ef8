import { say, sayNumber, type Utterance } from '../prompts.js';
import { countOnHold, present } from './presence.js';
import { isRecorded } from './recording.js';
import type { ConferenceFacts } from './state.js';

/** What a newcomer hears before coming in, the seat being taken already. */
export function introduce(facts: ConferenceFacts, muted: boolean, asFirstHost: boolean): readonly Utterance[] {
  const onHold = countOnHold(facts);
  return [
    say('joining'),
    ...othersInRoom(present(facts).length - 1, onHold),
    ...(asFirstHost ? [say('you-are-the-host'), ...countWaiting(onHold)] : []),
    ...recordedNotice(facts),
    ...mutedNotice(muted),
  ];
}

/** What someone hears who was on hold for a host and comes back to the seat. The recording goes on with the host: said again, as not all may have heard it begin. */
export const welcomeBack = (facts: ConferenceFacts, muted: boolean): readonly Utterance[] => [
  say('host-returned'),
  ...recordedNotice(facts),
  ...mutedNotice(muted),
];

export function countWaiting(waiting: number): readonly Utterance[] {
  if (waiting === 0) return [];
  return waiting === 1 ? [say('one-is-waiting')] : [sayNumber(waiting), say('are-waiting')];
}

/** "You are the first" would be wrong where others have been sent to hold, and of little use where some wait. */
function othersInRoom(others: number, onHold: number): readonly Utterance[] {
  if (others === 0) return onHold === 0 ? [say('you-are-the-first')] : [];
  if (others === 1) return [say('there-is-one-other')];
  return [say('there-are'), sayNumber(others), say('other-callers')];
}

/** Whoever comes in hears it before; also where it is only paused, since it goes on with the host who comes in. */
const recordedNotice = (facts: ConferenceFacts): readonly Utterance[] =>
  isRecorded(facts) ? [say('is-recorded')] : [];

const mutedNotice = (muted: boolean): readonly Utterance[] => (muted ? [say('you-are-muted')] : []);
