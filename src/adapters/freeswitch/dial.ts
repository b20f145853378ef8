import { MediaExhausted, MediaNotAcceptable, type EndpointRequest, type MixerName } from '../../ports/media.js';
import { LegRefused, type MixerLeg, type MixerLegs } from '../../ports/mixer-legs.js';
import { isChannelName } from './leg-handle.js';
import { factsOf } from './offer.js';
import { MARK, PROCESS_MARK } from './strangers.js';

export interface DialOptions {
  readonly legs: MixerLegs;
  /** Marks our legs at the mixer, so that those left over can be found: of the bridge, and of this process of it. */
  readonly instance: string;
  readonly process: string;
}

/** A mixer that has not answered by then is given up, and the next one asked, milliseconds. */
const ANSWER_MS = 2_000;
/** What an offer is refused with that no mixer would take. */
const NOT_ACCEPTABLE: ReadonlySet<number> = new Set([415, 488, 606]);

/**
 * Places a leg to the mixer of that name.
 * @param advertise the address for the SDP that its far end gets, or `null`: as the mixer writes it.
 * @throws {MediaNotAcceptable} or {MediaExhausted}
 */
export async function dial(
  name: MixerName,
  uri: string,
  advertise: string | null,
  { callId, offer }: EndpointRequest,
  { legs, instance, process }: DialOptions,
): Promise<MixerLeg> {
  const secure = offer !== null && factsOf(offer).secure;
  const call = encodeURIComponent(callId);
  try {
    const leg = await legs.place({
      callId,
      uri,
      offer,
      headers: {
        // The channel's name, which the mixer logs, is made from this: our own name of the call, not the caller's number.
        From: `<sip:${call}@localhost>`,
        'X-Partyline-Call': call,
        [MARK]: instance,
        [PROCESS_MARK]: process,
        'X-Partyline-Secure': secure ? 'yes' : 'no',
      },
      advertise,
      withinMs: ANSWER_MS,
    });
    if (isChannelName(leg.channel)) return leg;
    void leg.end();
    throw new Error('it named its channel strangely');
  } catch (error) {
    if (error instanceof LegRefused && NOT_ACCEPTABLE.has(error.status)) throw new MediaNotAcceptable(error.message);
    throw new MediaExhausted(`mixer ${name} made no leg: ${error instanceof Error ? error.message : 'unknown reason'}`);
  }
}
