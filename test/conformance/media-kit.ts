import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { RtpPhone, type RtpPhoneOptions } from '../../src/adapters/embedded-media/phone.js';
import { callId, playId, type CallId, type ConferenceId, type PlayId } from '../../src/domain/identifiers.js';
import type { Key, KeyMethod } from '../../src/domain/keys.js';
import type { Media, MediaEndpoint, MediaListener, MixerName, PlayItem, PlayOutcome } from '../../src/ports/media.js';
import { find, toneDbfs, writeWav } from '../sound.js';

/** Waits until `holds` does; fails with `what` after `ms`. */
export async function until(what: string, holds: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await pause(10);
  }
}

/** Notes everything the media tell. */
class NotingMediaListener implements MediaListener {
  readonly keys: { readonly callId: CallId; readonly key: Key; readonly method: KeyMethod }[] = [];
  readonly finished: { readonly playId: PlayId; readonly outcome: PlayOutcome; readonly callId: CallId | null }[] = [];
  readonly missing: { readonly callId: CallId; readonly silentMs: number }[] = [];
  readonly lost: { readonly callId: CallId; readonly reason: string }[] = [];
  readonly out: { readonly callId: CallId; readonly room: ConferenceId }[] = [];
  readonly spoke: CallId[] = [];
  readonly broken: { readonly room: ConferenceId; readonly reason: string }[] = [];
  readonly troubles: string[] = [];

  keyPressed(id: CallId, key: Key, method: KeyMethod): void {
    this.keys.push({ callId: id, key, method });
  }

  playFinished(id: CallId, play: PlayId, outcome: PlayOutcome): void {
    this.finished.push({ playId: play, outcome, callId: id });
  }

  roomPlayFinished(_room: ConferenceId, play: PlayId, outcome: PlayOutcome): void {
    this.finished.push({ playId: play, outcome, callId: null });
  }

  audioMissing(id: CallId, silentMs: number): void {
    this.missing.push({ callId: id, silentMs });
  }

  roomLeft(id: CallId, room: ConferenceId): void {
    this.out.push({ callId: id, room });
  }

  endpointLost(id: CallId, reason: string): void {
    this.lost.push({ callId: id, reason });
  }

  spokeWhileMuted(id: CallId): void {
    this.spoke.push(id);
  }

  roomRecordingFailed(room: ConferenceId, reason: string): void {
    this.broken.push({ room, reason });
  }

  trouble(message: string): void {
    this.troubles.push(message);
  }

  /** Keys of one caller so far, as text. */
  keysOf(id: CallId): string {
    return this.keys
      .filter((press) => press.callId === id)
      .map(({ key }) => key)
      .join('');
  }

  /** Every outcome told for a play: exactly one, or it is wrong. */
  outcomes(play: PlayId): readonly PlayOutcome[] {
    return this.finished.filter((one) => one.playId === play).map(({ outcome }) => outcome);
  }
}

export interface Caller {
  readonly phone: RtpPhone;
  readonly endpoint: MediaEndpoint;
  readonly callId: CallId;
}

/** One run of the media: callers, sounds, and what is told. */
export class MediaRun<M extends Media = Media> {
  readonly listener = new NotingMediaListener();
  readonly media: M;
  readonly folder: string;
  /** All there are, whether a caller was made of them or not. */
  private readonly endpoints = new Set<MediaEndpoint>();
  private readonly phones: RtpPhone[] = [];
  private count = 0;

  private constructor(media: M, folder: string) {
    this.media = media;
    this.folder = folder;
  }

  static async start<M extends Media>(media: M): Promise<MediaRun<M>> {
    const run = new MediaRun(media, await mkdtemp(join(tmpdir(), 'partyline-media-')));
    await media.start(run.listener);
    return run;
  }

