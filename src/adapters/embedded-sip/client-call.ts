import type { Credentials } from '../../domain/access/digest.js';
import type { Key } from '../../domain/keys.js';
import type { Timer } from '../../ports/clock.js';
import { MediaOfferRefused } from '../../ports/signaling.js';
import { askWithin } from './ask-within.js';
import { Branches } from './branches.js';
import { ChallengedRequest } from './challenged-request.js';
import { SDP_CONTENT, USER_AGENT } from './capabilities.js';
import { Deferred } from './deferred.js';
import { type Dialog, NoDialog } from './dialog.js';
import { cseq, header, toTag } from './headers.js';
import { inviteFor, type ClientCallEnd, type ClientCallEvents, type Invitation } from './invitation.js';
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
  readonly #branches: Branches;
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
    this.#branches = new Branches(agent);
    this.#credentials = invitation.credentials ?? null;
    this.#attempts = new InviteAttempts(this.#credentials);
    this.#limitMs = invitation.limitMs ?? null;
    this.sipCallId = invitation.callId ?? agent.randomness.identifier('c');
    this.answered = this.#answered.promise;
    // Whoever follows a call by `ended` alone need not look at this one.
    this.answered.catch(() => undefined);
    this.ended = this.#ended.promise;
    this.#invite = inviteFor(agent, target, destination, { ...invitation, callId: this.sipCallId });
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
    return this.ask('INFO', headers, `Signal=${key}\r\nDuration=${durationMs}\r\n`);
  }

  /** Any request within the dialog with one answer, e.g. OPTIONS. @returns its status, or `null`. */
  async ask(method: string, headers: readonly SipHeader[] = [], body = ''): Promise<number | null> {
    return this.#session === null ? null : askWithin(this.#session, method, { headers, body });
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
      this.#branches.clear();
      this.#send();
      return;
    }
    this.#refused(response.status, response.reason, this.#hangUpWanted ? 'us' : 'them');
  }

  #provisional(response: SipResponse, peer: Peer): void {
    if (!this.#branches.ring(this.#invite, response, peer)) return;
    if (!this.#over && this.#session === null) this.#events.provisional?.(response.status, sdpOf(response));
  }

  #accepted(response: SipResponse, peer: Peer): void {
    const tag = toTag(response) ?? '';
    // Section 13.2.2.4: an ACK for each 2xx that comes again.
    if (this.#branches.acknowledgeAgain(tag, peer)) return;
    if (this.#session?.dialog.remoteTag === tag) return;
    let dialog: Dialog | null;
    try {
      dialog = this.#branches.accept(this.#invite, response, tag);
    } catch (error) {
      if (!(error instanceof NoDialog)) throw error;
      this.#refused(500, error.message, 'line');
      return;
    }
    if (dialog === null) return;
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

  /** Another branch of a forked INVITE, or an answer that crossed our CANCEL: ACK and BYE (section 13.2.2.4). */
  #turnDown(dialog: Dialog, peer: Peer): void {
    const ack = dialog.ack(cseq(this.#invite).number, { headers: authorizationsOf(this.#invite) });
    this.#branches.acknowledge(dialog, ack, peer);
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
    this.#branches.acknowledge(session.dialog, ack, peer);
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
