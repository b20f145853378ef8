import type { Log } from '../../bridge/log.js';
import type { Timer } from '../../ports/clock.js';
import type { Booking } from '../../ports/store-bookings.js';
import type { OpenStore } from '../compose-store.js';
import { extendOnce } from './extend.js';
import { AHEAD } from './recurrence.js';

/** Between two rounds, and between two bookings of one, milliseconds: calls go on between them. */
const ROUND_MS = 3_600_000;
const PAUSE_MS = 20;
/** What is known for longer than that is left as it is, so that every booking is unrolled about once a month. */
const SLACK_MS = 30 * 86_400_000;
const PAGE = 100;

/**
 * Makes further occurrences of repeating bookings known while the bridge runs, one short transaction after the other. Those whose
 * occurrences have PINs of their own are left to `booking extend`: somebody has to be shown them.
 * @returns what ends it
 */
export function keepUnrolled(stores: OpenStore, log: Log): () => void {
  const { clock } = stores;
  let timer: Timer | null = null;
  let isStopped = false;
  let page: readonly Booking[] = [];
  let last: Booking | undefined;
  const again = (ms: number): void => {
    if (!isStopped) timer = clock.after(ms, step);
  };
  const step = (): void => {
    try {
      if (page.length === 0) page = stores.store.bookingsToUnroll(clock.wall() + AHEAD.ms - SLACK_MS, PAGE, last);
      const [booking, ...others] = page;
      page = others;
      last = booking;
      if (booking !== undefined) unrollOne(stores, booking, log);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'repeating bookings could not be unrolled');
      page = [];
      last = undefined;
    }
    again(last === undefined ? ROUND_MS : PAUSE_MS);
  };
  step();
  return () => {
    isStopped = true;
    timer?.cancel();
  };
}

/** One that cannot be is no reason to leave the others. */
function unrollOne(stores: OpenStore, booking: Booking, log: Log): void {
  try {
    extendOnce(stores, booking, { until: stores.clock.wall() + AHEAD.ms, pinLength: 0 });
  } catch (error) {
    log.error({ booking: booking.id, error: messageOf(error) }, 'a repeating booking could not be unrolled');
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
