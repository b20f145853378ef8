import { isIPv6 } from 'node:net';
import type { Clock } from '../../ports/clock.js';
import type { Randomness } from '../../ports/randomness.js';
import { makeResponse } from './build.js';
import { guardedClock, lifetime, type TransactionTimers } from './timers.js';
import { SERVER } from './capabilities.js';
import { dialogKey, type Dialog } from './dialog.js';
import { callId, fromTag, MalformedHeader, toTag } from './headers.js';
import type { Peer, SipHeader, SipRequest } from './message.js';
import { isWildcard, localAddressTowards, plainIp } from './addresses.js';
import { reasonOf } from './reason.js';
import type { Destination, ServerTransaction, TransactionLayer, TransactionUser } from './transaction-layer.js';
import { makeUri } from './uri.js';

/** Where the far end can reach us: an IP address or name, and a port; without one, the port that is listened on. */
export interface AdvertisedAddress {
  readonly host: string;
  readonly port?: number;
}

/** Chooses the address written into Contact and Via for a far end at `remoteAddress`. If it throws, the call is refused with 500. */
export type Advertise = (remoteAddress: string, transport: Peer['transport']) => AdvertisedAddress;

export interface UserAgentOptions {
  readonly layer: TransactionLayer;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly timers: TransactionTimers;
  /** Left out: the address that the far end's message came to. */
  readonly advertise?: Advertise | undefined;
}

/** Who takes what belongs to one dialog. */
export interface DialogUser {
  /** Any request within the dialog but ACK and CANCEL; CSeq not yet checked. */
  requestReceived(transaction: ServerTransaction): void;
  ackReceived(ack: SipRequest, peer: Peer): void;
  /** CANCEL of a re-INVITE that was passed on by `requestReceived`. */
  inviteCancelled(invite: ServerTransaction): void;
}

/** Who takes what belongs to no dialog. */
export interface OutsideUser {
  requestReceived(transaction: ServerTransaction): void;
  inviteCancelled(invite: ServerTransaction): void;
  trouble(message: string): void;
}

/** The user agent core (RFC 3261 section 5): sorts what the transactions bring to the dialogs, and holds what all calls share. */
export class UserAgent implements TransactionUser {
  readonly layer: TransactionLayer;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly timers: TransactionTimers;
  readonly #advertise: Advertise | undefined;
  readonly #outside: OutsideUser;
  readonly #dialogs = new Map<string, DialogUser>();

