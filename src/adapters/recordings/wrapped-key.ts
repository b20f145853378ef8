import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Stands before every wrapped key, so that another rule can be told apart one day. */
const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Not wrapped under this key, or not for this recording. */
export class WrongKey extends Error {
  override readonly name = 'WrongKey';
}

/** A key for one recording. */
export const newKey = (): Buffer => randomBytes(KEY_BYTES);

const contextOf = (id: string): Buffer => Buffer.from(`partyline recording ${id}`, 'utf8');

/** The key of the recording `id` under the bridge's: `v1.` and base64 of nonce, key and tag. */
export function wrapKey(bridgeKey: Uint8Array, id: string, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, bridgeKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(contextOf(id));
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${wrapped.toString('base64')}`;
}

/** @throws {WrongKey} */
export function unwrapKey(bridgeKey: Uint8Array, id: string, text: string): Buffer {
  const [version, encoded] = text.split('.');
  const wrapped = Buffer.from(encoded ?? '', 'base64');
  if (version !== VERSION || wrapped.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES)
    throw new WrongKey('no wrapped key');
  const decipher = createDecipheriv(CIPHER, bridgeKey, wrapped.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(contextOf(id));
  decipher.setAuthTag(wrapped.subarray(NONCE_BYTES + KEY_BYTES));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + KEY_BYTES)), decipher.final()]);
  } catch {
    throw new WrongKey('wrapped under another key');
  }
}
