import type { Clock } from '../../ports/clock.js';
import type { Randomness } from '../../ports/randomness.js';
import type { Source } from '../../ports/signaling.js';
import type { SipRequest } from './message.js';
import { DEFAULT_REFUSAL_LIMITS, type RefusalLimits } from './refusals.js';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './tcp-transport.js';
import type { TransactionTimers } from './timers.js';
import type { Transport, TransportKind } from './transport.js';

/** What the transaction layer is set up with. */

export interface ListenAddress {
  readonly transport: TransportKind;
  /** IP address without brackets; `0.0.0.0` and `::` for all. */
  readonly address: string;
  /** 0 for any. */
  readonly port: number;
}

export interface LayerLimits {
  /** Server transactions; beyond them INVITEs are answered 503 without keeping anything, beyond twice as many everything is. */
  readonly serverTransactions: number;
  readonly refusals: RefusalLimits;
  readonly tcp: TcpLimits;
}

export const DEFAULT_LAYER_LIMITS: LayerLimits = {
  // Each is kept for 32 s over UDP (RFC 3261, timers I and J): enough for 500 keys by INFO a second before a call is refused.
  serverTransactions: 16_384,
  refusals: DEFAULT_REFUSAL_LIMITS,
  tcp: DEFAULT_TCP_LIMITS,
};

export interface TransactionLayerOptions {
  readonly listen: readonly ListenAddress[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** T1 500 ms, T2 4 s, T4 5 s when left out. */
  readonly timers?: TransactionTimers;
  /**
   * Whether a request that belongs to no transaction is served. Others: INVITE gets 403 a few times a minute, the rest
   * silence. The request is there to let in what belongs to a dialog whatever way it came; left out when it is about a
   * TCP connection, before anything was said. Must not throw.
   */
  readonly isKnownSource: (source: Source, request?: SipRequest) => boolean;
  /**
   * Host and port written into the Via of requests of ours, for a far end at `remoteAddress`; where left out, the address
   * listened on (or the one of this machine nearest to the far end) and its port.
   */
  readonly advertise?:
    | ((remoteAddress: string, transport: TransportKind) => { readonly host: string; readonly port?: number })
    | undefined;
  readonly limits?: Partial<LayerLimits>;
  /** Makes the transports; for tests that need no socket. */
  readonly openTransport?: (listen: ListenAddress) => Transport;
}
