import { listed, USER_AGENT } from './capabilities.js';
import { Dialog } from './dialog.js';
import { contact, cseq, header, toTag } from './headers.js';
import type { Peer, SipRequest, SipResponse } from './message.js';
import { nextHop } from './next-hop.js';
import type { UserAgent } from './user-agent.js';

/** Branches of a forked INVITE that are kept apart; what more of them ring or answer is not heard. */
const MAX_BRANCHES = 20;

/** The branches of an INVITE of ours that ring or answer, by To tag (RFC 3261 section 12.1): a forked one has several. */
export class Branches {
  readonly #agent: UserAgent;
  readonly #dialogs = new Map<string, Dialog>();
  /** RSeq last seen in each early dialog (RFC 3262 section 4). */
  readonly #rseqs = new Map<string, number>();
  /** ACKs by To tag, for repeated 2xx. */
  readonly #acks = new Map<string, SipRequest>();

  constructor(agent: UserAgent) {
    this.#agent = agent;
  }

  /** Another INVITE takes the place of the one before. */
  clear(): void {
    this.#dialogs.clear();
    this.#rseqs.clear();
  }

  /** A provisional answer; a reliable one is acknowledged. @returns false for a copy of one already seen. */
  ring(invite: SipRequest, response: SipResponse, peer: Peer): boolean {
    const tag = toTag(response);
    if (tag === null || contact(response) === null || !this.#hasRoomFor(tag)) return true;
    const dialog = this.#dialogs.get(tag) ?? Dialog.ofClient(invite, response);
    this.#dialogs.set(tag, dialog);
    return !listed(response, 'require').has('100rel') || this.#acknowledgeProvisional(dialog, invite, response, peer);
  }

  /** A 2xx. @returns its dialog, `null` for one branch too many. @throws {NoDialog} */
  accept(invite: SipRequest, response: SipResponse, tag: string): Dialog | null {
    if (!this.#hasRoomFor(tag)) return null;
    const dialog = Dialog.ofClient(invite, response, this.#dialogs.get(tag) ?? null);
    this.#dialogs.set(tag, dialog);
    return dialog;
  }

  acknowledge(dialog: Dialog, ack: SipRequest, peer: Peer): void {
    this.#acks.set(dialog.remoteTag, ack);
    this.#sendAck(dialog.remoteTag, ack, peer);
  }

  /** @returns whether this 2xx was acknowledged before, and so is again. */
  acknowledgeAgain(tag: string, peer: Peer): boolean {
    const known = this.#acks.get(tag);
    if (known === undefined) return false;
    this.#sendAck(tag, known, peer);
    return true;
  }

  #hasRoomFor(tag: string): boolean {
    return this.#dialogs.has(tag) || this.#dialogs.size < MAX_BRANCHES;
  }

  #sendAck(tag: string, ack: SipRequest, peer: Peer): void {
    const dialog = this.#dialogs.get(tag);
    if (dialog !== undefined) this.#agent.layer.sendAck(ack, nextHop(dialog.nextHop, peer, false));
  }

  /** PRACK (RFC 3262 section 4). @returns false for a copy of an answer already seen. */
  #acknowledgeProvisional(dialog: Dialog, invite: SipRequest, response: SipResponse, peer: Peer): boolean {
    const rseq = Number.parseInt(header(response, 'rseq') ?? '', 10);
    // "If the UAC receives another reliable provisional response to the same request, and its RSeq value is not one higher ...
    // that response MUST NOT be acknowledged with a PRACK, and MUST NOT be processed further."
    const last = this.#rseqs.get(dialog.remoteTag);
    if (Number.isNaN(rseq) || (last !== undefined && rseq !== last + 1)) return false;
    this.#rseqs.set(dialog.remoteTag, rseq);
    const headers = [USER_AGENT, { name: 'rack', value: `${rseq} ${cseq(invite).number} INVITE` }];
    const prack = dialog.request('PRACK', { headers });
    this.#agent.layer.send(prack, nextHop(dialog.nextHop, peer, false), {
      response: () => undefined,
      failed: () => undefined,
    });
    return true;
  }
}
