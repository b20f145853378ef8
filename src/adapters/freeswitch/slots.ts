/** A bound on how much is done at a time. */
export class Slots {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** @returns whether one was free; it is to be given back. */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  give(): void {
    this.#free += 1;
  }
}
