import type { Media } from '../ports/media.js';
import type { Signaling } from '../ports/signaling.js';

/** What carries the calls: signalling and media, picked by a compose file. */
export interface Engine {
  readonly signaling: Signaling;
  readonly media: Media;
  /** Calls go on when this process ends without ending them. */
  readonly outlivesProcess: boolean;
  /** Ends what was started for it besides the two. */
  close(): Promise<void>;
}

/** Networks that are this machine. */
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];
