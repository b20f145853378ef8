import type { Socket } from 'node:net';
import type { Acknowledge, Dialog } from 'drachtio-srf';
import { LegRefused, type MixerLeg } from '../../ports/mixer-legs.js';
import { requestWithin, sayGoodbye } from './dialog-requests.js';
import { contentHeaders } from './headers.js';
import { withAddress } from './mixer-sdp.js';

/** What a leg needs of the signalling it belongs to. */
export interface LegHost {
  /** Nothing of the leg is left. */
  ended(leg: DrachtioLeg): void;
  /** Counts a transaction as long as it runs. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** A re-INVITE is answered by a mixer at once or not at all, milliseconds. */
const OFFER_MS = 5_000;
/** The same for the BYE; a mixer that is dead or frozen answers none. */
const BYE_MS = 5_000;
/** The answer to an offer of the mixer's may take so long; then the one before is repeated, since a call without ACK is ended after 32 s. */
const ANSWER_MS = 20_000;

/** One leg to a mixer: a dialog of ours, placed by {@link DrachtioLegs}. */
export class DrachtioLeg implements MixerLeg {
  readonly handle: string;
  readonly channel: string;
  readonly #host: LegHost;
  readonly #dialog: Dialog;
  readonly #advertise: string | null;
  #sdp: string;
  #state: 'live' | 'ending' | 'ended' = 'live';
  /** Why the mixer ended it, until someone was told. */
  #cause: string | null = null;
  #listener: ((reason: string) => void) | null = null;
  #owed: { readonly acknowledge: Acknowledge; readonly timer: NodeJS.Timeout } | null = null;
  #ending: Promise<void> | null = null;
  #lastOffer: Promise<unknown> = Promise.resolve();

  constructor(
    host: LegHost,
    dialog: Dialog,
    leg: { readonly handle: string; readonly channel: string; readonly advertise: string | null },
  ) {
    this.#host = host;
    this.#dialog = dialog;
    this.handle = leg.handle;
    this.channel = leg.channel;
    this.#advertise = leg.advertise;
    this.#sdp = withAddress(dialog.remote.sdp, leg.advertise);
    dialog.once('destroy', (_request: unknown, reason: unknown) => {
      this.lost(typeof reason === 'string' ? reason : 'ended by the mixer');
    });
  }

  get sdp(): string {
    return this.#sdp;
  }

  get sipCallId(): string {
    return this.#dialog.sip.callId;
  }

  renegotiate(offer: string | null): Promise<string> {
    const work = this.#lastOffer.then(() => this.#offer(offer));
    this.#lastOffer = work.catch(() => undefined);
    return this.#host.track(work);
  }

  acknowledge(answer: string): void {
    // Where no ACK is owed, this is what the mixer's own re-INVITE is answered with: the library answers with the latest.
    this.#dialog.local.sdp = answer;
    const owed = this.#owed;
    if (owed === null) return;
    this.#owed = null;
    clearTimeout(owed.timer);
    try {
      owed.acknowledge({ body: answer });
    } catch {
      // The connection to drachtio-server is gone: the mixer ends the leg by itself.
    }
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  onEnded(listener: (reason: string) => void): void {
    this.#listener = listener;
    this.#tell();
  }

  /** What we send goes over another connection from now on. */
  moveTo(socket: Socket): void {
    this.#dialog.req.socket = socket;
  }

  /** The mixer ended it. */
  lost(reason: string): void {
    if (this.#state !== 'live') return;
    this.#over();
    this.#cause = reason;
    this.#tell();
  }

  async #end(): Promise<void> {
    if (this.#state !== 'live') return;
    this.#state = 'ending';
    this.#settle();
    await this.#host.track(sayGoodbye(this.#dialog, BYE_MS));
    this.#over();
  }

  async #offer(offer: string | null): Promise<string> {
    if (this.#state !== 'live') throw new Error('the leg is over');
    // One offer at a time (RFC 3264 section 4): what was owed for the last one is settled first.
    this.#settle();
    const headers = { Contact: this.#dialog.local.contact, ...(offer === null ? {} : contentHeaders) };
    const outcome = await requestWithin(
      this.#dialog,
      { method: 'INVITE', headers, ...(offer === null ? {} : { body: offer }) },
      OFFER_MS,
      // A mixer without its ACK ends the leg.
      (acknowledge) => acknowledge({ body: this.#dialog.local.sdp }),
    );
    if (outcome.kind !== 'response') {
      throw new Error(
        outcome.kind === 'unsent' ? `not sent to the mixer: ${outcome.reason}` : 'the mixer did not answer an offer',
      );
    }
    const { response, acknowledge } = outcome;
    if (response.status >= 300) throw new LegRefused(response.status);
    if (offer !== null) this.#dialog.local.sdp = offer;
    else if (acknowledge !== null) this.#owe(acknowledge);
    this.#dialog.remote.sdp = response.body ?? '';
    this.#sdp = withAddress(response.body ?? '', this.#advertise);
    return this.#sdp;
  }

  #owe(acknowledge: Acknowledge): void {
    const timer = setTimeout(() => this.#settle(), ANSWER_MS).unref();
    this.#owed = { acknowledge, timer };
  }

  #settle(): void {
    this.acknowledge(this.#dialog.local.sdp);
  }

  #over(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (this.#owed !== null) clearTimeout(this.#owed.timer);
    this.#owed = null;
    this.#host.ended(this);
  }

  #tell(): void {
    if (this.#cause === null || this.#listener === null) return;
    const cause = this.#cause;
    this.#cause = null;
    this.#listener(cause);
  }
}
