import type { Credentials } from '../../domain/access/digest.js';
import type { Key } from '../../domain/keys.js';
import type { Timer } from '../../ports/clock.js';
import { MediaOfferRefused } from '../../ports/signaling.js';
import { makeRequest } from './build.js';
import { ChallengedRequest } from './challenged-request.js';
import { ALLOW, listed, SDP_CONTENT, SUPPORTED, USER_AGENT } from './capabilities.js';
import { Deferred } from './deferred.js';
import { Dialog, NoDialog } from './dialog.js';
import { contact, cseq, header, toTag } from './headers.js';
import { authorizationsOf, InviteAttempts } from './invite-attempts.js';
import { parseSessionExpires, timerOf2xx } from './session-expiry.js';
import type { Peer, SipHeader, SipRequest, SipResponse, SipUri } from './message.js';
import { nextHop } from './next-hop.js';
import { sdpOf } from './session-body.js';
import type { SessionEnd } from './session-core.js';
import { Session } from './session.js';
import type { ClientTransaction, ClientTransactionUser, Destination } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/** Why a call of ours did not come about. `status`: the far end's final answer; 408 and 503 also for silence and a failed transport. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string) {
    super(`call refused with ${status} ${reason}`.trim());
    this.status = status;
    this.reason = reason;
  }
}

/** How a call ended; `line`: nobody said good-bye. */
export interface ClientCallEnd {
  readonly by: 'us' | 'them' | 'line';
  /** For people. */
  readonly cause: string;
}

/** What happens to a call of ours, as it happens. Functions must not throw. */
export interface ClientCallEvents {
  /** 101 to 199, with its SDP if it has one (early media). */
  provisional?(status: number, earlySdp: string | null): void;
  /**
   * The far end's offer within the call (re-INVITE, UPDATE), its wish for one (`null`), or the offer in its 200 when we made
   * none. Resolves with our SDP; left out: the SDP sent last.
   */
  offered?(offer: string | null): Promise<string> | string;
  /** The answer to an offer that `offered(null)` made. */
  reanswered?(answer: string): void;
  keyPressed?(key: Key): void;
  /** As {@link ClientCall.answered}, at once. */
  accepted?(sdp: string | null): void;
  /** As its rejection, also after our own hang-up. */
  refused?(status: number, reason: string): void;
  /** The far end hung up an answered call, or its line was lost. */
  over?(end: ClientCallEnd): void;
}

/** What a call begins with. */
export interface Invitation {
  /** Whom to call: `sip:user@host:port`; a name is looked up. */
  readonly target: string;
  /** Our offer, or `null` to be offered: then {@link ClientCallEvents.offered} makes the answer for the ACK. */
  readonly localSdp: string | null;
  /** From, e.g. `"Alice" <sip:alice@example.org>`, without a tag; left out: anonymous. */
  readonly from?: string;
  /** Further headers, names in lower case. */
  readonly headers?: readonly SipHeader[];
  /** Where to send, if not to what the target says (an outbound proxy, a test): IP address and port. */
  readonly via?: { readonly address: string; readonly port: number };
  readonly events?: ClientCallEvents;
  /** For a 401 or 407; left out: they are refusals. */
  readonly credentials?: Credentials | null;
  /** Given up (CANCEL, status 408) when there is no final answer by then, milliseconds; left out: waits on. */
  readonly limitMs?: number;
  /** Extensions named in Supported; left out: all that are understood. */
  readonly supported?: SipHeader;
  /** Left out: a random one. */
  readonly callId?: string;
}

/** Branches of a forked INVITE that are kept apart; what more of them ring or answer is not heard. */
const MAX_BRANCHES = 20;

