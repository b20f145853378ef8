import { chmod, open, stat, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConferenceId } from '../../domain/identifiers.js';
import { within } from './channel.js';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';
import type { RoomThere } from './members.js';
import { isSpeakable, roomName, roomOfName } from './names.js';
import { completeRecording } from './recorded-file.js';

export interface RoomRecordingsUser {
  /** It broke off; its file is whole. */
  failed(room: ConferenceId, reason: string): void;
  trouble(message: string): void;
}

interface Recording {
  readonly room: ConferenceId;
  readonly path: string;
  readonly plays: boolean;
  paused: boolean;
  /** `starting`, `running`; `ending`: we stop it; `over`: it reached its limit, or the room ended. */
  phase: 'starting' | 'running' | 'ending' | 'over';
  limit: NodeJS.Timeout | null;
  /** Settled when it is known whether it was begun. */
  readonly ready: Later<null>;
  /** Settled by the mixer's word that it has begun: `null`, or why not. */
  readonly begun: Later<string | null>;
  /** Settled by its word that the file is closed. */
  readonly closed: Later<null>;
  isClosed: boolean;
}

/** Of a room: what is played is in its recording. For a process that comes after this one. */
const NOTE = 'partyline_recording_plays';
const LONGEST_MS = 12 * 3_600_000;
const BEGIN_MS = 3_000;
const CLOSE_MS = 3_000;
/** Rooms whose recording is to be stopped when the mixer is found. */
const MOST_TO_STOP = 1_000;

/** The recordings of rooms at one mixer, one for each: FreeSWITCH writes the files. */
export class RoomRecordings {
  readonly #line: Line;
  readonly #user: RoomRecordingsUser;
  /** By the name the room has at the mixer. */
  readonly #recordings = new Map<string, Recording>();
  /** The same of rooms that are not recorded any more, as far as the mixer could not be told. */
  readonly #unwanted = new Set<string>();

  constructor(line: Line, user: RoomRecordingsUser) {
    this.#line = line;
    this.#user = user;
  }

  /** `over`: it has ended by itself, and is to be finished. */
  phase(room: ConferenceId): 'none' | 'going' | 'over' {
    const phase = this.#recordings.get(roomName(room))?.phase ?? 'none';
    return phase === 'none' || phase === 'over' ? phase : 'going';
  }

  /** What is played to the room must not be heard by its recording. */
  keepsPlaysOut(name: string): boolean {
    const recording = this.#recordings.get(name);
    return recording !== undefined && !recording.plays && !recording.paused && recording.phase !== 'over';
  }

  /** @throws Error with one clear line. */
  async begin(room: ConferenceId, path: string, plays: boolean): Promise<void> {
    const name = roomName(room);
    const place = resolve(path);
    const before = this.#recordings.get(name);
    if (before !== undefined && before.phase !== 'over') throw new Error(`room ${room} is being recorded already`);
    const recording = newRecording(room, place, plays, 'starting');
    this.#recordings.set(name, recording);
    try {
      await this.#begin(name, recording);
    } catch (error) {
      this.#forget(name, recording);
      recording.ready.settle(null);
      const why = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
      throw new Error(`cannot record room ${room} to ${path}: ${why}`, { cause: error });
    }
    recording.phase = 'running';
    recording.ready.settle(null);
    this.#limit(name, recording, LONGEST_MS);
    if (recording.isClosed) void this.#broke(name, recording, 'the mixer stopped it');
    // Where FreeSWITCH is another user, this is its to decide.
    await chmod(place, 0o600).catch(() => undefined);
  }

