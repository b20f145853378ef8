import { connect } from 'node:net';
import { DialogLost } from '../../ports/signaling.js';
import { Peer, type Answers, type Takes } from './peer.js';
import { Fatal } from './port-errors.js';
import {
  PROTOCOL_VERSION,
  type ControlNotices,
  type ControlRequests,
  type OwnerNotices,
  type OwnerRequests,
  type Welcome,
} from './protocol.js';

export interface OwnerLinkOptions {
  /** Path of the dialog owner's socket. */
  readonly socket: string;
  /** Addresses and networks that calls are taken from, as they are now. */
  readonly sources: () => readonly string[];
  readonly answers: Answers<OwnerRequests>;
  readonly takes: Takes<OwnerNotices>;
  /** The connection is there again; resolves when the calls are known to whoever is there now. */
  readonly recovered: (welcome: Welcome) => Promise<void>;
  readonly lost: () => void;
}

type OwnerPeer = Peer<ControlRequests, ControlNotices, OwnerRequests, OwnerNotices>;

const CONNECT_MS = 2_000;
/** The control process before this one may not be quite gone: tried so often, with a pause, milliseconds. */
const FIRST_TRIES = 8;
const FIRST_PAUSE_MS = 250;
/** Pauses between tries to connect again grow from the one to the other, milliseconds. */
const LEAST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 2_000;
/** The dialog owner is asked for a sign of life so often, and has so long for it, milliseconds. */
const PING_MS = 2_000;
const PONG_MS = 8_000;
const SOURCES_MS = 1_000;

/** The connection to the dialog owner: made, kept, and made again. */
export class OwnerLink {
  readonly #options: OwnerLinkOptions;
  #peer: OwnerPeer | null = null;
  #up = false;
  #closed = true;
  #told = '';
  #failure: string | null = null;
  /** Before the next try to connect again, milliseconds. */
  #wait = LEAST_PAUSE_MS;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: OwnerLinkOptions) {
    this.#options = options;
  }

  /** Connected, and the calls are known there. */
  get up(): boolean {
    return this.#up;
  }

  /** Why the last try to connect again failed. */
  get failure(): string | null {
    return this.#failure;
  }

  /** @throws Error with one clear line. */
  async open(): Promise<Welcome> {
    this.#closed = false;
    try {
      const welcome = await this.#firstConnection();
      this.#up = true;
      this.#timers.add(setInterval(() => this.#tellSources(), SOURCES_MS));
      this.#timers.add(setInterval(() => this.#ping(), PING_MS));
      return welcome;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#up = false;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    this.#peer?.finish();
    this.#peer = null;
  }

  /** @throws {DialogLost} where there is no connection now, or it breaks before the answer. */
  ask<M extends keyof ControlRequests>(
    method: M,
    params: ControlRequests[M]['params'],
  ): Promise<ControlRequests[M]['result']> {
    if (!this.#up) return Promise.reject(new DialogLost('not connected to the dialog owner'));
    return this.askNow(method, params);
  }

  /** As {@link ask}, before the calls are known there. */
  async askNow<M extends keyof ControlRequests>(
    method: M,
    params: ControlRequests[M]['params'],
  ): Promise<ControlRequests[M]['result']> {
    const peer = this.#peer;
    if (peer === null) throw new DialogLost('not connected to the dialog owner');
    try {
      return await peer.ask(method, params);
    } catch (error) {
      throw peer.open ? error : new DialogLost('the dialog owner is gone');
    }
  }

  tell<M extends keyof ControlNotices>(method: M, params: ControlNotices[M]): void {
    if (this.#up) this.#peer?.tell(method, params);
  }

  async #firstConnection(): Promise<Welcome> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#connect();
      } catch (error) {
        if (tries === FIRST_TRIES || error instanceof Fatal || error instanceof NotThere) throw error;
      }
      await pause(FIRST_PAUSE_MS);
    }
  }

  async #connect(): Promise<Welcome> {
    const { socket: path, sources, answers, takes } = this.#options;
    const socket = connect(path);
    const late = setTimeout(() => socket.destroy(new Error('it does not answer')), CONNECT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', (error) => reject(new NotThere(path, error)));
        socket.once('close', () => reject(new NotThere(path, new Error('it closed the connection'))));
      });
      const peer: OwnerPeer = new Peer(socket, answers, takes, () => this.#lost(peer));
      const list = sources();
      try {
        const welcome = await peer.ask('hello', { version: PROTOCOL_VERSION, sources: list });
        if (this.#closed) throw new Error('closed meanwhile');
        this.#told = JSON.stringify(list);
        this.#peer = peer;
        return welcome;
      } catch (error) {
        const answered = peer.open;
        peer.close();
        throw answered ? error : new NotThere(path, new Error('it does not answer'));
      }
    } finally {
      clearTimeout(late);
    }
  }

  #lost(peer: OwnerPeer): void {
    if (this.#peer !== peer) return;
    const wasUp = this.#up;
    this.#peer = null;
    this.#up = false;
    if (this.#closed) return;
    if (wasUp) {
      this.#wait = LEAST_PAUSE_MS;
      this.#options.lost();
    }
    void this.#connectAgain();
  }

  async #connectAgain(): Promise<void> {
    for (;;) {
      await pause(this.#wait);
      this.#wait = Math.min(this.#wait * 1.7, MOST_PAUSE_MS);
      if (this.#closed) return;
      let welcome: Welcome;
      try {
        welcome = await this.#connect();
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : 'unknown reason';
        continue;
      }
      this.#failure = null;
      return this.#recover(welcome);
    }
  }

  async #recover(welcome: Welcome): Promise<void> {
    const peer = this.#peer;
    try {
      await this.#options.recovered(welcome);
      if (peer !== null && this.#peer === peer) this.#up = true;
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : 'unknown reason';
      // Its end begins another series of tries.
      peer?.close();
    }
  }

  #tellSources(): void {
    if (this.#peer === null) return;
    const sources = this.#options.sources();
    const text = JSON.stringify(sources);
    if (text === this.#told) return;
    this.#told = text;
    this.#peer.tell('sources', { sources });
  }

  #ping(): void {
    const peer = this.#peer;
    if (peer === null) return;
    const timer = setTimeout(() => peer.close(), PONG_MS).unref();
    peer.ask('ping', {}).then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
  }
}

/** Nobody is at the socket. */
class NotThere extends Error {
  constructor(path: string, cause: Error) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
    super(`no dialog owner at ${path} (${code}): start \`partyline dialog-owner\` first`, { cause });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
