import type { CallEffect, CallEvent } from '../../../src/domain/call-flow/contract.js';
import type { CallState } from '../../../src/domain/call-flow/machine.js';
import type { ConferenceOptions, Role } from '../../../src/domain/conference-options.js';
import type { ConferenceEffect, MeasuredLine } from '../../../src/domain/conference/contract.js';
import { startConference, type ConferenceState } from '../../../src/domain/conference/machine.js';
import { conferenceId, type CallId, type NameId, type PlayId } from '../../../src/domain/identifiers.js';
import { lastSyllable, say } from '../../../src/domain/prompts.js';
import { admission } from './caller.js';
import { ManualTimers } from './manual-timers.js';
import { words, type WithoutTime } from './words.js';

/** One caller. */
export interface Line {
  readonly id: CallId;
  state: CallState;
  readonly timers: ManualTimers;
  readonly effects: CallEffect[];
  playing: PlayId | null;
  /** The name being recorded. */
  recording: NameId | null;
  /** Whether the mixer keeps the line from the room. */
  muted: boolean;
  conference: Conference | null;
  role: Role;
}

/** One conference from its first caller to its close; the next to call opens another. */
export interface Conference {
  state: ConferenceState;
  readonly timers: ManualTimers;
  readonly effects: ConferenceEffect[];
  hostWasIn: boolean;
  closedAt: number | null;
}

export const newLine = (id: CallId, state: CallState, conference: Conference | null = null): Line => ({
  id,
  state,
  timers: new ManualTimers(),
  effects: [],
  playing: null,
  recording: null,
  muted: false,
  conference,
  role: 'guest',
});

export const newConference = (): Conference => ({
  state: startConference({ conferenceId: conferenceId('room') }),
  timers: new ManualTimers(),
  effects: [],
  hostWasIn: false,
  closedAt: null,
});

export const HOST_PIN = '11';
export const GUEST_PIN = '22';

export function answerToPin(
  { lookupId, digits }: Extract<CallEffect, { type: 'LookUpPin' }>,
  options: ConferenceOptions,
): WithoutTime<CallEvent> {
  if (digits !== HOST_PIN && digits !== GUEST_PIN) return { type: 'PinMissed', lookupId };
  return { type: 'PinMatched', lookupId, admission: admission(digits === HOST_PIN ? 'host' : 'guest', options) };
}

/** Everyone makes a noise, the latest the loudest. */
export const noiseOf = (lines: readonly Line[]): readonly MeasuredLine[] =>
  lines.map((line, n) => ({ callId: line.id, levelDb: n - 40, activeShare: 1 }));

/** Whether the conference has begun to end by `##`. */
export const wasEndedByHost = ({ effects }: Conference): boolean =>
  effects.some(
    (effect) =>
      (effect.type === 'PlayToRoom' &&
        words(effect.utterances) === words([say('host-ended-conference'), lastSyllable])) ||
      (effect.type === 'Dismiss' && effect.outcome === 'host-ended'),
  );
