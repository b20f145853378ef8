import type { CallId } from '../../domain/identifiers.js';
import type { MixerLegs } from '../../ports/mixer-legs.js';
import {
  MediaOfferRefused,
  type PlacedCall,
  type PlaceRequest,
  type Signaling,
  type SignalingListener,
  type SignalingStatus,
  type TakenBack,
} from '../../ports/signaling.js';
import { OwnedCall, type OwnedCallHost } from './owned-call.js';
import { OwnedLegs } from './owned-legs.js';
import { OwnerLink } from './owner-link.js';
import type { Answers, Takes } from './peer.js';
import { factsOfPlaced } from './placed-as-call.js';
import type { CallFacts, OwnerNotices, OwnerRequests, OwnerState, TakenBackFacts, Welcome } from './protocol.js';

export interface OwnedSignalingOptions {
  /** Path of the dialog owner's socket. */
  readonly socket: string;
  /** IP addresses and networks that calls are taken from, as they are now; asked each second. */
  readonly sources: () => readonly string[];
}

/** Calls left when the signalling stops are given so long to say good-bye, milliseconds. */
const STOP_MS = 5_000;
const NO_STATE: OwnerState = { healthy: false, detail: 'not connected', listening: [] };

/** Signalling whose dialogs a process of their own holds, so that they outlive this one. */
export class OwnedSignaling implements Signaling {
  readonly engine = 'drachtio';
  readonly legs: MixerLegs;
  readonly #socket: string;
  readonly #link: OwnerLink;
  readonly #legs: OwnedLegs;
  readonly #host: OwnedCallHost;
  readonly #calls = new Map<CallId, OwnedCall>();
  #listener: SignalingListener | null = null;
  #incarnation: string | null = null;
  #state: OwnerState = NO_STATE;
  #transactions = 0;

