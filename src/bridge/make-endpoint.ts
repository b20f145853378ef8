import type { Clock } from '../ports/clock.js';
import type { EndpointRequest, Media, MediaEndpoint } from '../ports/media.js';
import { TookTooLong, within } from './bounded.js';

/** Longest wait for the media engine to make or change an endpoint, milliseconds. */
export const ENDPOINT_LIMIT_MS = 8_000;

/** An endpoint, within bounds. */
export async function makeEndpoint(media: Media, request: EndpointRequest, clock: Clock): Promise<MediaEndpoint> {
  const making = media.createEndpoint(request);
  try {
    return await within(clock, ENDPOINT_LIMIT_MS, 'making an endpoint', making);
  } catch (error) {
    // An endpoint that comes after nobody waits for it any more is released.
    if (error instanceof TookTooLong) making.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
}
