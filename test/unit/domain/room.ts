import type { ConferenceEffect, ConferenceEvent } from '../../../src/domain/conference/contract.js';
import { startConference, stepConference, type ConferenceState } from '../../../src/domain/conference/machine.js';
import {
  DEFAULT_CONFERENCE_OPTIONS,
  type ConferenceOptions,
  type Role,
} from '../../../src/domain/conference-options.js';
import { callId, conferenceId, nameId, type MenuId, type PlayId } from '../../../src/domain/identifiers.js';
import type { KeyMap, KeypadAction } from '../../../src/domain/keypad/contract.js';
import { ManualTimers } from './manual-timers.js';
import type { Utterance } from '../../../src/domain/prompts.js';
import { words, type WithoutTime } from './words.js';

/** How long a piece of what the room hears lasts, about as recorded; a name may last 5 s. */
function lastsMs(piece: Utterance): number {
  switch (piece.kind) {
    case 'tone':
      return 350;
    case 'silence':
      return piece.ms;
    case 'number':
      return 600;
    default:
      return 1_000;
  }
}

/** One conference with a manual clock. Callers go by names; hosts are those who arrive as such. */
export class Room {
  now = 0;
  state: ConferenceState = startConference({ conferenceId: conferenceId('room') });
  readonly effects: ConferenceEffect[] = [];
  readonly timers = new ManualTimers();
  /** Whether what is played to the room ends by itself as time passes. */
  playsEnd = true;
  /** How long the room was spoken to in total, ms. */
  spokenMs = 0;
  readonly #options: ConferenceOptions;
  /** What is being played to the room, in this order, and when it ends. */
  readonly #plays: { readonly playId: PlayId; readonly due: number }[] = [];

  constructor(options: Partial<ConferenceOptions> = {}) {
    this.#options = { ...DEFAULT_CONFERENCE_OPTIONS, ...options };
  }

  happen(event: WithoutTime<ConferenceEvent>): readonly ConferenceEffect[] {
    const { state, effects } = stepConference(this.state, { ...event, at: this.now });
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'SetTimer') this.timers.set(effect.name, effect.timerId, this.now + effect.ms);
      if (effect.type === 'CancelTimer') this.timers.cancel(effect.name);
      if (effect.type === 'PlayToRoom') this.#play(effect.playId, effect.utterances);
    }
    this.effects.push(...effects);
    return effects;
  }

  /** Plays to the room that have not ended. */
  get playsQueued(): number {
    return this.#plays.length;
  }

  /** Plays to a room queue up. */
  #play(id: PlayId, utterances: readonly Utterance[]): void {
    const ms = utterances.reduce((sum, piece) => sum + lastsMs(piece), 0);
    this.spokenMs += ms;
    this.#plays.push({ playId: id, due: Math.max(this.now, this.#plays.at(-1)?.due ?? 0) + ms });
  }

  arrives(
    name: string,
    role: Role = 'guest',
    callerNumber: string | null = null,
    options: Partial<ConferenceOptions> = {},
    spoken: string | null = null,
    endsAt: number | null = null,
  ) {
    return this.happen({
      type: 'CallerArrived',
      callId: callId(name),
      role,
      callerNumber,
      options: { ...this.#options, ...options },
      name: spoken === null ? null : nameId(spoken),
      endsAt,
    });
  }

  /** Someone is about to say a name. */
  looks(name: string, role: Role = 'guest', callerNumber: string | null = null) {
    return this.happen({
      type: 'GateLookedAt',
      callId: callId(name),
      role,
      callerNumber,
      options: this.#options,
    });
  }

  joins(name: string): readonly ConferenceEffect[] {
    return this.happen({ type: 'CallerJoined', callId: callId(name) });
  }

  leaves(name: string, lineLost = false): readonly ConferenceEffect[] {
    return this.happen({ type: 'CallerLeft', callId: callId(name), lineLost });
  }

  /** @param keyMap the caller's own codes */
  keys(name: string, action: KeypadAction, keyMap?: Partial<KeyMap>): readonly ConferenceEffect[] {
    const own = keyMap === undefined ? {} : { keyMap };
    return this.happen({ type: 'ActionRequested', callId: callId(name), action, ...own });
  }

  /** The menu or entry that was last opened at this caller. */
  menuOf(name: string): MenuId {
    const opened = this.effects.findLast(
      (effect) => (effect.type === 'OpenMenu' || effect.type === 'OpenEntry') && effect.callId === callId(name),
    );
    if (opened === undefined || !('menuId' in opened)) throw new Error(`no menu was opened at ${name}`);
    return opened.menuId;
  }

  /** Keys a choice of the menu that was last opened. */
  chooses(name: string, choice: string): readonly ConferenceEffect[] {
    return this.happen({ type: 'ChoiceKeyed', callId: callId(name), menuId: this.menuOf(name), choice });
  }

  /** Arrives with a name of her own as spoken, and is in. */
  comesNamed(name: string, role: Role = 'guest'): this {
    this.arrives(name, role, null, {}, name);
    this.joins(name);
    return this;
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
    for (let event = this.#nextDue(end); event !== null; event = this.#nextDue(end)) led.push(...this.happen(event));
    this.now = end;
    return led;
  }

  /** The next timer that fires or play that ends until then; the time is then. */
  #nextDue(end: number): WithoutTime<ConferenceEvent> | null {
    const [play] = this.playsEnd ? this.#plays : [];
    const timerAt = this.timers.nextDue;
    if (play !== undefined && play.due <= end && (timerAt === null || play.due <= timerAt)) {
      this.#plays.shift();
      this.now = Math.max(this.now, play.due);
      return { type: 'PlayFinished', playId: play.playId };
    }
    const timer = this.timers.takeDue(end);
    if (timer === null) return null;
    this.now = Math.max(this.now, timer.due);
    return { type: 'TimerFired', timerId: timer.timerId };
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
      case 'LetPass':
        return [`let ${effect.callId} pass`];
      case 'OpenMenu':
        return [`menu ${effect.callId} (${effect.choices.join(' ')}): ${words(effect.utterances)}`];
      case 'OpenEntry':
        return [`entry ${effect.callId}: ${words(effect.utterances)}`];
      case 'CloseMenu':
        return [`close menu ${effect.callId}: ${words(effect.utterances)}`];
      case 'MeasureLines':
        return [`measure for ${effect.callId}`];
      case 'BlockCaller':
        return [`block ${effect.callerNumber}`];
      case 'PlaceCall':
        return [`place ${effect.placed} to ${effect.number} for ${effect.callId} in ${effect.room}`];
      case 'SendToRoom':
        return [`send ${effect.callId} to ${effect.room}${effect.muted ? ' muted' : ''}`];
      case 'StartRecording':
      case 'PauseRecording':
      case 'ResumeRecording':
      case 'StopRecording':
        return [effect.type];
      case 'CloseConference':
        return [`close: ${effect.outcome}`];
    }
  });
