import type { CallId, ConferenceId, PlayId } from '../../src/domain/identifiers.js';
import { EndpointGone, MediaExhausted } from '../../src/ports/media.js';
import type {
  EndpointRequest,
  LegStatistics,
  Media,
  MediaEndpoint,
  MediaListener,
  MixerStatus,
  PlayItem,
} from '../../src/ports/media.js';

/** An endpoint without audio: says what it was told. Plays last until a test finishes them. */
export class FakeEndpoint implements MediaEndpoint {
  readonly callId: CallId;
  readonly mixer: string;
  readonly handle: string | null;
  readonly localSdp: string;
  /** The far end's SDP it was made from, and what it was told since. */
  readonly remote: (string | null)[];
  readonly log: string[] = [];
  /** Its mixer has died: nothing can be asked of it. */
  lost = false;
  room: ConferenceId | null = null;
  muted = false;
  closed = false;
  playing: PlayId | null = null;
  /** Where the caller is recorded to; no file comes of it. */
  recording: string | null = null;
  /** What a recording lasts, milliseconds. */
  recordedMs = 1_000;
  gains = { hearDb: 0, speakDb: 0 };
  /** Makes joins fail. */
  refuseJoin = false;
  /** What the mixer does not answer any more: it hangs. */
  frozen = false;
  readonly #media: FakeMedia;

  constructor(request: EndpointRequest, media: FakeMedia, mixer: string, handle: string | null) {
    this.callId = request.callId;
    this.remote = [request.offer];
    this.mixer = mixer;
    this.handle = handle;
    this.localSdp = mixer === 'fake-1' ? 'v=0 local' : `v=0 local ${mixer}`;
    this.#media = media;
  }

  acceptAnswer(answer: string): Promise<void> {
    this.remote.push(answer);
    return this.#answer(undefined);
  }

  renegotiate(offer: string | null): Promise<string> {
    this.remote.push(offer);
    return this.#answer(`v=0 again${this.mixer === 'fake-1' ? '' : ` ${this.mixer}`}`);
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    if (this.lost || this.closed || this.frozen) return;
    this.#finish('replaced');
    this.playing = playId;
    this.log.push(
      `play ${items.map(({ path, loop }) => `${path.split('/').pop() ?? ''}${loop ? ' (loop)' : ''}`).join(' + ')}`,
    );
  }

  stopPlaying(): void {
    this.#finish('stopped');
  }

  /** What plays has come to its end. */
  finish(): void {
    this.#finish('completed');
  }

  join(room: ConferenceId, options: { readonly muted: boolean }): Promise<void> {
    if (this.refuseJoin) return Promise.reject(new Error('mixer says no'));
    if (this.lost || this.frozen || this.closed) return this.#answer(undefined);
    if (this.room === room) {
      this.muted = options.muted;
      return Promise.resolve();
    }
    this.#finish('stopped');
    this.room = room;
    this.muted = options.muted;
    this.log.push('join');
    return Promise.resolve();
  }

  leave(): Promise<void> {
    if (this.room !== null) this.log.push('leave');
    this.room = null;
    return this.#answer(undefined);
  }

  setMuted(muted: boolean): Promise<void> {
    this.muted = muted;
    return this.#answer(undefined);
  }

  setGains(gains: { readonly hearDb: number; readonly speakDb: number }): Promise<void> {
    return this.#answer(undefined).then(() => {
      this.gains = gains;
    });
  }

  stopInbandDetection(): void {
    this.log.push('no in-band');
  }

  statistics(): Promise<LegStatistics> {
    return Promise.resolve({
      codec: 'PCMU',
      packetsReceived: 99,
      packetsSent: 100,
      packetsLost: 1,
      jitterMs: 2,
      packetsRejected: 0,
    });
  }

  record(path: string): Promise<void> {
    if (this.frozen || this.lost) return this.#answer(undefined);
    if (this.closed || this.recording !== null) return Promise.reject(new Error('cannot record now'));
    this.recording = path;
    this.log.push('record');
    return Promise.resolve();
  }

  stopRecording(): Promise<{ readonly durationMs: number } | null> {
    if (this.frozen || this.lost) return this.#answer(null);
    const recorded = this.recording === null ? null : { durationMs: this.recordedMs };
    this.recording = null;
    return Promise.resolve(recorded);
  }

  close(): Promise<void> {
    this.closed = true;
    this.recording = null;
    this.room = null;
    return Promise.resolve();
  }

  /** What plays ends without a word, and its mixer answers again. */
  silence(): void {
    this.playing = null;
  }

  #answer<T>(value: T): Promise<T> {
    if (this.frozen) return new Promise(() => undefined);
    return this.lost || this.closed ? Promise.reject(new Error('the mixer is gone')) : Promise.resolve(value);
  }

  #finish(outcome: 'completed' | 'replaced' | 'stopped'): void {
    const { playing } = this;
    this.playing = null;
    if (playing !== null && !this.closed) this.#media.listener.playFinished(this.callId, playing, outcome);
  }
}

