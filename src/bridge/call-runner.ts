import { assertNever } from '../domain/assert-never.js';
import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import { NO_STORY } from '../domain/call-flow/story.js';
import type { ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Key, KeyMethod } from '../domain/keys.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { MediaEndpoint } from '../ports/media.js';
import type { SignalingCall } from '../ports/signaling.js';
import { asError } from './bounded.js';
import { CallConference } from './call-conference.js';
import { CallFlow } from './call-flow.js';
import { CallMedia } from './call-media.js';
import type { CallMemory } from './call-memory.js';
import { asked, toldToFlow } from './call-asks.js';
import { CallMover } from './call-mover.js';
import type { CallBasis, CallDependencies } from './call-parts.js';
import { EventQueue } from './event-queue.js';
import { EndpointLost } from './held-endpoint.js';
import { KeyMethods } from './key-methods.js';
import { LineWatch } from './line-watch.js';
import { NameRecorder } from './name-recorder.js';
import { Timers } from './timers.js';
import type { WithoutTime } from './without-time.js';

/** Runs the call flow of one answered call and carries out its effects on its endpoint and its signalling. */
export class CallRunner {
  readonly call: SignalingCall;
  readonly #dependencies: CallDependencies;
  readonly #queue: EventQueue<CallEvent>;
  readonly #timers: Timers;
  readonly #media: CallMedia;
  readonly #mover: CallMover;
  readonly #flow: CallFlow;
  readonly #answeredAt: number;
  #joinedAt: number | null;
  readonly #conference: CallConference;
  readonly #keyMethods: KeyMethods;
  readonly #line: LineWatch;
  readonly #names: NameRecorder;
  #closing: Promise<void> | null = null;
  /** When the call was over, where that was before it is noticed. Wall clock, milliseconds. */
  #endedAt: number | null = null;
  /** What the endpoint is to be taken back by. */
  #owed: string | null = null;

