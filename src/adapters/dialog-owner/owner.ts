import { randomUUID } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { setInterval } from 'node:timers';
import { HeldCalls } from './held-calls.js';
import type { Control, HeldSignaling } from './held-ports.js';
import { Peer, type Answers, type Takes } from './peer.js';
import { Fatal } from './port-errors.js';
import {
  PROTOCOL_VERSION,
  type ControlNotices,
  type ControlRequests,
  type OwnerNotices,
  type OwnerRequests,
  type OwnerState,
} from './protocol.js';
import { listenPrivately } from './socket-file.js';

export interface DialogOwnerOptions {
  /** Holds the dialogs; started and stopped by the dialog owner. */
  readonly signaling: HeldSignaling;
  /** Path of the unix socket the control process comes to. */
  readonly socket: string;
  /** What people should know. One line, no secrets. */
  readonly log: (message: string) => void;
}

type ControlPeer = Peer<OwnerRequests, OwnerNotices, ControlRequests, ControlNotices>;

/** Connections that have not said hello yet. */
const MAX_GUESTS = 20;
/** They must within so long, milliseconds. */
const HELLO_MS = 5_000;
/** The state is looked at so often, milliseconds. */
const STATE_MS = 1_000;

/** The process that holds all SIP dialogs and serves one control process at a time over a unix socket. */
export class DialogOwner {
  readonly #options: DialogOwnerOptions;
  readonly #incarnation = randomUUID();
  readonly #calls: HeldCalls;
  readonly #server = createServer((socket) => this.#connected(socket));
  readonly #guests = new Set<ControlPeer>();
  #control: ControlPeer | null = null;
  #started = false;
  #told = '';
  #watch: NodeJS.Timeout | null = null;

  constructor(options: DialogOwnerOptions) {
    this.#options = options;
    this.#calls = new HeldCalls(options.signaling, this.#incarnation, options.log);
  }

  /** @throws Error with one clear line. */
  async start(): Promise<void> {
    // The socket first: a second owner at drachtio-server would be given every other call.
    await listenPrivately(this.#server, this.#options.socket);
    try {
      await this.#options.signaling.start(this.#calls);
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#started = true;
    this.#watch = setInterval(() => this.#tellState(), STATE_MS);
  }

  /** Hangs up every call and ends every leg; bounded. */
  async stop(): Promise<void> {
    this.#started = false;
    await this.#options.signaling.stop();
    this.#calls.stopped();
    this.#close();
  }

  #close(): void {
    if (this.#watch !== null) clearInterval(this.#watch);
    for (const peer of this.#guests) peer.close();
    this.#control?.finish();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    if (!this.#started || this.#guests.size >= MAX_GUESTS) return void socket.destroy();
    const peer: ControlPeer = new Peer(
      socket,
      this.#answersTo(() => peer),
      this.#takes(() => peer),
      () => {
        this.#guests.delete(peer);
        if (this.#control !== peer) return;
        this.#control = null;
        this.#calls.detach();
        this.#options.log('the control process is gone: its calls go on');
      },
    );
    this.#guests.add(peer);
    setTimeout(() => {
      if (this.#guests.has(peer)) peer.close();
    }, HELLO_MS).unref();
  }

  #hello(peer: ControlPeer, { version, sources }: ControlRequests['hello']['params']): void {
    if (version !== PROTOCOL_VERSION) {
      throw new Fatal(
        `the dialog owner speaks version ${PROTOCOL_VERSION} of the protocol, the control process ${version}: both must be of the same release, or of releases whose notes say that they go together`,
      );
    }
    if (this.#control !== null) throw new Error('the dialog owner serves another control process already');
    this.#guests.delete(peer);
    this.#control = peer;
    this.#calls.serve(sources);
    this.#options.log('a control process is here');
  }

  #answersTo(peer: () => ControlPeer): Answers<ControlRequests> {
    const calls = this.#calls;
    /** Nothing but hello is answered to a guest. */
    const admitted = <P, R>(answer: (params: P) => Promise<R>) => {
      return (params: P): Promise<R> =>
        this.#control === peer() ? answer(params) : Promise.reject(new Error('say hello first'));
    };
    const done = (): null => null;
    return {
      hello: (params) => {
        try {
          this.#hello(peer(), params);
        } catch (error) {
          return Promise.reject(error instanceof Error ? error : new Error('refused'));
        }
        return Promise.resolve({ version: PROTOCOL_VERSION, incarnation: this.#incarnation, state: this.#state() });
      },
      ping: () => Promise.resolve({ version: PROTOCOL_VERSION, serving: this.#control !== null, state: this.#state() }),
      takeBack: admitted((params) => calls.takeBack(controlOf(peer()), params.calls)),
      answer: admitted(({ id, sdp }) => calls.answer(id, sdp)),
      place: admitted((request) => inTurn(() => calls.place(request))),
      hangUp: admitted(({ id }) => calls.hangUp(id).then(done)),
      reoffer: admitted(({ id, sdp }) => calls.reoffer(id, sdp)),
      probe: admitted(({ id }) => calls.probe(id)),
      placeLeg: admitted((request) => calls.legs.place(request, () => peer().open)),
      takeBackLeg: admitted(({ handle }) => Promise.resolve(calls.legs.takeBack(handle))),
      renegotiateLeg: admitted(({ handle, offer }) => calls.legs.renegotiate(handle, offer)),
      endLeg: admitted(({ handle }) => calls.legs.end(handle).then(done)),
    };
  }

  #takes(peer: () => ControlPeer): Takes<ControlNotices> {
    const calls = this.#calls;
    const admitted = <P>(take: (params: P) => void) => {
      return (params: P): void => {
        if (this.#control === peer()) take(params);
      };
    };
    return {
      sources: admitted(({ sources }) => calls.serve(sources)),
      ring: admitted(({ id }) => calls.ring(id)),
      refuse: admitted(({ id, refusal }) => calls.refuse(id, refusal)),
      acknowledgeLeg: admitted(({ handle, answer }) => calls.legs.acknowledge(handle, answer)),
    };
  }

  #state(): OwnerState {
    const { healthy, detail } = this.#options.signaling.status();
    return { healthy, detail, listening: this.#options.signaling.listening() };
  }

  #tellState(): void {
    const state = this.#state();
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#control?.tell('state', state);
  }
}

/** What it throws rejects. */
function inTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function controlOf(peer: ControlPeer): Control {
  return {
    get open() {
      return peer.open;
    },
    ask: (method, params) => peer.ask(method, params),
    tell: (method, params) => peer.tell(method, params),
  };
}
