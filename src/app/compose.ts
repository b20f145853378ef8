import { NamesFolder } from '../adapters/spoken-names/names-folder.js';
import { Bridge } from '../bridge/bridge.js';
import type { OutboundTrunk } from '../bridge/bridge-parts.js';
import { KnownSources } from '../bridge/known-sources.js';
import type { Log } from '../bridge/log.js';
import { dialInNumberFor } from '../domain/access/dial-in.js';
import type { MixerStatus } from '../ports/media.js';
import type { RecordingArchive, SpokenNames } from '../ports/recordings.js';
import type { Trunk } from '../ports/store.js';
import { openEmbedded } from './compose-embedded.js';
import { checkLocalEngine, localSipListen } from './compose-local-engine.js';
import { openProduction } from './compose-production.js';
import { openArchive, openRecordings } from './compose-recordings.js';
import { openStore, type OpenStore } from './compose-store.js';
import type { Config, LoadedConfig } from './config.js';
import type { SipListen } from './config/kinds.js';
import { LOOPBACK, type Engine } from './engine.js';
import { withAdvice } from './engine-advice.js';
import { HttpServer } from './http/server.js';
import { refuseTakenPorts } from './ports.js';
import { loadPrompts } from './prompts.js';
import { hostReportQueue } from './reports/host-report-queue.js';
import { VERSION } from './version.js';

/** Networks calls come from without a provisioned trunk, besides this machine. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'];

export interface ComposeOptions {
  readonly loaded: LoadedConfig;
  /** Reads the configuration anew, while the bridge runs. @throws {ConfigError} */
  readonly reload: () => LoadedConfig;
  readonly log: Log;
  /** The built-in trunk `local` takes calls from private networks too, not from loopback only. */
  readonly lan: boolean;
}

/** A bridge that runs, and how to end it. */
export interface RunningBridge {
  readonly bridge: Bridge;
  readonly stores: OpenStore;
  readonly archive: RecordingArchive;
  readonly names: SpokenNames;
  readonly engine: string;
  /** SIP addresses really listened on. */
  readonly listening: readonly string[];
  /** Address of the HTTP side, or `null` when it is off. */
  readonly http: string | null;
  mixers(): readonly MixerStatus[];
  /** Ends every call, then everything. */
  stop(): Promise<void>;
  /** Leaves without ending a call, for the bridge that comes after; `null` where calls end with this process. */
  readonly handOver: (() => Promise<void>) | null;
}

/** Picks the adapters, wires them to the bridge and starts it. @throws Error with one clear line; nothing is left running then. */
export async function startBridge(options: ComposeOptions): Promise<RunningBridge> {
  const { config } = options.loaded;
  const names = new NamesFolder(config.namesDirectory);
  const catalogue = loadPrompts(config, (name) => names.find(name));
  if (isLocalEngine(config)) checkLocalEngine(config);
  await refuseTakenPorts(config, sipListenHere(config));
  const stores = openStore(config);
  const { store, pins, clock } = stores;
  try {
    // Not before: without a store that can be used nothing is made.
    names.prepare();
    const sources = new KnownSources(store, clock, [localTrunk(options.lan)]);
    const recordings = openRecordings(config, stores, (message) => options.log.warn({}, message));
    const engine = await openEngine(options, stores, sources);
    const bridge = new Bridge(
      {
        signaling: engine.signaling,
        media: engine.media,
        store,
        names,
        recordings,
        clock,
        log: options.log,
        sources,
        hashPin: (digits) => pins.hash(digits),
        pinMatches: (digits, hash) => pins.matches(digits, hash),
        currentHash: (hash) => pins.current(hash),
        resolve: catalogue.resolve,
        dialIn: (user) => dialInNumberFor(store.numbers(), config.entry, user),
        outboundTrunk: (name) => outboundTrunk(config, name),
        hostReport: hostReportQueue(store, clock, config),
      },
      {
        maximumCalls: config.maximumCalls,
        entry: config.entry,
        recordedDigits: config.callers.keepDigits,
        refuseBlocked: config.callers.refuseBlocked,
      },
    );
    const http = httpOf(config, engine, bridge);
    try {
      await http?.start();
      await bridge.start();
    } catch (error) {
      await http?.stop();
      await engine.close();
      throw withAdvice(error);
    }
    const close = async (): Promise<void> => {
      await http?.stop();
      await engine.close();
      await recordings.close();
      store.close();
    };
    return {
      bridge,
      stores,
      archive: openArchive(config, store),
      names,
      engine: engine.media.engine,
      listening: engine.signaling.listening(),
      http: http?.address() ?? null,
      mixers: () => engine.media.mixers(),
      async stop() {
        await bridge.stop();
        await close();
      },
      handOver: !engine.outlivesProcess
        ? null
        : async () => {
            await bridge.handOver();
            await close();
          },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

function outboundTrunk({ dialOut }: Config, name: string): OutboundTrunk | null {
  const trunk = Object.hasOwn(dialOut.trunks, name) ? dialOut.trunks[name] : undefined;
  if (trunk === undefined) return null;
  const { target, callerNumber, credentials } = trunk;
  const { username, password } = credentials ?? {};
  const shown = username === undefined || password === undefined ? null : { username, password: password.reveal() };
  return { name, target, callerNumber, credentials: shown };
}

function httpOf({ http }: Config, engine: Engine, bridge: Bridge): HttpServer | null {
  if (http === null) return null;
  const { signaling, media } = engine;
  return new HttpServer(http, {
    engine: media.engine,
    version: VERSION,
    status: () => bridge.status(),
    signaling: () => ({ ...signaling.status(), ...signaling.counts(), listening: signaling.listening() }),
    mixers: () => media.mixers(),
  });
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

function openEngine(options: ComposeOptions, stores: OpenStore, sources: KnownSources): Promise<Engine> {
  const { loaded, log } = options;
  return loaded.config.engine === 'freeswitch'
    ? openProduction({ ...options, stores, sources: () => sources.networks() })
    : Promise.resolve(openEmbedded(loaded.config, stores, log));
}
