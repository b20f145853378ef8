import type { PlayId } from '../../domain/identifiers.js';
import type { PlayItem, PlayOutcome } from '../../ports/media.js';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';
import { freshTag, PLAY_TAG, playCommand, soundArgument } from './names.js';

import { PlayApart } from './play-apart.js';

export interface RoomPlaysUser {
  finished(playId: PlayId, outcome: PlayOutcome): void;
  trouble(message: string): void;
  /** Channels of those in the room, where each is to be played to by himself, so that the room's recording does not hear it; else `null`. */
  apart(): readonly string[] | null;
}

interface RoomPlay {
  readonly playId: PlayId;
  readonly items: readonly PlayItem[];
  /** Comes back with the end of each of its files. */
  readonly tag: string;
  /** Files that ended, repetitions included. */
  ended: number;
  failed: boolean;
  /** It is played to everyone by himself. */
  apart: PlayApart | null;
}

/** Lists played into one room, one after the other in order of call. */
export class RoomPlays {
  readonly #name: string;
  readonly #line: Line;
  readonly #user: RoomPlaysUser;
  readonly #waiting: RoomPlay[] = [];
  #current: RoomPlay | null = null;

  constructor(name: string, line: Line, user: RoomPlaysUser) {
    this.#name = name;
    this.#line = line;
    this.#user = user;
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    this.#waiting.push({ playId, items, tag: freshTag(), ended: 0, failed: false, apart: null });
    if (this.#current === null) this.#advance();
  }

  /** Takes `play-file-done`. */
  fileDone(event: SocketEvent): void {
    const play = this.#current;
    if (play !== null && event.header(PLAY_TAG) === play.tag) this.#fileEnded(play, null);
  }

  /** What was added to a channel's audio has ended. */
  bugEnded(channel: string, target: string): void {
    this.#current?.apart?.ended(channel, target);
  }

  /** Someone has left the room. */
  left(channel: string): void {
    this.#current?.apart?.left(channel);
  }

  /** The event socket was cut: the end of what sounds may have gone unheard. */
  recovered(): void {
    if (this.#current !== null) this.#end(this.#current, this.#current.failed ? 'failed' : 'completed');
  }

  /** The room is gone: nothing of this will be heard. */
  roomEnded(): void {
    this.#current?.apart?.stop();
    const ended = [...(this.#current === null ? [] : [this.#current]), ...this.#waiting.splice(0)];
    this.#current = null;
    for (const { playId } of ended) this.#user.finished(playId, 'failed');
  }

  #advance(): void {
    const play = this.#waiting.shift() ?? null;
    this.#current = play;
    if (play === null) return;
    if (play.items.length === 0) return this.#end(play, 'completed');
    void this.#begin(play);
  }

  async #begin(play: RoomPlay): Promise<void> {
    const channels = this.#user.apart();
    if (channels !== null && !play.items.some(({ loop }) => loop)) {
      play.apart = new PlayApart(this.#line, play.tag, (cut) => {
        if (cut) this.#user.trouble('what was played to a room was too long, and is cut');
        this.#end(play, cut ? 'failed' : 'completed');
      });
      if (await play.apart.begin(play.items, channels)) return;
      play.apart = null;
    }
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
      this.#user.trouble(`sound file could not be played to a room: ${failed.slice(failed.lastIndexOf('/') + 1)}`);
    }
    if (play.ended < play.items.length) return;
    const last = play.items.at(-1);
    if (last?.loop === true && failed === null) void this.#queue(play, last.path);
    else this.#end(play, play.failed ? 'failed' : 'completed');
  }

  #end(play: RoomPlay, outcome: PlayOutcome): void {
    if (this.#current !== play) return;
    play.apart?.stop();
    this.#user.finished(play.playId, outcome);
    this.#advance();
  }
}
