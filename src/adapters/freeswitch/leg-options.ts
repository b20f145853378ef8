import type { CallId } from '../../domain/identifiers.js';
import type { MediaListener, MixerName } from '../../ports/media.js';
import type { MixerLeg } from '../../ports/mixer-legs.js';
import type { Line } from './line.js';
import type { ToneDetection } from './session.js';
import type { Slots } from './slots.js';

export interface LegOptions {
  readonly callId: CallId;
  /** Of the mixer now; a mixer that leaves is given another name. */
  readonly mixer: () => MixerName;
  readonly dialog: MixerLeg;
  readonly line: Line;
  readonly listener: MediaListener;
  /** What the caller sent last, or `null` where he has sent nothing yet. */
  readonly remoteSdp: string | null;
  /** Conference profile of the mixer's. */
  readonly conferenceProfile: string;
  readonly toneDetection: ToneDetection;
  /** For lines of the mixer that are listened to, whether they talk though muted. */
  readonly listening: Slots;
  /** The leg holds nothing of the mixer any more. */
  onGone(): void;
}
