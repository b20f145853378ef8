import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrachtioSignaling } from '../../src/adapters/drachtio/signaling.js';
import { EventSocket } from '../../src/adapters/freeswitch/event-socket.js';
import type { MixerOptions } from '../../src/adapters/freeswitch/fleet.js';
import { FreeSwitchMedia, type FreeSwitchMediaOptions } from '../../src/adapters/freeswitch/media.js';
import { startLocalDrachtio, type LocalDrachtio } from '../../src/adapters/local-programs/drachtio.js';
import type { LocalFreeSwitch } from '../../src/adapters/local-programs/freeswitch.js';
import type { MixerLegs } from '../../src/ports/mixer-legs.js';
import { startMixer, type MixerOptions as ProgramOptions } from '../production.js';
import { untilTold } from './media-kit.js';
import { NO_CALLS } from './production-media.js';

interface Running {
  server: LocalFreeSwitch;
  alive: boolean;
  readonly cut: Cut;
  readonly program: Partial<ProgramOptions>;
}

/** A drachtio-server and some mixers, each of which can be killed, frozen, started again, and have its event socket cut. */
export class MixerCluster {
  readonly #directory: string;
  readonly #drachtio: LocalDrachtio;
  readonly #signaling: DrachtioSignaling;
  readonly #mixers = new Map<string, Running>();
  #count = 0;

  /** @param programs what the mixers are started with, by name. */
  static async start(programs: Readonly<Record<string, Partial<ProgramOptions>>>): Promise<MixerCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'partyline-mixers-'));
    const drachtio = await startLocalDrachtio({ directory: join(directory, 'drachtio') });
    const { host, port, secret } = drachtio;
    const cluster = new MixerCluster(directory, drachtio, new DrachtioSignaling({ host, port, secret }));
    await cluster.#signaling.start(NO_CALLS);
    try {
      await Promise.all(Object.entries(programs).map(([name, program]) => cluster.add(name, program)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private constructor(directory: string, drachtio: LocalDrachtio, signaling: DrachtioSignaling) {
    this.#directory = directory;
    this.#drachtio = drachtio;
    this.#signaling = signaling;
  }

  /** Starts one mixer more. */
  async add(name: string, program: Partial<ProgramOptions> = {}): Promise<void> {
    const server = await startMixer({ directory: join(this.#directory, `${name}-${++this.#count}`), ...program });
    this.#mixers.set(name, { server, alive: true, cut: await Cut.open(server.eventSocket.port), program });
  }

  async stop(): Promise<void> {
    await this.#signaling.stop();
    await Promise.all([...this.#mixers.values()].map(({ cut }) => cut.close()));
    for (const name of this.#mixers.keys()) this.thaw(name);
    await Promise.all([...this.#mixers.values()].map(({ server }) => server.stop()));
    await this.#drachtio.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** All mixers as they were at the start, whatever a test did to them: they run, and nobody is on them. */
  async restore(): Promise<void> {
    for (const name of this.#mixers.keys()) {
      this.thaw(name);
      if (!this.#running(name).alive) await this.restart(name);
      await this.ask(name, 'hupall');
      await untilTold(`nobody on mixer ${name}`, async () => (await this.sessions(name)) === 0);
    }
  }

  /** How media reach a mixer. */
  options(name: string): MixerOptions {
    const { server, cut } = this.#running(name);
    return { name, eventSocket: { ...server.eventSocket, port: cut.port }, profile: server.profile };
  }

  /** Media over some of the mixers. */
  media(names: readonly string[], more: Partial<FreeSwitchMediaOptions> = {}): FreeSwitchMedia {
    return new FreeSwitchMedia({
      legs: this.#signaling.legs,
      mixers: names.map((name) => this.options(name)),
      instance: 'test',
      ...more,
    });
  }

  get legs(): MixerLegs {
    return this.#signaling.legs;
  }

  /** Legs and transactions the signalling holds. */
  transactions(): number {
    return this.#signaling.counts().transactions;
  }

  async kill(name: string): Promise<void> {
    const running = this.#running(name);
    running.alive = false;
    await running.server.kill();
  }

  freeze(name: string): void {
    this.#signal(name, 'SIGSTOP');
  }

  thaw(name: string): void {
    this.#signal(name, 'SIGCONT');
  }

  /** Starts a mixer that was killed, where it was. */
  async restart(name: string): Promise<void> {
    const running = this.#running(name);
    const { sipPort, eventSocket } = running.server;
    running.server = await startMixer({
      directory: join(this.#directory, `${name}-${++this.#count}`),
      ...running.program,
      sipPort,
      eventSocketPort: eventSocket.port,
      secret: eventSocket.secret,
    });
    running.alive = true;
  }

  /** Cuts the event socket; the mixer goes on, and can be reached again at once. */
  cut(name: string): void {
    this.#running(name).cut.now();
  }

  sipPort(name: string): number {
    return this.#running(name).server.sipPort;
  }

  /** Asks the mixer itself. */
  async ask(name: string, command: string): Promise<string> {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(this.#running(name).server.eventSocket, nobody, 2_000);
    try {
      return await socket.api(command);
    } finally {
      socket.close();
    }
  }

  /** Sessions the mixer has. */
  async sessions(name: string): Promise<number> {
    return Number(/^(\d+) session\(s\) - /m.exec(await this.ask(name, 'status'))?.[1]);
  }

  #signal(name: string, signal: NodeJS.Signals): void {
    const { pid } = this.#running(name).server;
    try {
      if (pid !== null) process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }

  #running(name: string): Running {
    const running = this.#mixers.get(name);
    if (running === undefined) throw new Error(`there is no mixer ${name}`);
    return running;
  }
}

/** A way to an event socket that can be cut. */
class Cut {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  static async open(to: number): Promise<Cut> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on('error', () => undefined);
        one.once('close', () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return new Cut(server, sockets, address.port);
  }

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  now(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.now();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
