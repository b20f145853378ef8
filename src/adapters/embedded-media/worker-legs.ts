import { randomBytes } from 'node:crypto';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { MixingEngine } from './mixing-engine.js';
import { monotonicMs } from './monotonic.js';
import type { EndpointHandle, HandoverMessage, ReleasedLeg, SessionDescriptor, WorkerEvent } from './protocol.js';
import { RtpSockets } from './rtp-sockets.js';
import { Session, type SessionListener } from './session.js';
import type { Ticker } from './ticker.js';

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

/** The legs of one worker as they come and go: opened, taken over from another worker, given to one, closed. */
export class WorkerLegs {
  private readonly engine: MixingEngine;
  private readonly ticker: Ticker;
  private readonly tell: (event: WorkerEvent) => void;
  private readonly toldDropped = new Set<EndpointHandle>();

  constructor(engine: MixingEngine, ticker: Ticker, tell: (event: WorkerEvent) => void) {
    this.engine = engine;
    this.ticker = ticker;
    this.tell = tell;
  }

  /** Binds the ports; `prepare` runs before the first packet and tick reach the session. */
  async open(descriptor: SessionDescriptor, prepare: (session: Session) => void): Promise<void> {
    const early: EarlyPacket[] = [];
    const { sockets, route } = await this.bind(descriptor, early);
    this.begin(descriptor, sockets, route, early, prepare);
  }

  /**
   * Takes a leg over from the worker at the other end of `from`: opens its ports beside it, so that packets arrive
   * here, waits for it to let go, and goes on with the same numbering.
   */
  async adopt(descriptor: SessionDescriptor, from: MessagePort): Promise<void> {
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
  handOver(handle: EndpointHandle, to: MessagePort): void {
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
  letGo(handle: EndpointHandle): ReleasedLeg | null {
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

  close(handle: EndpointHandle): void {
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
}
