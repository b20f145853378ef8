import type { CallId, ConferenceId, PlayId } from '../../src/domain/identifiers.js';
import { EndpointGone } from '../../src/ports/media.js';
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
  readonly mixer = 'fake-1';
  readonly handle: string | null = null;
  readonly localSdp = 'v=0 local';
  readonly log: string[] = [];
  room: ConferenceId | null = null;
  muted = false;
  closed = false;
  playing: PlayId | null = null;
  /** Where the caller is recorded to; no file comes of it. */
  recording: string | null = null;
  /** What a recording lasts, milliseconds. */
  recordedMs = 1_000;
  /** Makes the next join fail. */
  refuseJoin = false;
  readonly #media: FakeMedia;

  constructor(request: EndpointRequest, media: FakeMedia) {
    this.callId = request.callId;
    this.#media = media;
  }

  acceptAnswer(): Promise<void> {
    return Promise.resolve();
  }

  renegotiate(): Promise<string> {
    return Promise.resolve('v=0 again');
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
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
    this.#finish('stopped');
    this.room = room;
    this.muted = options.muted;
    this.log.push('join');
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.room = null;
    this.log.push('leave');
    return Promise.resolve();
  }

  setMuted(muted: boolean): Promise<void> {
    this.muted = muted;
    return Promise.resolve();
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
    if (this.closed || this.recording !== null) return Promise.reject(new Error('cannot record now'));
    this.recording = path;
    this.log.push('record');
    return Promise.resolve();
  }

  stopRecording(): Promise<{ readonly durationMs: number } | null> {
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

  #finish(outcome: 'completed' | 'replaced' | 'stopped'): void {
    const { playing } = this;
    this.playing = null;
    if (playing !== null) this.#media.listener.playFinished(this.callId, playing, outcome);
  }
}

/** Media without audio. */
export class FakeMedia implements Media {
  readonly engine = 'fake';
  readonly endpoints = new Map<CallId, FakeEndpoint>();
  readonly roomPlays: { readonly room: ConferenceId; readonly playId: PlayId; readonly items: readonly PlayItem[] }[] =
    [];
  /** What the next createEndpoint rejects with. */
  failNext: Error | null = null;
  #listener: MediaListener | null = null;

  start(listener: MediaListener): Promise<void> {
    this.#listener = listener;
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
    return [
      {
        name: 'fake-1',
        healthy: true,
        draining: false,
        endpoints: this.endpoints.size,
        rooms: 0,
        limit: null,
        version: 'fake',
      },
    ];
  }

  createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) return Promise.reject(failure);
    const endpoint = new FakeEndpoint(request, this);
    this.endpoints.set(request.callId, endpoint);
    return Promise.resolve(endpoint);
  }

  adopt(): Promise<MediaEndpoint> {
    return Promise.reject(new EndpointGone('not here'));
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  placeRoom(): string | null {
    return null;
  }

  forgetRoom(): void {}

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    this.roomPlays.push({ room, playId, items });
  }

  roomSize(room: ConferenceId): Promise<number> {
    return Promise.resolve([...this.endpoints.values()].filter((endpoint) => endpoint.room === room).length);
  }
}
