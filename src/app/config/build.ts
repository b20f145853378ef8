import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConference, buildTrunks, dialOutGuards } from './conference.js';
import { secret as secretKind } from './kinds.js';
import { buildMessages } from './messages.js';
import { ConfigError } from './read-settings.js';
import type { Settings } from './read-settings.js';
import type { Secret } from './secret.js';
import { environmentName } from './settings.js';
import type { SettingValue } from './settings.js';
import type { Config, DrachtioConfig, MixerConfig } from './shape.js';

const SHIPPED_PROMPTS = fileURLToPath(new URL('../../../prompts', import.meta.url));

/** The configuration of these settings. @param readSecret what a password file holds @throws {ConfigError} */
export function buildConfig(settings: Settings, readSecret: (path: string) => string): Config {
  const promptsDirectory = settings['prompts.directory'] ?? SHIPPED_PROMPTS;
  const mixers = buildMixers(settings, readSecret);
  const drachtio = buildDrachtio(settings, readSecret);
  return {
    dataDirectory: settings.dataDir,
    databaseFile: join(settings.dataDir, 'partyline.db'),
    engine: chooseEngine(settings.engine, mixers.length > 0, drachtio !== null),
    logLevel: settings['log.level'],
    maximumCalls: settings.maximumCalls,
    timeZone: settings.timeZone,
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
    privacy: {
      recordsMs: settings['records.keepDays'] === null ? null : settings['records.keepDays'] * 86_400_000,
      numbersMs: settings['privacy.numbersDays'] * 86_400_000,
      numberDigits: settings['privacy.numberDigits'],
      bookingsMs: settings['privacy.bookingDays'] * 86_400_000,
      failedDeliveriesMs: settings['privacy.failedDeliveryDays'] * 86_400_000,
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
    callers: {
      keepDigits: settings['callers.keepDigits'],
      refuseBlocked: settings['callers.refuseBlocked'] === 'refuse',
    },
    hostReport: {
      usual: settings['report.host'],
      webhookUrl: settings['report.webhookUrl'],
      directory: settings['report.directory'] ?? join(settings.dataDir, 'reports'),
    },
    messages: buildMessages(settings, readSecret),
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
