import { assertNever } from '../domain/assert-never.js';
import type { CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEffect, ConferenceEvent } from '../domain/conference/contract.js';
import { startConference, stepConference, type ConferenceState } from '../domain/conference/machine.js';
import { resumeConference } from '../domain/conference/resume.js';
import { playId, type AccountId, type CallId, type ConferenceId, type PlayId } from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { Media, PlayItem } from '../ports/media.js';
import type { Store } from '../ports/store.js';
import { asError } from './bounded.js';
import { EventQueue } from './event-queue.js';
import type { Log } from './log.js';
import { Timers, type PendingTimer } from './timers.js';
import type { WithoutTime } from './without-time.js';

/** Plays to a room that are remembered until they end. */
const MOST_PLAYS = 100;

/** All that a runner knows of its conference: enough for another one to go on with. Plain data. */
export interface ConferenceMemory {
  readonly id: ConferenceId;
  readonly accountId: AccountId;
  readonly state: ConferenceState;
  readonly timers: readonly PendingTimer[];
  /** Tells the plays of this conference from those of the ones before it in the same room. */
  readonly mark: string;
  readonly recordId: number | null;
  /** Plays to the room that have not ended. */
  readonly playing: readonly PlayId[];
}

/** Of a conference that nobody has come to yet. @param mark given to no other conference before. */
export const freshConference = (id: ConferenceId, accountId: AccountId, mark: string): ConferenceMemory => ({
  id,
  accountId,
  state: startConference({ conferenceId: id }),
  timers: [],
  mark,
  recordId: null,
  playing: [],
});

export interface ConferenceDependencies {
  readonly clock: Clock;
  readonly media: Media;
  readonly store: Store;
  readonly log: Log;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** Hands an event to a call; a call that is gone already is passed over. */
  readonly toCall: (id: CallId, event: WithoutTime<CallEvent>) => void;
  /** Something that {@link ConferenceRunner.memory} tells has changed. */
  readonly changed: (id: ConferenceId) => void;
  /** The conference is over and its name free for the next. */
  readonly closed: (id: ConferenceId) => void;
}

/** Runs the state machine of one conference and carries out its effects. */
export class ConferenceRunner {
  readonly id: ConferenceId;
  readonly #accountId: AccountId;
  readonly #dependencies: ConferenceDependencies;
  readonly #queue: EventQueue<ConferenceEvent>;
  readonly #timers: Timers;
  readonly #mark: string;
  readonly #playing: Set<PlayId>;
  #state: ConferenceState;
  #recordId: number | null;

  constructor(memory: ConferenceMemory, dependencies: ConferenceDependencies) {
    this.id = memory.id;
    this.#accountId = memory.accountId;
    this.#mark = memory.mark;
    this.#playing = new Set(memory.playing);
    this.#state = memory.state;
    this.#recordId = memory.recordId;
    this.#dependencies = dependencies;
    this.#queue = new EventQueue((event) => this.#take(event));
    this.#timers = new Timers(dependencies.clock, (timerId) => this.dispatch({ type: 'TimerFired', timerId }));
  }