/** Media without audio, on as many mixers as a test wants. */
export class FakeMedia implements Media {
  readonly engine = 'fake';
  /** The newest of each call. */
  readonly endpoints = new Map<CallId, FakeEndpoint>();
  readonly all: FakeEndpoint[] = [];
  readonly roomPlays: { readonly room: ConferenceId; readonly playId: PlayId; readonly items: readonly PlayItem[] }[] =
    [];
  /** What the next createEndpoint rejects with. */
  failNext: Error | null = null;
  /** Endpoints outlive the process. */
  keeps = false;
  /** The mixers there are, by name. With several, a room is on one of them. */
  names: string[] = ['fake-1'];
  readonly down = new Set<string>();
  readonly rooms = new Map<ConferenceId, string>();
  /** Rooms being recorded: where to, and whether it is paused. */
  readonly roomRecordings = new Map<
    ConferenceId,
    { readonly path: string; readonly plays: boolean; paused: boolean }
  >();
  /** Makes recordings of rooms fail. */
  refuseRecording = false;
  /** What a measurement of any room says. */
  lines: readonly { readonly callId: CallId; readonly levelDb: number; readonly activeShare: number }[] = [];
  readonly #ours = new Set<FakeEndpoint>();
  #listener: MediaListener | null = null;

  start(listener: MediaListener): Promise<void> {
    this.#listener = listener;
    this.#ours.clear();
    this.rooms.clear();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<void> {
    return this.stop();
  }

  get listener(): MediaListener {
    if (this.#listener === null) throw new Error('not started');
    return this.#listener;
  }

  mixers(): readonly MixerStatus[] {
    return this.names.map((name) => ({
      name,
      healthy: !this.down.has(name),
      draining: false,
      endpoints: this.#load(name),
      rooms: 0,
      limit: null,
      version: 'fake',
    }));
  }

  createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) return Promise.reject(failure);
    const mixer = request.mixer ?? this.#leastLoaded();
    if (mixer === null || this.down.has(mixer)) return Promise.reject(new MediaExhausted('no mixer'));
    const handle = this.keeps ? `${mixer}/${this.all.length + 1}` : null;
    const endpoint = new FakeEndpoint(request, this, mixer, handle);
    this.#add(endpoint);
    this.all.push(endpoint);
    return Promise.resolve(endpoint);
  }

  adopt(callId: CallId, handle: string): Promise<MediaEndpoint> {
    const endpoint = this.open().find((one) => one.handle === handle && one.callId === callId);
    if (endpoint === undefined) return Promise.reject(new EndpointGone('not here'));
    endpoint.silence();
    this.#add(endpoint);
    return Promise.resolve(endpoint);
  }

  async sweep(): Promise<void> {
    for (const endpoint of this.open()) if (!this.#ours.has(endpoint)) await endpoint.close();
  }

  placeRoom(room: ConferenceId, preferred?: string): string | null {
    if (this.names.length < 2) return null;
    const placed = this.rooms.get(room);
    if (placed !== undefined && !this.down.has(placed)) return placed;
    const mixer = preferred !== undefined && !this.down.has(preferred) ? preferred : this.#leastLoaded();
    if (mixer === null) throw new MediaExhausted('no mixer');
    this.rooms.set(room, mixer);
    return mixer;
  }

  forgetRoom(room: ConferenceId): void {
    this.rooms.delete(room);
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    this.roomPlays.push({ room, playId, items });
  }

  recordRoom(room: ConferenceId, path: string, { plays }: { readonly plays: boolean }): Promise<void> {
    if (this.refuseRecording || this.roomRecordings.has(room)) return Promise.reject(new Error('cannot record now'));
    if (!this.open().some((endpoint) => endpoint.room === room)) return Promise.reject(new Error('no such room'));
    this.roomRecordings.set(room, { path, plays, paused: false });
    return Promise.resolve();
  }

  pauseRoomRecording(room: ConferenceId, paused: boolean): Promise<void> {
    const recording = this.roomRecordings.get(room);
    if (recording === undefined) return Promise.reject(new Error('nothing is recorded'));
    recording.paused = paused;
    return Promise.resolve();
  }

  stopRecordingRoom(room: ConferenceId): Promise<{ readonly durationMs: number } | null> {
    return Promise.resolve(this.roomRecordings.delete(room) ? { durationMs: 1_000 } : null);
  }

  measureRoom(): Promise<typeof this.lines> {
    return Promise.resolve(this.lines);
  }

  roomSize(room: ConferenceId): Promise<number> {
    return Promise.resolve(this.open().filter((endpoint) => endpoint.room === room).length);
  }

  /** Endpoints that have audio. */
  open(): readonly FakeEndpoint[] {
    return this.all.filter(({ closed, lost }) => !closed && !lost);
  }

  /** The mixer dies with everything on it. @param told whether a bridge is there to be told. */
  kill(name: string, told = true): void {
    this.down.add(name);
    for (const endpoint of this.open().filter(({ mixer }) => mixer === name)) this.lose(endpoint, told);
  }

  lose(endpoint: FakeEndpoint, told = true): void {
    endpoint.lost = true;
    endpoint.room = null;
    if (told) this.listener.endpointLost(endpoint.callId, 'the mixer died');
  }

  #add(endpoint: FakeEndpoint): void {
    this.endpoints.set(endpoint.callId, endpoint);
    this.#ours.add(endpoint);
  }

  #load(name: string): number {
    return this.open().filter(({ mixer }) => mixer === name).length;
  }

  #leastLoaded(): string | null {
    const up = this.names.filter((name) => !this.down.has(name));
    return up.toSorted((a, b) => this.#load(a) - this.#load(b))[0] ?? null;
  }
}
