import { randomBytes, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isIP } from 'node:net';
import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import type { Clock } from '../../ports/clock.js';
import { EndpointGone, MediaExhausted, MediaNotAcceptable } from '../../ports/media.js';
import type {
  EndpointRequest,
  Media,
  MediaEndpoint,
  MediaListener,
  MixerName,
  MixerStatus,
  PlayItem,
  PlayOutcome,
} from '../../ports/media.js';
import { Leg, type LegSurroundings } from './leg.js';
import { pairIsFree, PortRange } from './port-range.js';
import type { EndpointHandle, WorkerEvent } from './protocol.js';
import { RoomRecordings } from './room-recordings.js';
import { RoomRegistry } from './room-registry.js';
import { answerOffer, makeOffer, newLocalSession, offeredAddress } from './sdp.js';
import { SoundShelf } from './sound-shelf.js';
import { WorkerRefused } from './worker-link.js';
import { WorkerTeam, type WorkerSlot } from './worker-team.js';

export interface EmbeddedMediaOptions {
  readonly clock: Clock;
  /** UDP ports for RTP (even) and RTCP (odd), both ends included. */
  readonly rtpPorts: { readonly min: number; readonly max: number };
  /** Worker threads that mix. Default: cores minus one, at least 1. One more is kept warm as a spare. */
  readonly workers?: number;
  /** The address our SDP shows to a far end at `remoteAddress` (c= and o=); IPv4 or IPv6 literal. */
  readonly advertise: (remoteAddress: string) => string;
  /** Local address the RTP sockets are bound to. Default: the wildcard of the advertised address's family. */
  readonly bindAddress?: string;
  /** Milliseconds without RTP and RTCP until `audioMissing`. Default 60 000. */
  readonly silenceMs?: number;
  /** The same while the caller holds the call. Default 1 800 000. */
  readonly silenceOnHoldMs?: number;
  /** Milliseconds without a heartbeat after which a worker is replaced. Default 1 500: a machine short of processors is no dead worker. */
  readonly heartbeatMs?: number;
  /** Milliseconds a freed port rests before it is given out again. Default 5 000. */
  readonly portRestMs?: number;
  /** One line a time, no secrets, no keys. */
  readonly log?: (message: string) => void;
}

const DEFAULT_SILENCE_MS = 60_000;
const DEFAULT_SILENCE_ON_HOLD_MS = 1_800_000;
const DEFAULT_HEARTBEAT_MS = 1_500;
/** A room is measured within so many milliseconds, or not at all. */
const MEASURE_TIMEOUT_MS = 3_500;
const DEFAULT_PORT_REST_MS = 5_000;
/** Pairs of ports tried for one call before it is refused. */
const MOST_PORTS_TRIED = 64;
const VERSION = `embedded, Node.js ${process.versions.node}`;

interface RoomPlay {
  readonly room: ConferenceId;
  readonly slot: WorkerSlot;
  /** A file of the list could not be read. */
  readonly incomplete: boolean;
}

interface Running {
  readonly team: WorkerTeam;
  readonly listener: MediaListener;
  readonly around: LegSurroundings;
}

/** The embedded engine: RTP and mixing in worker threads of this process, so that a stall of this thread is never heard. */
export class EmbeddedMedia implements Media {
  readonly engine = 'embedded';
  private readonly options: EmbeddedMediaOptions;
  private readonly ports: PortRange;
  private readonly sounds: SoundShelf;
  private readonly rooms = new RoomRegistry();
  private readonly recordings = new RoomRecordings((room, reason) => {
    this.running?.listener.roomRecordingFailed(room, reason);
  });
  private readonly legs = new Map<EndpointHandle, Leg>();
  private readonly roomPlays = new Map<PlayId, RoomPlay>();
  /** Files are read in order of call, per room. */
  private readonly roomQueues = new Map<ConferenceId, Promise<void>>();
  private nextHandle: EndpointHandle = 1;
  private running: Running | null = null;

  /** @throws Error when the port range holds no pair. */
  constructor(options: EmbeddedMediaOptions) {
    this.options = options;
    const now = (): number => options.clock.monotonic();
    const restMs = options.portRestMs ?? DEFAULT_PORT_REST_MS;
    this.ports = new PortRange({ ...options.rtpPorts, restMs, now, random: randomInt });
    this.sounds = new SoundShelf(now);
  }

