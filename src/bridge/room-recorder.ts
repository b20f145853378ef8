import type { Timer } from '../ports/clock.js';
import type { MixerName } from '../ports/media.js';
import type { OpenRecording } from '../ports/recordings.js';
import { asError, within } from './bounded.js';
import type { RoomRecorderParts, RoomRecording } from './room-recording.js';

/** Longest wait for a mixer to do what it is told, milliseconds. */
const MIXER_LIMIT_MS = 6_000;
/** A recording that cannot go on, its mixer being lost, is tried again after so long, then twice as long, and so often at a stretch: 16 s. */
const RETRY_MS = 250;
const MOST_TRIES = 6;
/** A part that lasted so long was none of a row that broke off at once. */
const LASTED_MS = 30_000;

/**
 * Records one conference's room, in parts: a new one begins where the mixer was lost, the recording broke off, or the room was empty:
 * mixers end an empty room, and its recording, without a word.
 *
 * It compares what is wanted with what is, and does one thing at a time until both are the same; so it goes on wherever a process
 * before this one died.
 */
export class RoomRecorder {
  readonly #parts: RoomRecorderParts;
  #memory: RoomRecording;
  /** The open part is not written to any more. */
  #ended = false;
  /** The part that broke off last. */
  #broken: OpenRecording['id'] | null = null;
  /** The open part was begun by a process before this one: whether its mixer was started again meanwhile is not known. */
  #inherited = false;
  /** Someone is in the room. */
  #occupied = true;
  /** Nobody was, since the open part began. */
  #left = false;
  /** A start that nothing was recorded of yet: it fails at once. */
  #first = false;
  #tries = 0;
  #beganAt = -Infinity;
  #retry: Timer | null = null;
  #working: Promise<void> | null = null;
  #over = false;

  constructor(memory: RoomRecording, parts: RoomRecorderParts) {
    this.#parts = parts;
    this.#memory = memory;
  }

  memory(): RoomRecording {
    return this.#memory;
  }

  start({ announcements }: { readonly announcements: boolean }): void {
    this.#tries = 0;
    this.#first = this.#memory.open === null;
    this.#want('on', { announcements });
  }

