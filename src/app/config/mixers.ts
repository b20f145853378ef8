import { resolve } from 'node:path';
import {
  host,
  ipAddress,
  ipAndPort,
  NotAllowed,
  path,
  plainName,
  portRange,
  secret,
  wholeNumber,
  yesOrNo,
} from './kinds.js';
import type { HostAndPort, Kind, PortRange } from './kinds.js';
import { Members } from './members.js';
import type { Secret } from './secret.js';

/** One FreeSWITCH, as it is configured. */
export interface MixerSetting {
  readonly name: string;
  /** One of the two passwords is set. */
  readonly eventSocket: HostAndPort & { readonly secret: Secret | null; readonly secretFile: string | null };
  /** SIP profile that takes the callers. */
  readonly profile: string;
  /** Takes no new calls. */
  readonly drain: boolean;
  /** What only `engine render` asks for. */
  readonly rendered: RenderedMixerSetting;
}

/** What the configuration of a mixer is rendered with; `null`: `engine render` takes a usual value. */
interface RenderedMixerSetting {
  /** Where its profile takes calls from drachtio-server; an IP address. */
  readonly sip: HostAndPort | null;
  /** The machine's own address that callers' audio comes in at. */
  readonly rtpAddress: string | null;
  /** What callers are told instead, behind NAT. */
  readonly rtpAdvertise: string | null;
  readonly rtpPorts: PortRange | null;
  /** Calls at once. */
  readonly sessions: number | null;
}

const MOST_MIXERS = 100;
const EVENT_SOCKET_PORT = 8021;
const PROFILE = 'drachtio_mrf';
const SHAPE =
  '[{"name": "a", "eventSocket": {"host": "127.0.0.1", "port": 8021, "secretFile": "a.secret"}, "profile": "drachtio_mrf", "drain": false}]';

function readMixer(value: unknown, at: string): MixerSetting {
  const mixer = new Members(value, at, ['name', 'eventSocket', 'profile', 'drain', 'sip', 'rtp', 'sessions']);
  const name = mixer.take('name', plainName);
  const eventSocketAt = `${at}.eventSocket`;
  const eventSocket = new Members(mixer.raw('eventSocket'), eventSocketAt, ['host', 'port', 'secret', 'secretFile']);
  const passwords = {
    secret: eventSocket.takeOrNull('secret', secret),
    secretFile: eventSocket.takeOrNull('secretFile', path),
  };
  if (passwords.secret === null && passwords.secretFile === null) {
    throw new NotAllowed(`${eventSocketAt} needs secret or secretFile`);
  }
  return {
    name,
    eventSocket: {
      host: eventSocket.take('host', host),
      port: eventSocket.take('port', wholeNumber(1, 65_535), EVENT_SOCKET_PORT),
      ...passwords,
    },
    profile: mixer.take('profile', plainName, PROFILE),
    drain: mixer.take('drain', yesOrNo, false),
    rendered: readRendered(mixer, at),
  };
}

function readRendered(mixer: Members, at: string): RenderedMixerSetting {
  const rtp = new Members(mixer.raw('rtp') ?? {}, `${at}.rtp`, ['address', 'advertise', 'ports']);
  return {
    sip: mixer.takeOrNull('sip', ipAndPort),
    rtpAddress: rtp.takeOrNull('address', ipAddress),
    rtpAdvertise: rtp.takeOrNull('advertise', ipAddress),
    rtpPorts: rtp.takeOrNull('ports', portRange),
    sessions: mixer.takeOrNull('sessions', wholeNumber(1, 100_000)),
  };
}

function readMixers(value: unknown): readonly MixerSetting[] {
  if (!Array.isArray(value)) throw new NotAllowed(` must be a list such as ${SHAPE}`);
  if (value.length > MOST_MIXERS) {
    throw new NotAllowed(` has ${value.length} mixers, but must not have more than ${MOST_MIXERS}`);
  }
  const mixers = value.map((one, index) => readMixer(one, `[${index}]`));
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const { name, eventSocket } of mixers) {
    if (names.has(name)) throw new NotAllowed(` names ${name} twice: every mixer needs a name of its own`);
    names.add(name);
    const place = `${eventSocket.host}:${eventSocket.port}`;
    const other = places.get(place);
    if (other !== undefined) throw new NotAllowed(`: ${other} and ${name} have the same event socket, ${place}`);
    places.set(place, name);
  }
  return mixers;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the parser's own message would quote the text, which may hold passwords
    throw new NotAllowed(` is not valid JSON; it must be a list such as ${SHAPE}`);
  }
}

/** The mixers: a list in the file, the same list as JSON text in the environment. */
export const mixerList: Kind<readonly MixerSetting[]> = {
  allowed: `a list such as ${SHAPE}, in the environment as JSON text`,
  fromJson: readMixers,
  fromText: (text) => readMixers(parsed(text)),
  show: (mixers) => mixers.map(showMixer),
};

function showMixer({ name, eventSocket, profile, drain, rendered }: MixerSetting): unknown {
  const { host: where, port, secretFile } = eventSocket;
  const password = eventSocket.secret === null ? { secretFile } : { secret: '(hidden)' };
  return { name, eventSocket: { host: where, port, ...password }, profile, drain, ...showRendered(rendered) };
}

/** Only what was set. */
function showRendered({ sip, rtpAddress, rtpAdvertise, rtpPorts, sessions }: RenderedMixerSetting): object {
  const rtp = {
    ...(rtpAddress === null ? {} : { address: rtpAddress }),
    ...(rtpAdvertise === null ? {} : { advertise: rtpAdvertise }),
    ...(rtpPorts === null ? {} : { ports: portRange.show(rtpPorts) }),
  };
  return {
    ...(sip === null ? {} : { sip: ipAndPort.show(sip) }),
    ...(Object.keys(rtp).length === 0 ? {} : { rtp }),
    ...(sessions === null ? {} : { sessions }),
  };
}

/** Password files are relative to the file the list stands in, or to the working directory. */
export function mixersFrom(mixers: readonly MixerSetting[], base: string): readonly MixerSetting[] {
  return mixers.map((mixer) => {
    const { secretFile } = mixer.eventSocket;
    if (secretFile === null) return mixer;
    return { ...mixer, eventSocket: { ...mixer.eventSocket, secretFile: resolve(base, secretFile) } };
  });
}
