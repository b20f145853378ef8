import type { ClientCall } from '../../src/adapters/embedded-sip/client-call.js';
import type { Invitation } from '../../src/adapters/embedded-sip/invitation.js';
import { SipClient } from '../../src/adapters/embedded-sip/client.js';
import type { SipRequest } from '../../src/adapters/embedded-sip/message.js';
import { SipTransactionLayer } from '../../src/adapters/embedded-sip/sip-transaction-layer.js';
import type { TransactionTimers } from '../../src/adapters/embedded-sip/timers.js';
import type { Destination } from '../../src/adapters/embedded-sip/transaction-layer.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../src/adapters/system/randomness.js';

export interface SipCallerOptions {
  /** Where the signalling under test listens. */
  readonly target: { readonly address: string; readonly port: number };
  readonly transport?: 'udp' | 'tcp';
  readonly timers: TransactionTimers;
}

/** The real layer with its ACKs cut off at will. */
class CutLayer extends SipTransactionLayer {
  acksLost = false;

  override sendAck(ack: SipRequest, destination: Destination): void {
    if (!this.acksLost) super.sendAck(ack, destination);
  }
}

/** A caller on a loopback socket of its own, good or bad as the test wants. */
export class SipCaller {
  readonly client: SipClient;
  readonly #layer: CutLayer;
  readonly #target: string;

  constructor({ target, transport = 'udp', timers }: SipCallerOptions) {
    const clock = new SystemClock();
    const randomness = new SystemRandomness();
    const listen = [{ transport, address: '127.0.0.1', port: 0 }];
    this.#layer = new CutLayer({ listen, clock, randomness, timers, isKnownSource: () => true });
    this.client = new SipClient({ transport, clock, randomness, timers, transactionLayer: () => this.#layer });
    this.#target = `${target.address}:${target.port}`;
  }

  start(): Promise<void> {
    return this.client.start();
  }

  stop(): Promise<void> {
    return this.client.stop();
  }

  uri(user: string): string {
    return `sip:${user}@${this.#target}`;
  }

  /** Port the caller's messages come from. */
  get port(): number {
    return this.client.listening()[0]?.port ?? 0;
  }

  /** Calls `user`, with an SDP unless the test says otherwise. */
  call(user: string, invitation: Partial<Invitation> = {}): Promise<ClientCall> {
    return this.client.invite({
      target: this.uri(user),
      localSdp: sdp('caller'),
      from: '"Alice" <sip:442071234567@caller.example>',
      ...invitation,
    });
  }

  /** From now on no ACK leaves. */
  loseAcks(): void {
    this.#layer.acksLost = true;
  }

  /** Goes away without a word: no BYE, no answers. */
  async vanish(): Promise<void> {
    await this.#layer.stop();
  }
}

/** A session description that says who made it; nobody here looks further into it. */
export const sdp = (maker: string, version = 1): string =>
  [
    'v=0',
    `o=${maker} 1 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    '',
  ].join('\r\n');
