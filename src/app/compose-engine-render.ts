import { join } from 'node:path';
import {
  MIXER_PROFILE,
  renderMixer,
  renderSignalling,
  type RenderedFile,
  type SignallingContact,
  type SignallingValues,
} from '../adapters/local-programs/rendering.js';
import { matchesSource, parseNetwork } from '../domain/access/sources.js';
import { ConfigError, type LoadedConfig } from './config.js';
import type { HostAndPort, PortRange } from './config/kinds.js';

/** One program's configuration. */
export interface RenderedProgram {
  /** Name of its directory: `drachtio`, or `mixer-` and the mixer's name. */
  readonly name: string;
  readonly files: readonly RenderedFile[];
  /** What it writes into: absolute paths. */
  readonly directories: readonly string[];
  /** Started by this command line. */
  readonly start: readonly string[];
}

export interface Rendering {
  readonly programs: readonly RenderedProgram[];
  /** What will work otherwise than one may expect, one line each. */
  readonly warnings: readonly string[];
}

/** Places, absolute. */
export interface RenderPlaces {
  /** Where the configuration goes. */
  readonly directory: string;
  /** Where the programs keep their logs and databases. */
  readonly state: string;
}

type MixerOf = LoadedConfig['config']['mixers'][number] & Pick<LoadedConfig['settings']['mixers'][number], 'rendered'>;

/** Room for calls that come while others go. */
const SPARE_SESSIONS = 50;
const SIP_PORT = 5080;
const LOOPBACK = '127.0.0.1';
const LOOPBACKS = ['127.0.0.0/8', '::1/128'];
const WILDCARDS = ['0.0.0.0', '::'];
/** The address of the default route, in FreeSWITCH's words. */
const OWN_ADDRESS = '$${local_ip_v4}';

const isLoopback = (address: string): boolean => matchesSource(LOOPBACKS, address);
const isAddress = (host: string): boolean => parseNetwork(host).ok;
const isIpv4 = (address: string): boolean => !address.includes(':');
const single = (address: string): string => `${address}/${isIpv4(address) ? 32 : 128}`;

/**
 * Renders what drachtio-server and the mixers of the configuration are to be run with.
 * @param only the one mixer wanted; `null`: every program
 * @throws {ConfigError} what is missing or does not fit together, in one line
 */
export function renderEngine(loaded: LoadedConfig, places: RenderPlaces, only: string | null): Rendering {
  const { config, settings } = loaded;
  const { drachtio } = config;
  if (config.mixers.length === 0 || drachtio === null) {
    throw new ConfigError('there is nothing to render: the configuration has no mixers, or no drachtio.host');
  }
  const mixers = config.mixers.flatMap((mixer): readonly MixerOf[] =>
    settings.mixers.filter(({ name }) => name === mixer.name).map(({ rendered }) => ({ ...mixer, rendered })),
  );
  if (only !== null && !mixers.some(({ name }) => name === only)) {
    throw new ConfigError(`there is no mixer ${only}: there are ${mixers.map(({ name }) => name).join(', ')}`);
  }
  refuseSharedPorts(mixers.map((mixer) => ({ name: mixer.name, sip: sipPlace(mixer), rtp: rtpPlace(loaded, mixer) })));
  const signalling = signallingValues(loaded, drachtio, mixers, places);
  const rendered = mixers.map((mixer) => mixerProgram(loaded, drachtio.host, mixer, places));
  return {
    programs:
      only === null
        ? [signallingProgram(signalling, places), ...rendered]
        : rendered.filter(({ name }) => name === `mixer-${only}`),
    warnings: [...signallingWarnings(loaded, mixers)],
  };
}

