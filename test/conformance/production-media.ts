import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalDrachtio, type LocalDrachtio } from '../../src/adapters/local-programs/drachtio.js';
import { DrachtioSignaling } from '../../src/adapters/drachtio/signaling.js';
import type { LocalFreeSwitch } from '../../src/adapters/local-programs/freeswitch.js';
import { FreeSwitchMedia, type FreeSwitchMediaOptions } from '../../src/adapters/freeswitch/media.js';
import type { ConferenceId, PlayId } from '../../src/domain/identifiers.js';
import type {
  EndpointRequest,
  Media,
  MediaEndpoint,
  MediaListener,
  MixerStatus,
  PlayItem,
} from '../../src/ports/media.js';
import type { SignalingListener } from '../../src/ports/signaling.js';
import { startMixer, type MixerOptions } from '../production.js';

/** No caller comes in by SIP here: the media's own legs are all that the signalling carries. */
export const NO_CALLS: SignalingListener = {
  isKnownSource: () => false,
  incomingCall: () => undefined,
  cancelled: () => undefined,
  hungUp: () => undefined,
  keyPressed: () => undefined,
  mediaOffered: () => Promise.reject(new Error('no calls')),
  mediaAnswered: () => undefined,
  progressed: () => undefined,
  answered: () => undefined,
  notAnswered: () => undefined,
  trouble: () => undefined,
};

interface Running {
  readonly directory: string;
  readonly drachtio: LocalDrachtio;
  readonly freeswitch: LocalFreeSwitch;
  readonly signaling: DrachtioSignaling;
  readonly media: FreeSwitchMedia;
}

/** The media on FreeSWITCH with everything they need: `start` starts the real programs, `stop` stops them. */
export class ProductionMedia implements Media {
  readonly engine = 'freeswitch';
  readonly #media: Partial<FreeSwitchMediaOptions>;
  readonly #freeswitch: Partial<MixerOptions>;
  #running: Running | null = null;

  constructor(media: Partial<FreeSwitchMediaOptions> = {}, freeswitch: Partial<MixerOptions> = {}) {
    this.#media = media;
    this.#freeswitch = freeswitch;
  }

  get running(): Running {
    if (this.#running === null) throw new Error('not started');
    return this.#running;
  }

  async start(listener: MediaListener): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'partyline-media-engine-'));
    const [drachtio, freeswitch] = await Promise.all([
      startLocalDrachtio({ directory: join(directory, 'drachtio') }),
      startMixer({ directory: join(directory, 'freeswitch'), ...this.#freeswitch }),
    ]);
    const signaling = new DrachtioSignaling({ host: drachtio.host, port: drachtio.port, secret: drachtio.secret });
    const { eventSocket, profile } = freeswitch;
    const media = new FreeSwitchMedia({
      legs: signaling.legs,
      mixers: [{ name: 'freeswitch', eventSocket, profile }],
      instance: 'test',
      ...this.#media,
    });
    this.#running = { directory, drachtio, freeswitch, signaling, media };
    await signaling.start(NO_CALLS);
    await media.start(listener);
  }

  async stop(): Promise<void> {
    const { directory, drachtio, freeswitch, signaling, media } = this.running;
    await media.stop();
    await signaling.stop();
    await Promise.all([freeswitch.stop(), drachtio.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }

  /** A FreeSWITCH on the ports and with the secret of the one that was killed. */
  async restartFreeSwitch(): Promise<void> {
    const { directory, freeswitch } = this.running;
    const again = await startMixer({
      directory: join(directory, 'freeswitch-again'),
      sipPort: freeswitch.sipPort,
      eventSocketPort: freeswitch.eventSocket.port,
      secret: freeswitch.eventSocket.secret,
    });
    this.#running = { ...this.running, freeswitch: again };
  }

  release(): Promise<void> {
    return this.stop();
  }

  mixers(): readonly MixerStatus[] {
    return this.running.media.mixers();
  }

  createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    return this.running.media.createEndpoint(request);
  }

  adopt(...adopted: Parameters<Media['adopt']>): Promise<MediaEndpoint> {
    return this.running.media.adopt(...adopted);
  }

  sweep(): Promise<void> {
    return this.running.media.sweep();
  }

  placeRoom(...room: Parameters<Media['placeRoom']>): string | null {
    return this.running.media.placeRoom(...room);
  }

  forgetRoom(room: ConferenceId): void {
    this.running.media.forgetRoom(room);
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    this.running.media.playToRoom(room, playId, items);
  }

  recordRoom(...recorded: Parameters<Media['recordRoom']>): Promise<void> {
    return this.running.media.recordRoom(...recorded);
  }

  pauseRoomRecording(...paused: Parameters<Media['pauseRoomRecording']>): Promise<void> {
    return this.running.media.pauseRoomRecording(...paused);
  }

  stopRecordingRoom(...stopped: Parameters<Media['stopRecordingRoom']>): ReturnType<Media['stopRecordingRoom']> {
    return this.running.media.stopRecordingRoom(...stopped);
  }

  measureRoom(room: ConferenceId): ReturnType<Media['measureRoom']> {
    return this.running.media.measureRoom(room);
  }

  roomSize(room: ConferenceId): Promise<number> {
    return this.running.media.roomSize(room);
  }
}
