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
  if (!turn.facts.members.some(({ phase }) => phase === 'in')) return;
  sayToRoom(turn, { topic: 'end', words: [say(WARNINGS[warning].words)] });
}
