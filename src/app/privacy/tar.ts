/** A file of an archive, whose size is known before its content is. */
export interface Member {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const BLOCK = 512;
/** Longest path of the plain header. */
const LONGEST_PATH = 100;

/**
 * An archive in the interchange format "ustar" of POSIX.1 (pax, section "ustar Interchange Format"), piece by piece.
 * @param at time of all files, milliseconds since the epoch
 * @throws Error where a file is not as long as it was said to be
 */
export async function* tar(members: AsyncIterable<Member>, at: number): AsyncGenerator<Uint8Array> {
  for await (const { path, size, content } of members) {
    yield header(path, size, at);
    let written = 0;
    for await (const piece of content) {
      written += piece.length;
      yield piece;
    }
    if (written !== size) throw new Error(`${path} has ${written} bytes instead of ${size}`);
    yield new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(path: string, size: number, at: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new Error(`${path} is too long for an archive`);
  block.write(path, 0, LONGEST_PATH, 'utf8');
  block.write(octal(0o600, 7), 100);
  // user and group: nobody's
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(Math.floor(at / 1000), 11), 136);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  // the checksum counts its own field as blanks
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
