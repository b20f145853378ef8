/** Buckets of at least half a second: 8 s are looked back on. */
const BUCKETS = 16;
const BUCKET_MS = 500;
const BUCKET_PACKETS = 5;

/**
 * How long packets took of late, on a scale with an unknown zero: arrival time less timestamp, both in samples.
 * Only differences mean anything: between packets, and to the playing position on the same scale.
 */
export class ArrivalWindow {
  readonly #slowest = new Float64Array(BUCKETS);
  readonly #fastest = new Float64Array(BUCKETS);
  #filled = 0;
  #current = 0;
  #startedMs = 0;
  #packets = 0;

  /** Transit of the slowest packet. */
  slowest = 0;
  /** The same without the half second that held the very slowest: a single straggler is no reason to delay everyone. */
  usuallySlowest = 0;
  fastest = 0;

  /** Forgets all but `transit`, which counts as anything from itself to `spread` slower. */
  restart(transit: number, spread: number, arrivalMs: number): void {
    this.#filled = 0;
    this.#current = 0;
    this.#open(transit, arrivalMs);
    this.#slowest[0] = transit + spread;
    this.#sum();
  }

  add(transit: number, arrivalMs: number): void {
    if (arrivalMs - this.#startedMs >= BUCKET_MS && this.#packets >= BUCKET_PACKETS) {
      this.#filled = Math.min(BUCKETS - 1, this.#filled + 1);
      this.#current = (this.#current + 1) % BUCKETS;
      this.#open(transit, arrivalMs);
      this.#sum();
      return;
    }
    this.#packets += 1;
    const slower = transit > (this.#slowest[this.#current] ?? 0);
    const faster = transit < (this.#fastest[this.#current] ?? 0);
    if (slower) this.#slowest[this.#current] = transit;
    if (faster) this.#fastest[this.#current] = transit;
    if (slower || faster) this.#sum();
  }

  #open(transit: number, arrivalMs: number): void {
    this.#slowest[this.#current] = transit;
    this.#fastest[this.#current] = transit;
    this.#startedMs = arrivalMs;
    this.#packets = 1;
  }

  #sum(): void {
    let slowest = -Infinity;
    let second = -Infinity;
    let fastest = Infinity;
    for (let back = 0; back <= this.#filled; back++) {
      const index = (this.#current - back + BUCKETS) % BUCKETS;
      const slow = this.#slowest[index] ?? 0;
      if (slow > slowest) {
        second = slowest;
        slowest = slow;
      } else if (slow > second) {
        second = slow;
      }
      fastest = Math.min(fastest, this.#fastest[index] ?? 0);
    }
    this.slowest = slowest;
    this.fastest = fastest;
    this.usuallySlowest = this.#filled < 3 ? slowest : second;
  }
}
