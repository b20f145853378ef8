import type { AccountId, ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { Media } from '../ports/media.js';
import type { OpenRecording, Recordings } from '../ports/recordings.js';
import type { Log } from './log.js';

/** What a recorder knows of its room: enough for another one to go on with. Plain data. */
export interface RoomRecording {
  /** As the conference wants it. */
  readonly wanted: 'off' | 'on' | 'paused';
  readonly announcements: boolean;
  /** The part being written. */
  readonly open: OpenRecording | null;
  /** Parts begun so far. */
  readonly parts: number;
}

export const NOT_RECORDED: RoomRecording = { wanted: 'off', announcements: false, open: null, parts: 0 };

export interface RoomRecorderParts {
  readonly conferenceId: ConferenceId;
  readonly accountId: AccountId;
  /** Number of the conference's record, once it has begun. */
  readonly recordId: () => number | null;
  readonly media: Media;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly log: Log;
  /** Something that {@link RoomRecorder.memory} tells has changed. */
  readonly changed: () => void;
  /** It could not begin, or broke off for good: the conference is told. */
  readonly failed: () => void;
}

/** Records one conference's room, in parts. */
export class RoomRecorder {
  readonly #parts: RoomRecorderParts;
  readonly #memory: RoomRecording;

  constructor(memory: RoomRecording, parts: RoomRecorderParts) {
    this.#parts = parts;
    this.#memory = memory;
  }

  memory(): RoomRecording {
    return this.#memory;
  }

  start(_options: { readonly announcements: boolean }): void {
    this.#parts.failed();
  }

  pause(): void {}

  resume(): void {}

  stop(): void {}

  /** The media tell that it broke off: what was recorded is kept. */
  brokeOff(_reason: string): void {}

  /** Everyone is in the room on another mixer. */
  roomMoved(): void {}

  /** The conference of a process before this one goes on. */
  takenBack(): void {}

  /** The conference is over: what is recorded is sealed. */
  close(): void {}

  /** Another process goes on with it. */
  handOver(): void {}
}
