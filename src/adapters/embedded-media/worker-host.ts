import { randomBytes } from 'node:crypto';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { assertNever } from '../../domain/assert-never.js';
import { MixingEngine } from './mixing-engine.js';
import { monotonicMs } from './monotonic.js';
import type {
  Answer,
  Command,
  EndpointHandle,
  FromWorker,
  HandoverMessage,
  ReleasedLeg,
  Request,
  SessionDescriptor,
  ToWorker,
  WorkerEvent,
} from './protocol.js';
import { RtpSockets } from './rtp-sockets.js';
import { Session, type SessionListener } from './session.js';
import { Ticker } from './ticker.js';

/** The old worker has so long to let a leg go; then it is taken to be dead, and the leg goes on without its last packets. */
const RELEASE_TIMEOUT_MS = 200;
/** The new worker has so long to open the ports; then the leg stays. */
const OPENED_TIMEOUT_MS = 2_000;
const MOST_EARLY_PACKETS = 64;

/** A packet that came before the old worker had let go. */
interface EarlyPacket {
  readonly packet: Buffer;
  readonly address: string;
  readonly port: number;
  readonly atMs: number;
}

/** One worker: carries out what the main thread asks, opens the sockets, runs the tick as long as there are legs. */
export class WorkerHost {
  private readonly engine: MixingEngine;
  private readonly ticker: Ticker;
  private readonly post: (message: FromWorker) => void;
  private readonly toldDropped = new Set<EndpointHandle>();
  /** Legs whose ports are being opened; each resolves, never rejects, when that is through. */
  private readonly opening = new Map<EndpointHandle, Promise<void>>();

  constructor(post: (message: FromWorker) => void) {
    this.post = post;
    this.engine = new MixingEngine((event) => this.tell(event));
    this.ticker = new Ticker((skipped) => this.engine.tick(monotonicMs(), skipped));
  }

  /** What is asked of a leg that is still being opened waits its turn. */
  take(message: ToWorker): void {
    const handle = handleOf(message);
    const opening = handle === null ? undefined : this.opening.get(handle);
    if (opening === undefined) this.carryOut(message);
    else void opening.then(() => this.take(message));
  }

  private carryOut(message: ToWorker): void {
    if (message.type === 'command') {
      this.command(message.command);
      return;
    }
    const { number, request } = message;
    this.request(request).then(
      (value) => this.post({ type: 'reply', number, ok: true, value }),
      (error: unknown) => {
        this.post({ type: 'reply', number, ok: false, error: error instanceof Error ? error.message : String(error) });
      },
    );
  }

  private async request(request: Request): Promise<Answer> {
    switch (request.type) {
      case 'open':
        await this.whileOpening(
          request.descriptor,
          this.open(request.descriptor, (session) => {
            if (request.play !== null) session.play(request.play);
          }),
        );
        return 0;
      case 'adopt':
        await this.whileOpening(request.descriptor, this.adopt(request.descriptor, request.from));
        return 0;
      case 'agree':
        this.session(request.handle).agree(request.agreement, monotonicMs());
        return 0;
      case 'join':
        this.session(request.handle);
        this.engine.join(request.handle, request.room, request.muted);
        return 0;
      case 'leave':
        this.engine.leave(request.handle);
        return 0;
      case 'mute':
        this.session(request.handle).mute(request.muted);
        return 0;
      case 'gains':
        this.session(request.handle).setGains(request.hearDb, request.speakDb);
        return 0;
      case 'close':
        this.close(request.handle);
        return 0;
      case 'letGo':
        this.letGo(request.handle);
        return 0;
      case 'stopRecording':
        this.engine.find(request.handle)?.stopRecording();
        return 0;
      case 'roomSize':
        return this.engine.roomSize(request.room);
      case 'recordRoom':
        this.engine.recordRoom(request.room, request.recording, request.samples, request.plays);
        return 0;
      case 'pauseRoom':
        this.engine.pauseRoomRecording(request.room, request.recording, request.paused);
        return 0;
      case 'stopRoom':
        this.engine.stopRoomRecording(request.room, request.recording);
        return 0;
      case 'measureRoom':
        return this.engine.measureRoom(request.room);
      default:
        return assertNever(request);
    }
  }

  private command(command: Command): void {
    switch (command.type) {
      case 'handOver':
        this.handOver(command.handle, command.to);
        return;
      case 'play':
        this.engine.find(command.handle)?.play(command.play);
        return;
      case 'stopPlaying':
        this.engine.find(command.handle)?.stopPlaying();
        return;
      case 'stopInband':
        this.engine.find(command.handle)?.stopInband();
        return;
      case 'record':
        this.engine.find(command.handle)?.record(command.samples);
        return;
      case 'playToRoom':
        this.engine.playToRoom(command.room, command.play);
        return;
      case 'fail':
        if (command.how === 'throw') throw new Error('made to fail');
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
      default:
        assertNever(command);
    }
  }

  private whileOpening({ handle }: SessionDescriptor, opening: Promise<void>): Promise<void> {
    const through = (): void => {
      this.opening.delete(handle);
    };
    this.opening.set(handle, opening.then(through, through));
    return opening;
  }

  /** Binds the ports; `prepare` runs before the first packet and tick reach the session. */
  private async open(descriptor: SessionDescriptor, prepare: (session: Session) => void): Promise<void> {
    const early: EarlyPacket[] = [];
    const { sockets, route } = await this.bind(descriptor, early);
    this.begin(descriptor, sockets, route, early, prepare);
  }