  async start(listener: MediaListener): Promise<void> {
    const { clock, heartbeatMs = DEFAULT_HEARTBEAT_MS } = this.options;
    const size = Math.max(1, this.options.workers ?? availableParallelism() - 1);
    const team = new WorkerTeam(
      { clock, size, heartbeatMs },
      {
        event: (slot, event) => this.happened(slot, event),
        replaced: (slot, reason, hopeless) => this.replaced(slot, reason, hopeless),
      },
    );
    await team.start();
    const around: LegSurroundings = {
      listener,
      rooms: this.rooms,
      sounds: this.sounds,
      closed: (leg) => {
        this.legs.delete(leg.facts.handle);
        this.ports.free(leg.facts.rtpPort);
      },
    };
    this.running = { team, listener, around };
    this.log(`media: ${size} workers`);
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === null) return;
    this.running = null;
    await Promise.all(Array.from(this.legs.values(), (leg) => leg.close()));
    await this.recordings.close();
    await running.team.stop();
  }

  release(): Promise<void> {
    return this.stop();
  }

  /** Reads sound files ahead, so that their first play starts at once; what cannot be read is told as trouble. */
  async preload(paths: readonly string[]): Promise<void> {
    const { failures } = await this.sounds.load(paths.map((path) => ({ path, loop: false })));
    for (const failure of failures) this.trouble(failure);
  }

  mixers(): readonly MixerStatus[] {
    return (this.running?.team.slots ?? []).map((slot) => ({
      name: slot.name,
      healthy: slot.healthy,
      draining: false,
      endpoints: this.load(slot),
      rooms: this.rooms.on(slot),
      limit: null,
      version: VERSION,
    }));
  }

  async createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const { running } = this;
    if (running === null) throw new MediaExhausted('the media engine is not running');
    const address = this.ownAddress(request);
    const bindAddress = this.bindAddress(address);
    const { callId, offer } = request;
    const sessionId = randomInt(1, 2 ** 47);
    // An unusable offer is refused before a port is spent on it.
    if (offer !== null) answerOffer(newLocalSession({ sessionId, address, rtpPort: 9 }), offer);

    for (let tries = 0; tries < MOST_PORTS_TRIED; tries++) {
      const rtpPort = this.ports.take();
      if (rtpPort === null) throw new MediaExhausted('no RTP port is free');
      if (!(await pairIsFree(bindAddress, rtpPort))) {
        this.ports.free(rtpPort);
        continue;
      }
      // Only now, without a wait before the leg is on the list: the workers may have failed or been stopped meanwhile.
      const slot = this.running === running ? this.leastLoaded(running.team) : null;
      if (slot === null) {
        this.ports.free(rtpPort);
        throw new MediaExhausted('no media worker is ready');
      }
      const fresh = newLocalSession({ sessionId, address, rtpPort });
      const { session, agreement } =
        offer === null ? { session: makeOffer(fresh), agreement: null } : answerOffer(fresh, offer);
      const leg = new Leg(this.facts(callId, bindAddress, rtpPort), session, agreement, slot, running.around);
      this.legs.set(leg.facts.handle, leg);
      try {
        await leg.open();
        if (leg.closed) throw new MediaExhausted('the media workers keep failing');
        return leg;
      } catch (error) {
        await leg.close();
        if (!(error instanceof WorkerRefused) || !/EADDRINUSE/.test(error.message)) {
          throw new MediaExhausted(`the ports cannot be opened: ${String(error)}`, { cause: error });
        }
      }
    }
    throw new MediaExhausted('no RTP port is free: other programs hold them');
  }

  /** The audio of a process before this one died with it. */
  adopt(): Promise<MediaEndpoint> {
    return Promise.reject(new EndpointGone('the endpoint died with the process that made it'));
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  /** Rooms are mixed wherever there is a worker, and legs go to them. */
  placeRoom(): null {
    return null;
  }

  /** Nothing was placed. */
  forgetRoom(room: ConferenceId): void {
    this.recordings.forget(room);
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    const slot = this.rooms.find(room);
    if (slot === null) {
      this.finishRoomPlay(room, playId, 'failed');
      return;
    }
    const before = this.roomQueues.get(room) ?? Promise.resolve();
    const queue = before.then(async () => {
      const { sounds, failures } = await this.sounds.load(items);
      for (const failure of failures) this.trouble(failure);
      const home = this.rooms.find(room);
      if (home === null || (sounds.length === 0 && failures.length > 0)) {
        this.finishRoomPlay(room, playId, 'failed');
        return;
      }
      this.roomPlays.set(playId, { room, slot: home, incomplete: failures.length > 0 });
      home.link.command({ type: 'playToRoom', room, play: { playId, sounds } });
    });
    this.roomQueues.set(room, queue);
    void queue.then(() => {
      if (this.roomQueues.get(room) === queue) this.roomQueues.delete(room);
    });
  }

  async roomSize(room: ConferenceId): Promise<number> {
    const slot = this.rooms.find(room);
    return slot === null ? 0 : slot.link.request({ type: 'roomSize', room });
  }

  recordRoom(room: ConferenceId, path: string, { plays }: { readonly plays: boolean }): Promise<void> {
    return this.recordings.begin(room, this.rooms.find(room), path, plays);
  }

  pauseRoomRecording(room: ConferenceId, paused: boolean): Promise<void> {
    return this.recordings.pause(room, paused);
  }

  stopRecordingRoom(room: ConferenceId): Promise<{ readonly durationMs: number } | null> {
    return this.recordings.stop(room);
  }

  async measureRoom(
    room: ConferenceId,
  ): Promise<readonly { readonly callId: CallId; readonly levelDb: number; readonly activeShare: number }[]> {
    const slot = this.rooms.find(room);
    if (slot === null) return [];
    const measured = await within(
      this.options.clock,
      MEASURE_TIMEOUT_MS,
      slot.link.request({ type: 'measureRoom', room }).catch(() => []),
    );
    return (measured ?? []).flatMap(({ handle, levelDb, activeShare }) => {
      const leg = this.legs.get(handle);
      return leg === undefined || leg.closed ? [] : [{ callId: leg.callId, levelDb, activeShare }];
    });
  }

  /** Lets a worker die or hang, to see that its callers hear little of it. */
  failWorker(name: MixerName, how: 'throw' | 'hang'): void {
    const slot = this.running?.team.slots.find((one) => one.name === name);
    slot?.link.command({ type: 'fail', how });
  }

  private facts(callId: CallId, bindAddress: string, rtpPort: number) {
    return {
      callId,
      handle: this.nextHandle++,
      bindAddress,
      rtpPort,
      ssrc: randomBytes(4).readUInt32BE(),
      cname: randomBytes(12).toString('base64'),
      silenceMs: this.options.silenceMs ?? DEFAULT_SILENCE_MS,
      silenceOnHoldMs: this.options.silenceOnHoldMs ?? DEFAULT_SILENCE_ON_HOLD_MS,
    };
  }

  /** Our address in the SDP: of the family that the far end offers, where we have both. */
  private ownAddress({ offer, remoteAddress }: EndpointRequest): string {
    const { advertise } = this.options;
    const theirs = offer === null ? null : offeredAddress(offer);
    const ours = advertise(remoteAddress);
    const address = theirs !== null && isIP(theirs) !== isIP(ours) ? advertise(theirs) : ours;
    if (isIP(address) === 0) throw new MediaNotAcceptable(`no address to offer to ${remoteAddress}`);
    return address;
  }

  private bindAddress(address: string): string {
    const { bindAddress } = this.options;
    if (bindAddress !== undefined && isIP(bindAddress) === isIP(address)) return bindAddress;
    return isIP(address) === 6 ? '::' : '0.0.0.0';
  }

  /** `null`: none is ready. */
  private leastLoaded(team: WorkerTeam): WorkerSlot | null {
    const [first, ...others] = team.slots.filter(({ link }) => link.alive);
    if (first === undefined) return null;
    return others.reduce((best, slot) => (this.load(slot) < this.load(best) ? slot : best), first);
  }

  private load(slot: WorkerSlot): number {
    let count = 0;
    for (const leg of this.legs.values()) if (leg.isOn(slot)) count += 1;
    return count;
  }

  private happened(slot: WorkerSlot, event: WorkerEvent): void {
    switch (event.type) {
      case 'roomPlayFinished': {
        const playId = event.playId as PlayId;
        const play = this.roomPlays.get(playId);
        if (play?.slot !== slot) return;
        this.finishRoomPlay(play.room, playId, play.incomplete ? 'failed' : event.outcome);
        return;
      }
      case 'trouble':
        this.trouble(event.message);
        return;
      case 'roomRecorded':
        this.recordings.take(event.recording, event.samples);
        return;
      case 'roomRecordingEnded':
        this.recordings.ended(event.recording);
        return;
      case 'key':
      case 'spokeWhileMuted':
      case 'playFinished':
      case 'audioMissing':
      case 'recorded':
      case 'latched':
      case 'legFailed':
        this.legs.get(event.handle)?.happened(event);
        return;
    }
  }

  private replaced(slot: WorkerSlot, reason: string, hopeless: boolean): void {
    const legs = Array.from(this.legs.values()).filter((leg) => leg.isOn(slot));
    for (const leg of legs) {
      if (hopeless) leg.lose('its media worker keeps failing');
      else void leg.recover();
    }
    this.recordings.workerLost(slot, reason);
    for (const [playId, play] of this.roomPlays) {
      if (play.slot === slot) this.finishRoomPlay(play.room, playId, 'failed');
    }
    this.trouble(`media worker ${slot.name} was replaced with ${legs.length} calls on it: ${reason}`);
  }

  private finishRoomPlay(room: ConferenceId, playId: PlayId, outcome: PlayOutcome): void {
    this.roomPlays.delete(playId);
    queueMicrotask(() => this.running?.listener.roomPlayFinished(room, playId, outcome));
  }

  private trouble(message: string): void {
    const line = message.replaceAll(/\s+/g, ' ').slice(0, 500);
    this.log(line);
    this.running?.listener.trouble(line);
  }

  private log(message: string): void {
    this.options.log?.(message);
  }
}

/** @returns `null` where it takes longer. */
async function within<T>(clock: Clock, ms: number, answer: Promise<T>): Promise<T | null> {
  let cancel = (): void => undefined;
  const late = new Promise<null>((resolve) => {
    const timer = clock.after(ms, () => resolve(null));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel();
  }
}
