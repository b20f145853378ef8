import { assertNever } from '../domain/assert-never.js';
import { asError } from './bounded.js';
import type { CallMediaParts } from './call-media-parts.js';
import type { MediaWork } from './media-state.js';

/** What follows where the mixer did not do what was asked of it. What cannot be played is told by the play itself. */
export function tellUndone(
  { callId, log, ...told }: CallMediaParts,
  work: Exclude<MediaWork, { kind: 'play' }>,
  error: unknown,
): void {
  log.warn({ call: callId, what: work.kind, error: asError(error).message }, 'mixer did not do it');
  switch (work.kind) {
    case 'join':
      told.joinFailed();
      return;
    case 'record':
    case 'record-end':
      told.recorded(work.file, false);
      return;
    case 'stop':
    case 'gains':
      return;
    case 'leave':
    case 'mute':
    case 'rejoin':
      told.failed();
      return;
    default:
      assertNever(work);
  }
}