  constructor({ call, label, remoteSdp }: CallBasis, memory: CallMemory, dependencies: CallDependencies) {
    this.call = call;
    this.#dependencies = dependencies;
    this.#flow = new CallFlow(call.id, { ...memory, story: memory.story ?? NO_STORY }, dependencies);
    this.#answeredAt = memory.answeredAt;
    this.#joinedAt = memory.joinedAt;
    this.#conference = new CallConference(call.id, memory, dependencies, {
      isKnown: () => this.#flow.isKnownToConference,
      isOutside: () => this.#flow.isOutside,
      dispatch: (event) => this.dispatch(event),
    });
    this.#keyMethods = new KeyMethods(memory.keyMethod);
    const { clock, log, resolve, engine, moves, placeRoom, changed } = dependencies;
    this.#queue = new EventQueue((event) => this.#take(event));
    this.#timers = new Timers(clock, (timerId) => this.dispatch({ type: 'TimerFired', timerId }));
    this.#media = new CallMedia(
      {
        callId: call.id,
        clock,
        log,
        resolve,
        changed,
        place: (room) => this.#mover.place(room),
        ...toldToFlow((event) => this.dispatch(event)),
        recording: (file) => this.#names.recording(file),
        recorded: (file, whole) => this.#names.recorded(file, whole),
      },
      // Whoever was on the way in is taken in anew, where the room is now.
      memory.state.kind === 'Joining' ? { ...memory.media, room: null } : memory.media,
    );
    const lineLost = (): void => {
      void call.hangUp();
      this.dispatch({ type: 'CallerHungUp', lineLost: true });
    };
    this.#mover = new CallMover(
      {
        ...{ call, engine, clock, log, moves, label, placeRoom, changed },
        failed: () => this.dispatch({ type: 'MoveFailed' }),
        moved: (word, mixer) => this.#flow.tell([word, { mixer }]),
        gone: lineLost,
        told: () => this.#conference.farEndSaid(this.#mover.remoteSdp),
      },
      this.#media,
      remoteSdp,
    );
    this.#line = new LineWatch(call, this.#media, clock, lineLost);
    this.#names = new NameRecorder({
      ...{ names: dependencies.names, clock, log },
      ask: (work) => this.#media.ask(work),
      recorded: (nameId, speechMs) => {
        this.dispatch({ type: 'NameRecorded', nameId, speechMs });
        this.#conference.recorded();
      },
    });
  }

  /** The ACK is in: the flow begins. `null`: the endpoint is lost already. */
  answered(endpoint: MediaEndpoint | null): void {
    this.#begin(endpoint, false);
    this.dispatch({ type: 'CallAnswered' });
  }

  /** The call of a process before this one goes on, as soon as its endpoint is back. @param endpoint what that is taken back by. */
  resume(timers: CallMemory['timers'], endpoint: string | null): void {
    this.#owed = endpoint;
    this.#timers.restore(timers);
    this.#flow.tell(['bridge-replaced']);
    this.#dependencies.inRoom(this.call.id, this.#media.room);
    this.#carryOut(this.#flow.resume(this.#dependencies.clock.monotonic()));
    if (this.#flow.isOutside) this.#dependencies.waits();
  }

  /** The endpoint it had under a process before this one; `null`: it is lost. */
  takeBack(endpoint: MediaEndpoint | null): void {
    this.#owed = null;
    this.#begin(endpoint, true);
  }

  dispatch(event: WithoutTime<CallEvent>): void {
    this.#queue.push({ ...event, at: this.#dependencies.clock.monotonic() });
  }

  /** The call ended while no process was there to notice. @param at wall clock, milliseconds. */
  endedBefore(at: number | null, lineLost: boolean): void {
    this.#endedAt = at;
    this.dispatch({ type: 'CallerHungUp', lineLost });
  }

  keyPressed(key: Key, method: KeyMethod): void {
    const { seen } = this.#keyMethods;
    const verdict = this.#keyMethods.take(key, method, this.#dependencies.clock.monotonic());
    if (verdict.stopInband) this.#media.stopInbandDetection();
    if (this.#keyMethods.seen !== seen) this.#flow.tell(['first-key', { method }]);
    if (verdict.counts) this.dispatch({ type: 'KeyPressed', key, method });
  }

  /** What the caller waits by is looked at again. @returns whether there was anything to look at */
  lookAgain(): boolean {
    return this.#conference.lookAgain();
  }

  /** Neither audio nor a report has come for so many milliseconds: the line is asked whether it is still there. */
  audioMissing(silentMs: number): void {
    this.#line.silent(silentMs);
  }

  playFinished(playId: PlayId): void {
    this.#media.finished(playId);
    this.dispatch({ type: 'PlayFinished', playId });
  }

  roomLeft(room: ConferenceId): void {
    this.#media.roomLeft(room);
  }

  /** Someone muted talks. */
  spokeWhileMuted(): void {
    this.#conference.tell({ type: 'SpokeWhileMuted', callId: this.call.id });
  }

  endpointLost(): void {
    if (this.#closing === null) this.#mover.lost();
  }

  mediaOffered(offer: string | null): Promise<string> {
    return this.#mover.offered(offer);
  }

  mediaAnswered(answer: string): Promise<void> {
    return this.#mover.answered(answer);
  }

  /** What the process that comes next has to know. */
  memory(): CallMemory {
    return {
      state: this.#flow.stored,
      timers: this.#timers.pending(),
      answeredAt: this.#answeredAt,
      joinedAt: this.#joinedAt,
      keyMethod: this.#keyMethods.seen,
      media: this.#media.wanted,
      story: this.#flow.story,
      ...this.#conference.memory(),
    };
  }

  /** What `Media.adopt` takes the endpoint back by; `null`: there is none, or the far end may talk to another one by now. */
  get endpointHandle(): string | null {
    return this.#mover.isMoving ? null : (this.#media.endpoint?.handle ?? this.#owed);
  }

  /** The call is another process's from now on. */
  handOver(): void {
    this.#stop();
    this.#media.handOver();
  }

  /** Nothing happens by itself any more. */
  #stop(): void {
    this.#timers.cancelAll();
    this.#line.end();
    this.#mover.end();
    this.#names.end();
  }

  #begin(endpoint: MediaEndpoint | null, adopted: boolean): void {
    if (endpoint === null) this.#mover.lost();
    else this.#media.replace(endpoint, adopted).catch((error: unknown) => this.#unusable(error));
    this.#conference.farEndSaid(this.#mover.remoteSdp);
  }

  /** A mixer that does not take back what it had is as good as lost. */
  #unusable(error: unknown): void {
    if (this.#closing !== null || error instanceof EndpointLost) return;
    this.#trouble('endpoint could not be used', error);
    this.#mover.lost();
  }

  #take(event: CallEvent): void {
    this.#carryOut(this.#flow.take(this.#conference.judged(event)));
    if (this.#flow.isOutside) this.#dependencies.waits();
    this.#dependencies.changed();
  }

  #carryOut(effects: readonly CallEffect[]): void {
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#trouble(`${effect.type} could not be carried out`, error);
      }
    }
  }

  #trouble(what: string, error: unknown): void {
    this.#dependencies.log.error({ call: this.call.id, error: asError(error).message }, what);
  }

  #perform(effect: CallEffect): void {
    switch (effect.type) {
      case 'JoinMixer':
      case 'LeaveMixer':
        this.#dependencies.inRoom(this.call.id, effect.type === 'JoinMixer' ? effect.conferenceId : null);
        return this.#media.ask(asked(effect));
      case 'Play':
      case 'StopPlaying':
      case 'SetMuted':
      case 'SetGains':
        return this.#media.ask(asked(effect));
      case 'SetTimer':
        return this.#timers.set(effect.name, effect.timerId, effect.ms);
      case 'CancelTimer':
        return this.#timers.cancel(effect.name);
      case 'LookUpPin':
        return this.dispatch(this.#conference.lookUp(this.call, effect));
      case 'CheckCode':
        return this.dispatch(this.#conference.checkCode(this.call, effect));
      case 'LookAtGate':
        return this.#conference.lookAtGate(effect.admission);
      case 'RecordName':
        return this.#recordName(effect);
      case 'StopRecordingName':
        return this.#names.stop(effect.nameId);
      case 'RequestAdmission':
        return this.#conference.arrive(effect);
      case 'ReportJoined':
        this.#joinedAt ??= this.#dependencies.clock.wall();
        return this.#conference.report(effect);
      case 'ReportAction':
      case 'ReportUnknownCode':
      case 'ReportChoice':
      case 'ReportEntry':
      case 'ReportMenuLeft':
      case 'ReportMenuSpoken':
      case 'ReportLeft':
        return this.#conference.report(effect);
      case 'HangUp':
        return void this.call.hangUp();
      case 'CloseCall':
        return void (this.#closing ??= this.#close(effect.outcome));
      default:
        return assertNever(effect);
    }
  }

  #recordName({ nameId, limitMs }: Extract<CallEffect, { type: 'RecordName' }>): void {
    const said = this.#conference.named(nameId);
    if (said === null) this.dispatch({ type: 'NameRecorded', nameId, speechMs: 0 });
    else this.#names.record(said, limitMs);
  }

  async #close(outcome: CallOutcome): Promise<void> {
    const now = this.#dependencies.clock.wall();
    this.#stop();
    const statistics = await this.#media.close();
    this.#dependencies.inRoom(this.call.id, null);
    // With its endpoint also a recording has ended that was under way.
    this.#conference.ended(this.#joinedAt !== null);
    this.#dependencies.closed({
      outcome,
      answeredAt: this.#answeredAt,
      joinedAt: this.#joinedAt,
      endedAt: this.#endedAt ?? now,
      admission: this.#conference.admission,
      keyMethod: this.#keyMethods.seen,
      statistics,
      mixer: this.#media.mixer === '' ? null : this.#media.mixer,
      story: this.#flow.story,
    });
  }
}
