import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SealUnreadable } from '../../ports/pin-seal.js';
import type { PinSeal, SealedFor } from '../../ports/pin-seal.js';

/** Stands before every sealed code, so that another rule can be told apart one day. */
const VERSION = 's1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the key is derived for (HKDF, RFC 5869): no other use of the bridge key has this one. */
const PURPOSE = 'partyline sealed PINs';

const contextOf = ({ account, role, booking, invitee }: SealedFor): Buffer =>
  Buffer.from(JSON.stringify([account, role, booking ?? null, invitee ?? null]), 'utf8');

/** AES-256-GCM under a key derived from the bridge's; whose code it is goes in as associated data. */
export class AesPinSeal implements PinSeal {
  readonly #bridgeKey: () => Uint8Array;
  readonly #noted: () => string | null;
  #derived: { readonly key: Uint8Array; readonly noted: string | null } | null = null;

  /**
   * @param bridgeKey asked when the first code is sealed or opened, and again when another key counts
   * @param noted what the key that counts is known again by; asked each time
   */
  constructor(bridgeKey: () => Uint8Array, noted: () => string | null = () => null) {
    this.#bridgeKey = bridgeKey;
    this.#noted = noted;
  }

  /** `s1.` and base64 of nonce, digits and tag. */
  seal(digits: string, owner: SealedFor): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key(), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(contextOf(owner));
    const sealed = Buffer.concat([nonce, cipher.update(digits, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${sealed.toString('base64')}`;
  }

  open(text: string, owner: SealedFor): string {
    const [version, encoded] = text.split('.');
    const sealed = Buffer.from(encoded ?? '', 'base64');
    if (version !== VERSION || sealed.length <= NONCE_BYTES + TAG_BYTES) throw unreadable();
    const decipher = createDecipheriv(CIPHER, this.#key(), sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(contextOf(owner));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      const digits = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
      return Buffer.concat([digits, decipher.final()]).toString('utf8');
    } catch {
      throw unreadable();
    }
  }

  /** A lost key may have been given up for a new one while this process runs. */
  #key(): Uint8Array {
    if (this.#derived === null || this.#derived.noted !== this.#noted()) {
      const key = new Uint8Array(hkdfSync('sha256', this.#bridgeKey(), '', PURPOSE, KEY_BYTES));
      // the one that is used first is noted by then
      this.#derived = { key, noted: this.#noted() };
    }
    return this.#derived.key;
  }
}

const unreadable = (): SealUnreadable =>
  new SealUnreadable(
    'a sealed PIN cannot be read: put the bridge key back from a backup, or draw a new one (partyline pin rotate)',
  );