/** A call of ours, from its INVITE to its end. */
export class ClientCall {
  readonly sipCallId: string;
  /** The far end's SDP; resolves when the ACK is out. @throws {CallRefused} as a rejection, status 487 when cancelled. */
  readonly answered: Promise<string | null>;
  /** Resolves once, whatever happened: also for calls never answered. */
  readonly ended: Promise<ClientCallEnd>;
  readonly #agent: UserAgent;
  readonly #events: ClientCallEvents;
  readonly #destination: Destination;
  readonly #credentials: Credentials | null;
  readonly #attempts: InviteAttempts;
  readonly #limitMs: number | null;
  readonly #offer: string | null;
  readonly #closed: () => void;
  #invite: SipRequest;
  /** Early dialogs by To tag (RFC 3261 section 12.1): a forked INVITE makes several. */
  readonly #early = new Map<string, Dialog>();
  /** RSeq last seen in each early dialog (RFC 3262 section 4). */
  readonly #rseqs = new Map<string, number>();
  /** ACKs by To tag, for repeated 2xx. */
  readonly #acks = new Map<string, SipRequest>();
  #transaction: ClientTransaction | null = null;
  #session: Session | null = null;
  #hangUpWanted = false;
  #limit: Timer | null = null;
  #late = false;
  #over = false;
  readonly #answered = new Deferred<string | null>();
  readonly #ended = new Deferred<ClientCallEnd>();

  /** Sends nothing yet. @param closed called once when nothing of the call is left. */
  constructor(agent: UserAgent, target: SipUri, destination: Destination, invitation: Invitation, closed: () => void) {
    this.#agent = agent;
    this.#events = invitation.events ?? {};
    this.#destination = destination;
    this.#offer = invitation.localSdp;
    this.#closed = closed;
    this.#credentials = invitation.credentials ?? null;
    this.#attempts = new InviteAttempts(this.#credentials);
    this.#limitMs = invitation.limitMs ?? null;
    this.sipCallId = invitation.callId ?? agent.randomness.identifier('c');
    this.answered = this.#answered.promise;
    // Whoever follows a call by `ended` alone need not look at this one.
    this.answered.catch(() => undefined);
    this.ended = this.#ended.promise;
    this.#invite = this.#makeInvite(target, invitation);
  }

