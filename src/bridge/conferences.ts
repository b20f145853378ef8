import type { Admission, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { AccountId, BookingId, CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { Media, MixerName, PlayItem } from '../ports/media.js';
import type { OpenRecording, Recordings, SpokenNames } from '../ports/recordings.js';
import type { Store } from '../ports/store.js';
import type { HostReportOf } from './bridge-parts.js';
import { AsideRooms, conferenceAside } from './aside-rooms.js';
import { asError } from './bounded.js';
import { freshConference, type ConferenceMemory } from './conference-memory.js';
import { ConferenceRunner } from './conference-runner.js';
import type { HeldCode } from './held-code.js';
import type { LiveKeeper } from './live-keeper.js';
import type { Log } from './log.js';
import type { SaidName } from './name-recorder.js';
import { securityCodeOf } from './pin-lookup.js';
import type { PlacedCalls } from './placed-calls.js';
import { writeSnapshot, type ConferenceSnapshot } from './snapshots.js';
import type { WithoutTime } from './without-time.js';

export interface ConferencesParts {
  readonly media: Media;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: LiveKeeper;
  readonly names: SpokenNames;
  readonly recordings: Recordings;
  readonly placed: () => PlacedCalls;
  readonly hostReport: HostReportOf;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  readonly toCall: (id: CallId, event: WithoutTime<CallEvent>) => void;
}

/** The conferences that run now, the mixers their rooms are on, and whose record a call belongs to. */
export class Conferences {
  readonly #parts: ConferencesParts;
  readonly #running = new Map<ConferenceId, ConferenceRunner>();
  readonly #mixers = new Map<ConferenceId, MixerName | null>();
  /** Conferences with calls that outlive this process. */
  readonly #kept = new Set<ConferenceId>();
  /** The record each call belongs to: its conference may be over before the call's record is written. */
  readonly #ofCalls = new Map<CallId, { readonly recordId: number | null }>();
  readonly #restored = new Map<ConferenceId, ConferenceMemory>();
  readonly #asides: AsideRooms;
  /** Conferences that are over and whose mixers still end what they recorded. */
  readonly #ending = new Map<ConferenceId, Promise<void>>();
  /** The same, which know what that is. */
  readonly #recordedToTheEnd = new Set<ConferenceRunner>();
  #marks = 0;
  #recordingFailures = 0;

  constructor(parts: ConferencesParts) {
    this.#parts = parts;
    this.#asides = new AsideRooms((room) => parts.media.forgetRoom(room));
  }

  get size(): number {
    return this.#running.size;
  }

  ids(): readonly ConferenceId[] {
    return [...this.#running.keys()];
  }

  has(id: ConferenceId): boolean {
    return this.#running.has(id);
  }

  /** A call comes to a conference, which comes into being where it was not. @param kept whether the call outlives this process. */
  dispatchArrival(
    { accountId, conferenceId: id, booking }: Pick<Admission, 'accountId' | 'conferenceId' | 'booking'>,
    kept: boolean,
    arrival: Omit<Extract<WithoutTime<ConferenceEvent>, { type: 'CallerArrived' }>, 'type' | 'endsAt'>,
  ): void {
    const { clock } = this.#parts;
    let conference = this.#running.get(id);
    if (conference === undefined) {
      this.#marks += 1;
      // Never that of a conference under a process before this one.
      const mark = `${Math.trunc(clock.wall()).toString(36)}.${this.#marks}/`;
      // Of whoever has it: those who come in by a personal PIN after each other are in one conference.
      const ofAll = booking === null ? null : { ...booking, inviteeId: null, spoken: false };
      const securityCode = this.#codeOf(accountId, booking?.id ?? null);
      conference = this.#add(freshConference({ id, accountId, booking: ofAll, securityCode }, mark));
    }
    if (kept) this.#kept.add(id);
    this.#ofCalls.set(arrival.callId, conference);
    if (arrival.name !== null) conference.takeName(arrival.name);
    const endsAt = booking === null ? null : clock.monotonic() + booking.endsAt - clock.wall();
    conference.dispatch({ type: 'CallerArrived', ...arrival, endsAt });
  }

  /** `null`: it does not run, or does not know. */
  heldCode(id: ConferenceId): HeldCode | null {
    return this.#running.get(id)?.securityCode ?? null;
  }

  /** Whether the conference would take the caller. One that nobody is in takes everyone. */
  lookAtGate(
    id: ConferenceId,
    caller: Omit<Extract<WithoutTime<ConferenceEvent>, { type: 'GateLookedAt' }>, 'type'>,
  ): void {
    const conference = this.#running.get(id);
    if (conference === undefined) {
      this.#parts.toCall(caller.callId, { type: 'GateFoundOpen' });
      return;
    }
    this.#ofCalls.set(caller.callId, conference);
    conference.dispatch({ type: 'GateLookedAt', ...caller });
  }

  /** A caller who is blocked or not allowed was turned away; counted where the conference runs. */
  turnedAway(callId: CallId, id: ConferenceId): void {
    const conference = this.#running.get(id);
    if (conference === undefined) return;
    conference.turnedAway();
    this.#ofCalls.set(callId, conference);
  }

  /** Nobody has this name any more. */
  forgetName({ conference, name }: SaidName): void {
    this.#running.get(conference)?.forgetName(name);
    this.#parts.names.forget(conference, name);
  }

  /** The call is brought into this room, and taken out of the one before; `null`: is in none. */
  inRoom(id: CallId, room: ConferenceId | null): void {
    this.#asides.inRoom(id, room);
  }

  dispatch(id: ConferenceId, event: WithoutTime<ConferenceEvent>): void {
    this.#running.get(id)?.dispatch(event);
  }

  roomPlayFinished(room: ConferenceId, play: PlayId): void {
    this.#running.get(room)?.roomPlayFinished(play);
  }

  /** The media tell that a room's recording broke off. */
  recordingBrokeOff(room: ConferenceId, reason: string): void {
    this.#running.get(room)?.recorder.brokeOff(reason);
  }

  /** Recordings that could not begin, broke off for good, or could not be sealed at once, since the start. */
  get recordingFailures(): number {
    return this.#recordingFailures;
  }

  /** What the mixers are writing, also of conferences that are over. */
  openRecordings(): readonly OpenRecording[] {
    return [...this.#running.values(), ...this.#recordedToTheEnd].flatMap(
      ({ recorder }) => recorder.memory().open ?? [],
    );
  }

  /** Ends all of them at once. */
  shutDown(): void {
    for (const conference of [...this.#running.values()]) conference.dispatch({ type: 'ShutdownRequested' });
  }

  /** Resolves when the mixers have ended what they recorded of conferences that are over. */
  async recordingsEnded(): Promise<void> {
    await Promise.all(this.#ending.values());
  }

  /** The mixer the room is on. @param near where its first caller sits. @throws {MediaExhausted} there is none for it. */
  placeRoom(room: ConferenceId, near?: MixerName): MixerName | null {
    const conference = conferenceAside(room);
    // A room aside is where its conference is, so that nobody moves who is brought in from there.
    if (conference !== null)
      return this.#parts.media.placeRoom(room, this.placeRoom(conference, near) ?? undefined, near);
    const mixer = this.#parts.media.placeRoom(room, undefined, near);
    if (this.#mixers.get(room) !== mixer) {
      this.#mixers.set(room, mixer);
      this.#changed(room);
    }
    return mixer;
  }

  /** Number of the record of the call's conference, if there is one. */
  recordIdOf(id: CallId): number | null {
    return this.#ofCalls.get(id)?.recordId ?? null;
  }

  forgetCall(id: CallId): void {
    this.#ofCalls.delete(id);
  }

  /** A conference of a process before this one is back; it goes on with {@link resume}. */
  restore({ memory, mixer }: ConferenceSnapshot): void {
    const { id } = memory;
    this.#restored.set(id, memory);
    this.#add(memory);
    this.#kept.add(id);
    if (mixer !== null) this.#mixers.set(id, mixer);
  }

  /** The conferences of a process before this one go on, their calls being back. @param lives whether a call is one of them. */
  resume(lives: (id: CallId) => boolean): void {
    // Just before their calls are looked for there: a mixer may have been found meanwhile.
    for (const id of this.#restored.keys()) this.#placeAgain(id);
    for (const room of this.#asides.all()) this.#placeAsideAgain(room);
    for (const [id, { timers }] of this.#restored) this.#running.get(id)?.resume(timers);
    this.#restored.clear();
    for (const conference of [...this.#running.values()]) {
      for (const callId of conference.callers) {
        if (!lives(callId)) conference.dispatch({ type: 'CallerLeft', callId, lineLost: true });
      }
      // One that was not answered has ended with the process that placed it.
      for (const placed of conference.placed) {
        if (!lives(placed)) conference.dispatch({ type: 'PlacedCallEnded', placed, reason: 'not-answered' });
      }
    }
  }

  /** A call of a process before this one is back. @param recordId as it was stored. */
  restoreCall(id: CallId, conference: ConferenceId | null, recordId: number | null): void {
    const running = conference === null ? undefined : this.#running.get(conference);
    this.#ofCalls.set(id, running ?? { recordId });
  }

  handOver(): void {
    for (const conference of this.#running.values()) conference.handOver();
  }

  /** Never throws: a store that fails costs what the conference would hold of the account. */
  #codeOf(accountId: AccountId, bookingId: BookingId | null): HeldCode | null {
    const { store, log } = this.#parts;
    try {
      return { hash: securityCodeOf(store, { accountId, bookingId }) };
    } catch (error) {
      log.error({ error: asError(error).message }, 'whether there is a security code could not be read');
      return null;
    }
  }

  #placeAgain(id: ConferenceId): void {
    const before = this.#mixers.get(id) ?? null;
    if (before === null) return;
    try {
      this.#mixers.set(id, this.#parts.media.placeRoom(id, before));
    } catch (error) {
      this.#parts.log.warn({ conference: id, error: asError(error).message }, 'no mixer for a conference now');
    }
  }

  #placeAsideAgain(room: ConferenceId): void {
    try {
      this.placeRoom(room);
    } catch (error) {
      this.#parts.log.warn({ conference: room, error: asError(error).message }, 'no mixer for a room aside now');
    }
  }

  #add(memory: ConferenceSnapshot['memory']): ConferenceRunner {
    const { clock, media, store, log, names, recordings, placed, hostReport, resolve, toCall } = this.#parts;
    const conference = new ConferenceRunner(memory, {
      ...{ clock, media, store, log, names, recordings, placed, hostReport, resolve, toCall },
      recordingFailed: () => {
        this.#recordingFailures += 1;
      },
      roomFree: () => this.#ending.get(memory.id) ?? null,
      changed: (id) => this.#changed(id),
      closed: (id, ended) => this.#closed(id, ended),
    });
    this.#running.set(memory.id, conference);
    return conference;
  }

  #closed(id: ConferenceId, ended: Promise<void>): void {
    const all = Promise.all([this.#ending.get(id), ended]).then(() => {
      if (this.#ending.get(id) === all) this.#ending.delete(id);
    });
    this.#ending.set(id, all);
    const conference = this.#running.get(id);
    if (conference !== undefined) {
      this.#recordedToTheEnd.add(conference);
      void ended.then(() => this.#recordedToTheEnd.delete(conference));
    }
    this.#running.delete(id);
    this.#mixers.delete(id);
    this.#changed(id);
    this.#kept.delete(id);
  }

  #changed(id: ConferenceId): void {
    if (!this.#kept.has(id)) return;
    this.#parts.keeper.changed('conference', id, () => {
      const conference = this.#running.get(id);
      if (conference === undefined) return null;
      return writeSnapshot({ memory: conference.memory(), mixer: this.#mixers.get(id) ?? null });
    });
  }
}
