import type { RequestParts } from './build.js';
import type { SessionCore } from './session-core.js';

/**
 * A request within the dialog with one answer that matters (OPTIONS, INFO).
 * @returns its status, or `null` when there was none; after that, and after 408 and 481, the line counts as lost.
 */
export function askWithin(
  core: SessionCore,
  method: string,
  extras: Pick<RequestParts, 'headers' | 'body'> = {},
): Promise<number | null> {
  if (core.phase !== 'established' && core.phase !== 'accepted') return Promise.resolve(null);
  return new Promise((resolve) => {
    core.send(method, extras, {
      response: (response, peer) => {
        if (response.status < 200) return;
        core.heard(response, peer);
        // RFC 3261 section 12.2.1.2; the far end that says 481 needs no BYE.
        if (response.status === 481 || response.status === 408) {
          core.lost(`${method} answered ${response.status}`, response.status === 408);
        }
        resolve(response.status);
      },
      failed: (cause) => {
        core.lost(`${method} without an answer (${cause})`, true);
        resolve(null);
      },
    });
  });
}
