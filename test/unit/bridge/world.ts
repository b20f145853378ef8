import {
  DEFAULT_BRIDGE_OPTIONS,
  type BridgeOptions,
  type BridgeParts,
  type OutboundTrunk,
} from '../../../src/bridge/bridge-parts.js';
import { Bridge } from '../../../src/bridge/bridge.js';
import { KnownSources } from '../../../src/bridge/known-sources.js';
import type { Log } from '../../../src/bridge/log.js';
import { DEFAULT_CONFERENCE_OPTIONS, type ConferenceOptions } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { Key } from '../../../src/domain/keys.js';
import type { Utterance } from '../../../src/domain/prompts.js';
import type { CallRecord } from '../../../src/ports/store.js';
import { pin } from '../../conformance/store-stage.js';
import { Incarnation } from './incarnation.js';
import { FakeMedia, type FakeEndpoint } from '../../fakes/fake-media.js';
import { FakeNames } from '../../fakes/fake-names.js';
import { FakeRecordings } from '../../fakes/fake-recordings.js';
import { FakeSignaling, type FakeCall } from '../../fakes/fake-signaling.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { MemoryStore } from '../../fakes/memory-store.js';

export const HOST_PIN = '918273645';
export const GUEST_PIN = '546372819';

/** Lets every promise that can settle do so, and what is stored at the end of a turn be stored. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

const nameOf = (utterance: Utterance): string => {
  switch (utterance.kind) {
    case 'prompt':
      return utterance.prompt;
    case 'number':
      return String(utterance.value);
    case 'tone':
      return `tone-${utterance.tone}`;
    case 'name':
      return `name-${utterance.name}`;
    default:
      return utterance.kind;
  }
};

/** A bridge among fakes: one account, one number, one trunk. */
export class World {
  readonly clock = new ManualClock();
  readonly signaling = new FakeSignaling();
  readonly media = new FakeMedia();
  readonly store = new MemoryStore();
  readonly names = new FakeNames();
  readonly recordings = new FakeRecordings();
  readonly lines: string[] = [];
  /** Where calls of ours go. */
  trunks: OutboundTrunk[] = [
    {
      name: 'carrier',
      target: { transport: 'udp', host: '127.0.0.1', port: 5090 },
      callerNumber: '442071230000',
      credentials: { username: 'bridge', password: 'the password of the trunk' },
    },
  ];
  /** What cannot be turned into sound files. */
  unspeakable: string | null = null;
  bridge: Bridge;
  readonly #maximumCalls: number;
  readonly #more: Partial<BridgeOptions> & Pick<BridgeParts, 'hostReport'>;
  #process = new Incarnation();

  constructor(
    maximumCalls = 100,
    options: Partial<ConferenceOptions> = {},
    more: Partial<BridgeOptions> & Pick<BridgeParts, 'hostReport'> = {},
  ) {
    this.#maximumCalls = maximumCalls;
    this.#more = more;
    this.store.addAccount(
      {
        id: accountId('a1'),
        name: 'Ada',
        enabled: true,
        options: { ...DEFAULT_CONFERENCE_OPTIONS, ...options },
        createdAt: 0,
      },
      { host: pin(`h:${HOST_PIN}`), guest: pin(`h:${GUEST_PIN}`) },
    );
    this.bridge = this.#newBridge();
  }

  /** Calls outlive the process, on these mixers. */
  keep(...mixers: string[]): this {
    this.signaling.keeps = true;
    this.media.keeps = true;
    if (mixers.length > 0) this.media.names = mixers;
    return this;
  }

  /** The process dies without a word. */
  crash(): void {
    this.#process.die();
  }

  /** Another one takes its place. */
  async restart(): Promise<void> {
    this.#process.die();
    this.#process = new Incarnation();
    this.bridge = this.#newBridge();
    await this.bridge.start();
    await settle();
  }