function mixerProgram(
  loaded: LoadedConfig,
  drachtioHost: string,
  mixer: MixerOf,
  places: RenderPlaces,
): RenderedProgram {
  const { config, settings } = loaded;
  const { name, eventSocket } = mixer;
  if (mixer.profile !== MIXER_PROFILE) {
    throw new ConfigError(`mixer ${name} has the profile ${mixer.profile}, and what is rendered has ${MIXER_PROFILE}`);
  }
  const event = listenAddress(eventSocket.host, `mixer ${name}: eventSocket.host`);
  const sip = sipPlace(mixer);
  const rtp = rtpPlace(loaded, mixer);
  const state = join(places.state, `mixer-${name}`);
  const [log, db, run] = [join(state, 'log'), join(state, 'db'), join(state, 'run')];
  const conf = join(places.directory, `mixer-${name}`);
  const wanted = mixer.rendered.sessions ?? config.maximumCalls + SPARE_SESSIONS;
  const files = renderMixer({
    // two ports a session: it refuses calls before it runs out of them
    maxSessions: Math.min(wanted, Math.floor((rtp.ports.last - rtp.ports.first + 1) / 2)),
    rtpStartPort: rtp.ports.first,
    rtpEndPort: rtp.ports.last,
    rtpAddress: rtp.address,
    rtpAdvertisedAddress: mixer.rendered.rtpAdvertise ?? config.media.address ?? rtp.address,
    sipAddress: sip.host,
    sipPort: sip.port,
    signallingCidr: isLoopback(sip.host)
      ? single(sip.host)
      : (settings['render.signallingNetwork'] ?? single(signallingSource(drachtioHost, name))),
    eventSocketAddress: event,
    eventSocketPort: eventSocket.port,
    eventSocketSecret: eventSocket.secret.reveal(),
    controlCidr: isLoopback(event) ? single(event) : controlNetwork(loaded, name),
    dbDirectory: db,
    logDirectory: log,
  });
  const options = ['-conf', conf, '-log', log, '-db', db, '-run', run];
  return {
    name: `mixer-${name}`,
    files,
    directories: [log, db, run],
    start: ['freeswitch', '-nonat', '-nf', '-nc', ...options],
  };
}

function signallingProgram(values: SignallingValues, places: RenderPlaces): RenderedProgram {
  const files = renderSignalling(values);
  const directory = join(places.directory, 'drachtio');
  return {
    name: 'drachtio',
    files,
    directories: [values.logArchive],
    start: ['drachtio', '-f', join(directory, files[0]?.name ?? '')],
  };
}

/** Programs listen on addresses: a name but `localhost` is refused. */
function listenAddress(host: string, setting: string): string {
  if (host.toLowerCase() === 'localhost') return LOOPBACK;
  if (isAddress(host)) return host;
  throw new ConfigError(`${setting} is ${host}, but a program listens on an IP address: give that`);
}

function sipPlace({ name, eventSocket, rendered }: MixerOf): HostAndPort {
  return rendered.sip ?? { host: listenAddress(eventSocket.host, `mixer ${name}: eventSocket.host`), port: SIP_PORT };
}

interface RtpPlace {
  readonly address: string;
  readonly ports: PortRange;
}

/** A mixer on this machine takes audio where SIP is taken; one elsewhere at its own address. */
function rtpPlace({ config }: LoadedConfig, { eventSocket, rendered }: MixerOf): RtpPlace {
  const ports = rendered.rtpPorts ?? config.media.rtpPorts;
  const host = eventSocket.host.toLowerCase() === 'localhost' ? LOOPBACK : eventSocket.host;
  const here = config.sip.listen[0]?.host ?? OWN_ADDRESS;
  const usual = isLoopback(host) ? (WILDCARDS.includes(here) ? OWN_ADDRESS : here) : host;
  return { address: rendered.rtpAddress ?? usual, ports };
}

/** Where drachtio-server's calls to a mixer on another machine come from. */
function signallingSource(drachtioHost: string, mixer: string): string {
  if (isAddress(drachtioHost) && !isLoopback(drachtioHost) && !WILDCARDS.includes(drachtioHost)) return drachtioHost;
  throw new ConfigError(
    `mixer ${mixer} is not on this machine: set render.signallingNetwork to where drachtio-server calls it from, such as 10.0.0.5/32`,
  );
}

function controlNetwork({ settings }: LoadedConfig, mixer: string): string {
  const network = settings['render.controlNetwork'];
  if (network !== null) return network;
  throw new ConfigError(
    `mixer ${mixer} is not on this machine: set render.controlNetwork to where the bridge reaches it from, such as 10.0.0.5/32`,
  );
}

function refuseSharedPorts(
  mixers: readonly { readonly name: string; readonly sip: HostAndPort; readonly rtp: RtpPlace }[],
): void {
  mixers.forEach((one, index) => {
    for (const other of mixers.slice(0, index)) {
      if (one.sip.host === other.sip.host && one.sip.port === other.sip.port) {
        throw new ConfigError(
          `mixers ${other.name} and ${one.name} would both take SIP at ${one.sip.host}:${one.sip.port}: give one of them another "sip"`,
        );
      }
      const [a, b] = [one.rtp.ports, other.rtp.ports];
      if (one.rtp.address === other.rtp.address && a.first <= b.last && b.first <= a.last) {
        throw new ConfigError(
          `mixers ${other.name} and ${one.name} would share audio ports (${b.first}-${b.last} and ${a.first}-${a.last}): give each "rtp": {"ports": ...} of its own`,
        );
      }
    }
  });
}

