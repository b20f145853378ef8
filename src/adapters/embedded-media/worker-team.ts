import type { Clock, Timer } from '../../ports/clock.js';
import type { WorkerEvent } from './protocol.js';
import { WorkerLink } from './worker-link.js';

/** A place for a worker; the worker in it may change, the place stays. */
export interface WorkerSlot {
  readonly name: string;
  readonly link: Pick<WorkerLink, 'alive' | 'request' | 'command'>;
  readonly healthy: boolean;
}

export interface WorkerTeamOptions {
  readonly clock: Clock;
  readonly size: number;
  /** Milliseconds without a heartbeat after which a worker is given up. */
  readonly heartbeatMs: number;
}

export interface WorkerTeamListener {
  event(slot: WorkerSlot, event: WorkerEvent): void;
  /** A new worker sits in the slot; everything on it must be opened again. `hopeless`: it failed so often that this is not worth it. */
  replaced(slot: WorkerSlot, reason: string, hopeless: boolean): void;
}

interface Place {
  readonly name: string;
  link: WorkerLink;
  healthy: boolean;
  /** Heartbeats at the last look, and how many looks in a row found no more. */
  beats: number;
  still: number;
  /** When its workers failed lately, milliseconds of the clock. */
  failures: number[];
  /** Its worker is given up and no other sits there yet. */
  empty: boolean;
}

const LOOKS = 6;
const START_TIMEOUT_MS = 10_000;
/** So many failures of a slot within so many milliseconds, and its calls are given up. */
const HOPELESS_FAILURES = 5;
const HOPELESS_WITHIN_MS = 10_000;
/** A slot whose worker keeps failing stays empty so long. */
const RETRY_MS = 2_000;
const SPARE_AFTER_MS = 200;

/** The workers, one spare kept warm, and the watch over them. */
export class WorkerTeam {
  readonly slots: readonly WorkerSlot[];
  private readonly places: readonly Place[];
  private spare: WorkerLink | null = null;
  private watch: Timer | null = null;
  private lastLookMs = 0;
  private stopped = false;
  private readonly options: WorkerTeamOptions;
  private readonly listener: WorkerTeamListener;

  constructor(options: WorkerTeamOptions, listener: WorkerTeamListener) {
    this.options = options;
    this.listener = listener;
    this.places = Array.from({ length: options.size }, (_, index) => {
      const name = `worker-${index + 1}`;
      return {
        name,
        link: new WorkerLink(options.clock, name),
        healthy: false,
        beats: 0,
        still: 0,
        failures: [],
        empty: false,
      };
    });
    this.slots = this.places;
  }

  /** @throws Error with one line when the workers cannot be started. */
  async start(): Promise<void> {
    for (const place of this.places) this.seat(place, place.link);
    let timer: Timer | null = null;
    const late = new Promise<never>((_, reject) => {
      timer = this.options.clock.after(START_TIMEOUT_MS, () => reject(new Error('they did not come up in time')));
    });
    try {
      await Promise.race([Promise.all(this.places.map(({ link }) => link.ready)), late]);
    } catch (error) {
      await this.stop();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the media workers cannot be started: ${why}`, { cause: error });
    } finally {
      (timer as Timer | null)?.cancel();
    }
    for (const place of this.places) place.healthy = true;
    this.hire();
    this.lastLookMs = this.options.clock.monotonic();
    this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.watch?.cancel();
    const links = this.places.map(({ link }) => link);
    if (this.spare !== null) links.push(this.spare);
    await Promise.all(links.map((link) => link.terminate()));
  }

  private seat(place: Place, link: WorkerLink): void {
    place.link = link;
    place.empty = false;
    place.still = 0;
    place.beats = link.heartbeats;
    link.attach({
      event: (event) => this.listener.event(place, event),
      gone: (reason) => this.replace(place, link, reason),
    });
  }

  private hire(): void {
    const spare = new WorkerLink(this.options.clock, 'spare');
    this.spare = spare;
    spare.attach({
      event: () => undefined,
      gone: () => {
        if (this.spare === spare) this.spare = null;
      },
    });
  }

  private replace(place: Place, failed: WorkerLink, reason: string): void {
    if (this.stopped || place.empty || place.link !== failed) return;
    void failed.terminate();
    place.failures = [...this.failedLately(place), this.options.clock.monotonic()];
    const hopeless = place.failures.length > HOPELESS_FAILURES;
    place.healthy = false;
    if (hopeless) {
      place.empty = true;
      this.listener.replaced(place, reason, true);
      this.options.clock.after(RETRY_MS, () => this.fill(place));
      return;
    }
    this.fill(place);
    this.listener.replaced(place, reason, false);
    // The next spare waits until the callers are heard again.
    this.options.clock.after(SPARE_AFTER_MS, () => this.spareAgain());
  }

  /** Puts the spare into the place, or a new worker. */
  private fill(place: Place): void {
    if (this.stopped || place.link.alive) return;
    const next = this.spare ?? new WorkerLink(this.options.clock, place.name);
    this.spare = null;
    this.seat(place, next);
    void next.ready.then(
      () => {
        // What it said last may be heard together with its end.
        if (place.link === next && next.alive) place.healthy = true;
      },
      () => undefined,
    );
  }

  private failedLately(place: Place): number[] {
    const now = this.options.clock.monotonic();
    return place.failures.filter((at) => now - at < HOPELESS_WITHIN_MS);
  }

  private spareAgain(): void {
    if (!this.stopped && this.spare === null) this.hire();
  }

  /**
   * Looks at every heartbeat. Only looks that come in time count: where this thread or the whole machine was held up,
   * a still worker proves nothing. And where one was replaced just now, the next is given time: on a machine that is short
   * of processors, opening everything again would only take more of them.
   */
  private readonly look = (): void => {
    if (this.stopped) return;
    const { clock, heartbeatMs } = this.options;
    const interval = heartbeatMs / LOOKS;
    const now = clock.monotonic();
    const inTime = now - this.lastLookMs < interval * 2;
    this.lastLookMs = now;
    for (const place of this.places) {
      const beats = place.link.heartbeats;
      if (beats !== place.beats || beats === 0 || !inTime || !place.link.alive) place.still = 0;
      else place.still += 1;
      place.beats = beats;
      if (place.still >= LOOKS && place.healthy && this.failedLately(place).length === 0)
        this.replace(place, place.link, `it did not move for ${heartbeatMs} ms`);
    }
    this.watch = clock.after(interval, this.look);
  };
}