  pause(): void {
    if (this.#memory.wanted === 'on') this.#want('paused');
  }

  resume(): void {
    if (this.#memory.wanted === 'paused') this.#want('on');
  }

  stop(): void {
    this.#want('off');
  }

  /** The media tell that it broke off: what was recorded is kept. */
  brokeOff(reason: string): void {
    const { log, conferenceId } = this.#parts;
    const { open } = this.#memory;
    if (open === null || this.#over) return;
    log.error({ conference: conferenceId, recording: open.id, reason }, 'a recording broke off');
    this.#ended = true;
    this.#broken = open.id;
    this.#settle();
  }

  /** Everyone is in the room on another mixer. */
  roomMoved(): void {
    const elsewhere = this.#inherited || this.#place() !== this.#memory.mixer;
    if (this.#memory.open !== null && elsewhere) this.#ended = true;
    this.#settleNow();
  }

  /** Whether someone is in the room. One that was empty is another room for the mixer: what is recorded of it is another part. */
  occupied(occupied: boolean): void {
    if (occupied === this.#occupied) return;
    this.#occupied = occupied;
    if (!occupied) return;
    if (this.#memory.open !== null) this.#left = true;
    this.#settleNow();
  }

  /** The conference of a process before this one goes on. */
  takenBack(): void {
    this.#inherited = this.#memory.open !== null;
    this.#settle();
  }

  /** The conference is over: what is recorded is sealed. Resolves when the mixer has ended it and it is being sealed. */
  async close(): Promise<void> {
    this.#want('off');
    while (this.#working !== null) await this.#working;
    this.#over = true;
  }

  /** Another process goes on with it. */
  handOver(): void {
    this.#over = true;
    this.#cancelRetry();
  }

  #want(wanted: RoomRecording['wanted'], more: Partial<RoomRecording> = {}): void {
    this.#set({ wanted, ...more });
    this.#settleNow();
  }

  #set(change: Partial<RoomRecording>): void {
    this.#memory = { ...this.#memory, ...change };
    this.#parts.changed();
  }

  #settleNow(): void {
    this.#cancelRetry();
    this.#settle();
  }

  #settle(): void {
    if (this.#working !== null || this.#over) return;
    const work = this.#next();
    if (work === null) return;
    this.#working = work.finally(() => {
      this.#working = null;
      this.#settle();
    });
  }

  /** The next thing to be done, or `null`: all is as it is wanted. It never rejects. */
  #next(): Promise<void> | null {
    const { wanted, open, paused } = this.#memory;
    if (open === null) return wanted === 'on' && this.#occupied && this.#retry === null ? this.#begin() : null;
    if (wanted === 'off' || this.#ended || this.#left) return this.#end(open);
    return paused === (wanted === 'paused') ? null : this.#setPaused(wanted === 'paused');
  }

  async #begin(): Promise<void> {
    const { recordings, conferenceId, accountId, recordId, log, clock, roomFree } = this.#parts;
    const free = roomFree();
    if (free !== null) {
      await free;
      if (this.#over || this.#memory.wanted !== 'on') return;
    }
    const part = this.#memory.parts + 1;
    let open: OpenRecording;
    try {
      open = recordings.begin({ conferenceId, accountId, conferenceRecordId: recordId(), part });
    } catch (error) {
      this.#notNow(asError(error).message);
      return;
    }
    // stored before the mixer writes the first sample
    this.#ended = false;
    this.#left = false;
    this.#inherited = false;
    this.#set({ open, parts: part, paused: false, mixer: this.#place() });
    try {
      const plays = this.#memory.announcements;
      const recording = this.#recordRoom(open, plays);
      await within(clock, MIXER_LIMIT_MS, 'beginning to record', recording);
    } catch (error) {
      // handed over while it began: whether it did is for the next process to find
      if (this.#over) return;
      await this.#stopped();
      recordings.abandon(open);
      this.#set({ open: null, parts: part - 1 });
      this.#notNow(asError(error).message);
      return;
    }
    this.#first = false;
    this.#beganAt = clock.monotonic();
    log.info({ conference: conferenceId, recording: open.id, part }, 'a recording began');
  }

  /** A recording that a process before this one began and did not come to note is in the way: it is ended first. */
  async #recordRoom({ path }: OpenRecording, plays: boolean): Promise<void> {
    const { media, conferenceId } = this.#parts;
    try {
      await media.recordRoom(conferenceId, path, { plays });
    } catch (error) {
      if (!(await this.#stopped())) throw error;
      await media.recordRoom(conferenceId, path, { plays });
    }
  }

  /** Whether there was one that could be ended. */
  async #stopped(): Promise<boolean> {
    const { media, clock, conferenceId } = this.#parts;
    const stopping = media.stopRecordingRoom(conferenceId);
    return (await within(clock, MIXER_LIMIT_MS, 'ending a recording', stopping).catch(() => null)) !== null;
  }

  async #end(open: OpenRecording): Promise<void> {
    const { media, clock, log, conferenceId } = this.#parts;
    try {
      await within(clock, MIXER_LIMIT_MS, 'ending a recording', media.stopRecordingRoom(conferenceId));
    } catch (error) {
      const what = { conference: conferenceId, recording: open.id, error: asError(error).message };
      // one that broke off has ended, which was told
      if (this.#broken !== open.id) log.warn(what, 'recording not ended');
    }
    const brokeOff = this.#ended && this.#memory.wanted !== 'off';
    this.#ended = false;
    this.#left = false;
    this.#inherited = false;
    this.#set({ open: null, mixer: null, paused: false });
    void this.#seal(open);
    if (!brokeOff) return;
    if (clock.monotonic() - this.#beganAt >= LASTED_MS) this.#tries = 0;
    else this.#tryLater('it breaks off again and again');
  }

  async #setPaused(paused: boolean): Promise<void> {
    const { media, clock, conferenceId } = this.#parts;
    try {
      const pausing = media.pauseRoomRecording(conferenceId, paused);
      await within(clock, MIXER_LIMIT_MS, paused ? 'pausing a recording' : 'going on with a recording', pausing);
      this.#set({ paused });
    } catch (error) {
      // what must not be recorded is not: the part ends here, and another begins when it goes on
      this.brokeOff(asError(error).message);
    }
  }

  async #seal(open: OpenRecording): Promise<void> {
    const { recordings, log, conferenceId, recordingFailed } = this.#parts;
    const what = { conference: conferenceId, recording: open.id, part: open.part };
    try {
      await recordings.seal(open);
      log.info(what, 'a recording is sealed');
    } catch (error) {
      log.error({ ...what, error: asError(error).message }, 'a recording could not be sealed');
      recordingFailed();
    }
  }

  /** A conference that was never recorded is told at once; one whose recording broke off goes on when its mixer does. */
  #notNow(reason: string): void {
    if (this.#first) this.#giveUp(reason);
    else this.#tryLater(reason);
  }

  #tryLater(reason: string): void {
    this.#tries += 1;
    if (this.#tries > MOST_TRIES) {
      this.#giveUp(reason);
      return;
    }
    if (this.#over) return;
    this.#retry = this.#parts.clock.after(RETRY_MS * 2 ** (this.#tries - 1), () => {
      this.#retry = null;
      this.#settle();
    });
  }

  #giveUp(reason: string): void {
    const { log, conferenceId, failed, recordingFailed } = this.#parts;
    // the conference may have ended it meanwhile
    if (this.#memory.wanted === 'off') return;
    log.error({ conference: conferenceId, error: reason }, 'the conference is not recorded');
    this.#set({ wanted: 'off' });
    recordingFailed();
    failed();
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = null;
  }

  /** The mixer the room is on, or `null` where that means nothing or there is none. */
  #place(): MixerName | null {
    try {
      return this.#parts.media.placeRoom(this.#parts.conferenceId);
    } catch {
      return null;
    }
  }
}
