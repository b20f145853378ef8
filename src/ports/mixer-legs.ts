import type { CallId } from '../domain/identifiers.js';

/**
 * Legs: SIP calls of ours to the mixers, which the signalling places for media that live outside the process. They are held
 * together with the callers' dialogs, so that both outlive the control process.
 */

export interface LegRequest {
  /** The caller's call: while no control process is there, what this caller offers is offered to this leg. */
  readonly callId: CallId;
  /** Where the mixer takes legs, e.g. `sip:127.0.0.1:5080`. */
  readonly uri: string;
  /** The caller's SDP, or `null`: the mixer makes an offer, acknowledged with silence; the caller's answer follows as an offer. */
  readonly offer: string | null;
  /** Header fields by name, for the mixer's dialplan. */
  readonly headers: Readonly<Record<string, string>>;
  /** IP address put into the mixer's SDP (c= and o=) for the caller, or `null`: as the mixer writes it. */
  readonly advertise: string | null;
  /** How long the mixer may take to answer, milliseconds; default 4 s. */
  readonly withinMs?: number;
}

export interface MixerLeg {
  /** What {@link MixerLegs.takeBack} finds it by. */
  readonly handle: string;
  /** The mixer's name for its channel: header field `X-Partyline-Channel` of its 200. */
  readonly channel: string;
  /** The mixer's latest SDP, with the address to be advertised. */
  readonly sdp: string;
  /**
   * Re-INVITE with the caller's SDP; resolves with the mixer's answer. `null`: the mixer makes an offer, and its answer is owed
   * by {@link acknowledge} within 20 s; then the last one is repeated.
   * @throws {LegRefused} the old media go on; an Error when the mixer does not answer within seconds.
   */
  renegotiate(offer: string | null): Promise<string>;
  /** The answer for the ACK of a re-INVITE without offer; where none is owed, for re-INVITEs of the mixer's own from now on. */
  acknowledge(answer: string): void;
  /** BYE, if the leg has not ended; bounded, never rejects. */
  end(): Promise<void>;
  /** Told once when the mixer ended the leg or it was lost; at once when it is over already. Not after {@link end}. */
  onEnded(listener: (reason: string) => void): void;
}

export interface MixerLegs {
  /** Resolves when the mixer has answered. @throws {LegRefused}, or an Error within seconds when there is no answer; nothing of the leg is left then. */
  place(request: LegRequest): Promise<MixerLeg>;
  /** A leg of a process before this one, or `null` when it is not held any more. */
  takeBack(handle: string): Promise<MixerLeg | null>;
}

/** The mixer's final response to an offer. */
export class LegRefused extends Error {
  override readonly name = 'LegRefused';
  readonly status: number;
  constructor(status: number) {
    super(`the mixer refused the offer (${status})`);
    this.status = status;
  }
}
