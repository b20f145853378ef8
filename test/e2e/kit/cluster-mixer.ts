import { profileTrouble } from '../../../src/adapters/freeswitch/event-socket.js';
import { startLocalFreeSwitch, type LocalFreeSwitch } from '../../../src/adapters/local-programs/freeswitch.js';
import { askMixer } from './mixer-console.js';
import { cpuSecondsOf } from './program.js';
import { freePort, rtpRange } from './ports.js';

const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** A FreeSWITCH of the cluster. It always comes back on the same ports. */
export class ClusterMixer {
  readonly name: string;
  readonly eventSocket: { readonly host: string; readonly port: number; readonly secret: string };
  readonly profile = 'drachtio_mrf';
  readonly #directory: string;
  readonly sipPort: number;
  readonly #rtp: { readonly first: number; readonly last: number };
  #server: LocalFreeSwitch | null = null;
  #frozen = false;

  private constructor(name: string, directory: string, sipPort: number, eventSocketPort: number) {
    this.name = name;
    this.#directory = directory;
    this.sipPort = sipPort;
    this.eventSocket = { host: '127.0.0.1', port: eventSocketPort, secret: SECRET };
    const [first = 0, last = 0] = rtpRange().split('-').map(Number);
    this.#rtp = { first, last };
  }

  static async make(name: string, directory: string): Promise<ClusterMixer> {
    return new ClusterMixer(name, directory, await freePort(), await freePort());
  }

  get running(): boolean {
    return this.#server !== null;
  }

  get pid(): number {
    const pid = this.#server?.pid ?? null;
    if (pid === null) throw new Error(`mixer ${this.name} does not run`);
    return pid;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    this.#server = await startLocalFreeSwitch({
      directory: this.#directory,
      trouble: profileTrouble,
      sipPort: this.sipPort,
      eventSocketPort: this.eventSocket.port,
      rtpPorts: this.#rtp,
      secret: SECRET,
    });
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#server = null;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  /** SIGSTOP: it does nothing more, and nobody is told. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
    this.#frozen = true;
  }

  thaw(): void {
    if (this.#frozen && this.#server !== null) process.kill(this.pid, 'SIGCONT');
    this.#frozen = false;
  }

  /** Channels it has, by its own count; none where it does not run or is frozen. */
  async channels(): Promise<number> {
    if (this.#server === null || this.#frozen) return 0;
    return Number(/^(\d+) total/m.exec(await this.ask('show channels count'))?.[1] ?? NaN);
  }

  /** Rooms it has now. */
  async rooms(): Promise<number> {
    if (this.#server === null || this.#frozen) return 0;
    return [...(await this.ask('conference list')).matchAll(/^(?:\+OK )?Conference /gm)].length;
  }

  /** Whether the room of this account's conference is there. */
  async hasRoomOf(accountId: string): Promise<boolean> {
    if (this.#server === null || this.#frozen) return false;
    return (await this.ask('conference list')).includes(`conference-${accountId}`);
  }

  /** A command at its console. */
  ask(command: string): Promise<string> {
    return askMixer(this.eventSocket, command);
  }

  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }
}
