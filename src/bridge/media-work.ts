import { assertNever } from '../domain/assert-never.js';
import type { MediaEndpoint } from '../ports/media.js';
import { EndpointLost } from './held-endpoint.js';
import type { MediaWork, NameFile } from './media-state.js';

/** What is asked of an endpoint and answered by it without more. */
export function simply(
  endpoint: MediaEndpoint,
  work: Extract<MediaWork, { kind: 'leave' | 'mute' | 'gains' }>,
): Promise<void> {
  switch (work.kind) {
    case 'leave':
      return endpoint.leave();
    case 'mute':
      return endpoint.setMuted(work.muted);
    case 'gains':
      return endpoint.setGains(work.gains);
    default:
      return assertNever(work);
  }
}

/**
 * Records what the caller says. A recording that a process before this one left running is ended first.
 * @param bounded what is asked of the mixer, within bounds; rejects with {@link EndpointLost} as soon as that is lost.
 */
export async function recordAnew(
  endpoint: MediaEndpoint,
  { path, limitMs }: NameFile,
  bounded: <T>(what: string, asked: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const begin = (): Promise<void> => bounded('recording', () => endpoint.record(path, { limitMs }));
  try {
    await begin();
  } catch (error) {
    if (error instanceof EndpointLost) throw error;
    const left = await bounded('ending a recording', () => endpoint.stopRecording());
    if (left === null) throw error;
    await begin();
  }
}
