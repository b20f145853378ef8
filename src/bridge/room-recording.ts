import type { AccountId, ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { Media, MixerName } from '../ports/media.js';
import type { OpenRecording, Recordings } from '../ports/recordings.js';
import type { Log } from './log.js';

/** What a recorder knows of its room: enough for another one to go on with. Plain data. */
export interface RoomRecording {
  /** As the conference wants it. */
  readonly wanted: 'off' | 'on' | 'paused';
  readonly announcements: boolean;
  /** The part being written. */
  readonly open: OpenRecording | null;
  /** Where its room was when it began. */
  readonly mixer: MixerName | null;
  /** The mixer leaves out what is said now. */
  readonly paused: boolean;
  /** Parts begun so far. */
  readonly parts: number;
}

export const NOT_RECORDED: RoomRecording = {
  wanted: 'off',
  announcements: false,
  open: null,
  mixer: null,
  paused: false,
  parts: 0,
};

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
  /** Something was not recorded, or is not sealed yet: counted for whoever watches the bridge. */
  readonly recordingFailed: () => void;
  /** Resolves when the mixer has ended what it recorded of the conference before in the same room; `null`: it has. Never rejects. */
  readonly roomFree: () => Promise<void> | null;
}
