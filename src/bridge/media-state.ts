import { assertNever } from '../domain/assert-never.js';
import type { Gains } from '../domain/call-flow/contract.js';
import type { ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';

/** What an endpoint does, or is to do: enough to make another one do the same. Plain data. */
export interface MediaState {
  readonly room: { readonly id: ConferenceId; readonly muted: boolean } | null;
  /** What has not been heard to its end. */
  readonly play: { readonly id: PlayId; readonly utterances: readonly Utterance[] } | null;
  /** Whether keys are searched for in the caller's audio. */
  readonly inband: boolean;
  readonly gains: Gains;
}

export const NOTHING: MediaState = { room: null, play: null, inband: true, gains: { hearDb: 0, speakDb: 0 } };

/** Where the mixer writes what a caller says, and for how long at most, milliseconds. */
export interface NameFile {
  readonly path: string;
  readonly limitMs: number;
}

/** One thing asked of an endpoint. */
export type MediaWork =
  | { readonly kind: 'play'; readonly id: PlayId; readonly utterances: readonly Utterance[] }
  | { readonly kind: 'stop' }
  | { readonly kind: 'join'; readonly room: ConferenceId; readonly muted: boolean }
  | { readonly kind: 'leave' }
  | { readonly kind: 'mute'; readonly muted: boolean }
  | { readonly kind: 'gains'; readonly gains: Gains }
  /** What is recorded when the endpoint is lost is lost with it. */
  | { readonly kind: 'record'; readonly file: NameFile }
  | { readonly kind: 'record-end'; readonly file: NameFile }
  /** The mixer took the caller out of the room: back into it, if that is still where the caller should be. */
  | { readonly kind: 'rejoin'; readonly room: ConferenceId };

/** The state once the work is done. */
export function after(state: MediaState, work: MediaWork): MediaState {
  switch (work.kind) {
    case 'play':
      return { ...state, play: { id: work.id, utterances: work.utterances } };
    case 'stop':
      return { ...state, play: null };
    case 'join':
      return { ...state, room: { id: work.room, muted: work.muted }, play: null };
    case 'leave':
      return { ...state, room: null };
    case 'mute':
      return state.room === null ? state : { ...state, room: { ...state.room, muted: work.muted } };
    case 'gains':
      return { ...state, gains: work.gains };
    case 'record':
    case 'record-end':
    case 'rejoin':
      return state;
    default:
      return assertNever(work);
  }
}