  constructor({ socket, sources }: OwnedSignalingOptions) {
    this.#socket = socket;
    this.#link = new OwnerLink({
      socket,
      sources,
      answers: this.#answers(),
      takes: this.#takes(),
      recovered: (welcome) => this.#recovered(welcome),
      lost: () => this.#lost(),
    });
    this.#legs = new OwnedLegs(this.#link, (work) => this.#track(work));
    this.legs = this.#legs;
    this.#host = {
      link: this.#link,
      ended: (call) => void this.#calls.delete(call.id),
      track: (work) => this.#track(work),
    };
  }

  async start(listener: SignalingListener): Promise<void> {
    const { incarnation, state } = await this.#link.open();
    this.#incarnation = incarnation;
    this.#state = state;
    this.#listener = listener;
  }

  async takeBack(calls: readonly { readonly id: CallId; readonly handle: string }[]): Promise<readonly TakenBack[]> {
    const taken = await this.#link.ask('takeBack', { calls });
    return taken.map((one) => this.#taken(one));
  }

  status(): SignalingStatus {
    if (this.#listener === null) return { healthy: false, detail: 'not connected to the dialog owner' };
    if (!this.#link.up) {
      const why = this.#link.failure ?? 'connecting again';
      return { healthy: false, detail: `connection to the dialog owner at ${this.#socket} lost: ${why}` };
    }
    const { healthy, detail } = this.#state;
    const lost = [...this.#calls.values()].filter((call) => call.unreachable).length;
    const addition = lost === 0 ? '' : `; ${lost} calls lost their dialogs when the dialog owner died`;
    return { healthy, detail: `dialog owner ${detail}${addition}` };
  }

  place(request: PlaceRequest): PlacedCall {
    if (this.#listener === null) throw new Error('the signalling is not started');
    const { id } = request;
    const facts = { ...factsOfPlaced(request, { sipCallId: '' }), id, handle: null };
    const call = new OwnedCall(this.#host, facts, 'placed');
    this.#calls.set(id, call);
    this.#track(this.#link.ask('place', request)).then(
      (sipCallId) => (call.sipCallId = sipCallId),
      (error: unknown) => this.#notPlaced(id, error instanceof Error ? error.message : 'not sent'),
    );
    return call;
  }

  async stop(): Promise<void> {
    const ending = [...this.#calls.values()].map((call) => call.hangUp());
    await within(Promise.all([...ending, this.#legs.endAll()]), STOP_MS);
    await this.release();
  }

  release(): Promise<void> {
    this.#link.close();
    this.#calls.clear();
    this.#legs.forget();
    this.#listener = null;
    return Promise.resolve();
  }

  listening(): readonly string[] {
    return this.#state.listening;
  }

  counts(): { readonly calls: number; readonly transactions: number } {
    return { calls: this.#calls.size, transactions: this.#transactions };
  }

  #takes(): Takes<OwnerNotices> {
    return {
      state: (state) => {
        this.#state = state;
      },
      incomingCall: (facts) => this.#incoming(facts),
      cancelled: ({ id }) => this.#over(id, (listener) => listener.cancelled(id)),
      progressed: ({ id, status, sdp }) => {
        const call = this.#calls.get(id);
        if (call?.pending === true && !call.hangingUp) this.#listener?.progressed(id, { status, sdp });
      },
      answered: ({ id, sdp, handle }) => {
        const call = this.#calls.get(id);
        if (call?.pending !== true) return;
        call.answeredByThem(sdp, handle);
        if (!call.hangingUp) this.#listener?.answered(id, sdp);
      },
      notAnswered: ({ id, status, cause }) => this.#over(id, (listener) => listener.notAnswered(id, { status, cause })),
      hungUp: ({ id, lineLost, cause }) => this.#over(id, (listener) => listener.hungUp(id, { lineLost, cause })),
      keyPressed: ({ id, key }) => {
        if (this.#calls.has(id)) this.#listener?.keyPressed(id, key);
      },
      mediaAnswered: ({ id, answer }) => {
        const call = this.#calls.get(id);
        if (call !== undefined) this.#answered(call, answer);
      },
      legEnded: ({ handle, reason }) => this.#legs.ended(handle, reason),
      trouble: ({ message }) => this.#listener?.trouble(message),
    };
  }

  #answers(): Answers<OwnerRequests> {
    return {
      mediaOffered: ({ id, offer }) => {
        const listener = this.#listener;
        // Let go already: with the end of the connection it is the dialog owner's turn.
        if (listener === null) return new Promise(() => undefined);
        const call = this.#calls.get(id);
        if (call === undefined) return Promise.reject(new MediaOfferRefused('no such call'));
        return listener.mediaOffered(id, offer).then((sdp) => {
          if (offer !== null) call.remoteSdp = offer;
          return sdp;
        });
      },
    };
  }

  #incoming(facts: CallFacts): void {
    const listener = this.#listener;
    if (listener?.isKnownSource(facts.source) !== true) {
      // The dialog owner's list is a second old.
      this.#link.tell('refuse', { id: facts.id, refusal: { status: listener === null ? 503 : 403 } });
      return;
    }
    const call = new OwnedCall(this.#host, facts, 'offered');
    this.#calls.set(call.id, call);
    listener.incomingCall(call);
  }

  /** The dialog owner gives up what we have placed and is not answered, when we are gone. */
  #lost(): void {
    for (const call of [...this.#calls.values()]) {
      if (call.pending) this.#notPlaced(call.id, 'the connection to the dialog owner was lost');
    }
    this.#listener?.trouble(
      'connection to the dialog owner lost, connecting again; the audio of running calls goes on',
    );
  }

  #notPlaced(id: CallId, cause: string): void {
    if (this.#calls.get(id)?.pending !== true) return;
    this.#over(id, (listener) => listener.notAnswered(id, { status: 503, cause }));
  }

  #answered(call: OwnedCall, answer: string): void {
    call.remoteSdp = answer;
    this.#listener?.mediaAnswered(call.id, answer);
  }

  #over(id: CallId, tell: (listener: SignalingListener) => void): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.end();
    if (this.#listener !== null && !call.hangingUp) tell(this.#listener);
  }

  #taken(taken: TakenBackFacts): TakenBack {
    const call = new OwnedCall(this.#host, taken.call, taken.kind === 'live' ? 'answered' : taken.kind);
    if (taken.kind === 'ended') return { ...taken, call };
    if (taken.kind === 'live') call.remoteSdp = taken.remoteSdp;
    this.#calls.set(call.id, call);
    return { ...taken, call };
  }

  /** Connected again: to the same dialog owner, or to one that has no dialogs of ours. */
  async #recovered({ incarnation, state }: Welcome): Promise<void> {
    const same = incarnation === this.#incarnation;
    this.#incarnation = incarnation;
    this.#state = state;
    for (const { id } of [...this.#calls.values()].filter((call) => !call.answered)) {
      // If it is still there, it is told as new.
      this.#over(id, (listener) => listener.cancelled(id));
    }
    const held = [...this.#calls.values()];
    const calls = held.flatMap(({ id, handle }) => (handle === null ? [] : [{ id, handle }]));
    for (const taken of await this.#link.askNow('takeBack', { calls })) {
      const { id } = taken.call;
      const call = this.#calls.get(id);
      if (taken.kind === 'unreachable') call?.lose();
      // Offered while we were away: the caller's leg knows it already, we do not.
      if (taken.kind === 'live' && call !== undefined && taken.remoteSdp !== null) {
        if (taken.remoteSdp !== call.remoteSdp) this.#answered(call, taken.remoteSdp);
      }
      if (taken.kind !== 'ended') continue;
      this.#over(id, (listener) => listener.hungUp(id, { lineLost: taken.lineLost, cause: taken.cause }));
    }
    // Not waited for: a call that is told now is to be answered. Where it fails, the connection has broken again.
    if (same) this.#legs.recover().catch(() => undefined);
    else this.#legs.forget();
    const what = same
      ? ''
      : `; it was restarted, and the dialogs of ${calls.length} calls are lost, but not their audio`;
    this.#listener?.trouble(`connected to the dialog owner again${what}`);
    // Those we hung up while there was nobody to tell.
    setImmediate(() => {
      for (const call of this.#calls.values()) call.hangUpAgain();
    });
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#transactions++;
    return work.finally(() => this.#transactions--);
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}
