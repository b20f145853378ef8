import type { ConferenceId, PlayId } from '../../domain/identifiers.js';
import type { MediaListener, PlayItem } from '../../ports/media.js';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';
import { isOurRoom, roomName } from './names.js';
import { RoomPlays } from './room-plays.js';

/** The rooms there are at one mixer, and what is played into them. */
export class MixerRooms {
  readonly #line: Line;
  readonly #listener: MediaListener;
  /** By the name they have at the mixer. */
  readonly #names = new Set<string>();
  readonly #plays = new Map<string, RoomPlays>();

  constructor(line: Line, listener: MediaListener) {
    this.#line = line;
    this.#listener = listener;
  }

  get count(): number {
    return this.#names.size;
  }

  has(room: ConferenceId): boolean {
    return this.#names.has(roomName(room));
  }

  play(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    const name = roomName(room);
    if (!this.#names.has(name)) {
      this.#listener.roomPlayFinished(room, playId, 'failed');
      return;
    }
    let plays = this.#plays.get(name);
    if (plays === undefined) {
      plays = new RoomPlays(
        name,
        this.#line,
        (finished, outcome) => this.#listener.roomPlayFinished(room, finished, outcome),
        (message) => this.#listener.trouble(message),
      );
      this.#plays.set(name, plays);
    }
    plays.play(playId, items);
  }

  async size(room: ConferenceId): Promise<number> {
    const count = Number(await this.#line.api(`conference ${roomName(room)} get count`));
    return Number.isFinite(count) ? count : 0;
  }

  /** Takes an event of `conference::maintenance`. */
  event(event: SocketEvent): void {
    const name = event.header('Conference-Name') ?? '';
    switch (event.header('Action')) {
      case 'play-file-done':
        this.#plays.get(name)?.fileDone(event);
        break;
      case 'add-member':
        if (isOurRoom(name)) this.#names.add(name);
        break;
      case 'conference-destroy':
        this.#ended(name);
        break;
      default:
    }
  }

  /** These there are; what happened until now may not have been told. */
  found(names: Iterable<string>): void {
    const there = new Set([...names].filter(isOurRoom));
    for (const name of [...this.#names]) if (!there.has(name)) this.#ended(name);
    for (const name of there) this.#names.add(name);
    for (const plays of this.#plays.values()) plays.recovered();
  }

  /** The mixer is lost, and all rooms with it. */
  lost(): void {
    for (const name of [...this.#names]) this.#ended(name);
  }

  #ended(name: string): void {
    this.#names.delete(name);
    this.#plays.get(name)?.roomEnded();
    this.#plays.delete(name);
  }
}