  constructor(options: UserAgentOptions, outside: OutsideUser) {
    this.layer = options.layer;
    this.clock = guardedClock(options.clock, (callback) => this.#guardedTimer(callback));
    this.randomness = options.randomness;
    this.timers = options.timers;
    this.#advertise = options.advertise;
    this.#outside = outside;
  }

  /** 64*T1 in milliseconds. */
  get giveUpAfter(): number {
    return lifetime(this.timers);
  }

  get dialogs(): number {
    return this.#dialogs.size;
  }

  register(dialog: Dialog, user: DialogUser): void {
    this.#dialogs.set(dialog.key, user);
  }

  /** Forgets the dialog, unless another user has it by now. */
  unregister(dialog: Dialog, user: DialogUser): void {
    if (this.#dialogs.get(dialog.key) === user) this.#dialogs.delete(dialog.key);
  }

  /**
   * Whether the request is of a dialog that is alive, so that it is served wherever it comes from: the dialog's name holds 80
   * random bits of ours, and without Record-Route the far end talks to us directly although its trunk is another address.
   * @throws {MalformedHeader}
   */
  knows(request: SipRequest): boolean {
    return this.#userOf(request) !== undefined;
  }

  trouble(message: string): void {
    this.#outside.trouble(message);
  }

  /** A tag with the randomness RFC 3261 section 19.3 asks for. */
  newTag(): string {
    return this.randomness.identifier('t');
  }

  /** A far end that has sent nothing yet, as it will be reached from one of our addresses: one of the same family where there is one. */
  peerAt({ transport, address, port }: Destination): Peer {
    const bound = this.layer.listening().filter((own) => own.transport === transport);
    const own = bound.find((one) => isIPv6(one.address) === isIPv6(address)) ?? bound[0];
    return { transport, address, port, localAddress: own?.address ?? '0.0.0.0', localPort: own?.port ?? 0 };
  }

  /** Where a far end reaches us. */
  ownAddress({ transport, address, localAddress }: Peer): AdvertisedAddress {
    const remote = plainIp(address);
    const local = isWildcard(localAddress) ? localAddressTowards(remote) : plainIp(localAddress);
    return this.#advertise?.(remote, transport) ?? { host: local };
  }

  /**
   * Contact of ours for a far end (RFC 3261 sections 8.1.1.8 and 12.1.1).
   * @param secure the dialog is one of sips: URIs, so the Contact must be one too.
   */
  contactFor(peer: Peer, secure: boolean): SipHeader {
    const { transport } = peer;
    const advertised = this.ownAddress(peer);
    const ports = this.layer.listening().flatMap((bound) => (bound.transport === transport ? [bound.port] : []));
    // Of several listeners the one that the far end's message came to.
    const bound = ports.includes(peer.localPort) ? peer.localPort : ports[0];
    const port = advertised.port ?? bound ?? peer.localPort;
    const parameters = new Map(transport === 'udp' || secure ? [] : [['transport', transport]]);
    const uri = makeUri({
      scheme: secure ? 'sips' : 'sip',
      user: 'partyline',
      host: advertised.host,
      port: port === 0 ? null : port,
      parameters,
    });
    return { name: 'contact', value: `<${uri.raw}>` };
  }

  /** Answers outside a dialog, or with no more than a status. */
  reply(transaction: ServerTransaction, status: number, headers: readonly SipHeader[] = [], tag = this.newTag()): void {
    transaction.respond(makeResponse(transaction.request, status, null, { toTag: tag, headers: [SERVER, ...headers] }));
  }

  requestReceived(transaction: ServerTransaction): void {
    this.#guarded(transaction, () => {
      const { request } = transaction;
      const user = this.#userOf(request);
      if (user !== undefined) {
        user.requestReceived(transaction);
        return;
      }
      // RFC 3261 section 12.2.2: "If the request has a tag in the To header field, but the dialog identifier does not match any
      // existing dialogs ... it SHOULD respond to the request with a 481." CANCEL has been answered already.
      if (toTag(request) !== null && request.method !== 'CANCEL') this.reply(transaction, 481);
      else this.#outside.requestReceived(transaction);
    });
  }

  inviteCancelled(invite: ServerTransaction): void {
    this.#guarded(invite, () => {
      if (toTag(invite.request) === null) this.#outside.inviteCancelled(invite);
      else this.#userOf(invite.request)?.inviteCancelled(invite);
    });
  }

  ackReceived(ack: SipRequest, peer: Peer): void {
    try {
      // An ACK without a dialog is one that came again after the call was over; nothing is owed to it.
      this.#userOf(ack)?.ackReceived(ack, peer);
    } catch (error) {
      this.trouble(`ACK dropped: ${reasonOf(error)}`);
    }
  }

  acknowledgementMissing(): void {
    // A refusal without an ACK: the call is over on our side, and timer H has cleared the transaction away.
  }

  #userOf(request: SipRequest): DialogUser | undefined {
    const tag = toTag(request);
    return tag === null ? undefined : this.#dialogs.get(dialogKey(callId(request), tag, fromTag(request) ?? ''));
  }

  #guardedTimer(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.trouble(`timer of a call failed: ${reasonOf(error)}`);
    }
  }

  /** One bad message never harms another call: what a request breaks is told and answered, and goes no further. */
  #guarded(transaction: ServerTransaction, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.trouble(`${transaction.request.method} failed: ${reasonOf(error)}`);
      if (transaction.answered || transaction.request.method === 'ACK') return;
      this.reply(transaction, error instanceof MalformedHeader ? 400 : 500);
    }
  }
}
