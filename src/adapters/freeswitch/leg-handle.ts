import type { MixerName } from '../../ports/media.js';
import type { MixerLeg } from '../../ports/mixer-legs.js';

/** What a later process takes a leg back by. */
export interface LegHandle {
  readonly mixer: MixerName;
  /** Uuid of the channel. */
  readonly channel: string;
  /** Of the {@link MixerLeg}. */
  readonly leg: string;
  readonly sdp: string;
}

const VERSION = 1;

export function formatHandle({ mixer, channel, leg, sdp }: LegHandle): string {
  return JSON.stringify({ version: VERSION, mixer, channel, leg, sdp });
}

/** @returns `null` for what is none, or of another version. */
export function parseHandle(handle: string): LegHandle | null {
  let value: unknown;
  try {
    value = JSON.parse(handle);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { version, mixer, channel, leg, sdp } = value as Readonly<Record<string, unknown>>;
  const whole =
    version === VERSION &&
    typeof mixer === 'string' &&
    isChannelName(channel) &&
    typeof leg === 'string' &&
    typeof sdp === 'string';
  return whole ? { mixer, channel, leg, sdp } : null;
}

/** It is put into commands, where anything else could mean something. */
export function isChannelName(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(value);
}

/** The leg of a channel whose dialog is lost: its audio goes on, and it cannot be offered anything. */
export class LostLeg implements MixerLeg {
  readonly handle: string;
  readonly channel: string;
  readonly sdp: string;

  constructor({ leg, channel, sdp }: LegHandle) {
    this.handle = leg;
    this.channel = channel;
    this.sdp = sdp;
  }

  renegotiate(): Promise<string> {
    return Promise.reject(new Error('the dialog of this leg is lost'));
  }

  acknowledge(): void {
    // Nothing is owed.
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  onEnded(): void {
    // Told by the mixer's event socket alone.
  }
}
