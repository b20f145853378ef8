import { randomUUID } from 'node:crypto';
import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import {
  EndpointGone,
  MediaExhausted,
  type EndpointRequest,
  type Media,
  type MediaEndpoint,
  type MediaListener,
  type MixerName,
  type MixerStatus,
  type PlayItem,
} from '../../ports/media.js';
import type { MixerLegs } from '../../ports/mixer-legs.js';
import { parseHandle } from './leg-handle.js';
import { Fleet, type MixerOptions } from './fleet.js';
import type { LineFigure } from './measuring.js';
import type { Mixer } from './mixer.js';
import { fullness, NEAR_ENOUGH, roomFullness } from './placement.js';
import { SilenceWatch } from './silence-watch.js';

export interface FreeSwitchMediaOptions {
  /** Places legs; connected by the time of the first call. */
  readonly legs: MixerLegs;
  /** One at least; {@link FreeSwitchMedia.setMixers} changes them. */
  readonly mixers: readonly MixerOptions[];
  /** Marks our legs at the mixers: the same for all processes of one bridge, one after the other, and of no other bridge. */
  readonly instance: string;
  /** Conference profile for rooms; default `partyline`, as in our configuration. */
  readonly conferenceProfile?: string;
  /** Milliseconds without RTP and RTCP before `audioMissing`; default 60 s. */
  readonly silenceMs?: number;
  /** The same while the caller holds; default 30 min. */
  readonly heldSilenceMs?: number;
}

interface Started {
  readonly fleet: Fleet;
  readonly silence: SilenceWatch;
  readonly listener: MediaListener;
}

/** Media by any number of FreeSWITCH mixers: legs over the signalling, everything else over one event socket to each. */
export class FreeSwitchMedia implements Media {
  readonly engine = 'freeswitch';
  readonly #options: FreeSwitchMediaOptions;
  #mixers: readonly MixerOptions[];
  #started: Started | null = null;
  readonly #places = new Map<ConferenceId, Mixer>();

  constructor(options: FreeSwitchMediaOptions) {
    this.#options = options;
    this.#mixers = options.mixers;
  }

  async start(listener: MediaListener): Promise<void> {
    const { legs, instance, conferenceProfile, silenceMs, heldSilenceMs } = this.#options;
    const fleet = new Fleet(
      {
        legs,
        listener,
        instance,
        process: randomUUID(),
        conferenceProfile: conferenceProfile ?? 'partyline',
      },
      (mixer) => this.#displace(mixer),
    );
    const mixers = this.#mixers;
    await fleet.start(mixers);
    // Changed meanwhile.
    if (this.#mixers !== mixers) fleet.set(this.#mixers);
    const silence = new SilenceWatch(
      () => fleet.legs(),
      { silenceMs: silenceMs ?? 60_000, heldSilenceMs: heldSilenceMs ?? 1_800_000 },
      (callId, silentMs) => listener.audioMissing(callId, silentMs),
    );
    this.#started = { fleet, silence, listener };
  }

  stop(): Promise<void> {
    return this.#stop('end');
  }

  release(): Promise<void> {
    return this.#stop('release');
  }

  /**
   * Changes the mixers while they run: a new one is connected; one that is not named any more, or has another address, takes
   * nothing new and is let go of when its last leg is gone; `draining` holds at once. Trouble with a mixer is told to the listener.
   */
  setMixers(mixers: readonly MixerOptions[]): void {
    this.#mixers = mixers;
    this.#started?.fleet.set(mixers);
  }

  mixers(): readonly MixerStatus[] {
    return this.#started?.fleet.all().map((mixer) => mixer.status()) ?? [];
  }

  async createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const { mixer: wanted } = request;
    if (wanted !== undefined) {
      const mixer = this.#fleet()?.named(wanted) ?? null;
      if (mixer === null) throw new MediaExhausted(`there is no mixer ${wanted}`);
      return mixer.createLeg(request);
    }
    let refused: MediaExhausted | null = null;
    for (const mixer of this.#byLoad()) {
      try {
        return await mixer.createLeg(request);
      } catch (error) {
        if (!(error instanceof MediaExhausted)) throw error;
        refused ??= error;
      }
    }
    throw refused ?? new MediaExhausted(this.#why());
  }

  async adopt(
    callId: CallId,
    handle: string,
    state: { readonly room: ConferenceId | null; readonly remoteSdp: string | null },
  ): Promise<MediaEndpoint> {
    const parsed = parseHandle(handle);
    if (parsed === null) throw new EndpointGone('the handle is none of ours');
    const mixer = this.#fleet()?.named(parsed.mixer) ?? null;
    if (mixer !== null) return mixer.adopt(callId, parsed, state);
    // Its dialog must not stay behind.
    void this.#options.legs.takeBack(parsed.leg).then(
      (leg) => leg?.end(),
      () => undefined,
    );
    throw new EndpointGone(`there is no mixer ${parsed.mixer} any more`);
  }

  async sweep(): Promise<void> {
    await this.#fleet()?.sweep();
  }

