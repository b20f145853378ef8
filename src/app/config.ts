import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConferenceOptions, DialOutRights, EntryOptions } from '../domain/conference-options.js';
import { buildConference, buildTrunks, dialOutGuards } from './config/conference.js';
import type { OutboundTrunk } from './config/conference.js';
import { ConfigError, readSettings } from './config/read-settings.js';
import type { Environment, Origins, Places, Settings } from './config/read-settings.js';
import { secret as secretKind } from './config/kinds.js';
import type { HostAndPort, PortRange, SipListen } from './config/kinds.js';
import type { Secret } from './config/secret.js';
import { environmentName } from './config/settings.js';
import type { SettingValue } from './config/settings.js';

export { ConfigError } from './config/read-settings.js';
export type { Environment } from './config/read-settings.js';

/** The bridge's configuration: checked, complete, paths absolute. What each setting means stands in `config/settings.ts`. */
export interface Config {
  readonly dataDirectory: string;
  readonly databaseFile: string;
  /**
   * Decided: `auto` became one of the two. With `freeswitch`, either there are `mixers` and `drachtio` is set, or neither:
   * then the programs of this machine are started on loopback.
   */
  readonly engine: 'embedded' | 'freeswitch';
  readonly logLevel: SettingValue<'log.level'>;
  readonly maximumCalls: number;
  readonly sip: {
    readonly listen: readonly SipListen[];
    /** What Contact advertises, or `null`: chosen by the route to the caller. */
    readonly address: string | null;
  };
  readonly media: {
    /** What SDP advertises, or `null`: chosen by the route to the caller. */
    readonly address: string | null;
    readonly rtpPorts: PortRange;
    /** Mixing threads, or `null`: chosen from the number of processors. */
    readonly workers: number | null;
    /** Milliseconds without RTP and RTCP until a caller is asked whether he is still there; and while he holds. */
    readonly silenceMs: number;
    readonly heldSilenceMs: number;
  };
  /** Callers in these networks are told the address of the route, whatever `sip.address` and `media.address` say. */
  readonly localNetworks: readonly string[];
  /** Port 0: chosen by the system. `null`: no HTTP at all. */
  readonly http: HostAndPort | null;
  readonly prompts: {
    readonly directory: string;
    readonly voice: SettingValue<'prompts.voice'>;
    /** WAV file, or `null` for the catalogue's own. */
    readonly holdMusic: string | null;
    /** WAV files by the name a dial-in number calls them. */
    readonly greetings: Readonly<Record<string, string>>;
    /** Where the recordings of the voice `asterisk` lie, or `null` for the usual place. */
    readonly asteriskDirectory: string | null;
  };
  /** Where names that callers say are kept. */
  readonly namesDirectory: string;
  readonly recordings: {
    /** Where plain audio is until it is sealed, or `null` for a folder of the bridge's own in shared memory. */
    readonly memoryDirectory: string | null;
    readonly allowDisk: boolean;
    /** Where sealed recordings are. */
    readonly directory: string;
    readonly keepMs: number;
  };
  /** What an account gets whose creator said nothing else. */
  readonly conference: ConferenceOptions;
  readonly dialOut: {
    /** Where calls that hosts place are sent, by name. */
    readonly trunks: Readonly<Record<string, OutboundTrunk>>;
    /** Guards of an account that may dial out, where its creator said nothing else; no prefixes: he must. */
    readonly guards: Omit<DialOutRights, 'trunk'>;
  };
  readonly entry: EntryOptions;
  readonly callers: {
    /** Last digits of a caller's number that records keep; `null`: all of them. */
    readonly keepDigits: number | null;
  };
  readonly mixers: readonly MixerConfig[];
  readonly drachtio: DrachtioConfig | null;
  /** `null`: the bridge's own process holds the calls, which end with it. Set only together with `drachtio`. */
  readonly dialogOwner: { readonly socket: string } | null;
}

/** One FreeSWITCH. */
export interface MixerConfig {
  readonly name: string;
  readonly eventSocket: HostAndPort & { readonly secret: Secret };
  /** SIP profile that takes the callers. */
  readonly profile: string;
  readonly drain: boolean;
  /** What SDP tells callers from elsewhere, or `null`: as `media.address` says. */
  readonly advertise: string | null;
}

