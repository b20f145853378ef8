import { OwnedSignaling } from '../adapters/dialog-owner/owned-signaling.js';
import { DrachtioSignaling } from '../adapters/drachtio/signaling.js';
import type { MixerOptions } from '../adapters/freeswitch/fleet.js';
import { FreeSwitchMedia } from '../adapters/freeswitch/media.js';
import type { Log } from '../bridge/log.js';
import { advertised } from './advertised.js';
import { LOCAL_MIXER, startLocalEngine, type LocalEngine } from './compose-local-engine.js';
import type { OpenStore } from './compose-store.js';
import type { Config, LoadedConfig, MixerConfig } from './config.js';
import { Secret } from './config/secret.js';
import type { Engine } from './engine.js';
import { instanceName } from './instance.js';
import { hushLibraries } from './log.js';
import { MixerWatch, type WantedMixer } from './mixer-watch.js';

interface ProductionOptions {
  readonly loaded: LoadedConfig;
  readonly stores: OpenStore;
  readonly log: Log;
  /** IP addresses and networks that calls are taken from, as they are now. */
  readonly sources: () => readonly string[];
  /** Reads the configuration anew. @throws {ConfigError} */
  readonly reload: () => LoadedConfig;
}

/** drachtio-server and FreeSWITCH: those configured, or those of this machine, started on loopback. */
export async function openProduction(options: ProductionOptions): Promise<Engine> {
  hushLibraries(options.log);
  const { config } = options.loaded;
  // asked before anything is started: what it needs to write may be refused
  const instance = instanceName(config.dataDirectory, options.stores.randomness);
  const local = config.drachtio === null ? await startLocalEngine(config, options.log) : null;
  const signaling = openSignaling(options, local);
  const { media, watch } = openMedia(options, local, signaling, instance);
  watch.start();
  return {
    signaling,
    media,
    outlivesProcess: config.dialogOwner !== null,
    async close() {
      watch.stop();
      await local?.stop();
    },
  };
}

type LegSignaling = DrachtioSignaling | OwnedSignaling;

function openSignaling({ loaded, sources }: ProductionOptions, local: LocalEngine | null): LegSignaling {
  const { dialogOwner, drachtio } = loaded.config;
  if (dialogOwner !== null) return new OwnedSignaling({ socket: dialogOwner.socket, sources });
  if (local !== null) return new DrachtioSignaling(local.drachtio);
  if (drachtio === null) throw new Error('no drachtio-server is configured');
  return new DrachtioSignaling({ host: drachtio.host, port: drachtio.port, secret: drachtio.secret.reveal() });
}

/** The mixers, and what follows their configuration. */
function openMedia(
  { loaded: { config, settings }, stores: { store }, log, reload }: ProductionOptions,
  local: LocalEngine | null,
  { legs }: LegSignaling,
  instance: string,
): { readonly media: FreeSwitchMedia; readonly watch: MixerWatch } {
  const options = (mixer: WantedMixer): MixerOptions => optionsOf(mixer, config);
  const watch = new MixerWatch(local === null ? config.mixers : [localMixer(local)], settings, {
    reload: local === null ? reload : null,
    drained: () => store.drainedMixers(),
    apply: (mixers) => media.setMixers(mixers.map(options)),
    log,
  });
  const media: FreeSwitchMedia = new FreeSwitchMedia({
    legs,
    instance,
    mixers: watch.mixers.map(options),
    silenceMs: config.media.silenceMs,
    heldSilenceMs: config.media.heldSilenceMs,
  });
  return { media, watch };
}

function localMixer({ freeswitch: { eventSocket, profile } }: LocalEngine): MixerConfig {
  const { host, port, secret } = eventSocket;
  return {
    name: LOCAL_MIXER,
    eventSocket: { host, port, secret: new Secret(secret) },
    profile,
    drain: false,
    advertise: null,
  };
}

function optionsOf({ name, eventSocket, profile, draining, advertise }: WantedMixer, config: Config): MixerOptions {
  const { host, port, secret } = eventSocket;
  return {
    name,
    eventSocket: { host, port, secret: secret.reveal() },
    profile,
    draining,
    advertise: advertised(config, advertise),
  };
}
