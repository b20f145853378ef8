import type { ConferenceId, PlayId } from '../../domain/identifiers.js';
import type { MediaListener, PlayItem } from '../../ports/media.js';
import type { SocketEvent } from './event-socket.js';
import type { Line } from './line.js';
import type { RoomThere } from './members.js';
import { isOurRoom, roomName } from './names.js';
import { RoomPlays } from './room-plays.js';
import { RoomRecordings } from './room-recordings.js';

/** The rooms there are at one mixer, and what is played into them. */
export class MixerRooms {
  readonly #line: Line;
  readonly #listener: MediaListener;
  /** By the name they have at the mixer. */
  readonly #names = new Set<string>();
  readonly #plays = new Map<string, RoomPlays>();
  readonly recordings: RoomRecordings;
  readonly #channelsIn: (name: string) => readonly string[];

  /** @param channelsIn those of ours in the room of that name. */
  constructor(line: Line, listener: MediaListener, channelsIn: (name: string) => readonly string[]) {
    this.#line = line;
    this.#listener = listener;
    this.#channelsIn = channelsIn;
    this.recordings = new RoomRecordings(line, {
      failed: (room, reason) => listener.roomRecordingFailed(room, reason),
      trouble: (message) => listener.trouble(message),
    });
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
      plays = new RoomPlays(name, this.#line, {
        finished: (finished, outcome) => this.#listener.roomPlayFinished(room, finished, outcome),
        trouble: (message) => this.#listener.trouble(message),
        apart: () => (this.recordings.keepsPlaysOut(name) ? this.#channelsIn(name) : null),
      });
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
      case 'del-member':
        this.#plays.get(name)?.left(event.header('Unique-ID') ?? '');
        break;
      case 'start-recording':
      case 'stop-recording':
        this.recordings.event(event);
        break;
      case 'conference-destroy':
        this.#ended(name);
        break;
      default:
    }
  }

  /** Takes `MEDIA_BUG_STOP`. */
  bugEnded(event: SocketEvent): void {
    if (event.header('Media-Bug-Function') !== 'displace') return;
    const [channel, target] = [event.header('Unique-ID') ?? '', event.header('Media-Bug-Target') ?? ''];
    for (const plays of this.#plays.values()) plays.bugEnded(channel, target);
  }

  /** These there are; what happened until now may not have been told. */
  found(rooms: readonly RoomThere[]): void {
    const there = new Set(rooms.map(({ name }) => name).filter(isOurRoom));
    for (const name of [...this.#names]) if (!there.has(name)) this.#ended(name);
    for (const name of there) this.#names.add(name);
    for (const plays of this.#plays.values()) plays.recovered();
    this.recordings.found(rooms);
  }

  /** The mixer is lost, and all rooms with it. */
  lost(): void {
    for (const name of [...this.#names]) this.#ended(name);
    this.recordings.lost();
  }

  #ended(name: string): void {
    this.#names.delete(name);
    this.#plays.get(name)?.roomEnded();
    this.#plays.delete(name);
  }
}
