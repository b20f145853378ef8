import { randomBytes, randomInt } from 'node:crypto';
import type { CallId } from '../../domain/identifiers.js';
import { MediaExhausted, type EndpointRequest } from '../../ports/media.js';
import { addressesFor, type AddressOptions } from './leg-address.js';
import type { LegFacts } from './leg-state.js';
import { Leg, type LegSurroundings } from './leg.js';
import { pairIsFree, type PortRange } from './port-range.js';
import type { EndpointHandle } from './protocol.js';
import { answerOffer, makeOffer, newLocalSession } from './sdp.js';
import { WorkerRefused } from './worker-link.js';
import type { WorkerSlot } from './worker-team.js';

export interface LegOptions extends AddressOptions {
  /** Milliseconds without RTP and RTCP until `audioMissing`. Default 60 000. */
  readonly silenceMs?: number;
  /** The same while the caller holds the call. Default 1 800 000. */
  readonly silenceOnHoldMs?: number;
}

export interface LegMakerUser {
  /** The worker to carry it, `null`: none is ready. */
  slot(): WorkerSlot | null;
  /** There is one; it opens its ports next, and closes by itself where it cannot. */
  made(leg: Leg): void;
}

const DEFAULT_SILENCE_MS = 60_000;
const DEFAULT_SILENCE_ON_HOLD_MS = 1_800_000;
/** Pairs of ports tried for one call before it is refused. */
const MOST_PORTS_TRIED = 64;

/** Makes legs for offers, and for calls without: finds ports that are really free. */
export class LegMaker {
  private readonly options: LegOptions;
  private readonly ports: PortRange;
  private nextHandle: EndpointHandle = 1;

  constructor(options: LegOptions, ports: PortRange) {
    this.options = options;
    this.ports = ports;
  }

  /** @throws {MediaNotAcceptable} {MediaExhausted} */
  async make(request: EndpointRequest, around: LegSurroundings, user: LegMakerUser): Promise<Leg> {
    const { address, bindAddress } = addressesFor(request, this.options);
    const { callId, offer } = request;
    const sessionId = randomInt(1, 2 ** 47);
    // An unusable offer is refused before a port is spent on it.
    if (offer !== null) answerOffer(newLocalSession({ sessionId, address, rtpPort: 9 }), offer);

    for (let tries = 0; tries < MOST_PORTS_TRIED; tries++) {
      const rtpPort = this.ports.take();
      if (rtpPort === null) throw new MediaExhausted('no RTP port is free');
      if (!(await pairIsFree(bindAddress, rtpPort))) {
        this.ports.free(rtpPort);
        continue;
      }
      // Only now, without a wait before the leg is on the list: the workers may have failed or been stopped meanwhile.
      const slot = user.slot();
      if (slot === null) {
        this.ports.free(rtpPort);
        throw new MediaExhausted('no media worker is ready');
      }
      const fresh = newLocalSession({ sessionId, address, rtpPort });
      const { session, agreement } =
        offer === null ? { session: makeOffer(fresh), agreement: null } : answerOffer(fresh, offer);
      const leg = new Leg(this.facts(callId, bindAddress, rtpPort), session, agreement, slot, around);
      user.made(leg);
      try {
        await leg.open();
        if (leg.closed) throw new MediaExhausted('the media workers keep failing');
        return leg;
      } catch (error) {
        await leg.close();
        if (!(error instanceof WorkerRefused) || !/EADDRINUSE/.test(error.message)) {
          throw new MediaExhausted(`the ports cannot be opened: ${String(error)}`, { cause: error });
        }
      }
    }
    throw new MediaExhausted('no RTP port is free: other programs hold them');
  }

  private facts(callId: CallId, bindAddress: string, rtpPort: number): LegFacts {
    const { silenceMs = DEFAULT_SILENCE_MS, silenceOnHoldMs = DEFAULT_SILENCE_ON_HOLD_MS } = this.options;
    return {
      ...{ callId, handle: this.nextHandle++, bindAddress, rtpPort, silenceMs, silenceOnHoldMs },
      ...{ ssrc: randomBytes(4).readUInt32BE(), cname: randomBytes(12).toString('base64') },
    };
  }
}
