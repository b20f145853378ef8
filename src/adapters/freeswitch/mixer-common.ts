import type { MediaListener } from '../../ports/media.js';
import type { DialOptions } from './dial.js';

/** What all mixers of one bridge have in common. */
export interface MixerCommon extends DialOptions {
  readonly listener: MediaListener;
  readonly conferenceProfile: string;
}

export interface MixerUser {
  /** Whether legs of a process before this one that nobody has taken back may be ended. */
  swept(): boolean;
  /** Whether a channel is a leg of ours, at this mixer or under another name of it. */
  isKnown(channel: string): boolean;
  /** It is found, for the first time or again. */
  opened(): void;
  lost(): void;
  /** Its last leg is gone. */
  emptied(): void;
}