  /** Sends the INVITE. */
  start(): void {
    if (this.#limitMs !== null) {
      this.#limit = this.#agent.clock.after(this.#limitMs, () => {
        this.#late = true;
        this.cancel();
      });
    }
    this.#send();
  }

  #send(): void {
    this.#transaction = this.#agent.layer.send(this.#invite, this.#destination, {
      response: (response, peer) => this.#responseReceived(response, peer),
      failed: (cause) => {
        const status = cause === 'timeout' ? 408 : 503;
        this.#refused(status, cause === 'timeout' ? 'no answer' : 'not reachable', 'line');
      },
    });
  }

  /** Gives up before the answer (RFC 3261 section 9.1); an answer that crosses it is hung up. Nothing afterwards. */
  cancel(): void {
    if (this.#session !== null || this.#over) return;
    this.#hangUpWanted = true;
    this.#transaction?.cancel();
  }

  /** BYE, or CANCEL before the answer. Resolves when the call is over; never rejects. */
  async hangUp(): Promise<void> {
    if (this.#session === null) {
      this.cancel();
      await this.ended;
      return;
    }
    await this.#session.end();
  }

  /** As {@link hangUp}. */
  bye(): Promise<void> {
    return this.hangUp();
  }

  /** A key by INFO. @returns the far end's status, or `null` without an answer. */
  async info(key: Key, durationMs = 160): Promise<number | null> {
    const headers = [{ name: 'content-type', value: 'application/dtmf-relay' }];
    return (await this.#session?.ask('INFO', { headers, body: `Signal=${key}\r\nDuration=${durationMs}\r\n` })) ?? null;
  }

  /** Any request within the dialog with one answer, e.g. OPTIONS. @returns its status, or `null`. */
  async ask(method: string, headers: readonly SipHeader[] = [], body = ''): Promise<number | null> {
    return (await this.#session?.ask(method, { headers, body })) ?? null;
  }

  /**
   * Re-INVITE with our offer, or without one (`null`: then the far end's offer comes to {@link ClientCallEvents.offered}).
   * @returns the far end's SDP. @throws {ReofferRefused} @throws {CallGone}
   */
  async reinvite(sdp: string | null): Promise<string> {
    return (await this.#established().offer('INVITE', sdp)) ?? '';
  }

  /** UPDATE (RFC 3311), with an offer or without. @returns the far end's SDP, `null` where nothing was offered. */
  async update(sdp: string | null): Promise<string | null> {
    return this.#established().offer('UPDATE', sdp);
  }

  #established(): Session {
    if (this.#session === null) throw new Error('the call is not answered');
    return this.#session;
  }

  #makeInvite(target: SipUri, invitation: Invitation): SipRequest {
    const from = invitation.from ?? '"Anonymous" <sip:anonymous@anonymous.invalid>';
    return makeRequest({
      method: 'INVITE',
      uri: target,
      from: `${from};tag=${this.#agent.newTag()}`,
      to: `<${target.raw}>`,
      callId: this.sipCallId,
      cseq: 1,
      headers: [
        this.#agent.contactFor(this.#agent.peerAt(this.#destination), false),
        ALLOW,
        invitation.supported ?? SUPPORTED,
        USER_AGENT,
        ...(invitation.headers ?? []),
        ...(this.#offer === null ? [] : [SDP_CONTENT]),
      ],
      body: this.#offer ?? '',
    });
  }

  /** RFC 3261 section 13.2.2. */
  #responseReceived(response: SipResponse, peer: Peer): void {
    if (response.status <= 100) return;
    if (response.status < 200) {
      this.#provisional(response, peer);
      return;
    }
    if (response.status < 300) {
      this.#accepted(response, peer);
      return;
    }
    const again = this.#hangUpWanted ? null : this.#attempts.after(response, this.#invite);
    if (again !== null) {
      this.#invite = again;
      this.#early.clear();
      this.#rseqs.clear();
      this.#send();
      return;
    }
    this.#refused(response.status, response.reason, this.#hangUpWanted ? 'us' : 'them');
  }

  #provisional(response: SipResponse, peer: Peer): void {
    const tag = toTag(response);
    if (tag !== null && contact(response) !== null && this.#hasRoomFor(tag)) {
      const dialog = this.#early.get(tag) ?? Dialog.ofClient(this.#invite, response);
      this.#early.set(tag, dialog);
      if (listed(response, 'require').has('100rel') && !this.#acknowledgeProvisional(dialog, response, peer)) return;
    }
    if (!this.#over && this.#session === null) this.#events.provisional?.(response.status, sdpOf(response));
  }

  /** PRACK (RFC 3262 section 4). @returns false for a copy of an answer already seen. */
  #acknowledgeProvisional(dialog: Dialog, response: SipResponse, peer: Peer): boolean {
    const rseq = Number.parseInt(header(response, 'rseq') ?? '', 10);
    // "If the UAC receives another reliable provisional response to the same request, and its RSeq value is not one higher ...
    // that response MUST NOT be acknowledged with a PRACK, and MUST NOT be processed further."
    const last = this.#rseqs.get(dialog.remoteTag);
    if (Number.isNaN(rseq) || (last !== undefined && rseq !== last + 1)) return false;
    this.#rseqs.set(dialog.remoteTag, rseq);
    const headers = [USER_AGENT, { name: 'rack', value: `${rseq} ${cseq(this.#invite).number} INVITE` }];
    const prack = dialog.request('PRACK', { headers });
    this.#agent.layer.send(prack, nextHop(dialog.nextHop, peer, false), {
      response: () => undefined,
      failed: () => undefined,
    });
    return true;
  }

  #accepted(response: SipResponse, peer: Peer): void {
    const tag = toTag(response) ?? '';
    const known = this.#acks.get(tag);
    if (known !== undefined) {
      // Section 13.2.2.4: an ACK for each 2xx that comes again.
      this.#sendAck(known, tag, peer);
      return;
    }
    if (this.#session?.dialog.remoteTag === tag || !this.#hasRoomFor(tag)) return;
    let dialog: Dialog;
    try {
      dialog = Dialog.ofClient(this.#invite, response, this.#early.get(tag) ?? null);
    } catch (error) {
      if (!(error instanceof NoDialog)) throw error;
      this.#refused(500, error.message, 'line');
      return;
    }
    this.#early.set(tag, dialog);
    if (this.#session !== null || this.#over || this.#hangUpWanted) {
      this.#turnDown(dialog, peer);
      return;
    }
    const session = this.#makeSession(dialog, peer);
    this.#session = session;
    this.#limit?.cancel();
    session.heard(response, peer);
    session.localSdp = this.#offer;
    session.timer.run(timerOf2xx(parseSessionExpires(header(response, 'session-expires'))));
    const theirs = sdpOf(response);
    if (this.#offer !== null || theirs === null) {
      this.#acknowledge(session, peer, null);
      this.#accept(theirs);
      return;
    }
    this.#answerOffer(theirs).then(
      (answer) => {
        session.localSdp = answer;
        this.#acknowledge(session, peer, answer);
        this.#accept(theirs);
      },
      () => {
        this.#acknowledge(session, peer, null);
        this.#answered.reject(new CallRefused(488, 'offer not acceptable'));
        void this.hangUp();
      },
    );
  }

  #hasRoomFor(tag: string): boolean {
    return this.#early.has(tag) || this.#early.size < MAX_BRANCHES;
  }

  /** Another branch of a forked INVITE, or an answer that crossed our CANCEL: ACK and BYE (section 13.2.2.4). */
  #turnDown(dialog: Dialog, peer: Peer): void {
    const ack = dialog.ack(cseq(this.#invite).number, { headers: authorizationsOf(this.#invite) });
    this.#acks.set(dialog.remoteTag, ack);
    this.#sendAck(ack, dialog.remoteTag, peer);
    const over = (): void => {
      if (this.#session === null) this.#refused(487, 'cancelled', 'us');
    };
    const hop = nextHop(dialog.nextHop, peer, false);
    const send = (extras: { headers?: readonly SipHeader[] }, user: ClientTransactionUser): ClientTransaction =>
      this.#agent.layer.send(dialog.request('BYE', extras), hop, user);
    const extras = { headers: [USER_AGENT] };
    const user = { response: over, failed: over };
    if (this.#credentials === null) send(extras, user);
    else new ChallengedRequest(this.#credentials, extras, user, send);
  }

  #acknowledge(session: Session, peer: Peer, sdp: string | null): void {
    const headers = authorizationsOf(this.#invite);
    const extras = sdp === null ? { headers } : { headers: [...headers, SDP_CONTENT], body: sdp };
    const ack = session.dialog.ack(cseq(this.#invite).number, extras);
    this.#acks.set(session.dialog.remoteTag, ack);
    this.#sendAck(ack, session.dialog.remoteTag, peer);
  }

  #sendAck(ack: SipRequest, tag: string, peer: Peer): void {
    const dialog = this.#early.get(tag);
    if (dialog !== undefined) this.#agent.layer.sendAck(ack, nextHop(dialog.nextHop, peer, false));
  }

  #makeSession(dialog: Dialog, peer: Peer): Session {
    return new Session({
      agent: this.#agent,
      dialog,
      peer,
      proxied: false,
      contact: { name: 'contact', value: header(this.#invite, 'contact') ?? '' },
      phase: 'established',
      credentials: this.#credentials,
      user: {
        keyPressed: (key) => this.#events.keyPressed?.(key),
        mediaOffered: (offer) => this.#answerOffer(offer),
        mediaAnswered: (answer) => this.#events.reanswered?.(answer),
        pracked: (transaction) => this.#session?.respond(transaction, 481),
        ended: ({ lineLost, cause }: SessionEnd) => {
          const end: ClientCallEnd = { by: lineLost ? 'line' : 'them', cause };
          this.#ended.resolve(end);
          this.#events.over?.(end);
        },
        closed: () => this.#finish({ by: 'us', cause: 'hung up' }),
      },
    });
  }

  #accept(theirs: string | null): void {
    this.#answered.resolve(theirs);
    this.#events.accepted?.(theirs);
  }

  async #answerOffer(offer: string | null): Promise<string> {
    const answer = (await this.#events.offered?.(offer)) ?? this.#session?.localSdp ?? this.#offer;
    if (answer === null) throw new MediaOfferRefused('nothing to answer with');
    return answer;
  }

  #refused(status: number, reason: string, by: ClientCallEnd['by']): void {
    if (this.#late) [status, reason, by] = [408, 'no answer in time', 'line'];
    if (this.#over) return;
    this.#answered.reject(new CallRefused(status, reason));
    this.#events.refused?.(status, reason);
    this.#finish({ by, cause: `${status} ${reason}` });
  }

  #finish(end: ClientCallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.cancel();
    this.#ended.resolve(end);
    this.#closed();
  }
}
