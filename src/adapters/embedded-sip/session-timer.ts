import type { Clock, Timer } from '../../ports/clock.js';
import { expiresAfterMs, refreshAfterMs, type SessionInterval } from './session-expiry.js';

export interface SessionTimerUser {
  /** Our turn to refresh. Whoever succeeds calls {@link SessionTimer.run} again, which happens with every 2xx. */
  refreshDue(): void;
  /** No refresh in time: the far end is taken for gone (RFC 4028 section 10). */
  expired(): void;
}

/** Shortest pause before a refresh that was refused is tried again, in milliseconds. */
const MIN_RETRY = 5_000;

/** The running session timer of one call (RFC 4028). */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #user: SessionTimerUser;
  #current: SessionInterval | null = null;
  #expiresAt = 0;
  #refresh: Timer | null = null;
  #expiry: Timer | null = null;

  constructor(clock: Clock, user: SessionTimerUser) {
    this.#clock = clock;
    this.#user = user;
  }

  /** What runs now, for the Session-Expires of our next INVITE or UPDATE. */
  get current(): SessionInterval | null {
    return this.#current;
  }

  /** Starts anew, as after every 2xx to an INVITE or UPDATE; `null` switches the timer off. */
  run(interval: SessionInterval | null): void {
    this.stop();
    this.#current = interval;
    if (interval === null) return;
    const life = expiresAfterMs(interval.interval);
    this.#expiresAt = this.#clock.monotonic() + life;
    this.#expiry = this.#clock.after(life, () => {
      this.stop();
      this.#user.expired();
    });
    if (!interval.weRefresh) return;
    this.#refresh = this.#clock.after(refreshAfterMs(interval.interval), () => this.#user.refreshDue());
  }

  /** Tries a refused refresh again later, as long as there is time. */
  retry(): void {
    if (this.#current === null) return;
    const left = this.#expiresAt - this.#clock.monotonic();
    this.#refresh?.cancel();
    this.#refresh = this.#clock.after(Math.max(MIN_RETRY, Math.trunc(left / 4)), () => this.#user.refreshDue());
  }

  stop(): void {
    this.#current = null;
    this.#refresh?.cancel();
    this.#expiry?.cancel();
  }
}
