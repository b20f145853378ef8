import type Srf from 'drachtio-srf';
import type { ConferenceId, PlayId } from '../../domain/identifiers.js';
import {
  EndpointGone,
  MediaExhausted,
  type EndpointRequest,
  type Media,
  type MediaEndpoint,
  type MediaListener,
  type MixerStatus,
  type PlayItem,
} from '../../ports/media.js';
import type { EventSocketAddress } from './event-socket.js';
import { Mixer } from './mixer.js';

export interface FreeSwitchMediaOptions {
  /** The SIP stack legs are made with: `DrachtioSignaling.srf`, connected by the time of the first call. */
  readonly srf: Pick<Srf, 'createUAC'>;
  readonly eventSocket: EventSocketAddress;
  /** SIP profile that takes our legs. */
  readonly profile: string;
  /**
   * Where FreeSWITCH connects back to for each leg. A fixed port, since its dialplan names it: a target taken from the
   * INVITE would give the mixer away to whoever reaches its SIP port.
   */
  readonly listenAddress: string;
  readonly listenPort: number;
  /** How the mixer is called in records; default `freeswitch`. */
  readonly name?: string;
  /** Conference profile for rooms; default `partyline`, as in our configuration. */
  readonly conferenceProfile?: string;
  /** Milliseconds without RTP and RTCP before `audioMissing`; default 60 s. */
  readonly silenceMs?: number;
  /** The same while the caller holds; default 30 min. */
  readonly heldSilenceMs?: number;
  /** The address for the SDP that a far end at `remoteAddress` gets; default: as FreeSWITCH writes it. */
  readonly advertise?: (remoteAddress: string) => string | null;
}

/** Media by FreeSWITCH: legs by drachtio-fsmrf, everything else over one event socket. */
export class FreeSwitchMedia implements Media {
  readonly engine = 'freeswitch';
  readonly #options: FreeSwitchMediaOptions;
  #mixer: Mixer | null = null;

  constructor(options: FreeSwitchMediaOptions) {
    this.#options = options;
  }

  async start(listener: MediaListener): Promise<void> {
    const { srf, eventSocket, profile, listenAddress, listenPort } = this.#options;
    const mixer = new Mixer(
      {
        name: this.#options.name ?? 'freeswitch',
        eventSocket,
        profile,
        listenAddress,
        listenPort,
        conferenceProfile: this.#options.conferenceProfile ?? 'partyline',
        silenceMs: this.#options.silenceMs ?? 60_000,
        heldSilenceMs: this.#options.heldSilenceMs ?? 1_800_000,
        advertise: this.#options.advertise ?? (() => null),
      },
      srf,
      listener,
    );
    await mixer.start();
    this.#mixer = mixer;
  }

  async stop(): Promise<void> {
    const mixer = this.#mixer;
    this.#mixer = null;
    await mixer?.stop();
  }

  release(): Promise<void> {
    return this.stop();
  }

  mixers(): readonly MixerStatus[] {
    return this.#mixer === null ? [] : [this.#mixer.status()];
  }

  createEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    if (this.#mixer === null) return Promise.reject(new MediaExhausted('the media are not started'));
    return this.#mixer.createLeg(request);
  }

  adopt(..._of: Parameters<Media['adopt']>): Promise<MediaEndpoint> {
    return Promise.reject(new EndpointGone('endpoints are not taken back yet'));
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  placeRoom(..._of: Parameters<Media['placeRoom']>): string | null {
    return null;
  }

  forgetRoom(..._of: Parameters<Media['forgetRoom']>): void {
    // Nothing was placed.
  }

  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void {
    this.#mixer?.playToRoom(room, playId, items);
  }

  roomSize(room: ConferenceId): Promise<number> {
    return this.#mixer?.roomSize(room) ?? Promise.resolve(0);
  }
}
