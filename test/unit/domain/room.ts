import type { ConferenceEffect, ConferenceEvent } from '../../../src/domain/conference/contract.js';
import { startConference, stepConference, type ConferenceState } from '../../../src/domain/conference/machine.js';
import {
  DEFAULT_CONFERENCE_OPTIONS,
  type ConferenceOptions,
  type Role,
} from '../../../src/domain/conference-options.js';
import { callId, conferenceId, type PlayId } from '../../../src/domain/identifiers.js';
import type { KeypadAction } from '../../../src/domain/keypad/contract.js';
import { ManualTimers } from './manual-timers.js';
import { words, type WithoutTime } from './words.js';

/** One conference with a manual clock. Callers go by names; hosts are those who arrive as such. */
export class Room {
  now = 0;
  state: ConferenceState = startConference({ conferenceId: conferenceId('room') });
  readonly effects: ConferenceEffect[] = [];
  readonly timers = new ManualTimers();
  readonly #options: ConferenceOptions;

  constructor(options: Partial<ConferenceOptions> = {}) {
    this.#options = { ...DEFAULT_CONFERENCE_OPTIONS, ...options };
  }

  happen(event: WithoutTime<ConferenceEvent>): readonly ConferenceEffect[] {
    const { state, effects } = stepConference(this.state, { ...event, at: this.now });
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'SetTimer') this.timers.set(effect.name, effect.timerId, this.now + effect.ms);
      if (effect.type === 'CancelTimer') this.timers.cancel(effect.name);
    }
    this.effects.push(...effects);
    return effects;
  }

  arrives(
    name: string,
    role: Role = 'guest',
    callerNumber: string | null = null,
    options: Partial<ConferenceOptions> = {},
  ) {
    return this.happen({
      type: 'CallerArrived',
      callId: callId(name),
      role,
      callerNumber,
      options: { ...this.#options, ...options },
    });
  }

  joins(name: string): readonly ConferenceEffect[] {
    return this.happen({ type: 'CallerJoined', callId: callId(name) });
  }

  leaves(name: string, lineLost = false): readonly ConferenceEffect[] {
    return this.happen({ type: 'CallerLeft', callId: callId(name), lineLost });
  }

  keys(name: string, action: KeypadAction): readonly ConferenceEffect[] {
    return this.happen({ type: 'ActionRequested', callId: callId(name), action });
  }

  /** Arrives and is in. */
  comes(name: string, role: Role = 'guest', callerNumber: string | null = null): this {
    this.arrives(name, role, callerNumber);
    this.joins(name);
    return this;
  }

  /** A host and guests in the room, all announced, some time ago. */
  withHostAnd(...guests: readonly string[]): this {
    this.comes('host', 'host');
    for (const guest of guests) {
      this.comes(guest);
      this.wait(5_000);
    }
    return this;
  }

  wait(ms: number): readonly ConferenceEffect[] {
    const end = this.now + ms;
    const led: ConferenceEffect[] = [];
    for (let timer = this.timers.takeDue(end); timer !== null; timer = this.timers.takeDue(end)) {
      this.now = Math.max(this.now, timer.due);
      led.push(...this.happen({ type: 'TimerFired', timerId: timer.timerId }));
    }
    this.now = end;
    return led;
  }

  did<T extends ConferenceEffect['type']>(type: T): readonly Extract<ConferenceEffect, { type: T }>[] {
    return this.effects.filter((effect): effect is Extract<ConferenceEffect, { type: T }> => effect.type === type);
  }

  /** Everything played to the room so far. */
  get roomHeard(): readonly string[] {
    return this.did('PlayToRoom').map((effect) => words(effect.utterances));
  }

  get lastRoomPlay(): PlayId {
    const play = this.did('PlayToRoom').at(-1);
    if (play === undefined) throw new Error('nothing was played to the room');
    return play.playId;
  }

  /** The last thing this caller was privately told. */
  told(name: string): string {
    const tell = this.did('Tell').findLast((effect) => effect.callId === callId(name));
    return tell === undefined ? '' : words(tell.utterances);
  }

  /** The introduction this caller was last admitted with. */
  introduction(name: string): string {
    const admit = this.did('Admit').findLast((effect) => effect.callId === callId(name));
    return admit === undefined ? '(not admitted)' : words(admit.introduction);
  }

  get outcome(): string | undefined {
    return this.did('CloseConference')[0]?.outcome;
  }
}

/** Effects in one line each: what a test expects to read. */
export const brief = (effects: readonly ConferenceEffect[]): readonly string[] =>
  effects.flatMap((effect) => {
    switch (effect.type) {
      case 'SetTimer':
      case 'CancelTimer':
      case 'RecordStarted':
        return [];
      case 'Admit':
        return [`admit ${effect.callId}${effect.muted ? ' muted' : ''}: ${words(effect.introduction)}`];
      case 'KeepWaiting':
        return [`keep ${effect.callId} waiting: ${effect.reason}`];
      case 'Refuse':
        return [`refuse ${effect.callId}: ${effect.reason}`];
      case 'Tell':
        return [`tell ${effect.callId}: ${words(effect.utterances)}`];
      case 'SendToHold':
        return [`hold ${effect.callId}: ${effect.reason}`];
      case 'Mute':
        return [`${effect.muted ? 'mute' : 'unmute'} ${effect.callId}`];
      case 'Dismiss':
        return [`dismiss ${effect.callId} (${effect.outcome}): ${words(effect.farewell)}`];
      case 'PlayToRoom':
        return [`room: ${words(effect.utterances)}`];
      case 'CloseConference':
        return [`close: ${effect.outcome}`];
    }
  });
