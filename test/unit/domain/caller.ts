import type { Admission, CallEffect, CallEvent } from '../../../src/domain/call-flow/contract.js';
import { startCall, startPlacedCall, stepCall, type CallState } from '../../../src/domain/call-flow/machine.js';
import {
  DEFAULT_CONFERENCE_OPTIONS,
  DEFAULT_ENTRY_OPTIONS,
  type ConferenceOptions,
  type EntryOptions,
  type Role,
} from '../../../src/domain/conference-options.js';
import { accountId, callId, conferenceId, type PlayId } from '../../../src/domain/identifiers.js';
import type { Key } from '../../../src/domain/keys.js';
import { ManualTimers } from './manual-timers.js';
import { words, type WithoutTime } from './words.js';

type Ways = Partial<Pick<Admission, 'byAccessCode' | 'securityCode' | 'blocked'>>;

export const admission = (role: Role, options: Partial<ConferenceOptions> = {}, ways: Ways = {}): Admission => ({
  accountId: accountId('account'),
  conferenceId: conferenceId('room'),
  role,
  options: { ...DEFAULT_CONFERENCE_OPTIONS, ...options },
  byAccessCode: false,
  securityCode: false,
  blocked: false,
  booking: null,
  ...ways,
});

/** One call with a manual clock: feeds events, carries out the effects as far as a test needs them. */
export class Caller {
  now = 0;
  state: CallState;
  /** Everything the call ever wanted done. */
  readonly effects: CallEffect[] = [];
  readonly timers = new ManualTimers();
  #playing: { readonly playId: PlayId; readonly text: string } | null = null;

  constructor(entry: Partial<EntryOptions> = {}) {
    this.state = startCall({ callId: callId('call'), entry: { ...DEFAULT_ENTRY_OPTIONS, pinLength: 4, ...entry } });
  }

  /** A call of ours, to be answered into a room aside. */
  static placed(): Caller {
    const caller = new Caller();
    const room = conferenceId('room/aside-1');
    caller.state = startPlacedCall({ callId: callId('call'), admission: admission('guest'), room });
    return caller;
  }

  /** One event; returns what it led to. */
  happen(event: WithoutTime<CallEvent>): readonly CallEffect[] {
    const { state, effects } = stepCall(this.state, { ...event, at: this.now });
    this.goOn(state, effects);
    return effects;
  }

  /** From this state, these effects carried out. */
  goOn(state: CallState, effects: readonly CallEffect[]): void {
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.effects.push(...effects);
  }

  #carryOut(effect: CallEffect): void {
    if (effect.type === 'SetTimer') this.timers.set(effect.name, effect.timerId, this.now + effect.ms);
    if (effect.type === 'CancelTimer') this.timers.cancel(effect.name);
    if (effect.type === 'Play') this.#playing = { playId: effect.playId, text: words(effect.utterances) };
    if (effect.type === 'StopPlaying' || effect.type === 'JoinMixer') this.#playing = null;
  }

  /** What the caller hears privately now. */
  get hears(): string {
    return this.#playing?.text ?? '';
  }

  get playing(): PlayId {
    if (this.#playing === null) throw new Error('nothing plays');
    return this.#playing.playId;
  }

  /** What is played now ends by itself. */
  finish(): readonly CallEffect[] {
    const playId = this.playing;
    this.#playing = null;
    return this.happen({ type: 'PlayFinished', playId });
  }

  /** Keys one after the other, the first at once. */
  press(keys: string, gapMs = 200): readonly CallEffect[] {
    const led: CallEffect[] = [];
    Array.from(keys, (key, index) => {
      if (index > 0) led.push(...this.wait(gapMs));
      led.push(...this.happen({ type: 'KeyPressed', key: key as Key, method: 'event' }));
    });
    return led;
  }

  /** Time passes; timers that fall due fire in order. */
  wait(ms: number): readonly CallEffect[] {
    const end = this.now + ms;
    const led: CallEffect[] = [];
    for (let timer = this.timers.takeDue(end); timer !== null; timer = this.timers.takeDue(end)) {
      this.now = Math.max(this.now, timer.due);
      led.push(...this.happen({ type: 'TimerFired', timerId: timer.timerId }));
    }
    this.now = end;
    return led;
  }

  /** The effects of one type so far. */
  did<T extends CallEffect['type']>(type: T): readonly Extract<CallEffect, { type: T }>[] {
    return this.effects.filter((effect): effect is Extract<CallEffect, { type: T }> => effect.type === type);
  }

  get outcome(): string | undefined {
    return this.did('CloseCall')[0]?.outcome;
  }

  // The way in, as far as wanted.

  asked(): this {
    this.happen({ type: 'CallAnswered' });
    this.wait(400);
    if (this.hears.startsWith('greeting')) this.finish();
    return this;
  }

  /** The PIN is right. */
  accepted(role: Role = 'guest', options: Partial<ConferenceOptions> = {}): this {
    this.asked();
    this.press('1234');
    return this.match(role, options);
  }

  match(role: Role = 'guest', options: Partial<ConferenceOptions> = {}, ways: Ways = {}): this {
    this.happen({ type: 'PinMatched', lookupId: this.#lookupId(), admission: admission(role, options, ways) });
    return this;
  }

  /** The code asked for after the PIN is right. */
  matchCode(): this {
    this.happen({ type: 'CodeMatched', lookupId: this.#lookupId() });
    return this;
  }

  miss(): this {
    this.happen({ type: 'PinMissed', lookupId: this.#lookupId() });
    return this;
  }

  failLookup(): this {
    this.happen({ type: 'PinLookupFailed', lookupId: this.#lookupId() });
    return this;
  }

  #lookupId() {
    const lookup = this.effects.findLast((effect) => effect.type === 'LookUpPin' || effect.type === 'CheckCode');
    if (lookup === undefined) throw new Error('nothing was looked up');
    return lookup.lookupId;
  }

  waiting(options: Partial<ConferenceOptions> = {}): this {
    this.accepted('guest', options);
    this.happen({ type: 'KeptWaiting', reason: 'no-host' });
    return this;
  }

  /** In the room, long enough for nothing to be left of the way in. */
  inRoom(role: Role = 'guest', options: Partial<ConferenceOptions> = {}): this {
    this.accepted(role, options);
    this.happen({ type: 'Admitted', muted: false, introduction: [{ kind: 'prompt', prompt: 'joining' }] });
    this.finish();
    this.happen({ type: 'MixerJoined' });
    this.wait(5_000);
    return this;
  }
}
