import { assertNever } from '../../domain/assert-never.js';
import { MixingEngine } from './mixing-engine.js';
import { monotonicMs } from './monotonic.js';
import type {
  Answer,
  Command,
  EndpointHandle,
  FromWorker,
  Request,
  SessionDescriptor,
  ToWorker,
  WorkerEvent,
} from './protocol.js';
import type { Session } from './session.js';
import { Ticker } from './ticker.js';
import { WorkerLegs } from './worker-legs.js';

/** One worker: carries out what the main thread asks, in its order, and runs the tick as long as there are legs. */
export class WorkerHost {
  private readonly engine: MixingEngine;
  private readonly ticker: Ticker;
  private readonly post: (message: FromWorker) => void;
  private readonly legs: WorkerLegs;
  /** Legs whose ports are being opened; each resolves, never rejects, when that is through. */
  private readonly opening = new Map<EndpointHandle, Promise<void>>();
  /** What came while a tick was due, and what came after it. */
  private overtaken: ToWorker[] = [];

  constructor(post: (message: FromWorker) => void) {
    this.post = post;
    this.engine = new MixingEngine((event) => this.tell(event));
    this.ticker = new Ticker((skipped) => this.engine.tick(monotonicMs(), skipped));
    this.legs = new WorkerLegs(this.engine, this.ticker, (event) => this.tell(event));
  }

  /** Ticks that are due come first: what was said before a recording is stopped, or a leg muted, is mixed before. */
  take(message: ToWorker): void {
    if (this.overtaken.length === 0 && !this.ticker.due) {
      this.inTurn(message);
      return;
    }
    this.overtaken.push(message);
    // Packets that wait in the sockets are read before the ticks they were sent for.
    if (this.overtaken.length === 1) setImmediate(this.catchUp);
  }

  private readonly catchUp = (): void => {
    const { overtaken } = this;
    this.overtaken = [];
    this.ticker.catchUp();
    for (const message of overtaken) this.inTurn(message);
  };

  /** What is asked of a leg that is still being opened waits its turn. */
  private inTurn(message: ToWorker): void {
    const handle = handleOf(message);
    const opening = handle === null ? undefined : this.opening.get(handle);
    if (opening === undefined) this.carryOut(message);
    else void opening.then(() => this.inTurn(message));
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
          this.legs.open(request.descriptor, (session) => {
            if (request.play !== null) session.play(request.play);
          }),
        );
        return 0;
      case 'adopt':
        await this.whileOpening(request.descriptor, this.legs.adopt(request.descriptor, request.from));
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
        this.legs.close(request.handle);
        return 0;
      case 'letGo':
        this.legs.letGo(request.handle);
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
        this.legs.handOver(command.handle, command.to);
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