  /**
   * Takes a leg over from the worker at the other end of `from`: opens its ports beside it, so that packets arrive
   * here, waits for it to let go, and goes on with the same numbering.
   */
  private async adopt(descriptor: SessionDescriptor, from: MessagePort): Promise<void> {
    const early: EarlyPacket[] = [];
    const { sockets, route } = await this.bind(descriptor, early).catch((error: unknown) => {
      from.close();
      throw error;
    });
    const answered = new Promise<HandoverMessage | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), RELEASE_TIMEOUT_MS);
      const end = (message: HandoverMessage | null): void => {
        clearTimeout(timer);
        resolve(message);
      };
      from.once('message', end);
      // Nothing more will come: the old worker is dead.
      from.once('close', () => end(null));
    });
    from.postMessage({ type: 'opened' } satisfies HandoverMessage);
    const answer = await answered;
    from.close();
    if (answer?.type === 'kept') {
      sockets.close();
      throw new Error('the leg stayed where it was');
    }
    this.begin(descriptor, sockets, route, early, (session) => {
      if (answer?.type === 'released') session.takeOver(answer, monotonicMs());
    });
  }

  /** Who has the leg is settled here alone: it is let go when asked for in time, and kept from then on. */
  private handOver(handle: EndpointHandle, to: MessagePort): void {
    const release = (): void => {
      clearTimeout(timer);
      // Packets that this thread's sockets still hold are read before the leg is let go.
      setImmediate(() => {
        setImmediate(() => this.release(handle, to));
      });
    };
    const timer = setTimeout(() => {
      to.removeAllListeners('message');
      if (receiveMessageOnPort(to) !== undefined) {
        release();
        return;
      }
      to.postMessage({ type: 'kept' } satisfies HandoverMessage);
      to.close();
    }, OPENED_TIMEOUT_MS);
    to.once('message', release);
    to.once('close', () => clearTimeout(timer));
  }

  private release(handle: EndpointHandle, to: MessagePort): void {
    const leg: ReleasedLeg = this.letGo(handle) ?? { packets: [], arrivalsMs: [], latched: null, toneTold: false };
    to.postMessage({ type: 'released', ...leg } satisfies HandoverMessage);
    to.close();
  }

  /** Stops carrying a leg that goes on elsewhere. */
  private letGo(handle: EndpointHandle): ReleasedLeg | null {
    const nowMs = monotonicMs();
    this.toldDropped.delete(handle);
    const session = this.engine.remove(handle);
    const leg = session?.giveAway(nowMs) ?? null;
    session?.close(nowMs);
    this.idle();
    return leg;
  }

  private async bind(descriptor: SessionDescriptor, early: EarlyPacket[]) {
    const route: { session: Session | null } = { session: null };
    const { handle } = descriptor;
    const sockets = await RtpSockets.bind(descriptor.bindAddress, descriptor.rtpPort, true, {
      rtp: (packet, { address, port }) => {
        const atMs = monotonicMs();
        try {
          if (route.session !== null) route.session.receiveRtp(packet, address, port, atMs);
          else if (early.length < MOST_EARLY_PACKETS) early.push({ packet, address, port, atMs });
        } catch (error) {
          this.dropped(handle, error);
        }
      },
      rtcp: (packet, { address, port }) => {
        try {
          route.session?.receiveRtcp(packet, address, port, monotonicMs());
        } catch (error) {
          this.dropped(handle, error);
        }
      },
    });
    return { sockets, route };
  }

  private begin(
    descriptor: SessionDescriptor,
    sockets: RtpSockets,
    route: { session: Session | null },
    early: readonly EarlyPacket[],
    prepare: (session: Session) => void,
  ): void {
    const random = randomBytes(4).readUInt32BE();
    const session = new Session(descriptor, sockets, this.listener(descriptor.handle), monotonicMs(), random);
    prepare(session);
    for (const { packet, address, port, atMs } of early) session.receiveRtp(packet, address, port, atMs);
    route.session = session;
    this.close(descriptor.handle);
    this.engine.add(session);
    this.ticker.start();
  }

  private close(handle: EndpointHandle): void {
    this.toldDropped.delete(handle);
    this.engine.remove(handle)?.close(monotonicMs());
    this.idle();
  }

  private idle(): void {
    if (this.engine.size === 0) this.ticker.stop();
  }

  /** A packet that cannot be digested is left out; it harms neither its own call nor another. */
  private dropped(handle: EndpointHandle, error: unknown): void {
    if (this.toldDropped.has(handle)) return;
    this.toldDropped.add(handle);
    const why = error instanceof Error ? error.message : String(error);
    this.tell({ type: 'trouble', message: `a packet of one call was left out: ${why}` });
  }

  private listener(handle: EndpointHandle): SessionListener {
    return {
      key: (key, method) => this.tell({ type: 'key', handle, key, method }),
      latched: (source) => this.tell({ type: 'latched', handle, source }),
      audioMissing: (silentMs) => this.tell({ type: 'audioMissing', handle, silentMs }),
      playFinished: (playId, outcome) => this.tell({ type: 'playFinished', handle, playId, outcome }),
      spokeWhileMuted: () => this.tell({ type: 'spokeWhileMuted', handle }),
      recorded: (samples) => this.tell({ type: 'recorded', handle, samples }),
    };
  }

  private session(handle: EndpointHandle): Session {
    const session = this.engine.find(handle);
    if (session === null) throw new Error('no such endpoint on this worker');
    return session;
  }

  private tell(event: WorkerEvent): void {
    this.post({ type: 'event', event });
  }
}

/** The leg a message is about; `null` for those about rooms and the worker itself. */
function handleOf(message: ToWorker): EndpointHandle | null {
  const asked = message.type === 'request' ? message.request : message.command;
  if ('descriptor' in asked) return asked.descriptor.handle;
  return 'handle' in asked ? asked.handle : null;
}
