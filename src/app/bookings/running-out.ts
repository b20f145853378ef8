import type { Log } from '../../bridge/log.js';
import type { Timer } from '../../ports/clock.js';
import type { Booking, BookingStore } from '../../ports/store-bookings.js';
import type { OpenStore } from '../compose-store.js';
import { localAt } from './wall-time.js';

/*
 * Bookings whose occurrences have PINs of their own know no further occurrences until somebody is shown the next PINs: the host's can be
 * seen at no other time, so the bridge does not draw them by itself. It tells of it in good time instead.
 */

/** So long before nothing more is known, milliseconds. */
const AHEAD_MS = 30 * 86_400_000;
/** Between two times that the log says it, milliseconds. */
const DAY_MS = 86_400_000;
/** Bookings that are looked at. */
const MOST = 1_000;

/** The day that the PINs of a booking reach to, by its own clock, where that is soon; `null`: they do not run out soon. */
export function runsOutOn({ pinsEach, unrolledUntil, cancelledAt, timeZone }: Booking, now: number): string | null {
  if (!pinsEach || cancelledAt !== null || unrolledUntil === null || unrolledUntil >= now + AHEAD_MS) return null;
  return localAt(unrolledUntil, timeZone).slice(0, 10);
}

/** Which bookings have PINs only for a short time, in words with what to do; `null`: none. */
export function runningOutInWords(store: BookingStore, now: number): string | null {
  const [first, ...more] = store.bookingsRunningOut(now + AHEAD_MS, MOST);
  if (first === undefined) return null;
  const others = more.length === 0 ? '' : `, those of ${more.length} more bookings not much longer`;
  return `the PINs of "${first.title}" (${first.id}) reach to ${runsOutOn(first, now) ?? ''}${others}: partyline booking extend ${first.id} draws and shows the next`;
}

/** Says in the log, at once and once a day, that PINs run out. @returns what ends it */
export function warnOfRunningOut({ store, clock }: Pick<OpenStore, 'store' | 'clock'>, log: Log): () => void {
  let timer: Timer | null = null;
  const look = (): void => {
    timer = clock.after(DAY_MS, look);
    try {
      const found = store.bookingsRunningOut(clock.wall() + AHEAD_MS, MOST);
      const [first] = found;
      if (first === undefined) return;
      const fields = { bookings: found.length, first: first.id, until: runsOutOn(first, clock.wall()) };
      log.warn(fields, 'PINs of bookings run out: booking extend draws the next, doctor says which');
    } catch (error) {
      log.error(
        { error: error instanceof Error ? error.message : String(error) },
        'whether PINs run out cannot be read',
      );
    }
  };
  look();
  return () => timer?.cancel();
}
