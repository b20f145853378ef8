import { MixerUnreachable, type EventSocket } from './event-socket.js';

/**
 * The event socket of a mixer as its legs and rooms see it: while the mixer lives it may be cut and reopened under them.
 * Commands wait until it is open again; executions and plays do not, since they are begun anew then.
 */
export class Line {
  #socket: EventSocket | null = null;
  /** Settled with the next socket, or with `null` when the mixer is lost; `null`: nothing is to be waited for. */
  #next: {
    readonly opened: Promise<EventSocket | null>;
    readonly settle: (socket: EventSocket | null) => void;
  } | null = null;

  opened(socket: EventSocket): void {
    this.#socket = socket;
    this.#settle(socket);
  }

  /** The socket is cut, and being reopened. */
  interrupted(): void {
    this.#socket = null;
    if (this.#next !== null) return;
    let settle: (socket: EventSocket | null) => void = () => undefined;
    const opened = new Promise<EventSocket | null>((resolve) => {
      settle = resolve;
    });
    this.#next = { opened, settle };
  }

  lost(): void {
    this.#socket = null;
    this.#settle(null);
  }

  /** A command that may be given twice; given again where the socket was cut. @throws {MixerUnreachable} */
  async api(command: string, timeoutMs?: number): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const socket = this.#socket ?? (await this.#next?.opened) ?? null;
      if (socket === null) throw new MixerUnreachable('the mixer is unreachable');
      try {
        return await socket.api(command, timeoutMs);
      } catch (error) {
        if (!socket.closed || attempt > 0) throw error;
      }
    }
  }

  /** A command that must not be given twice: neither waits nor is given again. @throws {MixerUnreachable} */
  once(command: string): Promise<string> {
    return this.#now().then((socket) => socket.api(command));
  }

  /** As {@link EventSocket.execute}; neither waits nor is done again. @throws {MixerUnreachable} */
  execute(uuid: string, id: string, application: string, argument: string, queued: boolean): Promise<boolean> {
    return this.#now().then((socket) => socket.execute(uuid, id, application, argument, queued));
  }

  #now(): Promise<EventSocket> {
    return this.#socket === null
      ? Promise.reject(new MixerUnreachable('the event socket is cut'))
      : Promise.resolve(this.#socket);
  }

  #settle(socket: EventSocket | null): void {
    this.#next?.settle(socket);
    this.#next = null;
  }
}
