import { randomBytes } from 'node:crypto';
import { MediaNotAcceptable } from '../../ports/media.js';
import { KEY_AND_SALT_OCTETS } from './srtp.js';

/** Keys of the two directions, each master key and salt together. */
export interface SrtpKeys {
  readonly send: Buffer;
  readonly receive: Buffer;
}

const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const CRYPTO = new RegExp(
  String.raw`^a=crypto:(\d{1,9}) ${SUITE} inline:([A-Za-z0-9+/]{40}={0,2})(?:\|2\^\d+|\|\d+)?$`,
  'm',
);

/**
 * Keys by SDP security descriptions (RFC 4568) around SDP that knows only plain RTP: what we say goes out as RTP/SAVP with our key, what the
 * far end says comes in as RTP/AVP and its key is noted.
 */
export class SdesSession {
  #send = randomBytes(KEY_AND_SALT_OCTETS);
  #receive: Buffer | null = null;
  /** Of the offer we answer; of our own offers 1. */
  #tag = '1';
  #version = 0;
  #said = '';

  /** @returns our SDP as it is sent. */
  secured(sdp: string): string {
    const body = sdp
      .replace(/^m=audio ([1-9]\d*) RTP\/AVP /m, 'm=audio $1 RTP/SAVP ')
      .replace(
        /^(m=audio [1-9].*\r\n(?:[ic]=.*\r\n)*)/m,
        `$1a=crypto:${this.#tag} ${SUITE} inline:${this.#send.toString('base64')}\r\n`,
      );
    // RFC 3264 section 8: a new key is a change too.
    const unversioned = body.replace(/^(o=\S+ \S+) \d+/m, '$1 0');
    if (unversioned !== this.#said) this.#version += 1;
    this.#said = unversioned;
    return unversioned.replace(/^(o=\S+ \S+) 0/m, `$1 ${this.#version}`);
  }

  /**
   * @param role `offer`: what is answered by `secured`. An offer with another key comes from another place: our own key changes too, so
   * that no key stream is used twice (RFC 4568 section 7.1.4).
   * @throws {MediaNotAcceptable} without a key of ours.
   */
  opened(sdp: string, role: 'offer' | 'answer'): string {
    const [, tag, key] = CRYPTO.exec(sdp.replaceAll('\r\n', '\n')) ?? [];
    if (tag === undefined || key === undefined || !/^m=audio \d+ RTP\/SAVP /m.test(sdp)) {
      throw new MediaNotAcceptable(`only RTP/SAVP with ${SUITE} is spoken here`);
    }
    const receive = Buffer.from(key, 'base64');
    if (role === 'offer' && this.#receive !== null && !receive.equals(this.#receive)) {
      this.#send = randomBytes(KEY_AND_SALT_OCTETS);
    }
    this.#tag = role === 'offer' ? tag : '1';
    this.#receive = receive;
    return sdp.replace(/^(m=audio \d+ RTP\/)SAVP /m, '$1AVP ');
  }

  /** @throws Error before the far end has said its key. */
  keys(): SrtpKeys {
    if (this.#receive === null) throw new Error('the far end has given no key yet');
    return { send: this.#send, receive: this.#receive };
  }
}
