import { randomUUID } from 'node:crypto';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';

export interface Execution {
  /** The event that told its end; `null` when the channel is gone, the command was not taken, was flushed, or its end may have gone unheard. */
  readonly done: Promise<SocketEvent | null>;
}

/** One channel of a FreeSWITCH: commands to it, and the ends of what it executes. */
export class Channel {
  readonly uuid: string;
  readonly #line: Line;
  readonly #running = new Map<string, (event: SocketEvent | null) => void>();
  #lost = false;

  constructor(uuid: string, line: Line) {
    this.uuid = uuid;
    this.#line = line;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** @param queued waits for what was queued before, instead of interrupting it. */
  execute(application: string, argument: string, queued: boolean): Execution {
    const id = randomUUID();
    const done = new Promise<SocketEvent | null>((resolve) => {
      if (this.#lost) return resolve(null);
      this.#running.set(id, resolve);
    });
    this.#line.execute(this.uuid, id, application, argument, queued).then(
      (taken) => {
        if (!taken) this.#settle(id, null);
      },
      () => this.#settle(id, null),
    );
    return { done };
  }

  /** Answer of an API command that may be given twice. @throws MixerUnreachable */
  api(command: string, timeoutMs?: number): Promise<string> {
    return this.#line.api(command, timeoutMs);
  }

  /** The same for a command that must not be given twice. @throws MixerUnreachable */
  once(command: string): Promise<string> {
    return this.#line.once(command);
  }

  /** Takes `CHANNEL_EXECUTE_COMPLETE` of this channel. */
  completed(event: SocketEvent): void {
    const id = event.header('Application-UUID');
    if (id !== null) this.#settle(id, event);
  }

  /** What was queued was thrown away and nothing runs, or the end of what does may not have been told. */
  flushed(): void {
    for (const id of [...this.#running.keys()]) this.#settle(id, null);
  }

  gone(): void {
    this.#lost = true;
    this.flushed();
  }

  #settle(id: string, event: SocketEvent | null): void {
    const resolve = this.#running.get(id);
    this.#running.delete(id);
    resolve?.(event);
  }
}

/** Resolves with `value` after `ms` milliseconds unless `work` is faster. */
export async function within<T, L>(work: Promise<T>, ms: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    clearTimeout(timer);
  }
}
