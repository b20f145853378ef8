import type { MediaEndpoint } from '../ports/media.js';

/** The endpoint something was asked of is lost, or another has taken its place: it is to be done there. */
export class EndpointLost extends Error {
  override readonly name = 'EndpointLost';
}

/** An endpoint as long as a call has it. */
export class HeldEndpoint {
  readonly endpoint: MediaEndpoint;
  /** Taken over from a process before this one: it may be in a room already. */
  readonly adopted: boolean;
  readonly #gone: Promise<never>;
  #lose: (error: EndpointLost) => void = () => undefined;
  #isLost = false;

  constructor(endpoint: MediaEndpoint, adopted: boolean) {
    this.endpoint = endpoint;
    this.adopted = adopted;
    this.#gone = new Promise<never>((_, reject) => {
      this.#lose = reject;
    });
    this.#gone.catch(() => undefined);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** What is waited for rejects with {@link EndpointLost} from now on. */
  lose(): void {
    this.#isLost = true;
    this.#lose(new EndpointLost('the endpoint is lost'));
  }

  /** The promise's own end, or {@link EndpointLost} as soon as the endpoint is lost; that too when the work failed because of it. */
  async during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#gone, work]);
  }
}
