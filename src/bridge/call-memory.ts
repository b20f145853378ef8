import type { Admission } from '../domain/call-flow/contract.js';
import { startCall, type CallState } from '../domain/call-flow/machine.js';
import type { Story } from '../domain/call-flow/story.js';
import type { EntryOptions } from '../domain/conference-options.js';
import type { CallId } from '../domain/identifiers.js';
import type { KeyMethod } from '../domain/keys.js';
import type { KeyedPin } from './keyed-pin.js';
import { NOTHING, type MediaState } from './media-state.js';
import type { SaidName } from './name-recorder.js';
import type { PendingTimer } from './timers.js';

/** All that a runner knows of its call: enough for another one to go on with. Plain data. Times are wall clock, milliseconds. */
export interface CallMemory {
  readonly state: CallState;
  readonly timers: readonly PendingTimer[];
  readonly answeredAt: number;
  readonly joinedAt: number | null;
  readonly admission: Admission | null;
  /** What the caller came by, until he is in; left out by a version before: it is not looked at again. */
  readonly keyed?: KeyedPin | null;
  readonly keyMethod: KeyMethod | null;
  readonly media: MediaState;
  /** What was recorded as a name, or is just being recorded. */
  readonly name: SaidName | null;
  /** The far end has put its line on hold, as far as the conference was told. */
  readonly held: boolean;
  /** What happened so far; left out by a version before: nothing is known. */
  readonly story?: Story;
}

/** Of a call that is just answered. */
export const freshMemory = (callId: CallId, entry: EntryOptions, answeredAt: number): CallMemory => ({
  state: startCall({ callId, entry }),
  timers: [],
  answeredAt,
  joinedAt: null,
  admission: null,
  keyed: null,
  keyMethod: null,
  media: NOTHING,
  name: null,
  held: false,
});
