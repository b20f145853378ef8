import type Srf from 'drachtio-srf';
import type { ConferenceId, PlayId } from '../../domain/identifiers.js';
import {
  MediaExhausted,
  type EndpointRequest,
  type MediaListener,
  type MixerName,
  type MixerStatus,
  type PlayItem,
} from '../../ports/media.js';
import { EventSocket, type EventSocketAddress, type SocketEvent } from './event-socket.js';
import { LegMaker } from './leg-maker.js';
import { FreeSwitchLeg, type ToneDetection } from './leg.js';
import { roomName } from './names.js';
import { factsOf } from './offer.js';
import { RoomPlays } from './room-plays.js';

export interface MixerOptions {
  readonly name: MixerName;
  readonly eventSocket: EventSocketAddress;
  /** SIP profile that takes our legs. */
  readonly profile: string;
  /** Conference profile for rooms. */
  readonly conferenceProfile: string;
  /** Where the mixer connects back to for each leg; its dialplan names this address and port. */
  readonly listenAddress: string;
  readonly listenPort: number;
  /** Milliseconds without RTP and RTCP before {@link MediaListener.audioMissing}. */
  readonly silenceMs: number;
  readonly heldSilenceMs: number;
  /** The address for the SDP that a far end there gets, or `null`: as the mixer writes it. */
  readonly advertise: (remoteAddress: string) => string | null;
}

const OPEN_MS = 2_000;
/** A booting FreeSWITCH answers on its event socket before its SIP profile stands. */
const READY_MS = 4_000;
const PING_EVERY_MS = 1_000;
const PING_DEADLINE_MS = 3_000;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
const EVENTS = [
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP',
  'DTMF',
  'HEARTBEAT',
  'SEND_RTCP_MESSAGE',
  'CUSTOM',
  'conference::maintenance',
];

/** FreeSWITCH's own misses a key pressed twice, and any key before noise; spandsp's keeps to the recommendations. */
const SPANDSP_DETECTION: ToneDetection = { start: 'spandsp_start_dtmf', stop: 'spandsp_stop_dtmf' };
const CORE_DETECTION: ToneDetection = { start: 'start_dtmf', stop: 'stop_dtmf' };

/** What is open to a FreeSWITCH that works. */
interface Session {
  readonly socket: EventSocket;
  readonly maker: LegMaker;
  readonly version: string;
  readonly toneDetection: ToneDetection;
}