  /** The conference of a process before this one goes on. What it played to the room counts as heard. */
  resume(timers: ConferenceMemory['timers']): void {
    this.#state = resumeConference(this.#state);
    this.#timers.restore(timers);
    for (const id of [...this.#playing]) this.#finished(id);
  }

  /** What the process that comes next has to know. */
  memory(): ConferenceMemory {
    return {
      id: this.id,
      accountId: this.#accountId,
      state: this.#state,
      timers: this.#timers.pending(),
      mark: this.#mark,
      recordId: this.#recordId,
      playing: [...this.#playing],
    };
  }

  /** Everyone it knows, waiting or in. */
  get callers(): readonly CallId[] {
    const { members, waiting } = this.#state.facts;
    return [...members, ...waiting].map(({ callId }) => callId);
  }

  /** The conference is another process's from now on. */
  handOver(): void {
    this.#timers.cancelAll();
  }

  /** Number of the conference's record, once it has begun. */
  get recordId(): number | null {
    return this.#recordId;
  }

  dispatch(event: WithoutTime<ConferenceEvent>): void {
    this.#queue.push({ ...event, at: this.#dependencies.clock.monotonic() });
  }

  /** A play of an earlier conference in the same room may still be told: it is none of this one's. */
  roomPlayFinished(told: PlayId): void {
    if (told.startsWith(this.#mark)) this.#finished(playId(told.slice(this.#mark.length)));
  }

  #remember(id: PlayId): void {
    const [oldest] = this.#playing;
    if (oldest !== undefined && this.#playing.size >= MOST_PLAYS) this.#playing.delete(oldest);
    this.#playing.add(id);
  }

  #finished(id: PlayId): void {
    this.#playing.delete(id);
    this.dispatch({ type: 'PlayFinished', playId: id });
  }

  #take(event: ConferenceEvent): void {
    for (const effect of this.#step(event)) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#trouble(`${effect.type} could not be carried out`, error);
        if (effect.type === 'PlayToRoom') this.#finished(effect.playId);
      }
    }
    this.#dependencies.changed(this.id);
  }

  #step(event: ConferenceEvent): readonly ConferenceEffect[] {
    try {
      const { state, effects } = stepConference(this.#state, event);
      this.#state = state;
      return effects;
    } catch (error) {
      this.#trouble(`the conference broke at ${event.type}`, error);
      return this.#afterBreak(event);
    }
  }

  /**
   * Nothing has changed by an event that could not be taken. A code goes unanswered, a newcomer is let go; but where someone
   * came in, left, or time ran out, the conference would be wrong about it for ever, so that it ends for everyone.
   */
  #afterBreak(event: ConferenceEvent): readonly ConferenceEffect[] {
    switch (event.type) {
      case 'ActionRequested':
      case 'UnknownCodeKeyed':
      case 'PlayFinished':
      case 'RoomMoved':
        return [];
      case 'CallerArrived':
        if (this.#state.kind === 'Empty') return [dismissal(event.callId), ...this.#endForAll()];
        return [dismissal(event.callId)];
      case 'CallerJoined':
      case 'CallerLeft':
      case 'TimerFired':
      case 'ShutdownRequested':
        return this.#endForAll();
      default:
        return assertNever(event);
    }
  }

  #endForAll(): readonly ConferenceEffect[] {
    const { facts } = this.#state;
    const { members, waiting, peak, lockedOut } = facts;
    this.#state = { kind: 'Closed', outcome: 'failed', facts };
    return [
      ...[...members, ...waiting].map(({ callId }) => dismissal(callId)),
      { type: 'CloseConference', outcome: 'failed', peak, lockedOut },
    ];
  }

  #trouble(what: string, error: unknown): void {
    this.#dependencies.log.error({ conference: this.id, error: asError(error).message }, what);
  }

  #perform(effect: ConferenceEffect): void {
    const { toCall, media, resolve } = this.#dependencies;
    switch (effect.type) {
      case 'Admit':
        return toCall(effect.callId, { type: 'Admitted', muted: effect.muted, introduction: effect.introduction });
      case 'KeepWaiting':
        return toCall(effect.callId, { type: 'KeptWaiting', reason: effect.reason });
      case 'Refuse':
        return toCall(effect.callId, { type: 'Refused', reason: effect.reason });
      case 'Tell':
        return toCall(effect.callId, { type: 'Told', utterances: effect.utterances });
      case 'SendToHold':
        return toCall(effect.callId, { type: 'SentToHold', reason: effect.reason });
      case 'Mute':
        return toCall(effect.callId, { type: 'MuteChanged', muted: effect.muted });
      case 'Dismiss':
        return toCall(effect.callId, { type: 'Dismissed', outcome: effect.outcome, farewell: effect.farewell });
      case 'PlayToRoom':
        this.#remember(effect.playId);
        return media.playToRoom(this.id, playId(this.#mark + effect.playId), resolve(effect.utterances));
      case 'SetTimer':
        return this.#timers.set(effect.name, effect.timerId, effect.ms);
      case 'CancelTimer':
        return this.#timers.cancel(effect.name);
      case 'RecordStarted':
        return this.#startRecord();
      case 'CloseConference':
        return this.#close(effect);
      default:
        return assertNever(effect);
    }
  }

  #startRecord(): void {
    const { store, clock, log } = this.#dependencies;
    try {
      this.#recordId = store.startConferenceRecord({
        conferenceId: this.id,
        accountId: this.#accountId,
        startedAt: clock.wall(),
        endedAt: null,
        peak: 0,
        lockedOut: 0,
        outcome: null,
      });
    } catch (error) {
      log.error({ conference: this.id, error: asError(error).message }, 'conference record could not be begun');
    }
    log.info({ conference: this.id }, 'conference began');
  }

  #close(effect: Extract<ConferenceEffect, { type: 'CloseConference' }>): void {
    const { store, clock, log, media, closed } = this.#dependencies;
    this.#timers.cancelAll();
    if (this.#recordId !== null) {
      const { peak, lockedOut, outcome } = effect;
      try {
        store.endConferenceRecord(this.#recordId, { endedAt: clock.wall(), peak, lockedOut, outcome });
      } catch (error) {
        log.error({ conference: this.id, error: asError(error).message }, 'conference record could not be ended');
      }
      log.info({ conference: this.id, outcome, peak }, 'conference ended');
    }
    media.forgetRoom(this.id);
    closed(this.id);
  }
}

const dismissal = (callId: CallId): ConferenceEffect => ({ type: 'Dismiss', callId, outcome: 'failed', farewell: [] });
