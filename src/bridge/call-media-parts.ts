import type { CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { PlayItem } from '../ports/media.js';
import type { Log } from './log.js';
import type { NameFile } from './media-state.js';

/** What a call's media are made with, and whom they tell. */
export interface CallMediaParts {
  readonly callId: CallId;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** Sees to it that the endpoint is on the mixer of this room. */
  readonly place: (room: ConferenceId) => Promise<void>;
  readonly joined: () => void;
  readonly joinFailed: () => void;
  /** Whoever cannot be muted or taken out of the room may not stay. */
  readonly failed: () => void;
  readonly playFinished: (id: PlayId) => void;
  /** What the caller says is being recorded from now on. */
  readonly recording: (file: NameFile) => void;
  /** The recording is over. `false`: it came to nothing. */
  readonly recorded: (file: NameFile, whole: boolean) => void;
  /** What is wanted of the endpoint, or the endpoint, has changed. */
  readonly changed: () => void;
}
