import type { AccountId, ConferenceId } from '../domain/identifiers.js';

/**
 * The recordings port: where a mixer may write plain audio, and what becomes of it (product: section 7). Plain audio is in memory
 * only (a tmpfs); when its recording stops it is sealed, one key for each, and the plain file is gone.
 */

/** A part of a conference's recording that a mixer is writing. Plain data: it outlives the process that began it. */
export interface OpenRecording {
  readonly id: string;
  readonly conferenceId: ConferenceId;
  readonly accountId: AccountId;
  readonly conferenceRecordId: number | null;
  readonly part: number;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly startedAt: number;
  /** Where the mixer writes it, in plain. */
  readonly path: string;
}

export interface Recordings {
  /** A place for a part that begins now. @throws Error with one clear line: no memory for it, or the folder cannot be written to. */
  begin(part: Omit<OpenRecording, 'id' | 'path' | 'startedAt'>): OpenRecording;
  /** Nothing was or will be recorded there. Never throws. */
  abandon(recording: OpenRecording): void;
  /** Its audio is whole: it is sealed and the plain file removed. @throws Error with one clear line; then the plain file, where there is one, stays, and is tried again, or is kept aside where nobody can read it. */
  seal(recording: OpenRecording): Promise<void>;
  /** Seals what a process before this one left in plain, but for those still being written; removes what is no recording. Never rejects. */
  sweep(open: readonly OpenRecording[]): Promise<void>;
  /** Waits for what is being sealed, 10 s at most. Never rejects. */
  close(): Promise<void>;
}

/** A recording cannot be read: unknown, due, damaged, or sealed under another key. One line that says what to do. */
export class RecordingUnreadable extends Error {
  override readonly name = 'RecordingUnreadable';
}

/** Recordings that are sealed, whatever process sealed them. */
export interface RecordingArchive {
  /**
   * A WAV file, piece by piece; that it is whole and authentic is certain only when the last piece has come.
   * @throws {RecordingUnreadable}; or Error with one clear line where there is no bridge key
   */
  open(id: string): AsyncIterable<Uint8Array>;
  /** Its key, then its file. @returns whether there was such a recording. */
  remove(id: string): Promise<boolean>;
  /**
   * Removes those that are due, also what could not be sealed and was kept aside, and sealed files without a key. Bounded; what is left over is for the next time.
   * @param goesOn asked before each: `false` ends it there
   */
  purge(goesOn?: () => boolean): Promise<{ readonly recordings: number; readonly strays: number }>;
}

/** Names callers have said, as files, for as long as their conference lasts. */
export interface SpokenNames {
  /** Where a name is to be recorded: a place of its own. @throws Error */
  place(conference: ConferenceId, name: string): string;
  /**
   * The recording there is over: silence before and after is cut off, the level made that of the prompts.
   * @returns milliseconds of speech; 0 where there is none: then nothing is kept.
   */
  keep(conference: ConferenceId, name: string): Promise<number>;
  /** A name that somebody else recorded before is there for this conference. @param sound a WAV file @throws Error */
  lay(conference: ConferenceId, name: string, sound: Uint8Array): void;
  /** The sound file of a name, or `null`. */
  find(name: string): string | null;
  /** The conference is over, or the name is nobody's any more. Never throws. */
  forget(conference: ConferenceId, name: string): void;
  /** Of what a process before this one left, removes the names of conferences that are not there any more. Never rejects. */
  sweep(conferences: readonly ConferenceId[]): Promise<void>;
  /** Removes recordings of names that nobody finished within 10 minutes. @param now milliseconds since 1970-01-01T00:00Z. Never rejects. */
  removeUnfinished(now: number): Promise<void>;
}
