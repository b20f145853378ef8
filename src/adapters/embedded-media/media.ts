import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import type { Clock } from '../../ports/clock.js';
import { EndpointGone, MediaExhausted } from '../../ports/media.js';
import type {
  EndpointRequest,
  Media,
  MediaEndpoint,
  MediaListener,
  MixerName,
  MixerStatus,
  PlayItem,
} from '../../ports/media.js';
import type { Leg, LegSurroundings } from './leg.js';
import { LegMaker, type LegOptions } from './leg-maker.js';
import { PortRange } from './port-range.js';
import type { EndpointHandle, WorkerEvent } from './protocol.js';
import { RoomPlays } from './room-plays.js';
import { RoomRecordings } from './room-recordings.js';
import { RoomRegistry } from './room-registry.js';
import { SoundShelf } from './sound-shelf.js';
import { WorkerTeam, type WorkerSlot } from './worker-team.js';

export interface EmbeddedMediaOptions extends LegOptions {
  readonly clock: Clock;
  /** UDP ports for RTP (even) and RTCP (odd), both ends included. */
  readonly rtpPorts: { readonly min: number; readonly max: number };
  /** Worker threads that mix. Default: cores minus one, at least 1. One more is kept warm as a spare. */
  readonly workers?: number;
  /** Milliseconds without a heartbeat after which a worker is replaced. Default 1 500: a machine short of processors is no dead worker. */
  readonly heartbeatMs?: number;
  /** Milliseconds a freed port rests before it is given out again. Default 5 000. */
  readonly portRestMs?: number;
  /** One line a time, no secrets, no keys. */
  readonly log?: (message: string) => void;
}

const DEFAULT_HEARTBEAT_MS = 1_500;
/** A room is measured within so many milliseconds, or not at all. */
const MEASURE_TIMEOUT_MS = 3_500;
const DEFAULT_PORT_REST_MS = 5_000;
const VERSION = `embedded, Node.js ${process.versions.node}`;

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
  private readonly maker: LegMaker;
  private readonly sounds: SoundShelf;
  private readonly rooms = new RoomRegistry();
  private readonly recordings = new RoomRecordings((room, reason) => {
    this.running?.listener.roomRecordingFailed(room, reason);
  });
  private readonly legs = new Map<EndpointHandle, Leg>();
  private readonly roomPlays: RoomPlays;
  private running: Running | null = null;

  /** @throws Error when the port range holds no pair. */
  constructor(options: EmbeddedMediaOptions) {
    this.options = options;
    const now = (): number => options.clock.monotonic();
    const restMs = options.portRestMs ?? DEFAULT_PORT_REST_MS;
    this.ports = new PortRange({ ...options.rtpPorts, restMs, now, random: randomInt });
    this.maker = new LegMaker(options, this.ports);
    this.sounds = new SoundShelf(now);
    this.roomPlays = new RoomPlays(this.rooms, this.sounds, {
      finished: (room, playId, outcome) => this.running?.listener.roomPlayFinished(room, playId, outcome),
      trouble: (message) => this.trouble(message),
    });
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
    return this.maker.make(request, running.around, {
      slot: () => (this.running === running ? this.leastLoaded(running.team) : null),
      made: (leg) => this.legs.set(leg.facts.handle, leg),
    });
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
    this.roomPlays.play(room, playId, items);
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
      case 'roomPlayFinished':
        this.roomPlays.ended(slot, event.playId, event.outcome);
        return;
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
    this.roomPlays.workerLost(slot);
    this.trouble(`media worker ${slot.name} was replaced with ${legs.length} calls on it: ${reason}`);
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
