import { header, toTag } from '../../../src/adapters/embedded-sip/headers.js';
import type { Peer, SipRequest } from '../../../src/adapters/embedded-sip/message.js';
import { EmbeddedSignaling, type EmbeddedSignalingOptions } from '../../../src/adapters/embedded-sip/signaling.js';
import type { SignalingCall } from '../../../src/ports/signaling.js';
import { NotingListener } from '../../conformance/signaling-listener.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { FakeLayer, FakeRandomness, PEER, request, type FakeServer } from './fake-layer.js';

export const OFFER = 'v=0\r\no=far 1 1 IN IP4 203.0.113.7\r\n';
export const ANSWER = 'v=0\r\no=near 1 1 IN IP4 198.51.100.1\r\n';

export interface InviteParts {
  readonly method?: string;
  readonly uri?: string;
  readonly to?: string;
  readonly from?: string;
  readonly callId?: string;
  readonly cseq?: number;
  /** Further header lines. */
  readonly lines?: readonly string[];
  readonly contact?: string | null;
  /** `null`: none. */
  readonly body?: string | null;
  readonly type?: string;
}

/** The embedded signalling on a manual clock; the test is trunk and caller. */
export class Stage {
  readonly clock = new ManualClock();
  readonly layer = new FakeLayer();
  readonly randomness = new FakeRandomness();
  readonly listener = new NotingListener();
  readonly signaling: EmbeddedSignaling;

  constructor(options: Partial<EmbeddedSignalingOptions> = {}) {
    const { clock, randomness, layer } = this;
    this.signaling = new EmbeddedSignaling({
      listen: [],
      clock,
      randomness,
      transactionLayer: () => layer,
      ...options,
    });
  }

  static async open(options: Partial<EmbeddedSignalingOptions> = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.signaling.start(stage.listener);
    return stage;
  }

  outside(parts: InviteParts = {}): SipRequest {
    const method = parts.method ?? 'INVITE';
    const body = parts.body === undefined ? (method === 'INVITE' ? OFFER : '') : (parts.body ?? '');
    return request(
      [
        `${method} ${parts.uri ?? 'sip:conference@198.51.100.1'} SIP/2.0`,
        'Via: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bK1',
        'Max-Forwards: 70',
        `From: ${parts.from ?? '"Alice" <sip:alice@example.org>;tag=far'}`,
        `To: ${parts.to ?? '<sip:conference@198.51.100.1>'}`,
        `Call-ID: ${parts.callId ?? 'call-1'}`,
        `CSeq: ${parts.cseq ?? 1} ${method}`,
        ...(parts.contact === null ? [] : [`Contact: ${parts.contact ?? '<sip:alice@203.0.113.7:5060>'}`]),
        ...(parts.lines ?? []),
        ...(body === '' ? [] : [`Content-Type: ${parts.type ?? 'application/sdp'}`]),
      ],
      body,
    );
  }

  receive(parts: InviteParts = {}, peer: Peer = PEER): FakeServer {
    return this.layer.receive(this.outside(parts), peer);
  }

  /** An INVITE, and the call that the bridge is told of. */
  async incoming(parts: InviteParts = {}, peer: Peer = PEER): Promise<Incoming> {
    const invite = this.receive(parts, peer);
    return new Incoming(this, invite, await this.listener.call());
  }

  /** A call that is answered and acknowledged. */
  async talking(parts: InviteParts = {}, peer: Peer = PEER): Promise<Incoming> {
    const incoming = await this.incoming(parts, peer);
    const answered = incoming.call.answer(ANSWER);
    incoming.ack();
    await answered;
    return incoming;
  }
}

/** A call that came in, with the far end's side of its dialog. */
export class Incoming {
  readonly stage: Stage;
  readonly invite: FakeServer;
  readonly call: SignalingCall;
  #cseq: number;

  constructor(stage: Stage, invite: FakeServer, call: SignalingCall) {
    this.stage = stage;
    this.invite = invite;
    this.call = call;
    this.#cseq = Number.parseInt(header(invite.request, 'cseq') ?? '', 10);
  }

  /** CSeq of the far end's latest request. */
  get cseq(): number {
    return this.#cseq;
  }

  /** Our tag, from an answer of ours. */
  get localTag(): string {
    const tagged = this.invite.responses.map(toTag).find((tag) => tag !== null);
    // Before any answer has a tag a test can only guess; the dialog's is the first that was drawn.
    return tagged ?? 'none';
  }

  build(method: string, parts: InviteParts = {}): SipRequest {
    if (parts.cseq === undefined && method !== 'ACK') this.#cseq += 1;
    return this.stage.outside({
      method,
      to: `<sip:conference@198.51.100.1>;tag=${this.localTag}`,
      callId: header(this.invite.request, 'call-id') ?? '',
      cseq: this.#cseq,
      body: null,
      ...parts,
    });
  }

  /** A request of the far end's within the dialog. */
  receive(method: string, parts: InviteParts = {}, peer: Peer = PEER): FakeServer {
    return this.stage.layer.receive(this.build(method, parts), peer);
  }

  ack(parts: InviteParts = {}): void {
    this.stage.layer.user.ackReceived(this.build('ACK', parts), this.invite.peer);
  }
}

/** Lets promises that are settled run their callbacks; no time goes by. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A header of a message, or `null`. */
export { header } from '../../../src/adapters/embedded-sip/headers.js';
