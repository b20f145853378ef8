/** Tries that find the booking changed by others, one after the other: by then somebody changes it all the time. */
const MOST_TRIES = 20;

/** The booking is cancelled, has no such occurrence, or changes all the time: one line. */
export class BookingChanged extends Error {
  override readonly name = 'BookingChanged';
}

/** What PINs were drawn for is not what they would be written for. */
class Outdated extends Error {
  override readonly name = 'Outdated';
}

/** To be called in the transaction that writes: others may have invited, revoked or extended since what is written was read. */
export function expectUnchanged(isUnchanged: boolean): void {
  if (!isUnchanged) throw new Outdated('changed meanwhile');
}

/**
 * Reads and writes anew as often as somebody else changed what was read before it was written.
 * @param attempt writes wholly or, by {@link expectUnchanged}, not at all
 * @throws {BookingChanged} when that does not end, or what the attempt throws
 */
export function untilUnchanged<T>(attempt: () => T): T {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Outdated)) throw error;
    }
  }
  throw new BookingChanged('others change the booking just now: try again when they are done');
}
