import type { PlayId } from '../../domain/identifiers.js';
import type { PlayItem, PlayOutcome } from '../../ports/media.js';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';
import { freshTag, PLAY_TAG, playCommand, soundArgument } from './names.js';

interface RoomPlay {
  readonly playId: PlayId;
  readonly items: readonly PlayItem[];
  /** Comes back with the end of each of its files. */
  readonly tag: string;
  /** Files that ended, repetitions included. */
  ended: number;
  failed: boolean;
}

/** Lists played into one room, one after the other in order of call. */
export class RoomPlays {
  readonly #name: string;
  readonly #line: Line;
  readonly #finished: (playId: PlayId, outcome: PlayOutcome) => void;
  readonly #trouble: (message: string) => void;
  readonly #waiting: RoomPlay[] = [];
  #current: RoomPlay | null = null;

  constructor(
    name: string,
    line: Line,
    finished: (playId: PlayId, outcome: PlayOutcome) => void,
    trouble: (message: string) => void,
  ) {
    this.#name = name;
    this.#line = line;
    this.#finished = finished;
    this.#trouble = trouble;
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    this.#waiting.push({ playId, items, tag: freshTag(), ended: 0, failed: false });
    if (this.#current === null) this.#advance();
  }

  /** Takes `play-file-done`. */
  fileDone(event: SocketEvent): void {
    const play = this.#current;
    if (play !== null && event.header(PLAY_TAG) === play.tag) this.#fileEnded(play, null);
  }

  /** The event socket was cut: the end of what sounds may have gone unheard. */
  recovered(): void {
    if (this.#current !== null) this.#end(this.#current, this.#current.failed ? 'failed' : 'completed');
  }

  /** The room is gone: nothing of this will be heard. */
  roomEnded(): void {
    const ended = [...(this.#current === null ? [] : [this.#current]), ...this.#waiting.splice(0)];
    this.#current = null;
    for (const { playId } of ended) this.#finished(playId, 'failed');
  }

  #advance(): void {
    const play = this.#waiting.shift() ?? null;
    this.#current = play;
    if (play === null) return;
    if (play.items.length === 0) return this.#end(play, 'completed');
    void this.#begin(play);
  }

  async #begin(play: RoomPlay): Promise<void> {
    for (const { path } of play.items) await this.#queue(play, path);
  }

  async #queue(play: RoomPlay, path: string): Promise<void> {
    if (this.#current !== play) return;
    const argument = soundArgument(path);
    const taken = argument !== null && (await this.#send(play, argument));
    if (this.#current === play && !taken) this.#fileEnded(play, path);
  }

  async #send(play: RoomPlay, path: string): Promise<boolean> {
    try {
      const reply = await this.#line.once(playCommand(this.#name, play.tag, path, null));
      return reply.startsWith('+OK');
    } catch {
      return false;
    }
  }

  /** @param failed the file, where it could not be played; the rest of the list is played all the same. */
  #fileEnded(play: RoomPlay, failed: string | null): void {
    play.ended++;
    if (failed !== null) {
      play.failed = true;
      this.#trouble(`sound file could not be played to a room: ${failed.slice(failed.lastIndexOf('/') + 1)}`);
    }
    if (play.ended < play.items.length) return;
    const last = play.items.at(-1);
    if (last?.loop === true && failed === null) void this.#queue(play, last.path);
    else this.#end(play, play.failed ? 'failed' : 'completed');
  }

  #end(play: RoomPlay, outcome: PlayOutcome): void {
    if (this.#current !== play) return;
    this.#finished(play.playId, outcome);
    this.#advance();
  }
}