  #newBridge(): Bridge {
    const { signaling, media, store, lines } = this;
    const line = (fields: unknown, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: line, info: line, warn: line, error: line };
    const process = this.#process;
    const clock = process.clock(this.clock);
    const seen = {
      signaling: process.of(signaling),
      media: process.of(media),
      store: process.of(store),
      names: process.of(this.names),
      recordings: process.of(this.recordings),
    };
    return new Bridge(
      {
        signaling: {
          ...{ engine: 'fake' },
          start: (listener) =>
            seen.signaling.start({
              isKnownSource: (source) => listener.isKnownSource(source),
              incomingCall: (call) => listener.incomingCall(process.of(call)),
              cancelled: (id) => listener.cancelled(id),
              hungUp: (id, end) => listener.hungUp(id, end),
              progressed: (id, progress) => listener.progressed(id, progress),
              answered: (id, sdp) => listener.answered(id, sdp),
              notAnswered: (id, end) => listener.notAnswered(id, end),
              keyPressed: (id, key) => listener.keyPressed(id, key),
              mediaOffered: (id, offer) => listener.mediaOffered(id, offer),
              mediaAnswered: (id, answer) => listener.mediaAnswered(id, answer),
              trouble: (message) => listener.trouble(message),
            }),
          takeBack: async (calls) => {
            const taken = await seen.signaling.takeBack(calls);
            return taken.map((one) => ({ ...one, call: process.of(one.call) }));
          },
          place: (request) => process.of(seen.signaling.place(request)),
          status: () => signaling.status(),
          stop: () => seen.signaling.stop(),
          release: () => seen.signaling.release(),
          listening: () => signaling.listening(),
          counts: () => signaling.counts(),
        },
        media: {
          ...{ engine: 'fake' },
          start: (listener) => seen.media.start(listener),
          stop: () => seen.media.stop(),
          release: () => seen.media.release(),
          mixers: () => media.mixers(),
          createEndpoint: async (request) => process.of(await seen.media.createEndpoint(request)),
          adopt: async (id, handle) => process.of(await seen.media.adopt(id, handle)),
          sweep: () => seen.media.sweep(),
          placeRoom: (room, preferred) => media.placeRoom(room, preferred),
          forgetRoom: (room) => media.forgetRoom(room),
          playToRoom: (room, id, items) => seen.media.playToRoom(room, id, items),
          recordRoom: (room, path, how) => seen.media.recordRoom(room, path, how),
          pauseRoomRecording: (room, paused) => seen.media.pauseRoomRecording(room, paused),
          stopRecordingRoom: (room) => seen.media.stopRecordingRoom(room),
          measureRoom: () => seen.media.measureRoom(),
          roomSize: (room) => seen.media.roomSize(room),
        },
        store: seen.store,
        names: seen.names,
        recordings: seen.recordings,
        clock,
        log,
        sources: new KnownSources(store, clock, [
          { name: 'local', sources: ['127.0.0.0/8'], enabled: true, createdAt: 0 },
        ]),
        hashPin: (digits) => `h:${digits}`,
        pinMatches: (digits, hash) => hash === `h:${digits}`,
        currentHash: (hash) => hash,
        ...(this.#more.hostReport === undefined ? {} : { hostReport: this.#more.hostReport }),
        resolve: (utterances) =>
          utterances.map((utterance) => {
            if (nameOf(utterance) === this.unspeakable) throw new RangeError('cannot be spoken');
            return { path: nameOf(utterance), loop: utterance.kind === 'music' };
          }),
        outboundTrunk: (name) => this.trunks.find((trunk) => trunk.name === name) ?? null,
        dialIn: (user) => (user === 'conference' ? { number: user, pinLength: 9, greeting: null, createdAt: 0 } : null),
      },
      { ...DEFAULT_BRIDGE_OPTIONS, maximumCalls: this.#maximumCalls, recordedDigits: 3, ...this.#more },
    );
  }

  endpoint(call: FakeCall): FakeEndpoint {
    const endpoint = this.media.endpoints.get(call.id);
    if (endpoint === undefined) throw new Error('no endpoint');
    return endpoint;
  }

  async answered(callerNumber?: string): Promise<FakeCall> {
    const call = this.signaling.invite(undefined, callerNumber);
    await settle();
    call.acknowledge();
    await settle();
    return call;
  }

  press(call: FakeCall, keys: string): void {
    for (const key of keys) this.media.listener.keyPressed(call.id, key as Key, 'event');
  }

  /** Lets the caller listen to the end of whatever is played until nothing but music is. */
  async listen(call: FakeCall, plays = 5): Promise<void> {
    for (let turn = 0; turn < plays; turn += 1) {
      const endpoint = this.endpoint(call);
      if (endpoint.playing === null || (endpoint.log.at(-1) ?? '').includes('(loop)')) break;
      endpoint.finish();
      await settle();
    }
  }

  /** Everything that is played to rooms comes to its end. */
  async listenInRooms(): Promise<void> {
    for (const { room, playId } of this.media.roomPlays)
      this.media.listener.roomPlayFinished(room, playId, 'completed');
    await settle();
  }

  async inConference(pin: string): Promise<FakeCall> {
    const call = await this.answered();
    this.clock.advance(400);
    await settle();
    this.press(call, pin);
    await settle();
    await this.listen(call);
    return call;
  }

  hangUp(call: FakeCall): Promise<void> {
    this.signaling.listener.hungUp(call.id, { lineLost: false, cause: 'BYE' });
    return settle();
  }

  async wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100));
      await settle();
    }
  }

  /** What is played to the rooms, by name. */
  roomHeard(): readonly string[] {
    return this.media.roomPlays.map(({ items }) => items.map(({ path }) => path).join(' + '));
  }

  records(): readonly CallRecord[] {
    return this.store.callRecords({ limit: 100 });
  }
}