interface DrachtioConfig extends HostAndPort {
  readonly secret: Secret;
}

/** A configuration and where each of its settings came from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly settings: Settings;
  /** By key: `default`, the name of the file, or the name of the environment variable. */
  readonly origins: Origins;
  /** The file that was read, or `null` when there is none. */
  readonly file: string | null;
}

/** Name of the configuration file in the data directory. */
const CONFIG_FILE_NAME = 'partyline.json';

const SHIPPED_PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));
const LARGEST_FILE = 1_000_000;

/**
 * Makes the configuration of what the file holds (JSON already parsed; `undefined` for no file) and the environment.
 * Reads no file, so passwords that stand in files of their own are given by `readSecret`.
 * @throws {ConfigError} one line: the key, the value given, what is allowed
 */
export function parseConfig(
  file: unknown,
  env: Environment,
  places: Partial<Places> = {},
  readSecret: (path: string) => string = refuseSecretFiles,
): Config {
  return buildConfig(readSettings(file, env, withDefaults(places)).settings, readSecret);
}

function withDefaults(places: Partial<Places>): Places {
  const workingDirectory = places.workingDirectory ?? '/';
  return {
    workingDirectory,
    fileName: places.fileName ?? CONFIG_FILE_NAME,
    fileDirectory: places.fileDirectory ?? workingDirectory,
  };
}

/**
 * Reads the configuration: defaults, then the file (`configFile`, `PARTYLINE_CONFIG`, or `partyline.json` in the data
 * directory where there is one), then the environment.
 * @throws {ConfigError}
 */
