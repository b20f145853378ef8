import { assertNever } from '../domain/assert-never.js';
import type { CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEffect, ConferenceEvent } from '../domain/conference/contract.js';
import { stepConference, type ConferenceState } from '../domain/conference/machine.js';
import { resumeConference } from '../domain/conference/resume.js';
import {
  playId,
  type AccountId,
  type CallId,
  type ConferenceId,
  type NameId,
  type PlayId,
} from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { Media, PlayItem } from '../ports/media.js';
import type { Recordings, SpokenNames } from '../ports/recordings.js';
import type { Store } from '../ports/store.js';
import type { HostReportOf } from './bridge-parts.js';
import { asError } from './bounded.js';
import { afterBreak } from './conference-break.js';
import type { ConferenceMemory } from './conference-memory.js';
import { KeptRecord } from './conference-record.js';
import { EventQueue } from './event-queue.js';
import type { HeldCode } from './held-code.js';
import type { Log } from './log.js';
import type { PlacedCalls } from './placed-calls.js';
import { toCall } from './reports.js';
import { RoomMeasurements } from './room-measurements.js';
import { RoomRecorder } from './room-recorder.js';
import { Timers } from './timers.js';
import type { WithoutTime } from './without-time.js';

/** Plays to a room, and names, that are remembered. */
const MOST_PLAYS = 100;
const MOST_NAMES = 10_000;

export interface ConferenceDependencies {
  readonly clock: Clock;
  readonly media: Media;
  readonly store: Store;
  readonly log: Log;
  readonly names: SpokenNames;
  readonly recordings: Recordings;
  /** Something was not recorded, or is not sealed yet. */
  readonly recordingFailed: () => void;
  /** Resolves when nothing is recorded any more of the conference before in the same room; `null`: nothing is. Never rejects. */
  readonly roomFree: () => Promise<void> | null;
  readonly placed: () => PlacedCalls;
  readonly hostReport: HostReportOf;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** Hands an event to a call; a call that is gone already is passed over. */
  readonly toCall: (id: CallId, event: WithoutTime<CallEvent>) => void;
  /** Something that {@link ConferenceRunner.memory} tells has changed. */
  readonly changed: (id: ConferenceId) => void;
  /** The conference is over and its name free for the next. `ended`: the mixer has ended what it recorded; never rejects. */
  readonly closed: (id: ConferenceId, ended: Promise<void>) => void;
}

/** Runs the state machine of one conference and carries out its effects. */
export class ConferenceRunner {
  readonly id: ConferenceId;
  readonly recorder: RoomRecorder;
  readonly securityCode: HeldCode | null;
  readonly #accountId: AccountId;
  readonly #booking: ConferenceMemory['booking'];
  readonly #dependencies: ConferenceDependencies;
  readonly #queue: EventQueue<ConferenceEvent>;
  readonly #timers: Timers;
  readonly #mark: string;
  readonly #playing: Set<PlayId>;
  readonly #names: Set<NameId>;
  readonly #record: KeptRecord;
  readonly #measurements: RoomMeasurements;
  #state: ConferenceState;
  #letGo = false;

