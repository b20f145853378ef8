import type { Clock } from '../ports/clock.js';
import type { MediaEndpoint } from '../ports/media.js';
import { asError, within } from './bounded.js';
import type { Log } from './log.js';

/** Longest wait for an engine to release an endpoint, milliseconds; within what a shutdown waits for calls to end. */
const RELEASE_LIMIT_MS = 3_000;

/** Releases an endpoint. Never rejects: an engine that gives no answer holds up neither a record nor the end of the bridge. */
export async function release(
  endpoint: MediaEndpoint,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  try {
    await within(clock, RELEASE_LIMIT_MS, 'releasing an endpoint', endpoint.close());
  } catch (error) {
    log.error({ call: endpoint.callId, error: asError(error).message }, 'endpoint was not released');
  }
}
