import { Line } from '../../../src/adapters/freeswitch/line.js';
import type { EventSocket } from '../../../src/adapters/freeswitch/event-socket.js';

/** A line to a mixer that answers when it is told to. */
export class ScriptedLine {
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly line = new Line();
  /** What is answered at once; `null`: nothing, until {@link answer}. */
  replies: (command: string) => string | null = () => '+OK';
  readonly #open: { readonly command: string; readonly resolve: (reply: string) => void }[] = [];

  constructor() {
    const api = (command: string): Promise<string> => {
      this.asked.push(command);
      const reply = this.replies(command);
      if (reply !== null) return Promise.resolve(reply);
      return new Promise((resolve) => this.#open.push({ command, resolve }));
    };
    const socket: Pick<EventSocket, 'api' | 'closed'> = { api, closed: false };
    this.line.opened(socket as EventSocket);
  }

  /** Answers what waits for it, oldest first. */
  answer(reply: string): void {
    this.#open.shift()?.resolve(reply);
  }
}

/** Long enough for every promise that is settled already. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
