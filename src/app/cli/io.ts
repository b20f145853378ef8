import type { Environment } from '../config.js';

/** What a command may touch besides the store: given from outside, so that tests see all of it. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Environment;
  readonly workingDirectory: string;
  /** Whether someone sits at stdin to answer a question. */
  readonly isTerminal: boolean;
  /** The terminal that stderr is, for what moves there; left out: it is none. */
  readonly watched?: NodeJS.WriteStream | undefined;
  /** Width of the terminal that stdout is; left out: it is none. */
  readonly columns?: number | undefined;
  /** Asks on the terminal; never called without one. */
  readonly ask: (question: string) => Promise<string>;
}

/** The command was understood and cannot be done: one line that says what to do; exit status 1. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** The command ends with this exit status, having said all there is to say. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly status: number;
  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}
