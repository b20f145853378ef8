import { EmbeddedMedia } from '../adapters/embedded-media/media.js';
import { EmbeddedSignaling } from '../adapters/embedded-sip/signaling.js';
import { localAddressFor } from '../adapters/system/route.js';
import type { Log } from '../bridge/log.js';
import { matchesSource } from '../domain/access/sources.js';
import type { OpenStore } from './compose-store.js';
import type { Config } from './config.js';
import { LOOPBACK, type Engine } from './engine.js';

/** SIP, RTP and mixing in this process. */
export function openEmbedded(config: Config, { clock, randomness }: OpenStore, log: Log): Engine {
  const media = new EmbeddedMedia({
    clock,
    rtpPorts: { min: config.media.rtpPorts.first, max: config.media.rtpPorts.last },
    ...(config.media.workers === null ? {} : { workers: config.media.workers }),
    advertise: advertised(config.media.address, config.localNetworks),
    silenceMs: config.media.silenceMs,
    silenceOnHoldMs: config.media.heldSilenceMs,
    // what matters is told to the bridge as trouble
    log: (message) => log.debug({}, message),
  });
  const signaling = new EmbeddedSignaling({
    listen: config.sip.listen.map(({ transport, host, port }) => ({ transport, address: host, port })),
    clock,
    randomness,
    // Left out, the adapter shows the address that the far end reached.
    ...(config.sip.address === null ? {} : { advertise: advertised(config.sip.address, config.localNetworks) }),
  });
  return { signaling, media, outlivesProcess: false, close: () => Promise.resolve() };
}

/** What Contact and SDP tell a far end: the configured address, but the route's to callers in local networks and on loopback. */
function advertised(configured: string | null, localNetworks: readonly string[]): (remote: string) => string {
  return (remote) => {
    if (configured === null || matchesSource([...LOOPBACK, ...localNetworks], remote)) return localAddressFor(remote);
    return configured;
  };
}
