import type { CallId } from '../../domain/identifiers.js';
import type { LegRequest, MixerLeg, MixerLegs } from '../../ports/mixer-legs.js';
import type { LegFacts } from './protocol.js';

interface HeldLeg {
  readonly leg: MixerLeg;
  readonly callId: CallId;
}

/** A control process ends the legs of an ended call itself; one that does not, for so long, milliseconds. */
const GRACE_MS = 10_000;

/** The legs to the mixers, by handle, and whose they are. */
export class HeldLegs {
  readonly #legs: MixerLegs;
  readonly #tell: (handle: string, reason: string) => void;
  /** In order of placing. */
  readonly #held = new Map<string, HeldLeg>();

  /** @param tell that a mixer ended a leg. */
  constructor(legs: MixerLegs, tell: (handle: string, reason: string) => void) {
    this.#legs = legs;
    this.#tell = tell;
  }

  /** @param wanted whether whoever asked for it is still there: if not, the leg is ended. */
  async place(request: LegRequest, wanted: () => boolean): Promise<LegFacts> {
    const leg = await this.#legs.place(request);
    if (!wanted()) {
      void leg.end();
      throw new Error('nobody waits for the leg any more');
    }
    this.#held.set(leg.handle, { leg, callId: request.callId });
    // Told after the answer to this request.
    setImmediate(() => {
      leg.onEnded((reason) => {
        if (this.#held.delete(leg.handle)) this.#tell(leg.handle, reason);
      });
    });
    return factsOf(leg);
  }

  takeBack(handle: string): LegFacts | null {
    const held = this.#held.get(handle);
    return held === undefined ? null : factsOf(held.leg);
  }

  renegotiate(handle: string, offer: string | null): Promise<string> {
    const held = this.#held.get(handle);
    if (held === undefined) return Promise.reject(new Error('the leg is over'));
    return held.leg.renegotiate(offer);
  }

  acknowledge(handle: string, answer: string): void {
    this.#held.get(handle)?.leg.acknowledge(answer);
  }

  async end(handle: string): Promise<void> {
    const held = this.#held.get(handle);
    if (held === undefined) return;
    this.#held.delete(handle);
    await held.leg.end();
  }

  /** The leg that carries the call's audio now. */
  newestOf(callId: CallId): MixerLeg | null {
    let newest: MixerLeg | null = null;
    for (const { leg, callId: owner } of this.#held.values()) if (owner === callId) newest = leg;
    return newest;
  }

  /** Ends what is left of a call's legs, at once or after the time a control process needs to do it. */
  endOf(callId: CallId, when: 'now' | 'later'): void {
    if (this.newestOf(callId) === null) return;
    if (when === 'now') this.endUnless((owner) => owner !== callId);
    else setTimeout(() => this.endOf(callId, 'now'), GRACE_MS).unref();
  }

  /** Ends the legs of calls that are not to be kept. */
  endUnless(kept: (callId: CallId) => boolean): void {
    for (const [handle, { callId }] of [...this.#held]) {
      if (!kept(callId)) void this.end(handle);
    }
  }
}

function factsOf(leg: MixerLeg): LegFacts {
  return { handle: leg.handle, channel: leg.channel, sdp: leg.sdp };
}