  /** @throws Error where nothing is being recorded, or the mixer does not do it. */
  async pause(room: ConferenceId, paused: boolean): Promise<void> {
    const name = roomName(room);
    const recording = await this.#known(name);
    if (recording?.phase !== 'running') throw new Error(`room ${room} is not being recorded`);
    const reply = await this.#line.api(
      `conference ${name} recording ${paused ? 'pause' : 'resume'} '${recording.path}'`,
    );
    if (!reply.startsWith('+OK') || reply.includes('-ERR')) throw new Error(`the mixer did not pause: ${reply}`);
    recording.paused = paused;
  }

  /** @throws Error where the file could not be finished. */
  async finish(room: ConferenceId): Promise<{ readonly durationMs: number } | null> {
    const name = roomName(room);
    const recording = await this.#known(name);
    if (recording === null || recording.phase === 'ending') return null;
    try {
      if (recording.phase === 'running') {
        recording.phase = 'ending';
        await this.#stop(name, recording);
      }
      return { durationMs: await completeRecording(recording.path) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the recording of room ${room} could not be finished: ${why}`, { cause: error });
    } finally {
      this.#forget(name, recording);
    }
  }

  /** Whatever ended in that room will not be asked for. */
  forget(room: ConferenceId): void {
    const name = roomName(room);
    const recording = this.#recordings.get(name);
    if (recording?.phase === 'over') this.#forget(name, recording);
  }

  /** A process before this one may have begun one that nobody wants, while the mixer is away: it is stopped when the mixer is found. */
  stopWhenFound(room: ConferenceId): void {
    if (this.#unwanted.size < MOST_TO_STOP) this.#unwanted.add(roomName(room));
  }

  /** Takes an event of `conference::maintenance`. */
  event(event: SocketEvent): void {
    const name = event.header('Conference-Name') ?? '';
    const recording = this.#recordings.get(name);
    if (recording === undefined || event.header('Path') !== recording.path) return;
    const action = event.header('Action');
    if (action === 'start-recording') recording.begun.settle(event.header('Error'));
    if (action !== 'stop-recording') return;
    recording.isClosed = true;
    recording.closed.settle(null);
    if (recording.phase !== 'running') return;
    if (event.header('Conference-Size') === '0') this.#over(recording);
    else void this.#broke(name, recording, 'the mixer stopped it');
  }

  /** How it is, where what happened until now may not have been told. */
  found(rooms: readonly RoomThere[]): void {
    for (const [name, recording] of [...this.#recordings]) {
      const there = rooms.find((room) => room.name === name);
      const goesOn = there?.recordings.some(({ path }) => path === recording.path) === true;
      if (goesOn) recording.begun.settle(null);
      else recording.closed.settle(null);
      if (goesOn || recording.phase !== 'running') continue;
      if (there === undefined) this.#over(recording);
      else void this.#broke(name, recording, 'the mixer stopped it');
    }
    for (const room of rooms) {
      if (this.#unwanted.has(room.name)) this.#stopOthers(room);
      else this.#takeBack(room);
    }
    this.#unwanted.clear();
  }

  /** The mixer is lost. */
  lost(): void {
    for (const [name, recording] of [...this.#recordings]) {
      recording.begun.settle('the mixer was lost');
      recording.closed.settle(null);
      if (recording.phase === 'running') void this.#broke(name, recording, 'the mixer was lost');
    }
  }

  /** Another process goes on with them. */
  release(): void {
    for (const [name, recording] of [...this.#recordings]) this.#forget(name, recording);
  }

  async #begin(name: string, recording: Recording): Promise<void> {
    const { path, plays } = recording;
    if (!isSpeakable(path)) throw new Error('FreeSWITCH takes no path with signs that mean something to it');
    await probe(path);
    await this.#line.api(`conference ${name} setvar ${NOTE} ${String(plays)}`);
    const failure = await this.#start(name, recording);
    if (failure !== null) {
      // It may have begun without our hearing of it.
      await this.#line.api(`conference ${name} recording stop '${path}'`).catch(() => undefined);
      throw new Error(failure);
    }
  }

  /** @returns why it did not begin, or `null`. Never rejects. */
  async #start(name: string, { path, begun }: Recording): Promise<string | null> {
    try {
      const reply = await this.#line.once(`conference ${name} recording start '${path}'`);
      if (!reply.startsWith('+OK')) return `the mixer did not record: ${reply}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return within(begun.value, BEGIN_MS, 'the mixer did not begin in time');
  }

  /** The recording of a room, once it is known whether it was begun. */
  async #known(name: string): Promise<Recording | null> {
    await this.#recordings.get(name)?.ready.value;
    return this.#recordings.get(name) ?? null;
  }

  /** Resolves when the file is closed, or ought to be. Never rejects. */
  async #stop(name: string, recording: Recording): Promise<void> {
    await this.#line.api(`conference ${name} recording stop '${recording.path}'`).catch(() => undefined);
    await within(recording.closed.value, CLOSE_MS, null);
  }

  #limit(name: string, recording: Recording, ms: number): void {
    recording.limit = setTimeout(() => {
      if (recording.phase !== 'running') return;
      this.#over(recording);
      void this.#stop(name, recording);
    }, ms);
  }

  #over(recording: Recording): void {
    recording.phase = 'over';
    if (recording.limit !== null) clearTimeout(recording.limit);
  }

  async #broke(name: string, recording: Recording, reason: string): Promise<void> {
    this.#over(recording);
    this.#forget(name, recording);
    await completeRecording(recording.path).catch((error: unknown) => {
      this.#user.trouble(
        `media: what was recorded of a room is not whole: ${error instanceof Error ? error.message : ''}`,
      );
    });
    this.#user.failed(recording.room, reason);
  }

  #forget(name: string, recording: Recording): void {
    if (recording.limit !== null) clearTimeout(recording.limit);
    if (this.#recordings.get(name) === recording) this.#recordings.delete(name);
  }

  /** All but ours: their files are sealed, and not there any more. */
  #stopOthers({ name, recordings }: RoomThere): void {
    for (const { path } of recordings) {
      if (path === this.#recordings.get(name)?.path || !isSpeakable(path)) continue;
      void this.#line.api(`conference ${name} recording stop '${path}'`).catch(() => undefined);
    }
  }

  /** A process before this one began it. */
  #takeBack(found: RoomThere): void {
    const { name, recordings } = found;
    const room = roomOfName(name);
    const [there] = recordings;
    if (room === null || there === undefined || this.#recordings.has(name)) return;
    const recording = newRecording(room, there.path, found.variable(NOTE) === 'true', 'running');
    recording.paused = there.paused;
    recording.ready.settle(null);
    this.#recordings.set(name, recording);
    const elapsed = Date.now() - there.startedAt * 1_000;
    this.#limit(name, recording, Math.min(Math.max(LONGEST_MS - elapsed, 0), LONGEST_MS));
  }
}

interface Later<T> {
  readonly value: Promise<T>;
  settle(value: T): void;
}

function later<T>(): Later<T> {
  let settle: (value: T) => void = () => undefined;
  const value = new Promise<T>((resolved) => {
    settle = resolved;
  });
  return { value, settle };
}

const newRecording = (room: ConferenceId, path: string, plays: boolean, phase: 'starting' | 'running'): Recording => ({
  ...{ room, path, plays, phase },
  paused: false,
  limit: null,
  ready: later(),
  begun: later(),
  closed: later(),
  isClosed: false,
});

/** Whether the file can be written; FreeSWITCH would make folders, and say little. */
async function probe(path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory() === true) throw new Error('it is a folder');
  const file = await open(path, 'a', 0o600);
  await file.close();
  if ((await stat(path)).size === 0) await unlink(path);
}
