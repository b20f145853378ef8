import { assertNever } from '../domain/assert-never.js';
import type { Admission, CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import { startCall, stepCall, type CallState } from '../domain/call-flow/machine.js';
import type { EntryOptions } from '../domain/conference-options.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Key, KeyMethod } from '../domain/keys.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { LegStatistics, MediaEndpoint, PlayItem } from '../ports/media.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { PinHash, Store } from '../ports/store.js';
import { asError, within } from './bounded.js';
import { EventQueue } from './event-queue.js';
import { KeyMethods } from './key-methods.js';
import { LineWatch } from './line-watch.js';
import type { Log } from './log.js';
import { release } from './release.js';
import { Timers } from './timers.js';
import type { WithoutTime } from './without-time.js';

/** Longest wait for a mixer to take or let go of a caller, milliseconds. */
const MIXER_LIMIT_MS = 10_000;
/** Longest wait for the figures of a leg before its record is written without them, milliseconds. */
const STATISTICS_LIMIT_MS = 1_000;

export interface CallDependencies {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
  readonly hashPin: (digits: string) => PinHash;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** The caller asks the conference for a place; it comes into being where it was not. */
  readonly arriveAtConference: (call: CallRunner, admission: Admission) => void;
  readonly toConference: (id: ConferenceId, event: WithoutTime<ConferenceEvent>) => void;
  /** The last word of a call: its record's data. */
  readonly closed: (call: CallRunner, end: CallEnd) => void;
}

/** What a call leaves behind. Times are wall clock, milliseconds. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly answeredAt: number;
  readonly joinedAt: number | null;
  readonly endedAt: number;
  readonly admission: Admission | null;
  readonly keyMethod: KeyMethod | null;
  readonly statistics: LegStatistics | null;
  readonly mixer: string;
}

/** Runs the call flow of one answered call and carries out its effects on its endpoint and its signalling. */
export class CallRunner {
  readonly call: SignalingCall;
  readonly endpoint: MediaEndpoint;
  readonly #dependencies: CallDependencies;
  readonly #queue: EventQueue<CallEvent>;
  readonly #timers: Timers;
  /** What is done to one endpoint happens in the order it was asked for: music after `leave` must not start before it. */
  #mediaWork: Promise<void> = Promise.resolve();
  #state: CallState;
  #answeredAt = 0;
  #joinedAt: number | null = null;
  #admission: Admission | null = null;
  readonly #keyMethods = new KeyMethods();
  readonly #line: LineWatch;
  #closing: Promise<void> | null = null;

  constructor(call: SignalingCall, endpoint: MediaEndpoint, entry: EntryOptions, dependencies: CallDependencies) {
    this.call = call;
    this.endpoint = endpoint;
    this.#dependencies = dependencies;
    this.#state = startCall({ callId: call.id, entry });
    this.#queue = new EventQueue((event) => this.#take(event));
    this.#timers = new Timers(dependencies.clock, (timerId) => this.dispatch({ type: 'TimerFired', timerId }));
    this.#line = new LineWatch(call, endpoint, dependencies.clock, () => {
      void call.hangUp();
      this.dispatch({ type: 'CallerHungUp', lineLost: true });
    });
  }

  /** The ACK is in: the flow begins. */
  answered(): void {
    this.#answeredAt = this.#dependencies.clock.wall();
    this.dispatch({ type: 'CallAnswered' });
  }

  dispatch(event: WithoutTime<CallEvent>): void {
    this.#queue.push({ ...event, at: this.#dependencies.clock.monotonic() });
  }

  keyPressed(key: Key, method: KeyMethod): void {
    const verdict = this.#keyMethods.take(key, method, this.#dependencies.clock.monotonic());
    if (verdict.stopInband) this.endpoint.stopInbandDetection();
    if (verdict.counts) this.dispatch({ type: 'KeyPressed', key, method });
  }

  /** Neither audio nor a report has come for so many milliseconds: the line is asked whether it is still there. */
  audioMissing(silentMs: number): void {
    this.#line.silent(silentMs);
  }

  playFinished(playId: PlayId): void {
    this.dispatch({ type: 'PlayFinished', playId });
  }

  /** Resolves once the call's endpoint is released and its record written; at once while it runs. */
  async settled(): Promise<void> {
    await this.#closing;
  }

  #take(event: CallEvent): void {
    const before = this.#state.kind;
    const effects = this.#step(event);
    if (this.#state.kind !== before) {
      this.#dependencies.log.debug({ call: this.call.id, from: before, to: this.#state.kind }, 'call moved on');
    }
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#trouble(`${effect.type} could not be carried out`, error);
      }
    }
  }

  /** A call whose flow breaks ends as one whose media fail: nobody is left in a call that nothing moves any more. */
  #step(event: CallEvent): readonly CallEffect[] {
    try {
      return this.#moved(stepCall(this.#state, event));
    } catch (error) {
      this.#trouble(`the call flow broke at ${event.type}`, error);
      return this.#moved(stepCall(this.#state, { at: event.at, type: 'MediaFailed' }));
    }
  }

  #moved({ state, effects }: ReturnType<typeof stepCall>): readonly CallEffect[] {
    this.#state = state;
    return effects;
  }

  #trouble(what: string, error: unknown): void {
    this.#dependencies.log.error({ call: this.call.id, error: asError(error).message }, what);
  }

  #perform(effect: CallEffect): void {
    const { toConference, resolve, log } = this.#dependencies;
    switch (effect.type) {
      case 'Play':
        return this.#inOrder(
          () => this.endpoint.play(effect.playId, resolve(effect.utterances)),
          () => this.playFinished(effect.playId),
        );
      case 'StopPlaying':
        return this.#inOrder(() => this.endpoint.stopPlaying());
      case 'SetTimer':
        return this.#timers.set(effect.name, effect.timerId, effect.ms);
      case 'CancelTimer':
        return this.#timers.cancel(effect.name);
      case 'LookUpPin':
        return this.#lookUpPin(effect);
      case 'RequestAdmission':
        this.#admission = effect.admission;
        log.info(
          { call: this.call.id, conference: effect.admission.conferenceId, role: effect.admission.role },
          'PIN accepted',
        );
        return this.#dependencies.arriveAtConference(this, effect.admission);
      case 'JoinMixer':
        return this.#joinMixer(effect);
      case 'LeaveMixer':
        return this.#onMixer(
          'leave',
          () => this.endpoint.leave(),
          // Whoever cannot be taken out of the room would hear and be heard there while on hold.
          () => this.dispatch({ type: 'MediaFailed' }),
        );
      case 'SetMuted':
        return this.#onMixer(
          effect.muted ? 'mute' : 'unmute',
          () => this.endpoint.setMuted(effect.muted),
          // Nobody may be heard who was told to be muted.
          () => this.dispatch({ type: 'MediaFailed' }),
        );
      case 'ReportJoined':
        this.#joinedAt ??= this.#dependencies.clock.wall();
        return this.#report(toConference, { type: 'CallerJoined', callId: this.call.id });
      case 'ReportAction':
        return this.#report(toConference, { type: 'ActionRequested', callId: this.call.id, action: effect.action });
      case 'ReportUnknownCode':
        return this.#report(toConference, { type: 'UnknownCodeKeyed', callId: this.call.id });
      case 'ReportLeft':
        return this.#report(toConference, { type: 'CallerLeft', callId: this.call.id, lineLost: effect.lineLost });
      case 'HangUp':
        void this.call.hangUp();
        return;
      case 'CloseCall':
        this.#closing ??= this.#close(effect.outcome);
        return;
      default:
        return assertNever(effect);
    }
  }

  #report(toConference: CallDependencies['toConference'], event: WithoutTime<ConferenceEvent>): void {
    if (this.#admission !== null) toConference(this.#admission.conferenceId, event);
  }

  #lookUpPin(effect: Extract<CallEffect, { type: 'LookUpPin' }>): void {
    const { store, hashPin, log } = this.#dependencies;
    const { lookupId, digits } = effect;
    try {
      const match = store.findPin(hashPin(digits));
      if (match === null) {
        this.dispatch({ type: 'PinMissed', lookupId });
        return;
      }
      const { account, role } = match;
      this.dispatch({
        type: 'PinMatched',
        lookupId,
        admission: {
          accountId: account.id,
          conferenceId: conferenceOf(account.id),
          role,
          options: account.options,
        },
      });
    } catch (error) {
      log.error({ call: this.call.id, error: asError(error).message }, 'PIN could not be looked up');
      this.dispatch({ type: 'PinLookupFailed', lookupId });
    }
  }

  #joinMixer(effect: Extract<CallEffect, { type: 'JoinMixer' }>): void {
    const { clock, log } = this.#dependencies;
    this.#mediaWork = this.#mediaWork.then(async () => {
      if (this.#isClosing()) return;
      try {
        const joined = this.endpoint.join(effect.conferenceId, { muted: effect.muted });
        await within(clock, MIXER_LIMIT_MS, 'joining the mixer', joined);
      } catch (error) {
        log.error({ call: this.call.id, error: asError(error).message }, 'caller could not join the mixer');
        this.dispatch({ type: 'MixerJoinFailed' });
        return;
      }
      this.dispatch({ type: 'MixerJoined' });
    });
  }

  #inOrder(work: () => void, failed?: () => void): void {
    this.#mediaWork = this.#mediaWork.then(() => {
      if (this.#isClosing()) return;
      try {
        work();
      } catch (error) {
        this.#trouble('something could not be played', error);
        failed?.();
      }
    });
  }

  #onMixer(what: string, work: () => Promise<void>, failed?: () => void): void {
    const { clock, log } = this.#dependencies;
    this.#mediaWork = this.#mediaWork.then(async () => {
      if (this.#isClosing()) return;
      try {
        await within(clock, MIXER_LIMIT_MS, what, work());
      } catch (error) {
        if (this.#isClosing()) return;
        log.warn({ call: this.call.id, what, error: asError(error).message }, 'mixer did not do it');
        failed?.();
      }
    });
  }

  /** The endpoint is being released: nothing more is asked of it. */
  #isClosing(): boolean {
    return this.#closing !== null;
  }

  async #close(outcome: CallOutcome): Promise<void> {
    const { clock } = this.#dependencies;
    const endedAt = clock.wall();
    this.#timers.cancelAll();
    this.#line.end();
    let statistics: LegStatistics | null = null;
    try {
      statistics = await within(clock, STATISTICS_LIMIT_MS, 'leg statistics', this.endpoint.statistics());
    } catch {
      // A leg that is gone already has none to give; its record says so by leaving them out.
    }
    await release(this.endpoint, this.#dependencies);
    this.#dependencies.closed(this, {
      outcome,
      answeredAt: this.#answeredAt,
      joinedAt: this.#joinedAt,
      endedAt,
      admission: this.#admission,
      keyMethod: this.#keyMethods.seen,
      statistics,
      mixer: this.endpoint.mixer,
    });
  }
}

/** An account has one conference; bookings will have their own. */
function conferenceOf(account: string): ConferenceId {
  return `conference-${account}` as ConferenceId;
}
