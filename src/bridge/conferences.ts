import type { CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { AccountId, CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { Media, MixerName, PlayItem } from '../ports/media.js';
import type { Store } from '../ports/store.js';
import { asError } from './bounded.js';
import { ConferenceRunner, freshConference, type ConferenceMemory } from './conference-runner.js';
import type { LiveKeeper } from './live-keeper.js';
import type { Log } from './log.js';
import { writeSnapshot, type ConferenceSnapshot } from './snapshots.js';
import type { WithoutTime } from './without-time.js';

export interface ConferencesParts {
  readonly media: Media;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: LiveKeeper;
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
  #marks = 0;

  constructor(parts: ConferencesParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#running.size;
  }

  has(id: ConferenceId): boolean {
    return this.#running.has(id);
  }

  /** A call comes to a conference, which comes into being where it was not. @param kept whether the call outlives this process. */
  dispatchArrival(
    account: AccountId,
    id: ConferenceId,
    kept: boolean,
    event: Extract<WithoutTime<ConferenceEvent>, { type: 'CallerArrived' }>,
  ): void {
    const { clock } = this.#parts;
    let conference = this.#running.get(id);
    if (conference === undefined) {
      this.#marks += 1;
      // Never that of a conference under a process before this one.
      const mark = `${Math.trunc(clock.wall()).toString(36)}.${this.#marks}/`;
      conference = this.#add(freshConference(id, account, mark));
    }
    if (kept) this.#kept.add(id);
    this.#ofCalls.set(event.callId, conference);
    conference.dispatch(event);
  }

  dispatch(id: ConferenceId, event: WithoutTime<ConferenceEvent>): void {
    this.#running.get(id)?.dispatch(event);
  }

  roomPlayFinished(room: ConferenceId, play: PlayId): void {
    this.#running.get(room)?.roomPlayFinished(play);
  }

  /** Ends all of them at once. */
  shutDown(): void {
    for (const conference of [...this.#running.values()]) conference.dispatch({ type: 'ShutdownRequested' });
  }

  /** The mixer the room is on. @param near where its first caller sits. @throws {MediaExhausted} there is none for it. */
  placeRoom(room: ConferenceId, near?: MixerName): MixerName | null {
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
    for (const [id, { timers }] of this.#restored) this.#running.get(id)?.resume(timers);
    this.#restored.clear();
    for (const conference of [...this.#running.values()]) {
      for (const callId of conference.callers) {
        if (!lives(callId)) conference.dispatch({ type: 'CallerLeft', callId, lineLost: true });
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

  #placeAgain(id: ConferenceId): void {
    const before = this.#mixers.get(id) ?? null;
    if (before === null) return;
    try {
      this.#mixers.set(id, this.#parts.media.placeRoom(id, before));
    } catch (error) {
      this.#parts.log.warn({ conference: id, error: asError(error).message }, 'no mixer for a conference now');
    }
  }

  #add(memory: ConferenceSnapshot['memory']): ConferenceRunner {
    const { clock, media, store, log, resolve, toCall } = this.#parts;
    const conference = new ConferenceRunner(memory, {
      clock,
      media,
      store,
      log,
      resolve,
      toCall,
      changed: (id) => this.#changed(id),
      closed: (id) => this.#closed(id),
    });
    this.#running.set(memory.id, conference);
    return conference;
  }

  #closed(id: ConferenceId): void {
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
