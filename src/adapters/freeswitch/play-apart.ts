import { access, constants } from 'node:fs/promises';
import type { PlayItem } from '../../ports/media.js';
import type { Line } from './line.js';
import { PLAY_TAG, soundArgument } from './names.js';

/** No announcement is longer. */
const LONGEST_MS = 120_000;
/** They all begin at almost the same moment, and end so. */
const SPREAD_MS = 400;

/**
 * Plays a list to each of some channels by himself, mixed with what he hears anyway: a room's recording does not hear it then. Whoever
 * enters the room meanwhile does not hear it either.
 */
export class PlayApart {
  readonly #line: Line;
  readonly #tag: string;
  readonly #done: (cut: boolean) => void;
  readonly #playing = new Set<string>();
  #sound = '';
  #timer: NodeJS.Timeout | null = null;
  #over = false;

  /** @param done told once, at the end. `cut`: it was still playing after the longest time. */
  constructor(line: Line, tag: string, done: (cut: boolean) => void) {
    this.#line = line;
    this.#tag = tag;
    this.#done = done;
  }

  /** @returns whether it is heard by anyone; `done` is not told where it is not. Never rejects. */
  async begin(items: readonly PlayItem[], channels: readonly string[]): Promise<boolean> {
    const paths = items.map(({ path }) => soundArgument(path));
    if (paths.includes(null) || channels.length === 0) return false;
    this.#sound = `{${PLAY_TAG}=${this.#tag}}file_string://${paths.join('!')}`;
    for (const channel of channels) this.#playing.add(channel);
    // In a list FreeSWITCH passes over what is not there, without a word.
    const there = await Promise.all(items.map(({ path }) => access(path, constants.R_OK))).then(
      () => true,
      () => false,
    );
    // Whoever left meanwhile hears nothing of it where he is now.
    const begun = there ? await Promise.all([...this.#playing].map((channel) => this.#start(channel))) : [];
    // It has ended already, or is about to: nobody is left to hear it.
    if (this.#over || this.#timer !== null) return true;
    const heard = begun.includes(true);
    if (heard) this.#endWithin(LONGEST_MS, true);
    else this.#playing.clear();
    return heard;
  }

  /** It is over for a channel, if it is this that is meant. */
  ended(channel: string, sound: string): void {
    if (sound === this.#sound && this.#playing.delete(channel)) this.#endWithin(SPREAD_MS);
  }

  /** He hears no more of it; the others do. */
  left(channel: string): void {
    if (!this.#playing.delete(channel)) return;
    this.#silence(channel);
    if (this.#playing.size === 0) this.#endWithin(0);
  }

  /** `done` is not told. */
  stop(): void {
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const channel of this.#playing) this.#silence(channel);
    this.#playing.clear();
  }

  async #start(channel: string): Promise<boolean> {
    const reply = await this.#line
      .once(`uuid_displace ${channel} start '${this.#sound}' 0 m`)
      .catch(() => '-ERR the event socket is cut');
    if (reply.startsWith('+OK')) return true;
    this.#playing.delete(channel);
    return false;
  }

  #endWithin(ms: number, cut = false): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const over = this.#playing.size === 0;
    this.#timer = setTimeout(() => this.#end(cut && !over), over ? 0 : ms);
  }

  #silence(channel: string): void {
    this.#line.once(`uuid_displace ${channel} stop '${this.#sound}'`).catch(() => undefined);
  }

  #end(cut: boolean): void {
    this.stop();
    this.#done(cut);
  }
}