function signallingValues(
  { config, settings }: LoadedConfig,
  drachtio: NonNullable<LoadedConfig['config']['drachtio']>,
  mixers: readonly MixerOf[],
  places: RenderPlaces,
): SignallingValues {
  const state = join(places.state, 'drachtio');
  const told = advertisement({ config });
  const contacts: SignallingContact[] = [];
  for (const { transport, host, port } of config.sip.listen) {
    if (port === 0) throw new ConfigError('sip.listen has port 0, but telephones need to know the port: name one');
    const same = contacts.findIndex((one) => one.address === host && one.port === port);
    const found = contacts[same];
    if (found === undefined) contacts.push({ address: host, port, transports: [transport], ...told });
    else contacts[same] = { ...found, transports: [...found.transports, transport] };
  }
  const tls = tlsFiles(settings);
  const tlsListen = settings['drachtio.tls.listen'];
  if (tlsListen !== null) {
    contacts.push({ address: tlsListen.host, port: tlsListen.port, transports: ['tls'], ...told });
  }
  const reached = contacts.some(({ address }) => isLoopback(address) || address === '0.0.0.0');
  const [first] = contacts;
  if (!reached && first !== undefined && mixers.some((mixer) => isLoopback(sipPlace(mixer).host))) {
    contacts.push({ address: LOOPBACK, port: first.port, transports: ['udp'] });
  }
  return {
    adminAddress: listenAddress(drachtio.host, 'drachtio.host'),
    adminPort: drachtio.port,
    adminSecret: drachtio.secret.reveal(),
    contacts,
    tls,
    logFile: join(state, 'drachtio.log'),
    logArchive: join(state, 'archive'),
  };
}

/** What far ends are told instead of the address listened on. */
function advertisement({ config }: Pick<LoadedConfig, 'config'>): Pick<SignallingContact, 'external' | 'localNetwork'> {
  const { address, listen } = config.sip;
  if (address === null) return {};
  if (!isIpv4(address)) throw new ConfigError(`sip.address is ${address}, but drachtio-server advertises IPv4 only`);
  const wildcard = listen.find(({ host }) => WILDCARDS.includes(host));
  if (wildcard !== undefined) {
    throw new ConfigError(
      `sip.address is set, so sip.listen must name this machine's own address instead of ${wildcard.host}: drachtio-server would tell the mixers ${address} too`,
    );
  }
  const [network] = ipv4Networks(config.localNetworks);
  return { external: address, ...(network === undefined ? {} : { localNetwork: network }) };
}

const ipv4Networks = (networks: readonly string[]): readonly string[] =>
  networks.filter(isIpv4).map((network) => (network.includes('/') ? network : single(network)));

function tlsFiles(settings: LoadedConfig['settings']): SignallingValues['tls'] {
  if (settings['drachtio.tls.listen'] === null) return null;
  const certificateFile = settings['drachtio.tls.certificateFile'];
  const keyFile = settings['drachtio.tls.keyFile'];
  if (certificateFile === null || keyFile === null) {
    throw new ConfigError(
      'drachtio.tls.listen is set, so drachtio.tls.certificateFile and drachtio.tls.keyFile must be too',
    );
  }
  return { certificateFile, keyFile, chainFile: settings['drachtio.tls.chainFile'] ?? certificateFile };
}

function signallingWarnings({ config }: LoadedConfig, mixers: readonly MixerOf[]): readonly string[] {
  const { address } = config.sip;
  if (address === null) return [];
  const [network, ...others] = ipv4Networks(config.localNetworks);
  const ignored =
    others.length === 0
      ? []
      : [`drachtio-server knows one local network: it is told ${network ?? ''}, and not ${others.join(', ')}`];
  const outside = mixers
    .filter((mixer) => {
      const { host } = sipPlace(mixer);
      return !isLoopback(host) && !(network !== undefined && matchesSource([network], host));
    })
    .map(
      ({ name }) =>
        `mixer ${name} is not in ${network ?? 'any of localNetworks'}: drachtio-server tells it ${address} (sip.address), where it may not be reached`,
    );
  return [...ignored, ...outside];
}
