import { DrachtioSignaling } from '../adapters/drachtio/signaling.js';
import { EmbeddedMedia } from '../adapters/embedded-media/media.js';
import { EmbeddedSignaling } from '../adapters/embedded-sip/signaling.js';
import { FreeSwitchMedia } from '../adapters/freeswitch/media.js';
import { localAddressFor } from '../adapters/system/route.js';
import { Bridge } from '../bridge/bridge.js';
import { KnownSources } from '../bridge/known-sources.js';
import type { Log } from '../bridge/log.js';
import { dialInNumberFor } from '../domain/access/dial-in.js';
import { matchesSource } from '../domain/access/sources.js';
import type { Media } from '../ports/media.js';
import type { Signaling } from '../ports/signaling.js';
import type { Trunk } from '../ports/store.js';
import { openStore, type OpenStore } from './compose-store.js';
import { checkLocalEngine, localSipListen, startLocalEngine } from './compose-local-engine.js';
import type { Config } from './config.js';
import type { SipListen } from './config/kinds.js';
import { withAdvice } from './engine-advice.js';
import { HttpServer } from './http/server.js';
import { refuseTakenPorts } from './ports.js';
import { hushLibraries } from './log.js';
import { loadPrompts } from './prompts.js';
import { VERSION } from './version.js';

/** Networks calls come from without a provisioned trunk. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'];

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Log;
  /** The built-in trunk `local` takes calls from private networks too, not from loopback only. */
  readonly lan: boolean;
}

/** A bridge that runs, and how to end it. */
export interface RunningBridge {
  readonly bridge: Bridge;
  readonly stores: OpenStore;
  readonly engine: string;
  /** SIP addresses really listened on. */
  readonly listening: readonly string[];
  /** Address of the HTTP side, or `null` when it is off. */
  readonly http: string | null;
  stop(): Promise<void>;
}

interface Engine {
  readonly signaling: Signaling;
  readonly media: Media;
  /** Ends programs that were started for it. */
  close(): Promise<void>;
}

/** Picks the adapters, wires them to the bridge and starts it. @throws Error with one clear line; nothing is left running then. */
export async function startBridge({ config, log, lan }: ComposeOptions): Promise<RunningBridge> {
  const catalogue = loadPrompts(config);
  if (isLocalEngine(config)) checkLocalEngine(config);
  await refuseTakenPorts(config, sipListenHere(config));
  const stores = openStore(config);
  const { store, pins, clock } = stores;
  try {
    const engine = await openEngine(config, stores, log);
    const sources = new KnownSources(store, clock, [localTrunk(lan)]);
    const bridge = new Bridge(
      {
        signaling: engine.signaling,
        media: engine.media,
        store,
        clock,
        log,
        sources,
        hashPin: (digits) => pins.hash(digits),
        resolve: catalogue.resolve,
        dialIn: (user) => dialInNumberFor(store.numbers(), config.entry, user),
      },
      { maximumCalls: config.maximumCalls, entry: config.entry, recordedDigits: config.callers.keepDigits },
    );
    const http =
      config.http === null
        ? null
        : new HttpServer(config.http, {
            engine: engine.media.engine,
            version: VERSION,
            status: () => bridge.status(),
            mixers: () => engine.media.mixers(),
          });
    try {
      await http?.start();
      await bridge.start();
    } catch (error) {
      await http?.stop();
      await engine.close();
      throw withAdvice(error);
    }
    return {
      bridge,
      stores,
      engine: engine.media.engine,
      listening: engine.signaling.listening(),
      http: http?.address() ?? null,
      async stop() {
        await bridge.stop();
        await http?.stop();
        await engine.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

function localTrunk(lan: boolean): Trunk {
  return { name: 'local', sources: lan ? [...LOOPBACK, ...PRIVATE] : LOOPBACK, enabled: true, createdAt: 0 };
}

/** Whether drachtio-server and FreeSWITCH are to be started here. */
const isLocalEngine = ({ engine, drachtio }: Config): boolean => engine === 'freeswitch' && drachtio === null;

/** SIP addresses of this process or of what it starts; with a drachtio-server that runs already, SIP is its business. */
function sipListenHere(config: Config): readonly SipListen[] {
  if (config.engine === 'embedded') return config.sip.listen;
  return isLocalEngine(config) ? localSipListen(config) : [];
}

/** What Contact and SDP tell a far end: the configured address, but the route's to callers in local networks and on loopback. */
function advertised(configured: string | null, localNetworks: readonly string[]): (remote: string) => string {
  return (remote) => {
    if (configured === null || matchesSource([...LOOPBACK, ...localNetworks], remote)) return localAddressFor(remote);
    return configured;
  };
}

function openEngine(config: Config, stores: OpenStore, log: Log): Promise<Engine> {
  return config.engine === 'freeswitch'
    ? openProduction(config, log)
    : Promise.resolve(openEmbedded(config, stores, log));
}

function openEmbedded(config: Config, { clock, randomness }: OpenStore, log: Log): Engine {
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
  return { signaling, media, close: () => Promise.resolve() };
}

/** drachtio-server and FreeSWITCH: those configured, or those of this machine, started on loopback. */
async function openProduction(config: Config, log: Log): Promise<Engine> {
  hushLibraries(log);
  const { drachtio } = config;
  const [mixer] = config.mixers;
  if (mixer !== undefined && drachtio !== null) {
    const signaling = new DrachtioSignaling({
      host: drachtio.host,
      port: drachtio.port,
      secret: drachtio.secret.reveal(),
    });
    const { host, port, secret } = mixer.eventSocket;
    const media = new FreeSwitchMedia({
      srf: signaling.srf,
      eventSocket: { host, port, secret: secret.reveal() },
      profile: mixer.profile,
      listenAddress: '127.0.0.1',
      listenPort: 8085,
    });
    return { signaling, media, close: () => Promise.resolve() };
  }
  const local = await startLocalEngine(config, log);
  const signaling = new DrachtioSignaling(local.drachtio);
  const media = new FreeSwitchMedia({ srf: signaling.srf, ...local.freeswitch });
  return { signaling, media, close: () => local.stop() };
}
