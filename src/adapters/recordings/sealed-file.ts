import { createCipheriv, createDecipheriv } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * The sealed file (docs/recordings.md): 12 bytes of header, then chunks of at most {@link CHUNK_BYTES}, each under AES-256-GCM with the
 * recording's own key. The nonce of a chunk is its number and whether it is the last, so that a chunk that was changed, moved, doubled or left
 * out, and a file that was cut off or added to, are all found; header and name of the recording are authenticated with every chunk.
 */
const MAGIC = Buffer.from('PLSEAL\0\x01', 'latin1');
const HEADER_BYTES = 12;
const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** The file is not as it was sealed. One line. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

function header(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(CHUNK_BYTES, MAGIC.length);
  return bytes;
}

/** As in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): no key seals two files, so that nothing of it need be random. */
function nonceOf(chunk: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(chunk, 7);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

const contextOf = (id: string): Buffer => Buffer.concat([header(), Buffer.from(id, 'utf8')]);

/**
 * Writes a sealed file that is on the disk when this resolves, readable by its owner alone; one that was there is replaced.
 * @param key 32 bytes, used for no other file
 */
export async function writeSealed(
  path: string,
  id: string,
  key: Uint8Array,
  plain: AsyncIterable<Uint8Array>,
): Promise<void> {
  const context = contextOf(id);
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(header());
    let chunk = 0;
    for await (const { bytes, last } of inChunks(plain)) {
      const cipher = createCipheriv(CIPHER, key, nonceOf(chunk, last), { authTagLength: TAG_BYTES });
      cipher.setAAD(context);
      await file.writeFile(Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
      chunk += 1;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The same bytes in whole chunks, the last of which may be shorter or empty. */
async function* inChunks(
  plain: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly last: boolean }> {
  let held = Buffer.alloc(0);
  for await (const piece of plain) {
    held = Buffer.concat([held, piece]);
    // a whole chunk may be the last: it waits for what follows
    for (; held.length > CHUNK_BYTES; held = held.subarray(CHUNK_BYTES)) {
      yield { bytes: held.subarray(0, CHUNK_BYTES), last: false };
    }
  }
  yield { bytes: held, last: true };
}

/**
 * What was sealed, piece by piece, each of them authentic; that it is all of it is known only at the end.
 * @throws {SealBroken}, or what the file system says
 */
export async function* readSealed(path: string, id: string, key: Uint8Array): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const context = contextOf(id);
    const head = await readExactly(file, HEADER_BYTES, 0);
    if (!head.equals(header())) throw new SealBroken(`${path} is not a sealed recording`);
    const { size } = await file.stat();
    let at = HEADER_BYTES;
    for (let chunk = 0; ; chunk += 1) {
      const length = Math.min(CHUNK_BYTES + TAG_BYTES, size - at);
      if (length < TAG_BYTES) throw new SealBroken(`${path} was cut off`);
      const last = at + length === size;
      yield opened(await readExactly(file, length, at), key, nonceOf(chunk, last), context, path);
      if (last) return;
      at += length;
    }
  } finally {
    await file.close();
  }
}

function opened(sealed: Buffer, key: Uint8Array, nonce: Buffer, context: Buffer, path: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    throw new SealBroken(`${path} was changed or cut off after it was sealed`);
  }
}

async function readExactly(file: FileHandle, length: number, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}
