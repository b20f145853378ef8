/**
 * Milliseconds of the machine's monotonic clock, with fractions: the same in every thread of the process
 * (`performance.now()` starts at zero in each).
 */
const [seconds, nanoseconds] = process.hrtime();
const origin = seconds * 1_000 + nanoseconds / 1_000_000 - performance.now();

export function monotonicMs(): number {
  return origin + performance.now();
}
