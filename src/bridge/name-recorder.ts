import type { ConferenceId, NameId } from '../domain/identifiers.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { SpokenNames } from '../ports/recordings.js';
import { asError, TookTooLong, within } from './bounded.js';
import type { Log } from './log.js';
import type { MediaWork, NameFile } from './media-state.js';

/** Longest wait for the sound file of a name, milliseconds. */
const KEEP_LIMIT_MS = 3_000;

/** A name as it is kept: with the conference it was said for. Plain data. */
export interface SaidName {
  readonly conference: ConferenceId;
  readonly name: NameId;
}

export interface NameRecorderParts {
  readonly names: SpokenNames;
  readonly clock: Clock;
  readonly log: Log;
  readonly ask: (work: MediaWork) => void;
  /** Told once for each name asked for. `speechMs` is 0 where nothing was said, or the recording came to nothing. */
  readonly recorded: (name: NameId, speechMs: number) => void;
}

interface Recording extends SaidName {
  readonly file: NameFile;
  limit: Timer | null;
  ending: boolean;
}

/** Records what one caller says as a name. Whatever goes wrong makes an unnamed caller, nothing worse. */
export class NameRecorder {
  readonly #parts: NameRecorderParts;
  #current: Recording | null = null;

  constructor(parts: NameRecorderParts) {
    this.#parts = parts;
  }

  /** @param limitMs how long at most, milliseconds, from when the mixer records. */
  record(said: SaidName, limitMs: number): void {
    if (this.#current !== null) this.#finish(this.#current, 0);
    try {
      const path = this.#parts.names.place(said.conference, said.name);
      const current: Recording = { ...said, file: { path, limitMs }, limit: null, ending: false };
      this.#current = current;
      this.#parts.ask({ kind: 'record', file: current.file });
    } catch (error) {
      this.#trouble(error);
      this.#parts.recorded(said.name, 0);
    }
  }

  /** Ends it now, if it is under way. */
  stop(name: NameId): void {
    const current = this.#current;
    if (current === null || current.name !== name || current.ending) return;
    current.ending = true;
    current.limit?.cancel();
    this.#parts.ask({ kind: 'record-end', file: current.file });
  }

  /** The mixer records: its time runs. */
  recording(file: NameFile): void {
    const current = this.#current;
    if (current?.file !== file || current.ending) return;
    current.limit = this.#parts.clock.after(file.limitMs, () => this.stop(current.name));
  }

  /** The mixer has ended the recording. `whole`: there is a file. */
  recorded(file: NameFile, whole: boolean): void {
    const current = this.#current;
    if (current?.file !== file) return;
    if (whole) void this.#keep(current);
    else this.#finish(current, 0);
  }

  /** The call is over: nothing more is told. */
  end(): void {
    this.#current?.limit?.cancel();
    this.#current = null;
  }

  async #keep(current: Recording): Promise<void> {
    const { names, clock } = this.#parts;
    const { conference, name } = current;
    const forget = (): void => names.forget(conference, name);
    const keeping = names.keep(conference, name);
    let speechMs = 0;
    try {
      speechMs = await within(clock, KEEP_LIMIT_MS, 'keeping a name', keeping);
    } catch (error) {
      // One that comes after nobody waits for it any more is nobody's.
      if (error instanceof TookTooLong) keeping.then(forget).catch(() => undefined);
      this.#trouble(error);
    }
    if (this.#current === current) this.#finish(current, speechMs);
    else forget();
  }

  #finish(current: Recording, speechMs: number): void {
    current.limit?.cancel();
    this.#current = null;
    this.#parts.recorded(current.name, speechMs);
  }

  #trouble(error: unknown): void {
    this.#parts.log.error({ error: asError(error).message }, 'a spoken name could not be recorded');
  }
}
