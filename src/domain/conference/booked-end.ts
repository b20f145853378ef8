import type { CallId } from '../identifiers.js';
import { say, type SpokenPrompt } from '../prompts.js';
import { boundedMs } from '../timers.js';
import { sayToRoom } from './sayings.js';
import { setTimer, update, type Turn } from './turn.js';

/*
 * The conference of a booking ends when the booking does, whoever is in it (product: section 4): the room is warned 5 minutes and
 * 1 minute before. What is past already when the first caller comes is not said.
 */

const WARNINGS = {
  'five-minutes': { beforeMs: 5 * 60_000, words: 'booking-five-minutes' },
  'one-minute': { beforeMs: 60_000, words: 'booking-one-minute' },
} as const satisfies Record<string, { readonly beforeMs: number; readonly words: SpokenPrompt }>;

/** How late a warning is still true, ms. Later, as after a bridge that was down, the next one says what is. */
const LATE_MS = 15_000;

type Warning = keyof typeof WARNINGS;

export const isWarning = (timer: string): timer is Warning => Object.hasOwn(WARNINGS, timer);

/** The first to come tells when the end is; it holds for the whole conference. @param endsAt on the bridge's clock, ms */
export function planEnd(turn: Turn, endsAt: number | null): void {
  if (endsAt === null || turn.facts.endsAt !== null) return;
  update(turn, { endsAt });
  const leftMs = endsAt - turn.at;
  setTimer(turn, 'booked-end', boundedMs(leftMs));
  for (const [name, { beforeMs }] of Object.entries(WARNINGS)) {
    if (isWarning(name) && leftMs > beforeMs) setTimer(turn, name, boundedMs(leftMs - beforeMs));
  }
}

/** Where nobody is in the room, there is nobody to be warned: whoever waits hears so at the end. */
export function warn(turn: Turn, warning: Warning): void {
  const { members, endsAt } = turn.facts;
  const { beforeMs, words } = WARNINGS[warning];
  const isTrue = endsAt !== null && endsAt - turn.at >= beforeMs - LATE_MS;
  if (!isTrue || !members.some(({ phase }) => phase === 'in')) return;
  sayToRoom(turn, { topic: 'end', words: [say(words)] });
}

/** The PIN was keyed in time, and what came after it took too long: nobody comes in, and no conference begins for it. */
export function comesTooLate(turn: Turn, callId: CallId, endsAt: number | null): boolean {
  if (endsAt === null || endsAt > turn.at) return false;
  turn.effects.push({ type: 'Refuse', callId, reason: 'booking-ended' });
  return true;
}