  placeRoom(room: ConferenceId, preferred?: MixerName, near?: MixerName): MixerName {
    const placed = this.#places.get(room);
    if (placed !== undefined) return placed.name;
    const before = preferred === undefined ? null : (this.#fleet()?.named(preferred) ?? null);
    const mixer = before?.healthy === true ? before : this.#leastLoadedForRoom(near);
    if (mixer === null) throw new MediaExhausted(this.#why());
    this.#places.set(room, mixer);
    return mixer.name;
  }

  forgetRoom(room: ConferenceId): void {
    this.#places.delete(room);
    for (const mixer of this.#fleet()?.all() ?? []) mixer.rooms.recordings.forget(room);
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    const mixer = this.#mixerOf(room);
    if (mixer === null) this.#started?.listener.roomPlayFinished(room, playId, 'failed');
    else mixer.rooms.play(room, playId, items);
  }

  async recordRoom(room: ConferenceId, path: string, { plays }: { readonly plays: boolean }): Promise<void> {
    const mixer = this.#mixerOf(room);
    if (mixer?.rooms.has(room) !== true) throw new Error(`cannot record room ${room}: there is no such room`);
    await mixer.rooms.recordings.begin(room, path, plays);
  }

  async pauseRoomRecording(room: ConferenceId, paused: boolean): Promise<void> {
    const mixer = this.#recorderOf(room);
    if (mixer === null) throw new Error(`room ${room} is not being recorded`);
    await mixer.rooms.recordings.pause(room, paused);
  }

  async stopRecordingRoom(room: ConferenceId): Promise<{ readonly durationMs: number } | null> {
    const recorder = this.#recorderOf(room);
    if (recorder !== null) return recorder.rooms.recordings.finish(room);
    for (const mixer of this.#fleet()?.all() ?? []) if (!mixer.healthy) mixer.rooms.recordings.stopWhenFound(room);
    return null;
  }

  measureRoom(room: ConferenceId): Promise<readonly LineFigure[]> {
    return this.#mixerOf(room)?.measure(room) ?? Promise.resolve([]);
  }

  roomSize(room: ConferenceId): Promise<number> {
    return this.#mixerOf(room)?.rooms.size(room) ?? Promise.resolve(0);
  }

  async #stop(legs: 'end' | 'release'): Promise<void> {
    const started = this.#started;
    this.#started = null;
    this.#places.clear();
    started?.silence.stop();
    await started?.fleet.stop(legs);
  }

  #fleet(): Fleet | null {
    return this.#started?.fleet ?? null;
  }

  /** Its rooms are placed anew when they are asked for. */
  #displace(mixer: Mixer): void {
    for (const [room, place] of this.#places) if (place === mixer) this.#places.delete(room);
  }

  /** Where a room is: as placed, else wherever endpoints have entered it. */
  #mixerOf(room: ConferenceId): Mixer | null {
    return (
      this.#places.get(room) ??
      this.#fleet()
        ?.all()
        .find((mixer) => mixer.rooms.has(room)) ??
      null
    );
  }

  /** Where a room is recorded now; else, where its last recording is to be finished. */
  #recorderOf(room: ConferenceId): Mixer | null {
    const all = this.#fleet()?.all() ?? [];
    const among = (phase: 'going' | 'over'): Mixer | undefined =>
      all.find(({ rooms }) => rooms.recordings.phase(room) === phase);
    return among('going') ?? among('over') ?? null;
  }

  /** Mixers that take a leg, the emptiest first. */
  #byLoad(): readonly Mixer[] {
    const takers = this.#fleet()?.takers() ?? [];
    return byFigure(takers, (mixer) => fullness(mixer.load([])));
  }

  /** @param near taken if it is not much fuller than the emptiest. */
  #leastLoadedForRoom(near: MixerName | undefined): Mixer | null {
    const roomsOf = (mixer: Mixer): readonly ConferenceId[] =>
      [...this.#places].filter(([, place]) => place === mixer).map(([room]) => room);
    const figure = (mixer: Mixer): number => roomFullness(mixer.load(roomsOf(mixer)));
    const takers = byFigure(this.#byLoad(), figure);
    const [emptiest] = takers;
    const nearest = takers.find(({ name }) => name === near);
    if (emptiest === undefined || nearest === undefined) return emptiest ?? null;
    return figure(nearest) - figure(emptiest) <= NEAR_ENOUGH ? nearest : emptiest;
  }

  #why(): string {
    if (this.#started === null) return 'the media are not started';
    const all = this.#started.fleet.all();
    return all.length === 1 && all[0]?.draining !== true
      ? 'the mixer is unreachable'
      : 'no mixer is healthy and not draining';
  }
}

/** Lowest first; in order where they are equal. */
function byFigure(mixers: readonly Mixer[], figure: (mixer: Mixer) => number): readonly Mixer[] {
  return mixers
    .map((mixer) => ({ mixer, value: figure(mixer) }))
    .sort((one, other) => one.value - other.value)
    .map(({ mixer }) => mixer);
}
