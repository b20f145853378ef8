import { randomBytes } from 'node:crypto';
import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LONGEST_RECORDING_MS } from '../../ports/media.js';
import type { Channel } from './channel.js';
import { RECORDED_BYTES_PER_MS, recordedSound, wavFile } from './recorded-file.js';

/** Only the caller's side, nothing thrown away for being short, at 8 kHz whatever the codec. */
const SETTINGS = 'RECORD_READ_ONLY=true;RECORD_MIN_SEC=0;record_sample_rate=8000';
/** Says at the channel what is being recorded, for a process that takes the leg over. */
const NOTE = 'partyline_recording';
/** FreeSWITCH closes a file after it has answered, at times. */
const CLOSED_MS = 1_000;
const POLL_MS = 20;
/** In a command to FreeSWITCH these would end the path, or mean something else. */
const UNSPEAKABLE = /[\s'"\\]/;

interface Recording {
  readonly path: string;
  /** Written by FreeSWITCH. */
  readonly raw: string;
  readonly limitMs: number;
  readonly limit: NodeJS.Timeout;
}

/** The recording of one channel: FreeSWITCH writes it beside its place, where it is put when it is whole. */
export class LegRecorder {
  readonly #channel: Channel;
  #recording: Recording | null = null;
  /** One thing after the other. Not among the leg's own steps: those wait for what plays. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** @throws {Error} with one clear line, as the port says. */
  begin(path: string, limitMs: number): Promise<void> {
    return this.#inOrder(() => this.#begin(path, limitMs));
  }

  /** As the port's `stopRecording`; may be called when the channel is gone, too: what FreeSWITCH wrote is kept. */
  finish(): Promise<{ readonly durationMs: number } | null> {
    return this.#inOrder(async () => {
      const recording = this.#recording;
      this.#recording = null;
      return recording === null ? null : this.#finish(recording);
    });
  }

  /** Takes back what a process before this one began. Never rejects. */
  adopt(): Promise<void> {
    return this.#inOrder(async () => {
      const { uuid } = this.#channel;
      const note = await this.#channel.api(`uuid_getvar ${uuid} ${NOTE}`).catch(() => '');
      const noted = parseNote(note);
      if (noted === null) return;
      const left = Math.min(Math.max(noted.endsAt - Date.now(), 0), noted.limitMs);
      this.#recording = { ...noted, limit: setTimeout(() => void this.#stop(noted.raw), left) };
    });
  }

  /** Another process goes on with it. */
  release(): void {
    if (this.#recording !== null) clearTimeout(this.#recording.limit);
    this.#recording = null;
  }

  async #begin(path: string, limitMs: number): Promise<void> {
    if (!(limitMs >= 1 && limitMs <= LONGEST_RECORDING_MS))
      throw new Error(`cannot record for ${limitMs} ms: 1 to ${LONGEST_RECORDING_MS} ms`);
    if (this.#recording !== null) throw new Error('this caller is being recorded already');
    const { uuid } = this.#channel;
    const place = resolve(path);
    const raw = besides(place, '.wav');
    try {
      if (UNSPEAKABLE.test(place)) throw new Error('FreeSWITCH takes no path with blanks, quotes or backslashes');
      if ((await stat(place).catch(() => null))?.isDirectory() === true) throw new Error('it is a folder');
      await probe(raw);
      const note = formatNote({ path: place, raw, limitMs, endsAt: Date.now() + limitMs });
      await this.#channel.api(`uuid_setvar_multi ${uuid} ${SETTINGS};${NOTE}=${note}`);
      // Its own limit, in seconds, only holds if ours comes to nothing.
      const reply = await this.#channel.once(`uuid_record ${uuid} start ${raw} ${Math.ceil(limitMs / 1_000) + 1}`);
      if (!reply.startsWith('+OK')) throw new Error(`the mixer did not record: ${reply}`);
    } catch (error) {
      // It may have begun without our hearing of it.
      if (!this.#channel.lost) await this.#stop(raw);
      await rm(raw, { force: true }).catch(() => undefined);
      throw unwritable(path, error);
    }
    // Where FreeSWITCH is another user, this is its to decide.
    await chmod(raw, 0o600).catch(() => undefined);
    const limit = setTimeout(() => void this.#stop(raw), limitMs);
    this.#recording = { path: place, raw, limitMs, limit };
  }

  async #finish({ path, raw, limitMs, limit }: Recording): Promise<{ readonly durationMs: number }> {
    clearTimeout(limit);
    const whole = besides(path, '');
    try {
      if (!this.#channel.lost) {
        await this.#stop(raw);
        await this.#channel.api(`uuid_setvar ${this.#channel.uuid} ${NOTE}`).catch(() => undefined);
      }
      const sound = (await settled(raw)).subarray(0, limitMs * RECORDED_BYTES_PER_MS);
      const file = await open(whole, 'wx', 0o600);
      try {
        await file.writeFile(wavFile(sound));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(whole, path);
      return { durationMs: sound.length / RECORDED_BYTES_PER_MS };
    } catch (error) {
      await rm(whole, { force: true }).catch(() => undefined);
      throw unwritable(path, error);
    } finally {
      await rm(raw, { force: true }).catch(() => undefined);
    }
  }

  /** Also where it has ended already. Never rejects. */
  async #stop(raw: string): Promise<void> {
    const { uuid } = this.#channel;
    await this.#channel.api(`uuid_record ${uuid} stop ${raw}`).catch(() => undefined);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

interface Note {
  readonly path: string;
  readonly raw: string;
  readonly limitMs: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

function formatNote(note: Note): string {
  return Buffer.from(JSON.stringify(note)).toString('base64url');
}

function parseNote(text: string): Note | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value !== 'object' || value === null) return null;
    const { path, raw, limitMs, endsAt } = value as Readonly<Record<string, unknown>>;
    const whole =
      typeof path === 'string' && typeof raw === 'string' && typeof limitMs === 'number' && typeof endsAt === 'number';
    return whole ? { path, raw, limitMs, endsAt } : null;
  } catch {
    return null;
  }
}

/** The samples of a file that FreeSWITCH closes in these moments; of one that it never closed, those it wrote. */
async function settled(raw: string): Promise<Buffer> {
  const until = performance.now() + CLOSED_MS;
  for (;;) {
    const { sound, closed } = recordedSound(await readFile(raw));
    if (closed) return sound;
    if (performance.now() > until) {
      if (sound.length > 0) return sound;
      throw new Error('the mixer left nothing of it');
    }
    await pause(POLL_MS);
  }
}

/** Whether the folder can be written to; FreeSWITCH would make folders, and say little. */
async function probe(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  await file.close();
  await rm(path);
}

/** A name in the same folder, so that the finished file can be moved at one stroke. */
function besides(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial${ending}`);
}

function unwritable(path: string, error: unknown): Error {
  const why = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
  return new Error(`cannot record to ${path}: ${why}`, { cause: error });
}
