import type { CallOutcome } from '../domain/outcomes.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import { recordOf, type CallIdentity, type PlacedFor } from './attempt.js';
import { asError } from './bounded.js';
import type { CallEnd } from './call-parts.js';
import type { Log } from './log.js';
import type { CallSnapshot } from './snapshots.js';

/** How long a set-up of a process before this one may be told again, milliseconds. */
const AGAIN_LIMIT_MS = 5_000;

export interface CallRecordsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** One record for each call attempt, whatever becomes of it. A store that fails costs the record, not the call. */
export class CallRecords {
  readonly #parts: CallRecordsParts;
  readonly #outcomes = new Map<CallOutcome, number>();
  /** Set-ups of a process before this one, by Call-ID, that may be told again. */
  readonly #interrupted = new Map<string, CallIdentity>();

  constructor(parts: CallRecordsParts) {
    this.#parts = parts;
  }

  /** Call attempts ended, by outcome, since the start. */
  get outcomes(): ReadonlyMap<CallOutcome, number> {
    return this.#outcomes;
  }

  write(identity: CallIdentity, outcome: CallOutcome, end: CallEnd | null, conferenceRecordId: number | null): void {
    const { store, clock, log } = this.#parts;
    const call = identity.id;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    try {
      const record = recordOf(identity, { outcome, end, conferenceRecordId, now: clock.wall() });
      store.addCallRecord(record, end?.story == null ? null : JSON.stringify(end.story));
    } catch (error) {
      log.error({ call, error: asError(error).message }, 'call record could not be written');
    }
    log.info({ call, outcome }, 'call ended');
  }

  /** A call of a process before this one that cannot be taken back. */
  lost({ identity, memory, conferenceRecordId }: CallSnapshot & { memory: object }): void {
    const { state, answeredAt, joinedAt, admission, keyMethod, story = null } = memory;
    const outcome = state.kind === 'Ended' ? state.outcome : 'failed';
    const endedAt = this.#parts.clock.wall();
    const end = { outcome, answeredAt, joinedAt, endedAt, admission, keyMethod, statistics: null, mixer: null, story };
    this.write(identity, outcome, end, conferenceRecordId);
  }

  /** Set-ups that broke off: the signalling may tell them again as new; else they are recorded, and calls of ours at once. */
  interrupted(setUps: readonly CallSnapshot[]): void {
    for (const { identity, placedFor, conferenceRecordId } of setUps) {
      if (placedFor === null) this.#interrupted.set(identity.sipCallId, identity);
      else this.write(identity, 'failed', cutOff(placedFor, this.#parts.clock.wall()), conferenceRecordId);
    }
    if (this.#interrupted.size > 0) this.#parts.clock.after(AGAIN_LIMIT_MS, () => this.recordInterrupted());
  }

  /** A set-up that broke off and is told again: it goes on. @returns what was known of it */
  toldAgain(sipCallId: string): CallIdentity | undefined {
    const again = this.#interrupted.get(sipCallId);
    this.#interrupted.delete(sipCallId);
    return again;
  }

  /** Those that were not told again. */
  recordInterrupted(): void {
    for (const identity of this.#interrupted.values()) this.write(identity, 'failed', null, null);
    this.#interrupted.clear();
  }
}

/** What is left of a call of ours that ended with the process that placed it. */
const cutOff = ({ admission, answeredAt }: PlacedFor, endedAt: number): CallEnd => ({
  ...{ outcome: 'failed', answeredAt, joinedAt: null, endedAt, admission },
  ...{ keyMethod: null, statistics: null, mixer: null, story: null },
});
