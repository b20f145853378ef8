import { hkdfSync } from 'node:crypto';

/** What the value is derived for (HKDF, RFC 5869): no other use of a key has this one. */
const PURPOSE = 'partyline key check';
const BYTES = 16;

/** What a key is known again by: whoever has it knows neither the key nor anything that was made by it. Hex. */
export const checkValueOf = (key: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', key, '', PURPOSE, BYTES)).toString('hex');
