/** Length of a tick, milliseconds: one frame of 160 samples at 8 kHz. */
export const TICK_MS = 20;
/** Ticks run back to back after a stall; what is missing beyond is skipped, so that no far end gets a burst. */
const MOST_IN_A_ROW = 5;
const LATE_MS = 5;

/** An absolute schedule: every tick is measured against the first, so that lateness never adds up. */
export class TickSchedule {
  private origin: number;
  private done = 0;

  /** @param nowMs monotonic milliseconds; the first tick is due one period later. */
  constructor(nowMs: number) {
    this.origin = nowMs;
  }

  /** When the next tick is due, monotonic milliseconds. */
  nextMs(): number {
    return this.origin + (this.done + 1) * TICK_MS;
  }

  /** Takes the ticks due: how many to run now, and how many to leave out before them. */
  take(nowMs: number): { readonly run: number; readonly skip: number } {
    const due = Math.floor((nowMs - this.origin) / TICK_MS) - this.done;
    if (due <= 0) return { run: 0, skip: 0 };
    this.done += due;
    const run = Math.min(due, MOST_IN_A_ROW);
    return { run, skip: due - run };
  }
}

/** Runs `tick` on a {@link TickSchedule} in this thread. */
export class Ticker {
  private timer: NodeJS.Timeout | null = null;
  private schedule: TickSchedule | null = null;
  private readonly tick: (skipped: number) => void;

  /** @param tick gets the number of ticks left out just before it, mostly 0. */
  constructor(tick: (skipped: number) => void) {
    this.tick = tick;
  }

  get running(): boolean {
    return this.schedule !== null;
  }

  /** A tick ought to have run by now. */
  get due(): boolean {
    return this.schedule !== null && this.schedule.nextMs() <= performance.now();
  }

  start(): void {
    if (this.schedule !== null) return;
    this.schedule = new TickSchedule(performance.now());
    this.arm();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.schedule = null;
  }

  /** Runs the ticks that are due now instead of in a moment. */
  catchUp(): void {
    if (this.due) this.run();
  }

  private arm(): void {
    if (this.schedule === null) return;
    if (this.timer !== null) clearTimeout(this.timer);
    const wait = Math.max(1, Math.ceil(this.schedule.nextMs() - performance.now()));
    this.timer = setTimeout(this.fire, wait);
  }

  private readonly fire = (): void => {
    if (this.schedule === null) return;
    // After a stall, packets wait in the sockets: the event loop reads them before it comes back here.
    if (performance.now() - this.schedule.nextMs() > LATE_MS) setImmediate(this.run);
    else this.run();
  };

  private readonly run = (): void => {
    if (this.schedule === null) return;
    const { run, skip } = this.schedule.take(performance.now());
    for (let index = 0; index < run; index++) this.tick(index === 0 ? skip : 0);
    this.arm();
  };
}
