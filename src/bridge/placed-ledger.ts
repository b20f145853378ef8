import { leftMs, type DialOutUse } from '../domain/access/dial-out.js';
import type { DialOutRights } from '../domain/conference-options.js';
import type { AccountId, CallId } from '../domain/identifiers.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The budget is looked at no more often than so, and again after so long where the store cannot be asked, milliseconds. */
const SOONEST_MS = 1_000;
const AGAIN_MS = 30_000;

/** One call placed for an account that is under way. Times are wall clock, milliseconds. */
export interface PlacedEntry {
  readonly accountId: AccountId;
  readonly rights: DialOutRights | null;
  readonly startedAt: number;
  /** `null`: it rings. */
  readonly answeredAt: number | null;
}

export interface LedgerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The day's minutes of its account are over. */
  readonly exhausted: (id: CallId) => void;
}

/** What accounts call: the calls under way, with those of the store what was used, and the end of those whose budget is over. */
export class PlacedLedger {
  readonly #parts: LedgerParts;
  readonly #entries = new Map<CallId, PlacedEntry>();
  readonly #checks = new Map<AccountId, Timer>();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  set(id: CallId, entry: PlacedEntry): void {
    this.#entries.set(id, entry);
    if (entry.answeredAt !== null) this.#check(entry.accountId);
  }

  answered(id: CallId, answeredAt: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.set(id, { ...entry, answeredAt });
  }

  /** It is over, and its record written. */
  delete(id: CallId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    if (this.#of(entry.accountId).length === 0) this.#cancel(entry.accountId);
    else this.#check(entry.accountId);
  }

  /** @throws Error where the store cannot be asked. */
  use(accountId: AccountId): DialOutUse {
    const { store, clock } = this.#parts;
    const now = clock.wall();
    const entries = this.#of(accountId).map(([, entry]) => entry);
    const lasted = entries.map(({ answeredAt }) => (answeredAt === null ? 0 : Math.max(0, now - answeredAt)));
    return {
      callsLastHour:
        store.placedSince(accountId, now - HOUR_MS).calls +
        entries.filter(({ startedAt }) => startedAt >= now - HOUR_MS).length,
      atOnce: entries.length,
      answeredMs: store.placedSince(accountId, now - DAY_MS).answeredMs + lasted.reduce((sum, ms) => sum + ms, 0),
    };
  }

  /** The calls are another process's from now on. */
  close(): void {
    for (const accountId of [...this.#checks.keys()]) this.#cancel(accountId);
    this.#entries.clear();
  }

  /** Ends what is to end now, and looks again when the next may have to. */
  #check(accountId: AccountId): void {
    this.#cancel(accountId);
    const running = this.#of(accountId).filter(([, { answeredAt }]) => answeredAt !== null);
    const again = this.#left(accountId, running);
    if (again === null) {
      for (const [id] of running) this.#parts.exhausted(id);
    } else if (running.length > 0) {
      this.#checks.set(
        accountId,
        this.#parts.clock.after(Math.max(SOONEST_MS, again), () => this.#check(accountId)),
      );
    }
  }

  /** Milliseconds until the budget may be over, `null`: it is. */
  #left(accountId: AccountId, running: readonly (readonly [CallId, PlacedEntry])[]): number | null {
    const rights = running.at(-1)?.[1].rights ?? null;
    if (running.length === 0) return AGAIN_MS;
    if (rights === null) return null;
    try {
      const left = leftMs(rights, this.use(accountId));
      return left <= 0 ? null : left / running.length;
    } catch (error) {
      this.#parts.log.error({ error: asError(error).message }, 'how long was called out today cannot be looked up');
      return AGAIN_MS;
    }
  }

  #of(accountId: AccountId): readonly (readonly [CallId, PlacedEntry])[] {
    return [...this.#entries].filter(([, entry]) => entry.accountId === accountId);
  }

  #cancel(accountId: AccountId): void {
    this.#checks.get(accountId)?.cancel();
    this.#checks.delete(accountId);
  }
}
