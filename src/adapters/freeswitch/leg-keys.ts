import type { KeyMethod } from '../../domain/keys.js';
import { within, type Channel } from './channel.js';
import type { ToneDetection } from './session.js';

/** Says at the channel that keys are searched for in its audio, for a process that takes the leg over. */
const NOTE = 'partyline_inband';
const START_MS = 1_000;

/** How one leg's keys come. */
export class LegKeys {
  readonly #channel: Channel;
  readonly #detection: ToneDetection;
  /** Tones are searched for in the audio. */
  #inband = false;

  constructor(channel: Channel, detection: ToneDetection) {
    this.#channel = channel;
    this.#detection = detection;
  }

  async startInband(): Promise<void> {
    if (this.#inband) return;
    this.#inband = true;
    this.#note();
    await within(this.#channel.execute(this.#detection.start, '', false).done, START_MS, null);
  }

  stopInband(): void {
    if (!this.#inband) return;
    this.#inband = false;
    this.#note();
    // A step of its own would wait behind a play; this interrupts it for less than a frame.
    this.#channel.execute(this.#detection.stop, '', false);
  }

  /** A key came. @returns by what, or `null` where it is not to be told. */
  heard(inband: boolean): KeyMethod | null {
    if (inband) return this.#inband ? 'inband' : null;
    this.stopInband();
    return 'event';
  }

  /** Never rejects. */
  async adopt(): Promise<void> {
    const note = await this.#channel.api(`uuid_getvar ${this.#channel.uuid} ${NOTE}`).catch(() => '');
    this.#inband = note === 'true';
  }

  /** A command to start or stop may have been lost with the event socket. */
  recovered(): void {
    this.#channel.execute(this.#detection.stop, '', false);
    // Two at once would tell every key twice.
    if (this.#inband) this.#channel.execute(this.#detection.start, '', false);
  }

  #note(): void {
    this.#channel.api(`uuid_setvar ${this.#channel.uuid} ${NOTE} ${String(this.#inband)}`).catch(() => undefined);
  }
}
