import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSound } from '../../../src/app/telephone/sound-files.js';
import type { PressOptions } from '../../../src/app/telephone/telephone.js';
import { writeWav } from '../../sound.js';
import { freePort } from '../kit/ports.js';
import { Program } from './programs.js';

const MODULE_PLACES = ['/usr/lib/baresip/modules', '/usr/local/lib/baresip/modules'];
const READY_LIMIT_MS = 10_000;
const EVENT_LIMIT_MS = 15_000;
const LOOK_MS = 25;
/** Longest life of one telephone, whatever becomes of its test. */
const LIFE_LIMIT_MS = 100_000;
/** How fast it keys: the program sends each key for as long as the next one is not there. */
const KEY_MS: Required<Pick<PressOptions, 'durationMs' | 'gapMs'>> = { durationMs: 100, gapMs: 100 };

export interface BaresipOptions {
  /** What it says from the answer on, 8 kHz. */
  readonly says: Int16Array;
  readonly codec: 'PCMU' | 'PCMA';
}

/** What the program tells of its calls. */
interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
}

/** A softphone that people use: it is told what to do over its control connection, says a file and records what it hears. */
export class Baresip {
  readonly #directory: string;
  readonly #program: Program;
  readonly #control: Socket;
  readonly #events: BaresipEvent[] = [];

  private constructor(directory: string, program: Program, control: Socket) {
    this.#directory = directory;
    this.#program = program;
    this.#control = control;
    let pending = '';
    control.on('data', (text: Buffer) => {
      const { messages, rest } = netstrings(pending + text.toString('latin1'));
      pending = rest;
      for (const message of messages) {
        const event = JSON.parse(message) as { readonly event?: boolean } & BaresipEvent;
        if (event.event === true) this.#events.push(event);
      }
    });
    control.on('error', () => undefined);
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    const directory = await mkdtemp(join(tmpdir(), 'partyline-baresip-'));
    let program: Program | null = null;
    try {
      const controlPort = await configure(directory, options);
      program = new Program('baresip', ['-4', '-f', directory], { cwd: directory, limitMs: LIFE_LIMIT_MS });
      return new Baresip(directory, program, await reach(controlPort, program));
    } catch (error) {
      await program?.kill();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Calls, and waits for the answer. */
  async dial(target: string): Promise<void> {
    this.#tell('dial', target);
    await this.event('CALL_ESTABLISHED');
  }

  /** Presses keys one after the other; RFC 4733. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      this.#tell('sndcode', key);
      await new Promise((resolve) => setTimeout(resolve, KEY_MS.durationMs + KEY_MS.gapMs));
    }
  }

  async hangUp(): Promise<void> {
    this.#tell('hangup');
    await this.event('CALL_CLOSED');
  }

  /** Waits until it tells of this. */
  async event(type: string, limitMs = EVENT_LIMIT_MS): Promise<BaresipEvent> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.#events.find((event) => event.type === type);
      if (found !== undefined) return found;
      if (this.#program.hasExited) throw new Error(`baresip ended before ${type}:\n${this.#program.output}`);
      if (performance.now() > deadline) {
        const told = this.#events.map((event) => `${event.type} ${event.param ?? ''}`).join('\n');
        throw new Error(`baresip told nothing of ${type} for ${limitMs} ms, only:\n${told}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** What it heard in its call, once that is over; 8 kHz. */
  async heard(): Promise<Int16Array> {
    const place = join(this.#directory, 'heard');
    const name = (await readdir(place)).find((file) => file.endsWith('-dec.wav'));
    if (name === undefined) throw new Error(`baresip recorded nothing:\n${this.#program.output}`);
    return loadSound(join(place, name));
  }

  /** Ends it whatever it does, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#control.destroy();
    await this.#program.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #tell(command: string, params?: string): void {
    const text = JSON.stringify({ command, ...(params === undefined ? {} : { params }) });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
  }
}

/** @returns the port of its control connection */
async function configure(directory: string, { says, codec }: BaresipOptions): Promise<number> {
  const sipPort = await freePort();
  const controlPort = await distantPort(sipPort);
  const rtpPort = await freePort();
  await mkdir(join(directory, 'heard'));
  await writeWav(join(directory, 'says.wav'), says);
  await writeFile(
    join(directory, 'accounts'),
    `<sip:softphone@127.0.0.1:${sipPort}>;regint=0;audio_codecs=${codec}/8000/1\n`,
  );
  const modules = MODULE_PLACES.find((place) => existsSync(join(place, 'ctrl_tcp.so')));
  if (modules === undefined) throw new Error(`the modules of baresip are not in ${MODULE_PLACES.join(' or ')}`);
  const settings: readonly (readonly [string, string])[] = [
    ['module_path', modules],
    ['sip_listen', `127.0.0.1:${sipPort}`],
    ['net_interface', '127.0.0.1'],
    ['rtp_ports', `${rtpPort & ~1}-${(rtpPort & ~1) + 40}`],
    ['audio_source', `aufile,${join(directory, 'says.wav')}`],
    // A player nobody listens to: what is heard is recorded on its way there.
    ['audio_player', 'aubridge,heard'],
    ['audio_alert', 'aubridge,alert'],
    ['ringback_disabled', 'yes'],
    ['snd_path', join(directory, 'heard')],
    ['ctrl_tcp_listen', `127.0.0.1:${controlPort}`],
    ...['g711', 'aufile', 'aubridge', 'sndfile', 'ctrl_tcp'].map((name) => ['module', `${name}.so`] as const),
    ['module_tmp', 'account.so'],
    ['module_app', 'menu.so'],
  ];
  await writeFile(join(directory, 'config'), settings.map(([key, value]) => `${key} ${value}\n`).join(''));
  return controlPort;
}

/** The program takes the port after its SIP port as well, for TLS. */
async function distantPort(other: number): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (Math.abs(port - other) > 1) return port;
  }
}

async function reach(port: number, program: Program): Promise<Socket> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const socket = await new Promise<Socket | null>((resolve) => {
      const attempt = connect(port, '127.0.0.1', () => resolve(attempt));
      attempt.once('error', () => resolve(null));
    });
    if (socket !== null) return socket;
    if (program.hasExited) throw new Error(`baresip ended instead of starting:\n${program.output}`);
    if (performance.now() > deadline) throw new Error(`baresip was not ready in time:\n${program.output}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Takes netstrings (`5:hello,`) apart; `rest` is what is not whole yet. */
function netstrings(text: string): { readonly messages: readonly string[]; readonly rest: string } {
  const messages: string[] = [];
  for (let rest = text; ;) {
    const head = /^(\d{1,9}):/.exec(rest);
    const length = Number(head?.[1]);
    const start = head?.[0].length ?? 0;
    if (head === null || rest.length < start + length + 1) return { messages, rest };
    messages.push(rest.slice(start, start + length));
    rest = rest.slice(start + length + 1);
  }
}