export function loadConfig(options: {
  readonly env: Environment;
  readonly workingDirectory: string;
  readonly configFile?: string;
}): LoadedConfig {
  const { env, workingDirectory } = options;
  const wanted = options.configFile ?? (env['PARTYLINE_CONFIG'] === '' ? undefined : env['PARTYLINE_CONFIG']);
  const fallback = (): string => {
    const directory = readSettings(undefined, env, withDefaults({ workingDirectory })).settings.dataDir;
    return join(directory, CONFIG_FILE_NAME);
  };
  const path = wanted === undefined ? fallback() : resolve(workingDirectory, wanted);
  const file = wanted !== undefined || existsSync(path) ? path : null;
  const places: Places = { workingDirectory, fileName: path, fileDirectory: dirname(path) };
  const { settings, origins } = readSettings(file === null ? undefined : readJson(path), env, places);
  return { config: buildConfig(settings, readSecretFile), settings, origins, file };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${path}: ${reason(error)}`);
  }
  if (text.length > LARGEST_FILE) throw new ConfigError(`${path} is too large for a configuration file`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // the parser's own message would quote the text, which may hold passwords
    throw new ConfigError(`${path} is not valid JSON`);
  }
}

const reason = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'not readable';

function readSecretFile(path: string): string {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return readFileSync(descriptor, 'utf8').trim();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new ConfigError(`cannot read the password file ${path}: ${reason(error)}`);
  }
}

function refuseSecretFiles(path: string): string {
  throw new ConfigError(`cannot read the password file ${path} here`);
}

function buildConfig(settings: Settings, readSecret: (path: string) => string): Config {
  const promptsDirectory = settings['prompts.directory'] ?? SHIPPED_PROMPTS;
  const mixers = buildMixers(settings, readSecret);
  const drachtio = buildDrachtio(settings, readSecret);
  return {
    dataDirectory: settings.dataDir,
    databaseFile: join(settings.dataDir, 'partyline.db'),
    engine: chooseEngine(settings.engine, mixers.length > 0, drachtio !== null),
    logLevel: settings['log.level'],
    maximumCalls: settings.maximumCalls,
    sip: { listen: settings['sip.listen'], address: settings['sip.address'] },
    media: {
      address: settings['media.address'],
      rtpPorts: settings['rtp.ports'],
      workers: settings['media.workers'],
      silenceMs: settings['media.silenceSeconds'] * 1000,
      heldSilenceMs: settings['media.heldSilenceSeconds'] * 1000,
    },
    localNetworks: settings.localNetworks,
    http: settings['http.listen'],
    prompts: {
      directory: promptsDirectory,
      voice: settings['prompts.voice'],
      holdMusic: settings['prompts.holdMusic'],
      greetings: settings['prompts.greetings'],
      asteriskDirectory: settings['prompts.asteriskDirectory'],
    },
    namesDirectory: settings['names.directory'] ?? join(settings.dataDir, 'names'),
    recordings: {
      memoryDirectory: settings['recordings.memoryDir'],
      allowDisk: settings['recordings.allowDisk'],
      directory: join(settings.dataDir, 'recordings'),
      keepMs: settings['recordings.keepDays'] * 86_400_000,
    },
    conference: buildConference(settings),
    dialOut: { trunks: buildTrunks(settings, readSecret), guards: dialOutGuards(settings) },
    entry: {
      pinLength: settings['entry.pinLength'],
      greeting: settings['entry.greeting'],
      settleMs: settings['entry.settleMs'],
      firstKeyMs: settings['entry.firstKeyMs'],
      interDigitMs: settings['entry.interDigitMs'],
      tries: settings['entry.tries'],
      acceptMs: settings['entry.acceptMs'],
      hostChoiceMs: settings['entry.hostChoiceMs'],
      nameMs: settings['entry.nameMs'],
    },
    callers: { keepDigits: settings['callers.keepDigits'] },
    mixers,
    drachtio,
    dialogOwner: buildDialogOwner(settings, drachtio !== null),
  };
}

function chooseEngine(wanted: SettingValue<'engine'>, mixers: boolean, drachtio: boolean): Config['engine'] {
  if (wanted === 'embedded' || (wanted === 'auto' && !mixers && !drachtio)) return 'embedded';
  if (mixers === drachtio) return 'freeswitch';
  const missing = mixers ? 'drachtio.host' : 'mixers';
  throw new ConfigError(
    `engine is ${wanted}, and the engine freeswitch needs ${missing} too: set it (or ${environmentName(missing)}), or set engine to embedded`,
  );
}

function buildMixers(settings: Settings, readSecret: (path: string) => string): readonly MixerConfig[] {
  return settings.mixers.map(({ eventSocket: { host, port, secret, secretFile }, rendered, ...mixer }, index) => {
    const password = chooseSecret(secret, secretFile, `mixers[${index}].eventSocket`, readSecret);
    return { ...mixer, advertise: rendered.rtpAdvertise, eventSocket: { host, port, secret: password } };
  });
}

/** Longest path of a Unix socket, bytes; the system cuts off what is longer, or refuses it with a number. */
const LONGEST_SOCKET_PATH = 107;

function buildDialogOwner(settings: Settings, drachtio: boolean): Config['dialogOwner'] {
  const socket = settings['dialogOwner.socket'];
  if (socket === null) return null;
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) {
    throw new ConfigError(
      `dialogOwner.socket is ${Buffer.byteLength(socket)} bytes long, but a socket's path must not have more than ${LONGEST_SOCKET_PATH}`,
    );
  }
  if (!drachtio && settings.engine !== 'embedded') {
    throw new ConfigError(
      'dialogOwner.socket is set, and a dialog owner needs drachtio.host and mixers: set them too, or set dialogOwner.socket to none',
    );
  }
  return { socket };
}

function buildDrachtio(settings: Settings, readSecret: (path: string) => string): DrachtioConfig | null {
  const host = settings['drachtio.host'];
  if (host === null) return null;
  const secret = chooseSecret(settings['drachtio.secret'], settings['drachtio.secretFile'], 'drachtio', readSecret);
  return { host, port: settings['drachtio.port'], secret };
}

function chooseSecret(
  given: Secret | null,
  file: string | null,
  group: string,
  readSecret: (path: string) => string,
): Secret {
  if (given !== null) return given;
  if (file === null) {
    throw new ConfigError(`${group}.host is set, so ${group}.secret or ${group}.secretFile must be set too`);
  }
  const read = secretKind.fromText(readSecret(file));
  if (read === undefined)
    throw new ConfigError(`the file ${file} (${group}.secretFile) must hold ${secretKind.allowed}`);
  return read;
}
