import type { CallId } from '../../src/domain/identifiers.js';
import { callId } from '../../src/domain/identifiers.js';
import {
  CallGone,
  type Refusal,
  type Signaling,
  type SignalingCall,
  type SignalingListener,
  type SignalingStatus,
  type Source,
  type TakenBack,
} from '../../src/ports/signaling.js';

/** A call of the fake signalling, with what was done to it. */
export class FakeCall implements SignalingCall {
  readonly id: CallId;
  readonly handle: string | null = null;
  readonly sipCallId: string;
  readonly source: Source = { transport: 'udp', address: '127.0.0.1', port: 5061 };
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost = 'bridge.example';
  readonly callerNumber: string | null = '442071234567';
  readonly callerName: string | null = null;
  readonly offer: string | null = 'v=0';
  refusal: Refusal | null = null;
  answeredWith: string | null = null;
  hungUp = false;
  alive = true;
  #acknowledge: ((sdp: string | null) => void) | null = null;
  #abandon: ((error: Error) => void) | null = null;

  constructor(number: number, user = 'conference') {
    this.id = callId(`call-${number}`);
    this.sipCallId = `sip-${number}`;
    this.requestUser = user;
    this.toUser = user;
  }

  ring(): void {}

  answer(localSdp: string): Promise<string | null> {
    if (this.hungUp) return Promise.reject(new CallGone('gone'));
    this.answeredWith = localSdp;
    return new Promise((resolve, reject) => {
      this.#acknowledge = resolve;
      this.#abandon = reject;
    });
  }

  /** The ACK arrives. */
  acknowledge(sdp: string | null = null): void {
    this.#acknowledge?.(sdp);
  }

  /** The caller is gone before the ACK. */
  abandon(): void {
    this.#abandon?.(new CallGone('gone'));
  }

  refuse(refusal: Refusal): void {
    this.refusal ??= refusal;
  }

  hangUp(): Promise<void> {
    this.hungUp = true;
    this.abandon();
    return Promise.resolve();
  }

  reoffer(): Promise<string> {
    return Promise.resolve('v=0');
  }

  probe(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }
}

/** Signalling without a wire: tests make calls come in and see what the bridge does with them. */
export class FakeSignaling implements Signaling {
  readonly engine = 'fake';
  readonly calls: FakeCall[] = [];
  #listener: SignalingListener | null = null;

  start(listener: SignalingListener): Promise<void> {
    this.#listener = listener;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<void> {
    return this.stop();
  }

  takeBack(): Promise<readonly TakenBack[]> {
    return Promise.resolve([]);
  }

  status(): SignalingStatus {
    return { healthy: true, detail: 'fake' };
  }

  listening(): readonly string[] {
    return [];
  }

  counts(): { readonly calls: number; readonly transactions: number } {
    return { calls: this.calls.length, transactions: 0 };
  }

  get listener(): SignalingListener {
    if (this.#listener === null) throw new Error('not started');
    return this.#listener;
  }

  /** An INVITE comes in. */
  invite(user?: string): FakeCall {
    const call = new FakeCall(this.calls.length + 1, user);
    this.calls.push(call);
    this.listener.incomingCall(call);
    return call;
  }
}
