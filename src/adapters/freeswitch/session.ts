import { EventSocket, sipAddressOf, type EventSocketAddress, type EventSocketUser } from './event-socket.js';

/** Where a mixer is reached. */
export interface MixerPlace {
  readonly eventSocket: EventSocketAddress;
  /** SIP profile that takes our legs. */
  readonly profile: string;
  /** `ADDRESS:PORT` at which it takes them; left out: as the mixer tells it. */
  readonly sipAddress?: string;
  /** Its address in the SDP that a far end at `remoteAddress` gets; left out and `null`: as the mixer writes it. */
  readonly advertise?: (remoteAddress: string) => string | null;
}

export interface ToneDetection {
  readonly start: string;
  readonly stop: string;
}

/** What is open to a FreeSWITCH that works, and what it said about itself. */
export interface Session {
  readonly socket: EventSocket;
  /** E.g. `1.11.1`. */
  readonly version: string;
  /** Of this run of the program. */
  readonly core: string;
  /** Where it takes legs. */
  readonly sipUri: string;
  readonly toneDetection: ToneDetection;
  readonly maxSessions: number | null;
}

const OPEN_MS = 2_000;
/** A booting FreeSWITCH answers on its event socket before its SIP profile stands. */
const READY_MS = 4_000;
const LOOK_MS = 200;
const MODULES = ['mod_sofia', 'mod_conference', 'mod_dptools', 'mod_dialplan_xml', 'mod_sndfile'];
/** Earlier ones end a room when any member leaves, and miss what we ask for. */
const LEAST_VERSION = [1, 10] as const;
const EVENTS = [
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP',
  'DTMF',
  'HEARTBEAT',
  'MEDIA_BUG_STOP',
  'SEND_RTCP_MESSAGE',
  'CUSTOM',
  'conference::maintenance',
];

/** FreeSWITCH's own misses a key pressed twice, and any key before noise; spandsp's keeps to the recommendations. */
const SPANDSP_DETECTION: ToneDetection = { start: 'spandsp_start_dtmf', stop: 'spandsp_stop_dtmf' };
const CORE_DETECTION: ToneDetection = { start: 'start_dtmf', stop: 'stop_dtmf' };

/** Opens a mixer and makes sure that it can do its work. @throws Error with one clear line. */
export async function openSession(place: MixerPlace, user: EventSocketUser): Promise<Session> {
  const { host, port } = place.eventSocket;
  const where = `FreeSWITCH at ${host}:${port}`;
  const socket = await EventSocket.open(place.eventSocket, user, OPEN_MS);
  try {
    const version = /Version (\d[\d.]*)/.exec(await socket.api('version'))?.[1] ?? 'unknown';
    if (isOlder(version)) {
      throw new Error(`${where} is version ${version}, and ${LEAST_VERSION.join('.')} or newer is needed`);
    }
    const address = await ready(socket, place.profile, where);
    const spandsp = (await socket.api('module_exists mod_spandsp')) === 'true';
    const maxSessions = Number(/^(\d+) session\(s\) max/m.exec(await socket.api('status'))?.[1]);
    const core = await coreOf(socket);
    await socket.subscribe(EVENTS);
    return {
      socket,
      version,
      core,
      sipUri: `sip:leg@${place.sipAddress ?? address}`,
      toneDetection: spandsp ? SPANDSP_DETECTION : CORE_DETECTION,
      maxSessions: maxSessions > 0 ? maxSessions : null,
    };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Opens another event socket to the mixer of a session. @throws Error where there is none, or where the mixer was started anew. */
export async function reopenSession(
  session: Session,
  { eventSocket }: MixerPlace,
  user: EventSocketUser,
  timeoutMs: number,
): Promise<Session> {
  const socket = await EventSocket.open(eventSocket, user, timeoutMs);
  try {
    if ((await coreOf(socket)) !== session.core) throw new Restarted('it was started anew');
    await socket.subscribe(EVENTS);
    return { ...session, socket };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Another run of the program answers: nothing of the one before is left. */
export class Restarted extends Error {
  override readonly name = 'Restarted';
}

/** @returns where the profile takes calls. @throws Error where it does not come up, or a module is missing. */
async function ready(socket: EventSocket, profile: string, where: string): Promise<string> {
  const until = performance.now() + READY_MS;
  for (;;) {
    let missing = await missingModule(socket);
    if (missing === null) {
      const address = sipAddressOf(await socket.api('sofia status'), profile);
      if (address !== null) return address;
    }
    missing =
      missing === null ? `has no SIP profile ${profile} running on an IPv4 address` : `does not have ${missing} loaded`;
    if (performance.now() > until) throw new Error(`${where} ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function missingModule(socket: EventSocket): Promise<string | null> {
  for (const module of MODULES) {
    const answer = await socket.api(`module_exists ${module}`);
    if (answer.startsWith('-ERR')) return 'mod_commands';
    if (answer !== 'true') return module;
  }
  return null;
}

function coreOf(socket: EventSocket): Promise<string> {
  return socket.api('global_getvar core_uuid');
}

/** @param version unknown ones are not older. */
export function isOlder(version: string): boolean {
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  return major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]);
}
