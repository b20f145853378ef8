/** A running timer; `cancel` may be called at any time, also after it fired. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds of a clock that never jumps or goes back, the same for all processes of this machine until it is booted again. */
  monotonic(): number;
  /** Wall clock for records: milliseconds since 1970-01-01T00:00Z. */
  wall(): number;
  /** Calls back once after `ms` milliseconds (0 to 2^31-1). */
  after(ms: number, callback: () => void): Timer;
}