  constructor(memory: ConferenceMemory, dependencies: ConferenceDependencies) {
    const { id, accountId, booking, securityCode, mark } = memory;
    this.id = id;
    this.securityCode = securityCode;
    this.#accountId = accountId;
    this.#booking = booking;
    this.#mark = mark;
    this.#playing = new Set(memory.playing);
    this.#names = new Set(memory.names);
    this.#state = memory.state;
    this.#dependencies = dependencies;
    this.#queue = new EventQueue((event) => this.#take(event));
    this.#timers = new Timers(dependencies.clock, (timerId) => this.dispatch({ type: 'TimerFired', timerId }));
    this.#record = new KeptRecord(
      { id, accountId, bookingId: booking?.id ?? null },
      { id: memory.recordId, blocked: memory.blocked ?? 0 },
      dependencies,
    );
    this.#measurements = new RoomMeasurements(memory.measuring, {
      ...{ room: id, clock: dependencies.clock, media: dependencies.media },
      trouble: (error) => this.#trouble('the lines could not be measured', error),
      measured: (callId, lines) => this.dispatch({ type: 'LinesMeasured', callId, lines }),
    });
    this.recorder = new RoomRecorder(memory.recording, {
      ...dependencies,
      conferenceId: id,
      accountId,
      recordId: () => this.recordId,
      changed: () => dependencies.changed(id),
      failed: () => this.dispatch({ type: 'RecordingFailed' }),
    });
  }

  /** The conference of a process before this one goes on. What it played to the room counts as heard, what it measured as silence. */
  resume(timers: ConferenceMemory['timers']): void {
    this.#state = resumeConference(this.#state);
    this.#timers.restore(timers);
    for (const id of [...this.#playing]) this.#finished(id);
    this.#measurements.resume();
    this.recorder.occupied(this.#isOccupied());
    this.recorder.takenBack();
  }

  /** What the process that comes next has to know. */
  memory(): ConferenceMemory {
    return {
      id: this.id,
      accountId: this.#accountId,
      booking: this.#booking,
      securityCode: this.securityCode,
      state: this.#state,
      timers: this.#timers.pending(),
      mark: this.#mark,
      recordId: this.recordId,
      blocked: this.#record.blocked,
      playing: [...this.#playing],
      measuring: this.#measurements.asking,
      names: [...this.#names],
      recording: this.recorder.memory(),
    };
  }

  /** Everyone it knows, waiting or in. */
  get callers(): readonly CallId[] {
    const { members, waiting } = this.#state.facts;
    return [...members, ...waiting].map(({ callId }) => callId);
  }

  /** Calls placed for its hosts, until they are brought in or given up. */
  get placed(): readonly CallId[] {
    return this.#state.facts.placed.map(({ placed }) => placed);
  }

  /** The conference is another process's from now on. */
  handOver(): void {
    this.#letGo = true;
    this.#timers.cancelAll();
    this.recorder.handOver();
  }

  /** Number of the conference's record, once it has begun. */
  get recordId(): number | null {
    return this.#record.id;
  }

  /** A caller who is blocked, or not on the account's list, was turned away. */
  turnedAway(): void {
    this.#record.blocked += 1;
    this.#dependencies.changed(this.id);
  }

  dispatch(event: WithoutTime<ConferenceEvent>): void {
    if (!this.#letGo) this.#queue.push({ ...event, at: this.#dependencies.clock.monotonic() });
  }

  /** A play of an earlier conference in the same room may still be told: it is none of this one's. */
  roomPlayFinished(told: PlayId): void {
    if (told.startsWith(this.#mark)) this.#finished(playId(told.slice(this.#mark.length)));
  }

  /** What this caller said as a name is this conference's, as long as it lasts. */
  takeName(name: NameId): void {
    if (this.#names.size < MOST_NAMES) this.#names.add(name);
  }

  /** Nobody has this name any more. */
  forgetName(name: NameId): void {
    if (this.#names.delete(name)) this.#dependencies.changed(this.id);
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
    if (event.type === 'RoomMoved') this.recorder.roomMoved();
    const effects = this.#step(event);
    this.recorder.occupied(this.#isOccupied());
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#trouble(`${effect.type} could not be carried out`, error);
        if (effect.type === 'PlayToRoom') this.#finished(effect.playId);
      }
    }
    this.#dependencies.changed(this.id);
  }

  #isOccupied(): boolean {
    return this.#state.facts.members.some(({ phase }) => phase === 'in');
  }

  #step(event: ConferenceEvent): readonly ConferenceEffect[] {
    try {
      return this.#moved(stepConference(this.#state, event));
    } catch (error) {
      this.#trouble(`the conference broke at ${event.type}`, error);
      return this.#moved(afterBreak(this.#state, event));
    }
  }

  #moved({ state, effects }: ReturnType<typeof stepConference>): readonly ConferenceEffect[] {
    this.#state = state;
    return effects;
  }

  #trouble(what: string, error: unknown): void {
    this.#dependencies.log.error({ conference: this.id, error: asError(error).message }, what);
  }

  #perform(effect: ConferenceEffect): void {
    const { media, resolve, store, clock } = this.#dependencies;
    switch (effect.type) {
      case 'LetPass':
      case 'Admit':
      case 'KeepWaiting':
      case 'Refuse':
      case 'Tell':
      case 'SendToHold':
      case 'SendToRoom':
      case 'Mute':
      case 'OpenMenu':
      case 'OpenEntry':
      case 'CloseMenu':
      case 'Dismiss':
        return this.#dependencies.toCall(effect.callId, toCall(effect));
      case 'PlayToRoom':
        this.#remember(effect.playId);
        return media.playToRoom(this.id, playId(this.#mark + effect.playId), resolve(effect.utterances));
      case 'MeasureLines':
        return void this.#measurements.measure(effect.callId);
      case 'BlockCaller':
        store.addBlock({ accountId: this.#accountId, callerNumber: effect.callerNumber, createdAt: clock.wall() });
        return;
      case 'PlaceCall':
        return this.#placeCall(effect);
      case 'StartRecording':
        return this.recorder.start({ announcements: effect.announcements });
      case 'PauseRecording':
        return this.recorder.pause();
      case 'ResumeRecording':
        return this.recorder.resume();
      case 'StopRecording':
        return this.recorder.stop();
      case 'SetTimer':
        return this.#timers.set(effect.name, effect.timerId, effect.ms);
      case 'CancelTimer':
        return this.#timers.cancel(effect.name);
      case 'RecordStarted':
        return this.#record.start();
      case 'CloseConference':
        return this.#close(effect);
      default:
        return assertNever(effect);
    }
  }

  #placeCall({ callId, placed, number, room }: Extract<ConferenceEffect, { type: 'PlaceCall' }>): void {
    const { options } = this.#state.facts;
    const of = { accountId: this.#accountId, conferenceId: this.id, booking: this.#booking, options };
    this.#dependencies.placed().place({ ...of, host: callId, placed, number, room });
  }

  #close(effect: Extract<ConferenceEffect, { type: 'CloseConference' }>): void {
    const { media, names, placed, closed } = this.#dependencies;
    this.#timers.cancelAll();
    placed().conferenceClosed(this.id);
    const ended = this.recorder.close().catch((error: unknown) => this.#trouble('recording was not ended', error));
    this.#record.end(effect);
    for (const name of this.#names) names.forget(this.id, name);
    media.forgetRoom(this.id);
    closed(this.id, ended);
  }
}
