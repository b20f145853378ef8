import type { LiveChange, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';

/** Something that lives: its snapshot as text, or `null` when nothing of it is to be kept. */
export type Snapshot = () => string | null;

/**
 * Keeps in the store what lives now, for the process that comes next. What has changed in one turn of the event loop is written
 * in one transaction at its end, so that calls and conferences are never stored out of step.
 */
export class LiveKeeper {
  readonly #store: Store;
  readonly #log: Log;
  readonly #dirty = new Map<string, LiveChange & { readonly snapshot: Snapshot }>();
  /** What is stored, by kind and name: the same is not written again. */
  readonly #stored = new Map<string, string>();
  #scheduled = false;
  #failing = false;
  #closed = false;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Its snapshot is taken at the end of this turn. */
  changed(kind: LiveChange['kind'], id: string, snapshot: Snapshot): void {
    if (this.#closed) return;
    this.#dirty.set(`${kind}/${id}`, { kind, id, data: null, snapshot });
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Stored by a process before this one. */
  found(kind: LiveChange['kind'], id: string, data: string): void {
    this.#stored.set(`${kind}/${id}`, data);
  }

  /** Writes what has changed, now. Never throws: what the store does not take is tried again with the next change. */
  flush(): void {
    if (this.#closed || this.#dirty.size === 0) return;
    const changes: LiveChange[] = [];
    for (const [key, { kind, id, snapshot }] of this.#dirty) {
      const data = this.#snapshotOf(key, snapshot);
      if (data === (this.#stored.get(key) ?? null)) this.#dirty.delete(key);
      else changes.push({ kind, id, data });
    }
    if (changes.length === 0) return;
    try {
      this.#store.saveLive(changes);
    } catch (error) {
      if (!this.#failing) this.#log.error({ error: asError(error).message }, 'live calls could not be stored');
      this.#failing = true;
      return;
    }
    this.#failing = false;
    this.#dirty.clear();
    for (const { kind, id, data } of changes) {
      if (data === null) this.#stored.delete(`${kind}/${id}`);
      else this.#stored.set(`${kind}/${id}`, data);
    }
  }

  /** The last write; what changes from now on is not kept. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #snapshotOf(key: string, snapshot: Snapshot): string | null {
    try {
      return snapshot();
    } catch (error) {
      this.#log.error({ what: key, error: asError(error).message }, 'no snapshot could be taken');
      return this.#stored.get(key) ?? null;
    }
  }
}
