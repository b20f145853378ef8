import type { ConferenceId } from '../../domain/identifiers.js';
import { SAMPLE_RATE_HZ } from './frame.js';
import { WavWriter } from './wav-writer.js';
import type { WorkerSlot } from './worker-team.js';

/** No recording is longer: 12 hours. */
const LONGEST_SAMPLES = 12 * 3_600 * SAMPLE_RATE_HZ;
/** Recordings that ended with their room and whose length nobody has asked for yet. */
const MOST_ENDED = 64;

interface Length {
  readonly durationMs: number;
}

interface RoomRecording {
  readonly number: number;
  readonly room: ConferenceId;
  readonly slot: WorkerSlot;
  readonly path: string;
  /** `null` while the file is being created. */
  writer: WavWriter | null;
  /** The worker has agreed. */
  begun: boolean;
  /** Samples until the limit. */
  missing: number;
  /** Set when no more comes. */
  finished: Promise<Length> | null;
}

/**
 * The recordings of rooms on the main thread: takes what workers tell, and brings it to the disk in the background.
 * A recording that ended by itself is remembered until it is asked for.
 */
export class RoomRecordings {
  readonly #failed: (room: ConferenceId, reason: string) => void;
  readonly #byRoom = new Map<ConferenceId, RoomRecording>();
  readonly #finishing = new Set<Promise<unknown>>();
  #last = 0;

  /** @param failed the recording of a room broke off; its file is kept. */
  constructor(failed: (room: ConferenceId, reason: string) => void) {
    this.#failed = failed;
  }

  /** @throws Error with one clear line, as the port says. */
  async begin(room: ConferenceId, slot: WorkerSlot | null, path: string, plays: boolean): Promise<void> {
    if (slot === null) throw new Error('there is no such room to record');
    const before = this.#byRoom.get(room);
    if (before !== undefined && before.finished === null) throw new Error('the room is being recorded already');
    const number = ++this.#last;
    const recording: RoomRecording = {
      ...{ number, room, slot, path },
      ...{ writer: null, begun: false, missing: LONGEST_SAMPLES, finished: null },
    };
    this.#byRoom.delete(room);
    this.#byRoom.set(room, recording);
    try {
      recording.writer = await WavWriter.create(path);
      await slot.link.request({ type: 'recordRoom', room, recording: number, samples: recording.missing, plays });
      recording.begun = true;
    } catch (error) {
      this.#forget(recording);
      await recording.writer?.discard(path);
      throw new Error(`cannot record to ${path}: ${oneLine(error)}`, { cause: error });
    }
  }

  async pause(room: ConferenceId, paused: boolean): Promise<void> {
    const recording = this.#byRoom.get(room);
    if (recording === undefined || recording.finished !== null) throw new Error('the room is not being recorded');
    const { slot, number } = recording;
    try {
      await slot.link.request({ type: 'pauseRoom', room, recording: number, paused });
    } catch (error) {
      throw new Error(`the recording cannot be ${paused ? 'paused' : 'gone on with'}: ${oneLine(error)}`, {
        cause: error,
      });
    }
  }

  async stop(room: ConferenceId): Promise<Length | null> {
    const recording = this.#byRoom.get(room);
    if (recording?.writer == null) return null;
    const { slot, number, path } = recording;
    // What the worker cannot tell any more is lost; what it told is in the file.
    if (recording.finished === null)
      await slot.link.request({ type: 'stopRoom', room, recording: number }).catch(() => undefined);
    this.#forget(recording);
    try {
      return await this.#finish(recording);
    } catch (error) {
      throw new Error(`the recording ${path} could not be finished: ${oneLine(error)}`, { cause: error });
    }
  }

  /** What a room heard next. */
  take(number: number, samples: Int16Array): void {
    const recording = this.#find(number);
    if (recording?.writer == null || recording.finished !== null) return;
    const { writer } = recording;
    const wanted = samples.subarray(0, recording.missing);
    writer.write(wanted);
    recording.missing -= wanted.length;
    if (writer.failure !== null) this.#breakOff(recording, writer.failure.message);
    else if (recording.missing === 0) this.#end(recording);
  }

  /** The room has ended. */
  ended(number: number): void {
    const recording = this.#find(number);
    if (recording !== null) this.#end(recording);
  }

  /** A worker is gone, and with it what it had not told. */
  workerLost(slot: WorkerSlot, reason: string): void {
    for (const recording of [...this.#byRoom.values()])
      if (recording.slot === slot && recording.begun && recording.finished === null)
        this.#breakOff(recording, `the media worker was replaced: ${reason}`);
  }

  /** Whatever ended in that room will not be asked for. */
  forget(room: ConferenceId): void {
    const recording = this.#byRoom.get(room);
    if (recording?.finished != null) this.#forget(recording);
  }

  /** Ends all; resolves when every file is whole, or has failed. */
  async close(): Promise<void> {
    for (const recording of [...this.#byRoom.values()]) this.#end(recording);
    await Promise.allSettled(this.#finishing);
  }

  #find(number: number): RoomRecording | null {
    for (const recording of this.#byRoom.values()) if (recording.number === number) return recording;
    return null;
  }

  /** No more comes, and that is no failure. */
  #end(recording: RoomRecording): void {
    if (recording.writer === null || recording.finished !== null) return;
    this.#finish(recording).catch((error: unknown) => {
      this.#forget(recording);
      this.#failed(recording.room, oneLine(error));
    });
    this.#dropOldest();
  }

  #breakOff(recording: RoomRecording, reason: string): void {
    const { room, number, slot } = recording;
    this.#forget(recording);
    slot.link.request({ type: 'stopRoom', room, recording: number }).catch(() => undefined);
    // What went wrong is told, whatever the end of the file adds to it.
    const told = (): void => this.#failed(room, oneLine(reason));
    void this.#finish(recording).then(told, told);
  }

  #finish(recording: RoomRecording): Promise<Length> {
    if (recording.finished !== null) return recording.finished;
    const { writer } = recording;
    if (writer === null) return Promise.reject(new Error('nothing was recorded'));
    const finished = writer.close().then(() => ({ durationMs: writer.durationMs }));
    recording.finished = finished;
    this.#finishing.add(finished);
    const through = (): void => {
      this.#finishing.delete(finished);
    };
    finished.then(through, through);
    return finished;
  }

  #forget(recording: RoomRecording): void {
    if (this.#byRoom.get(recording.room) === recording) this.#byRoom.delete(recording.room);
  }

  #dropOldest(): void {
    const ended = [...this.#byRoom.values()].filter(({ finished }) => finished !== null);
    for (const recording of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#forget(recording);
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
