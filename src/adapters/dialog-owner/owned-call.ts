import type { CallId } from '../../domain/identifiers.js';
import { CallGone, type Refusal, type SignalingCall, type Source } from '../../ports/signaling.js';
import type { CallFacts } from './protocol.js';
import type { OwnerLink } from './owner-link.js';

/** What a call needs of the signalling it belongs to. */
export interface OwnedCallHost {
  readonly link: OwnerLink;
  ended(call: OwnedCall): void;
  track<T>(work: Promise<T>): Promise<T>;
}

/** `placed`: by us, not answered yet. `unreachable`: the dialog owner that answered it has died. */
type State = 'offered' | 'placed' | 'answered' | 'unreachable' | 'ended';

/** A call whose dialog the dialog owner holds. */
export class OwnedCall implements SignalingCall {
  readonly id: CallId;
  /** A placed call has none before it is answered. */
  handle: string | null;
  sipCallId: string;
  readonly source: Source;
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost: string;
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  readonly offer: string | null;
  /** What the far end sent last, as far as we know. */
  remoteSdp: string | null;
  readonly #host: OwnedCallHost;
  #state: State;
  #ending: Promise<void> | null = null;

  constructor(
    host: OwnedCallHost,
    facts: Omit<CallFacts, 'handle'> & { readonly handle: string | null },
    state: State,
  ) {
    this.#host = host;
    this.#state = state;
    this.id = facts.id;
    this.handle = facts.handle;
    this.sipCallId = facts.sipCallId;
    this.source = facts.source;
    this.requestUser = facts.requestUser;
    this.toUser = facts.toUser;
    this.requestHost = facts.requestHost;
    this.callerNumber = facts.callerNumber;
    this.callerName = facts.callerName;
    this.offer = facts.offer;
    this.remoteSdp = facts.offer;
  }

  /** The 200 went out: it can be taken back. */
  get answered(): boolean {
    return this.#state === 'answered' || this.#state === 'unreachable';
  }

  get unreachable(): boolean {
    return this.#state === 'unreachable';
  }

  /** Placed by us, and not answered yet. */
  get pending(): boolean {
    return this.#state === 'placed';
  }

  /** The far end answered a call we placed. */
  answeredByThem(sdp: string, handle: string): void {
    if (this.#state !== 'placed') return;
    this.#state = 'answered';
    this.handle = handle;
    this.remoteSdp = sdp;
  }

  /** We hung up, and the dialog owner may not know yet. */
  get hangingUp(): boolean {
    return this.#ending !== null;
  }

  ring(): void {
    this.#host.link.tell('ring', { id: this.id });
  }

  async answer(localSdp: string): Promise<string | null> {
    if (this.#state !== 'offered' || this.#ending !== null) throw new CallGone('the call is over');
    this.#state = 'answered';
    try {
      const answer = await this.#host.track(this.#host.link.ask('answer', { id: this.id, sdp: localSdp }));
      this.remoteSdp = answer ?? this.remoteSdp;
      // The ACK and our hang-up crossed.
      if (this.hangingUp) throw new CallGone('we hung up');
      return answer;
    } catch (error) {
      if (error instanceof CallGone) throw error;
      // The connection broke: whether it was answered is not known here, and nobody waits for it.
      void this.hangUp();
      throw new CallGone('the dialog owner was lost while the call was answered');
    }
  }

  refuse(refusal: Refusal): void {
    if (this.#state !== 'offered') return;
    this.#host.link.tell('refuse', { id: this.id, refusal });
    this.end();
  }

  hangUp(): Promise<void> {
    this.#ending ??= this.#hangUp();
    return this.#ending;
  }

  /** Once more, where the dialog owner could not be told. */
  hangUpAgain(): void {
    if (this.#ending !== null) this.#ending = this.#hangUp();
  }

  async reoffer(localSdp: string): Promise<string> {
    if (this.#state === 'ended') throw new CallGone('the call is over');
    this.remoteSdp = await this.#host.track(this.#host.link.ask('reoffer', { id: this.id, sdp: localSdp }));
    return this.remoteSdp;
  }

  async probe(): Promise<boolean> {
    if (this.#state === 'ended') return false;
    return this.#host.track(this.#host.link.ask('probe', { id: this.id })).catch(() => false);
  }

  /** Its dialog died with the dialog owner. */
  lose(): void {
    if (this.#state === 'answered') this.#state = 'unreachable';
  }

  /** Nothing of it is left. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#host.ended(this);
  }

  async #hangUp(): Promise<void> {
    if (this.#state === 'ended') return;
    try {
      await this.#host.track(this.#host.link.ask('hangUp', { id: this.id }));
      this.end();
    } catch {
      // Without a connection it stays, and is hung up when there is one again.
    }
  }
}
