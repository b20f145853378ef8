import type { CallId } from '../../src/domain/identifiers.js';
import { callId } from '../../src/domain/identifiers.js';
import {
  CallGone,
  DialogLost,
  type PlacedCall,
  type PlaceRequest,
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
  readonly handle: string | null;
  readonly sipCallId: string;
  source: Source = { transport: 'udp', address: '127.0.0.1', port: 5061 };
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost = 'bridge.example';
  callerNumber: string | null = '442071234567';
  readonly callerName: string | null = null;
  readonly offer: string | null;
  refusal: Refusal | null = null;
  answeredWith: string | null = null;
  acknowledged = false;
  hungUp = false;
  alive = true;
  /** When and how the far end ended it. */
  ended: { readonly lineLost: boolean; readonly at: number | null } | null = null;
  /** What held its dialog has died. */
  dialogLost = false;
  /** SDP we re-offered, and how the far end answers: with what it said last, if a test does not say otherwise. */
  readonly reoffers: string[] = [];
  answerReoffer: (sdp: string) => Promise<string>;
  #acknowledge: ((sdp: string | null) => void) | null = null;
  #abandon: ((error: Error) => void) | null = null;

  constructor(number: number, user = 'conference', offer: string | null = 'v=0', kept = false) {
    this.id = callId(`call-${number}`);
    this.handle = kept ? `dialog-${number}` : null;
    this.offer = offer;
    this.answerReoffer = () => Promise.resolve(offer ?? 'v=0');
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
    this.acknowledged = true;
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

  reoffer(localSdp: string): Promise<string> {
    if (this.dialogLost) return Promise.reject(new DialogLost('nobody holds the dialog'));
    if (this.hungUp || this.ended !== null) return Promise.reject(new CallGone('gone'));
    this.reoffers.push(localSdp);
    return this.answerReoffer(localSdp);
  }

  probe(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }
}

/** A call of ours, with what was done to it; a test is the far end. */
export class FakePlacedCall extends FakeCall implements PlacedCall {
  readonly request: PlaceRequest;
  override readonly id: CallId;
  readonly #listener: SignalingListener;

  constructor(number: number, request: PlaceRequest, kept: boolean, listener: SignalingListener) {
    super(number, request.user, null, kept);
    this.id = request.id;
    this.request = request;
    this.#listener = listener;
  }

  ringBack(status = 180, sdp: string | null = null): void {
    this.#listener.progressed(this.id, { status, sdp });
  }

  /** The far end answers. */
  pickUp(sdp = 'v=0 far'): void {
    this.answeredWith = sdp;
    this.acknowledged = true;
    this.answerReoffer = () => Promise.resolve(sdp);
    this.#listener.answered(this.id, sdp);
  }

  /** The far end refuses. */
  turnDown(status = 486): void {
    this.ended = { lineLost: false, at: null };
    this.#listener.notAnswered(this.id, { status, cause: 'refused' });
  }

  /** The far end hangs up an answered call. */
  leave(lineLost = false): void {
    this.ended = { lineLost, at: null };
    this.#listener.hungUp(this.id, { lineLost, cause: 'BYE' });
  }
}

/** Signalling without a wire: tests make calls come in and see what the bridge does with them. */
export class FakeSignaling implements Signaling {
  readonly engine = 'fake';
  readonly calls: FakeCall[] = [];
  /** Those of them that we placed. */
  readonly placements: FakePlacedCall[] = [];
  /** Calls outlive the process. */
  keeps = false;
  /** Where the INVITEs come from; `null`: from this machine. */
  address: string | null = null;
  /** SDP of the INVITEs. */
  offer: string | null = 'v=0';
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

  takeBack(asked: readonly { readonly id: CallId; readonly handle: string }[]): Promise<readonly TakenBack[]> {
    if (!this.keeps) return Promise.resolve([]);
    const wanted = asked.map(({ handle }) => this.calls.find((call) => call.handle === handle));
    for (const call of this.calls) if (call.acknowledged && !wanted.includes(call)) void call.hangUp();
    return Promise.resolve(
      wanted.map((call): TakenBack => {
        if (call === undefined) throw new Error('a handle of no call');
        const { ended } = call;
        if (call.dialogLost) return { kind: 'unreachable', call };
        if (call.answeredWith === null)
          return { kind: 'ended', call, lineLost: false, cause: 'not answered', at: null };
        if (ended === null && !call.hungUp) return { kind: 'live', call, remoteSdp: call.offer };
        return { kind: 'ended', call, lineLost: ended?.lineLost ?? false, cause: 'BYE', at: ended?.at ?? null };
      }),
    );
  }

  place(request: PlaceRequest): PlacedCall {
    const call = new FakePlacedCall(this.calls.length + 1, request, this.keeps, this.listener);
    this.calls.push(call);
    this.placements.push(call);
    return call;
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

  /** An INVITE comes in. @param callerNumber another than usual */
  invite(user?: string, callerNumber?: string): FakeCall {
    const call = new FakeCall(this.calls.length + 1, user, this.offer, this.keeps);
    if (callerNumber !== undefined) call.callerNumber = callerNumber;
    if (this.address !== null) call.source = { ...call.source, address: this.address };
    this.calls.push(call);
    this.listener.incomingCall(call);
    return call;
  }
}
