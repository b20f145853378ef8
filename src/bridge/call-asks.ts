import { assertNever } from '../domain/assert-never.js';
import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { CallMediaParts } from './call-media-parts.js';
import type { MediaWork } from './media-state.js';
import type { WithoutTime } from './without-time.js';

/*
 * What a call flow and its endpoint tell each other: effects of the one as work for the other, and its ends as events.
 */

type Asking = Extract<
  CallEffect,
  { type: 'Play' | 'StopPlaying' | 'JoinMixer' | 'LeaveMixer' | 'SetMuted' | 'SetGains' }
>;

export function asked(effect: Asking): MediaWork {
  switch (effect.type) {
    case 'Play':
      return { kind: 'play', id: effect.playId, utterances: effect.utterances };
    case 'StopPlaying':
      return { kind: 'stop' };
    case 'JoinMixer':
      return { kind: 'join', room: effect.conferenceId, muted: effect.muted };
    case 'LeaveMixer':
      return { kind: 'leave' };
    case 'SetMuted':
      return { kind: 'mute', muted: effect.muted };
    case 'SetGains':
      return { kind: 'gains', gains: effect.gains };
    default:
      return assertNever(effect);
  }
}

export const toldToFlow = (
  tell: (event: WithoutTime<CallEvent>) => void,
): Pick<CallMediaParts, 'joined' | 'joinFailed' | 'failed' | 'playFinished'> => ({
  joined: () => tell({ type: 'MixerJoined' }),
  joinFailed: () => tell({ type: 'MixerJoinFailed' }),
  failed: () => tell({ type: 'MediaFailed' }),
  playFinished: (playId) => tell({ type: 'PlayFinished', playId }),
});
