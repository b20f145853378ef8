import type { Clock } from '../../ports/clock.js';
import type { Randomness } from '../../ports/randomness.js';
import { ACCEPT, ALLOW, SUPPORTED, USER_AGENT } from './capabilities.js';
import { makeRequest } from './build.js';
import { ClientCall } from './client-call.js';
import type { Invitation } from './invitation.js';
import type { Peer, SipHeader, SipUri } from './message.js';
import { SipTransactionLayer } from './sip-transaction-layer.js';
import { DEFAULT_TIMERS, type TransactionTimers } from './timers.js';
import type { Destination, ServerTransaction, TransactionLayer } from './transaction-layer.js';
import { resolveHost } from './resolve-host.js';
import { parseUri } from './uri.js';
import { UserAgent } from './user-agent.js';

export interface SipClientOptions {
  readonly transport: 'udp' | 'tcp';
  /** Own address; `0.0.0.0` and port 0, chosen by the system, when left out. */
  readonly local?: { readonly address: string; readonly port: number };
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Milliseconds; RFC 3261's when left out. */
  readonly timers?: TransactionTimers;
  /** Makes the transaction layer; left out: SIP over a socket of the transport. */
  readonly transactionLayer?: () => TransactionLayer;
  /** Lines for people, without numbers; nowhere when left out. */
  readonly trouble?: (message: string) => void;
}

/** The far side of a call: a SIP user agent that calls and is not called, for the test telephone and for dialling out. */
export class SipClient {
  readonly #options: SipClientOptions;
  readonly #layer: TransactionLayer;
  readonly #agent: UserAgent;
  readonly #calls = new Set<ClientCall>();

  constructor(options: SipClientOptions) {
    const { clock, randomness } = options;
    const timers = options.timers ?? DEFAULT_TIMERS;
    this.#options = options;
    this.#layer = options.transactionLayer?.() ?? sipLayer(options, timers);
    this.#agent = new UserAgent(
      { layer: this.#layer, clock, randomness, timers },
      {
        requestReceived: (transaction) => this.#requestReceived(transaction),
        inviteCancelled: () => undefined,
        trouble: options.trouble ?? (() => undefined),
      },
    );
  }

  /** Binds the socket. @throws Error with one clear line. */
  async start(): Promise<void> {
    await this.#layer.start(this.#agent);
  }

  /** Hangs up what is left, each for at most 8*T1, and closes the socket. */
  async stop(): Promise<void> {
    const { clock, timers } = this.#agent;
    const ended = Promise.all([...this.#calls].map((call) => call.hangUp()));
    await new Promise<void>((resolve) => {
      const timer = clock.after(8 * timers.t1, resolve);
      void ended.then(() => {
        timer.cancel();
        resolve();
      });
    });
    await this.#layer.stop();
    this.#calls.clear();
  }

  /** Bound addresses. */
  listening(): readonly Pick<Peer, 'transport' | 'address' | 'port'>[] {
    return this.#layer.listening();
  }

  counts(): { readonly calls: number; readonly transactions: number } {
    const { server, client } = this.#layer.counts();
    return { calls: this.#calls.size, transactions: server + client };
  }

  /**
   * Sends an INVITE. The call that comes back is ringing somewhere, or about to fail; its promises tell.
   * @throws Error when the target is no SIP URI or its name is not found.
   */
  async invite(invitation: Invitation): Promise<ClientCall> {
    const uri = sipUri(invitation.target);
    const destination = await this.#destination(uri, invitation.via);
    const call = new ClientCall(this.#agent, uri, destination, invitation, () => this.#calls.delete(call));
    this.#calls.add(call);
    call.start();
    return call;
  }

  /**
   * OPTIONS outside a dialog (RFC 3261 section 11).
   * @returns the status, or `null` when there was no answer.
   */
  async options(target: string, headers: readonly SipHeader[] = []): Promise<number | null> {
    return this.request('OPTIONS', target, headers);
  }

  /** Any request outside a dialog that has one final answer. @returns its status, or `null`. */
  async request(method: string, target: string, headers: readonly SipHeader[] = []): Promise<number | null> {
    const uri = sipUri(target);
    const destination = await this.#destination(uri);
    const request = makeRequest({
      method,
      uri,
      from: `<sip:anonymous@anonymous.invalid>;tag=${this.#agent.newTag()}`,
      to: `<${uri.raw}>`,
      callId: this.#agent.randomness.identifier('o'),
      cseq: 1,
      headers: [USER_AGENT, ACCEPT, ...headers],
    });
    return new Promise((resolve) => {
      this.#layer.send(request, destination, {
        response: ({ status }) => {
          if (status >= 200) resolve(status);
        },
        failed: () => resolve(null),
      });
    });
  }

  /** This telephone takes no calls (RFC 3261 section 21.4.18), but says what it can. */
  #requestReceived(transaction: ServerTransaction): void {
    switch (transaction.request.method) {
      case 'ACK':
      case 'CANCEL':
        return;
      case 'INVITE':
        this.#agent.reply(transaction, 480);
        return;
      case 'OPTIONS':
        this.#agent.reply(transaction, 200, [ALLOW, ACCEPT, SUPPORTED]);
        return;
      default:
        this.#agent.reply(transaction, 405, [ALLOW]);
    }
  }

  async #destination(uri: SipUri, via?: { readonly address: string; readonly port: number }): Promise<Destination> {
    const { transport, local } = this.#options;
    if (via !== undefined) return { transport, ...via };
    const address = await resolveHost(uri.host, local?.address.includes(':') === true ? 6 : 4);
    return { transport, address, port: uri.port ?? 5060 };
  }
}

function sipUri(target: string): SipUri {
  const uri = parseUri(target);
  if (uri === null || uri.scheme !== 'sip') throw new Error(`not a sip: URI: ${target}`);
  return uri;
}

function sipLayer(
  { transport, local, clock, randomness }: SipClientOptions,
  timers: TransactionTimers,
): TransactionLayer {
  const listen = [{ transport, ...(local ?? { address: '0.0.0.0', port: 0 }) }];
  return new SipTransactionLayer({ listen, clock, randomness, timers, isKnownSource: () => true });
}
