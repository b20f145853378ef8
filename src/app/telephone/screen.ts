import { meterLine } from './level-meter.js';

/** Where a person sees what happens in a call. */
export interface Screen {
  /** What happened, in plain words. */
  tell(text: string): void;
  /** How loud the line is now. */
  levels(levels: { readonly inDbfs: number; readonly outDbfs: number }, elapsedMs: number): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** What a screen needs of a terminal. */
export interface TerminalOutput {
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[K';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const USUAL_COLUMNS = 80;

/** A terminal: the level meters stay on the last line and are refreshed in place, what happens scrolls above them. */
export class TerminalScreen implements Screen {
  readonly #output: TerminalOutput;
  #meter = '';
  #closed = false;

  constructor(output: TerminalOutput) {
    this.#output = output;
    output.write(HIDE_CURSOR);
  }

  tell(text: string): void {
    this.#output.write(`${this.#meter === '' ? '' : CLEAR_LINE}${text}\n${this.#meter}`);
  }

  levels(levels: { readonly inDbfs: number; readonly outDbfs: number }, elapsedMs: number): void {
    if (this.#closed) return;
    const line = meterLine(levels, elapsedMs, this.#output.columns ?? USUAL_COLUMNS);
    if (line === this.#meter) return;
    this.#meter = line;
    this.#output.write(`${CLEAR_LINE}${line}`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.write(`${this.#meter === '' ? '' : CLEAR_LINE}${SHOW_CURSOR}`);
    this.#meter = '';
  }
}

/** A file or a pipe: one line for each thing that happens, no meters. */
export class PlainScreen implements Screen {
  readonly #output: TerminalOutput;

  constructor(output: TerminalOutput) {
    this.#output = output;
  }

  tell(text: string): void {
    this.#output.write(`${text}\n`);
  }

  levels(): void {
    // Meters are for watching; the summary has the levels of the whole call.
  }

  close(): void {
    // Nothing was changed.
  }
}

/** For programs, which read only the summary. */
export class NoScreen implements Screen {
  tell(): void {
    // Nobody watches.
  }

  levels(): void {
    // Nobody watches.
  }

  close(): void {
    // Nothing was changed.
  }
}
