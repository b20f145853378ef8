import { DEFAULT_BRIDGE_OPTIONS } from '../../../src/bridge/bridge-parts.js';
import { Bridge } from '../../../src/bridge/bridge.js';
import { KnownSources } from '../../../src/bridge/known-sources.js';
import type { Log } from '../../../src/bridge/log.js';
import { DEFAULT_CONFERENCE_OPTIONS, type ConferenceOptions } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { Key } from '../../../src/domain/keys.js';
import type { Utterance } from '../../../src/domain/prompts.js';
import type { CallRecord } from '../../../src/ports/store.js';
import { FakeMedia, type FakeEndpoint } from '../../fakes/fake-media.js';
import { FakeSignaling, type FakeCall } from '../../fakes/fake-signaling.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { MemoryStore } from '../../fakes/memory-store.js';

export const HOST_PIN = '918273645';
export const GUEST_PIN = '546372819';

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
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
  readonly lines: string[] = [];
  /** What cannot be turned into sound files. */
  unspeakable: string | null = null;
  readonly bridge: Bridge;

  constructor(maximumCalls = 100, options: Partial<ConferenceOptions> = {}) {
    const line = (fields: unknown, message: string): void =>
      void this.lines.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: line, info: line, warn: line, error: line };
    this.store.addAccount(
      {
        id: accountId('a1'),
        name: 'Ada',
        enabled: true,
        options: { ...DEFAULT_CONFERENCE_OPTIONS, ...options },
        createdAt: 0,
      },
      { host: `h:${HOST_PIN}`, guest: `h:${GUEST_PIN}` },
    );
    this.bridge = new Bridge(
      {
        signaling: this.signaling,
        media: this.media,
        store: this.store,
        clock: this.clock,
        log,
        sources: new KnownSources(this.store, this.clock, [
          { name: 'local', sources: ['127.0.0.0/8'], enabled: true, createdAt: 0 },
        ]),
        hashPin: (digits) => `h:${digits}`,
        resolve: (utterances) =>
          utterances.map((utterance) => {
            if (nameOf(utterance) === this.unspeakable) throw new RangeError('cannot be spoken');
            return { path: nameOf(utterance), loop: utterance.kind === 'music' };
          }),
        dialIn: (user) => (user === 'conference' ? { number: user, pinLength: 9, greeting: null, createdAt: 0 } : null),
      },
      { ...DEFAULT_BRIDGE_OPTIONS, maximumCalls, recordedDigits: 3 },
    );
  }

  endpoint(call: FakeCall): FakeEndpoint {
    const endpoint = this.media.endpoints.get(call.id);
    if (endpoint === undefined) throw new Error('no endpoint');
    return endpoint;
  }

  async answered(): Promise<FakeCall> {
    const call = this.signaling.invite();
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

  async inConference(pin: string): Promise<FakeCall> {
    const call = await this.answered();
    this.clock.advance(400);
    await settle();
    this.press(call, pin);
    await settle();
    await this.listen(call);
    return call;
  }

  records(): readonly CallRecord[] {
    return this.store.callRecords({ limit: 100 });
  }
}
