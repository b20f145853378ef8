import { afterEach } from 'vitest';
import { EmbeddedMedia, type EmbeddedMediaOptions } from '../../src/adapters/embedded-media/media.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaRun, type Caller } from './media-kit.js';

export const embedded = (options: Partial<EmbeddedMediaOptions> = {}): EmbeddedMedia =>
  new EmbeddedMedia({
    clock: new SystemClock(),
    rtpPorts: { min: 22_000, max: 22_399 },
    workers: 2,
    advertise: () => '127.0.0.1',
    bindAddress: '127.0.0.1',
    ...options,
  });

/** Embedded media that a test starts, and that end with it. */
export class EmbeddedRun {
  #media: EmbeddedMedia | null = null;
  #run: MediaRun | null = null;

  get media(): EmbeddedMedia {
    if (this.#media === null) throw new Error('not started');
    return this.#media;
  }

  get run(): MediaRun {
    if (this.#run === null) throw new Error('not started');
    return this.#run;
  }

  async start(options: Partial<EmbeddedMediaOptions> = {}): Promise<void> {
    this.#media = embedded(options);
    this.#run = await MediaRun.start(this.#media);
  }

  /** Two callers in one room. */
  async two(): Promise<{ readonly one: Caller; readonly other: Caller }> {
    const [one, other] = [await this.run.caller({ ownThread: true }), await this.run.caller({ ownThread: true })];
    for (const { endpoint } of [one, other]) await endpoint.join(conferenceId('room'), { muted: false });
    return { one, other };
  }
}

export function useEmbeddedMedia(): EmbeddedRun {
  const at = new EmbeddedRun();
  afterEach(async () => {
    await at.run.stop();
  });
  return at;
}