/** One FreeSWITCH: the connections to it, its legs and rooms, and whether it lives. */
export class Mixer {
  readonly name: MixerName;
  readonly #options: MixerOptions;
  readonly #srf: Pick<Srf, 'createUAC'>;
  readonly #listener: MediaListener;
  readonly #legs = new Map<string, FreeSwitchLeg>();
  readonly #rooms = new Map<string, RoomPlays>();
  /** Rooms there are, by the name they have at the mixer. */
  readonly #roomNames = new Set<string>();
  readonly #silences = new Map<string, Silence>();
  #session: Session | null = null;
  #stopped = false;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(options: MixerOptions, srf: Pick<Srf, 'createUAC'>, listener: MediaListener) {
    this.name = options.name;
    this.#options = options;
    this.#srf = srf;
    this.#listener = listener;
  }

  /** @throws Error with one clear line. */
  async start(): Promise<void> {
    this.#session = await this.#open();
    const silenceCheck = Math.min(10_000, this.#options.silenceMs / 6);
    this.#timers = [
      setInterval(() => void this.#ping(), PING_EVERY_MS),
      setInterval(() => void this.#findSilent(), silenceCheck),
    ];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#legs.values()].map((leg) => leg.close()));
    const session = this.#session;
    this.#session = null;
    session?.maker.close();
    session?.socket.close();
  }

  status(): MixerStatus {
    return {
      name: this.name,
      healthy: this.#session !== null,
      draining: false,
      endpoints: this.#legs.size,
      rooms: this.#roomNames.size,
      limit: null,
      version: this.#session?.version ?? 'unreachable',
    };
  }

  /** @throws {MediaNotAcceptable} or {MediaExhausted} */
  async createLeg(request: EndpointRequest): Promise<FreeSwitchLeg> {
    if (request.offer !== null) factsOf(request.offer);
    const session = this.#session;
    if (session === null) throw new MediaExhausted('the mixer is unreachable');
    const endpoint = await session.maker.make(request);
    const leg = new FreeSwitchLeg({
      callId: request.callId,
      mixer: this.name,
      endpoint,
      socket: session.socket,
      listener: this.#listener,
      offer: request.offer,
      advertise: this.#options.advertise(request.remoteAddress),
      conferenceProfile: this.#options.conferenceProfile,
      toneDetection: session.toneDetection,
      onGone: (gone) => {
        this.#legs.delete(gone.uuid);
        this.#silences.delete(gone.uuid);
      },
    });
    if (session.socket.closed) {
      await leg.close();
      throw new MediaExhausted('the mixer was lost');
    }
    this.#legs.set(leg.uuid, leg);
    await leg.begin();
    return leg;
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    const name = roomName(room);
    const session = this.#session;
    if (session === null || !this.#roomNames.has(name)) {
      this.#listener.roomPlayFinished(room, playId, 'failed');
      return;
    }
    let plays = this.#rooms.get(name);
    if (plays === undefined) {
      plays = new RoomPlays(
        name,
        session.socket,
        (finished, outcome) => this.#listener.roomPlayFinished(room, finished, outcome),
        (message) => this.#listener.trouble(message),
      );
      this.#rooms.set(name, plays);
    }
    plays.play(playId, items);
  }

  async roomSize(room: ConferenceId): Promise<number> {
    const session = this.#session;
    if (session === null) return 0;
    const count = Number(await session.socket.api(`conference ${roomName(room)} get count`));
    return Number.isFinite(count) ? count : 0;
  }

  async #open(): Promise<Session> {
    const { eventSocket, profile, listenAddress, listenPort } = this.#options;
    const where = `FreeSWITCH at ${eventSocket.host}:${eventSocket.port}`;
    const socket = await EventSocket.open(
      eventSocket,
      { event: (event) => this.#event(event), closed: (reason) => this.#lost(socket, reason) },
      OPEN_MS,
    );
    try {
      await this.#ready(socket, where);
      const version = /Version ([\d.]+)/.exec(await socket.api('version'))?.[1] ?? 'unknown';
      await socket.subscribe(EVENTS);
      const maker = await LegMaker.connect({ srf: this.#srf, eventSocket, profile, listenAddress, listenPort });
      const spandsp = (await socket.api('module_exists mod_spandsp')) === 'true';
      const toneDetection = spandsp ? SPANDSP_DETECTION : CORE_DETECTION;
      return { socket, maker, version: `FreeSWITCH ${version}`, toneDetection };
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #ready(socket: EventSocket, where: string): Promise<void> {
    const { profile } = this.#options;
    const running = new RegExp(
      `^\\s*${escape(profile)}\\s.*sip:mod_sofia@(?:\\d{1,3}\\.){3}\\d{1,3}:\\d+.*RUNNING`,
      'm',
    );
    const until = performance.now() + READY_MS;
    for (;;) {
      const missing =
        (await socket.api('module_exists mod_conference')) !== 'true'
          ? 'does not have mod_conference loaded'
          : !running.test(await socket.api('sofia status'))
            ? `has no SIP profile ${profile} running on an IPv4 address`
            : null;
      if (missing === null) return;
      if (performance.now() > until) throw new Error(`${where} ${missing}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  #event(event: SocketEvent): void {
    if (event.name === 'CUSTOM') this.#roomEvent(event);
    const uuid = event.header('Unique-ID');
    if (uuid !== null) this.#legs.get(uuid)?.event(event);
  }

  #roomEvent(event: SocketEvent): void {
    const name = event.header('Conference-Name') ?? '';
    switch (event.header('Action')) {
      case 'play-file-done':
        this.#rooms.get(name)?.fileDone(event);
        break;
      case 'add-member':
        this.#roomNames.add(name);
        break;
      case 'conference-destroy':
        this.#roomNames.delete(name);
        this.#rooms.get(name)?.roomEnded();
        this.#rooms.delete(name);
        break;
      default:
    }
  }

  #lost(socket: EventSocket, reason: string): void {
    const session = this.#session;
    if (session?.socket !== socket || this.#stopped) return;
    this.#session = null;
    this.#listener.trouble(`mixer ${this.name} lost: ${reason}`);
    session.maker.close();
    for (const room of [...this.#rooms.values()]) room.roomEnded();
    this.#rooms.clear();
    this.#roomNames.clear();
    for (const leg of [...this.#legs.values()]) leg.lost('the mixer was lost');
    void this.#reconnect(session.maker.mark);
  }

  async #reconnect(mark: string): Promise<void> {
    for (let pause = RETRY_FIRST_MS; !this.#stopped; pause = Math.min(pause * 2, RETRY_MAX_MS)) {
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
      try {
        const session = await this.#open();
        if (this.#isStopped()) {
          session.maker.close();
          session.socket.close();
          return;
        }
        // Legs that outlived the connection are lost to us already, and must not stay behind.
        await session.socket.api(`hupall NORMAL_CLEARING sip_h_X-Partyline-Control ${mark}`).catch(() => undefined);
        if (session.socket.closed) continue;
        this.#session = session;
        this.#listener.trouble(`mixer ${this.name} is back`);
        return;
      } catch {
        // Told when it was lost; what keeps it away changes nothing.
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  async #ping(): Promise<void> {
    const socket = this.#session?.socket;
    if (socket === undefined) return;
    try {
      await socket.api('uptime', PING_DEADLINE_MS);
    } catch {
      socket.close();
      this.#lost(socket, 'no answer');
    }
  }

  async #findSilent(): Promise<void> {
    for (const leg of [...this.#legs.values()]) {
      const received = await leg.counters.received();
      if (received === null || this.#legs.get(leg.uuid) !== leg) continue;
      const now = performance.now();
      const silence = this.#silences.get(leg.uuid);
      if (silence?.received !== received) {
        this.#silences.set(leg.uuid, { received, since: now, told: false });
        continue;
      }
      const silentMs = now - silence.since;
      if (silence.told || silentMs < (leg.held ? this.#options.heldSilenceMs : this.#options.silenceMs)) continue;
      silence.told = true;
      this.#listener.audioMissing(leg.callId, Math.round(silentMs));
    }
  }
}

interface Silence {
  readonly received: number;
  readonly since: number;
  told: boolean;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
