import type { Clock } from '../ports/clock.js';

/** A wait that took longer than it may. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/** The promise's own end, or {@link TookTooLong} after `ms` milliseconds; what comes later is dropped. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new TookTooLong(`${what} took longer than ${ms} ms`)));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(asError(error));
      },
    );
  });
}

/** Libraries reject with strings too. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
