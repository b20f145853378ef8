import type { CallId } from '../../src/domain/identifiers.js';
import type { Key } from '../../src/domain/keys.js';
import {
  MediaOfferRefused,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../../src/ports/signaling.js';
import { sdp } from './sip-caller.js';

export type Told =
  | { readonly kind: 'cancelled'; readonly id: CallId }
  | { readonly kind: 'hungUp'; readonly id: CallId; readonly lineLost: boolean }
  | { readonly kind: 'progressed'; readonly id: CallId; readonly status: number; readonly sdp: string | null }
  | { readonly kind: 'answered'; readonly id: CallId; readonly sdp: string }
  | { readonly kind: 'notAnswered'; readonly id: CallId; readonly status: number }
  | { readonly kind: 'key'; readonly id: CallId; readonly key: Key }
  | { readonly kind: 'offered'; readonly id: CallId; readonly offer: string | null }
  | { readonly kind: 'reanswered'; readonly id: CallId; readonly answer: string };

/** Notes what the signalling tells, and lets a test wait for it. */
export class NotingListener implements SignalingListener {
  readonly told: Told[] = [];
  readonly troubles: string[] = [];
  known: (source: Source) => boolean = () => true;
  /** What an offer within a call is answered with. */
  answerOffer: (offer: string | null) => Promise<string> = () => Promise.resolve(sdp('bridge', 2));
  readonly #calls: SignalingCall[] = [];
  readonly #waiting: (() => void)[] = [];

  isKnownSource(source: Source): boolean {
    return this.known(source);
  }

  incomingCall(call: SignalingCall): void {
    this.#calls.push(call);
    this.#wake();
  }

  cancelled(id: CallId): void {
    this.#note({ kind: 'cancelled', id });
  }

  hungUp(id: CallId, { lineLost }: { readonly lineLost: boolean; readonly cause: string }): void {
    this.#note({ kind: 'hungUp', id, lineLost });
  }

  progressed(id: CallId, { status, sdp: early }: { readonly status: number; readonly sdp: string | null }): void {
    this.#note({ kind: 'progressed', id, status, sdp: early });
  }

  answered(id: CallId, theirs: string): void {
    this.#note({ kind: 'answered', id, sdp: theirs });
  }

  notAnswered(id: CallId, { status }: { readonly status: number; readonly cause: string }): void {
    this.#note({ kind: 'notAnswered', id, status });
  }

  keyPressed(id: CallId, key: Key): void {
    this.#note({ kind: 'key', id, key });
  }

  mediaOffered(id: CallId, offer: string | null): Promise<string> {
    this.#note({ kind: 'offered', id, offer });
    return this.answerOffer(offer);
  }

  mediaAnswered(id: CallId, answer: string): void {
    this.#note({ kind: 'reanswered', id, answer });
  }

  trouble(message: string): void {
    this.troubles.push(message);
    this.#wake();
  }

  refuseOffers(): void {
    this.answerOffer = () => Promise.reject(new MediaOfferRefused('not this one'));
  }

  get calls(): number {
    return this.#calls.length;
  }

  /** The next incoming call. */
  async call(): Promise<SignalingCall> {
    for (;;) {
      const call = this.#calls.shift();
      if (call !== undefined) return call;
      await this.#next();
    }
  }

  /** The first event of this kind, now or when it comes. */
  async hears<Kind extends Told['kind']>(kind: Kind): Promise<Extract<Told, { kind: Kind }>> {
    for (;;) {
      const found = this.told.find((event): event is Extract<Told, { kind: Kind }> => event.kind === kind);
      if (found !== undefined) return found;
      await this.#next();
    }
  }

  async hearsKey(key: Key): Promise<void> {
    while (!this.told.some((event) => event.kind === 'key' && event.key === key)) await this.#next();
  }

  async hearsTrouble(words: RegExp): Promise<void> {
    while (!this.troubles.some((line) => words.test(line))) await this.#next();
  }

  #note(event: Told): void {
    this.told.push(event);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
