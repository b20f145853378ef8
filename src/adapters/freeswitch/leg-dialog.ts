import type { Acknowledge, Dialog } from 'drachtio-srf';
import { MediaNotAcceptable } from '../../ports/media.js';

/** A re-INVITE to the mixer is answered at once or not at all, milliseconds. */
const OFFER_MS = 5_000;

/**
 * Offers the caller's SDP to the mixer by a re-INVITE and resolves with its answer; without an offer the mixer makes one,
 * and its answer is owed by `acknowledge`.
 *
 * Not by the library's `modify()`: after one refused re-INVITE that hangs for ever.
 * @throws MediaNotAcceptable where the mixer refuses.
 */
export function offerToMixer(
  dialog: Dialog,
  offer: string | null,
): Promise<{ readonly sdp: string; readonly acknowledge: Acknowledge | null }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the mixer did not answer an offer')), OFFER_MS);
    const headers = { Contact: dialog.local.contact };
    const request =
      offer === null
        ? { method: 'INVITE', headers, noAck: true }
        : { method: 'INVITE', headers: { ...headers, 'Content-Type': 'application/sdp' }, body: offer };
    dialog.request(request, (error, response, acknowledge) => {
      if (response !== undefined && response.status < 200) return;
      clearTimeout(timer);
      if (response === undefined) return reject(error instanceof Error ? error : new Error('not sent to the mixer'));
      if (response.status >= 300)
        return reject(new MediaNotAcceptable(`the mixer refused the offer (${response.status})`));
      if (offer !== null) dialog.local.sdp = offer;
      resolve({ sdp: response.body ?? '', acknowledge: acknowledge ?? null });
    });
  });
}