  async stop(): Promise<void> {
    await this.clear();
    await this.media.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Hangs everyone up; the media run on. */
  async clear(): Promise<void> {
    const endpoints = [...this.endpoints];
    this.endpoints.clear();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await Promise.all(this.phones.splice(0).map((phone) => phone.close()));
  }

  async phone(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    const phone = await RtpPhone.open({ recordSeconds: 30, ...options });
    this.phones.push(phone);
    return phone;
  }

  /** An endpoint for an offer, or without one. */
  async endpoint(offer: string | null, mixer?: MixerName): Promise<MediaEndpoint> {
    const id = callId(`call-${++this.count}`);
    const endpoint = await this.media.createEndpoint({
      callId: id,
      offer,
      remoteAddress: '127.0.0.1',
      label: `test ${this.count}`,
      ...(mixer === undefined ? {} : { mixer }),
    });
    this.endpoints.add(endpoint);
    return endpoint;
  }

  /** A caller who has called, and been answered. */
  async caller(options: RtpPhoneOptions = {}, mixer?: MixerName): Promise<Caller> {
    const phone = await this.phone(options);
    const endpoint = await this.endpoint(phone.offer(), mixer);
    phone.acceptAnswer(endpoint.localSdp);
    return this.keep(phone, endpoint);
  }

  keep(phone: RtpPhone, endpoint: MediaEndpoint): Caller {
    this.endpoints.add(endpoint);
    return { phone, endpoint, callId: endpoint.callId };
  }

  async sound(name: string, samples: Int16Array): Promise<PlayItem> {
    const path = join(this.folder, `${name}.wav`);
    await writeWav(path, samples);
    return { path, loop: false };
  }

  play(): PlayId {
    return playId(`play-${++this.count}`);
  }

  /** Waits for the end of a play and tells how it ended; it must have ended once. */
  async ended(play: PlayId, ms = 10_000): Promise<PlayOutcome> {
    await until(`${play} to end`, () => this.listener.outcomes(play).length > 0, ms);
    await pause(60);
    const outcomes = this.listener.outcomes(play);
    expect(outcomes).toHaveLength(1);
    return outcomes[0] ?? 'failed';
  }
}

/** As `until`, for what has to be asked for. */
export async function untilTold(what: string, holds: () => Promise<boolean>, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await pause(50);
  }
}

/**
 * Looks at sound that came in time: where the machine held packets up for more than 60 ms, what was seen says nothing of the engine,
 * and it is looked at again, five times at most.
 */
export async function undisturbed(phone: RtpPhone, look: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    phone.resetGaps();
    try {
      await look();
      return;
    } catch (error) {
      if (attempt === 5 || phone.statistics().longestGapMs < 60) throw error;
    }
  }
}

/** Waits until the telephone hears a tone, at its full level or so. */
export async function hearsTone(phone: RtpPhone, hz: number, leastDbfs = -35): Promise<void> {
  phone.clearHeard();
  await until(`${hz} Hz to be heard`, () => toneDbfs(phone.heard(), hz) > leastDbfs);
}

/** Waits until the telephone hears a tone no more. */
export async function hearsNoMore(phone: RtpPhone, hz: number): Promise<void> {
  const end = performance.now() + 5_000;
  while (toneDbfs(await heardFor(phone, 200), hz) >= -60) {
    if (performance.now() > end) throw new Error(`${hz} Hz goes on`);
  }
}

/** What the telephone hears from now on. */
export async function heardFor(phone: RtpPhone, ms: number): Promise<Int16Array> {
  phone.clearHeard();
  await until(`${ms} ms of sound`, () => phone.heard().length >= ms * 8, ms + 5_000);
  return phone.heard();
}

/** The samples of a recording; fails unless the file is whole, mono, 16-bit and at 8 kHz. */
export async function recorded(path: string): Promise<Int16Array> {
  const file = await readFile(path);
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([
    ...[1, 1, 8_000, 16],
  ]);
  // An engine may put a title before the sound, which comes last.
  const data = file.indexOf('data', 36, 'latin1');
  expect(data).toBe(file.readUInt32LE(40) === file.length - 44 ? 36 : 44 + file.readUInt32LE(40));
  const start = data + 8;
  expect(file.readUInt32LE(data + 4)).toBe(file.length - start);
  return Int16Array.from({ length: (file.length - start) / 2 }, (_none, index) => file.readInt16LE(start + 2 * index));
}

/** Where `sound` begins in what was heard; fails unless it is clearly there. */
export function place(heard: Int16Array, sound: Int16Array, from = 0): number {
  const { at, likeness } = find(heard, sound, from);
  expect(likeness).toBeGreaterThan(0.9);
  return at;
}
