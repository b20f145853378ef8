import type { Timer } from '../../ports/clock.js';
import { cseq, header } from './headers.js';
import type { SipHeader, SipRequest, SipResponse } from './message.js';
import type { ServerTransaction } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/** Headers of a reliable provisional answer (RFC 3262 section 3). */
export const reliably = (rseq: number): readonly SipHeader[] => [
  { name: 'require', value: '100rel' },
  { name: 'rseq', value: String(rseq) },
];

/**
 * One reliable provisional answer on its way to its PRACK (RFC 3262 section 3): sent again after T1, then after twice as long
 * each time, for 64*T1 altogether.
 */
export class ReliableRinging {
  readonly #agent: UserAgent;
  readonly #transaction: ServerTransaction;
  readonly #response: SipResponse;
  readonly #rack: string;
  readonly #gaveUp: () => void;
  readonly #started: number;
  #interval: number;
  #timer: Timer | null = null;

  /** @param response the provisional answer, with {@link reliably}. */
  constructor(
    agent: UserAgent,
    transaction: ServerTransaction,
    response: SipResponse,
    rseq: number,
    gaveUp: () => void,
  ) {
    this.#agent = agent;
    this.#transaction = transaction;
    this.#response = response;
    this.#rack = `${rseq} ${cseq(transaction.request).number} INVITE`;
    this.#gaveUp = gaveUp;
    this.#started = agent.clock.monotonic();
    this.#interval = agent.timers.t1;
    transaction.respond(response);
    this.#schedule();
  }

  /** Whether this PRACK is for the answer; repetition stops then. */
  acknowledged(prack: SipRequest): boolean {
    const rack = header(prack, 'rack')?.trim().replaceAll(/\s+/g, ' ');
    if (rack !== this.#rack) return false;
    this.stop();
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    const left = this.#started + this.#agent.giveUpAfter - this.#agent.clock.monotonic();
    this.#timer = this.#agent.clock.after(Math.max(0, Math.min(this.#interval, left)), () => {
      if (left <= this.#interval) {
        // "If a reliable provisional response is retransmitted for 64*T1 seconds without reception of a corresponding PRACK, the
        // UAS SHOULD reject the original request with a 5xx response."
        this.#gaveUp();
        return;
      }
      this.#transaction.respond(this.#response);
      this.#interval *= 2;
      this.#schedule();
    });
  }
}
