import { channelsOf, type Asked } from './members.js';
import { isChannelName } from './leg-handle.js';

/** Header fields that mark our legs at a mixer: by bridge, and by process of it. */
export const MARK = 'X-Partyline-Control';
export const PROCESS_MARK = 'X-Partyline-Process';

const CLEANED_MS = 2_000;
const LOOK_MS = 50;

/** The bridge that a channel is marked for. @throws {MixerUnreachable} */
export function markOf(mixer: Asked, channel: string): Promise<string> {
  return mixer.api(`uuid_getvar ${channel} sip_h_${MARK}`);
}

/**
 * Ends the channels of a bridge that nobody knows.
 * @param among whether a channel made by that process is meant.
 * @throws {MixerUnreachable}
 */
export async function endStrangers(
  mixer: Asked,
  instance: string,
  isKnown: (channel: string) => boolean,
  among: (process: string) => boolean,
): Promise<void> {
  const strangers: string[] = [];
  for (const channel of await channelsOf(mixer)) {
    if (isKnown(channel) || !isChannelName(channel) || (await markOf(mixer, channel)) !== instance) continue;
    if (among(await mixer.api(`uuid_getvar ${channel} sip_h_${PROCESS_MARK}`))) strangers.push(channel);
  }
  await endChannels(mixer, strangers);
}

/** Resolves when they are gone; bounded. @throws {MixerUnreachable} */
export async function endChannels(mixer: Asked, channels: readonly string[]): Promise<void> {
  await Promise.all(channels.map((uuid) => mixer.api(`uuid_kill ${uuid}`)));
  let left = channels;
  for (const until = performance.now() + CLEANED_MS; left.length > 0 && performance.now() < until;) {
    const there = await Promise.all(left.map((uuid) => mixer.api(`uuid_exists ${uuid}`)));
    left = left.filter((_uuid, index) => there[index] === 'true');
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
