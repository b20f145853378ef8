import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSealed, SealBroken, writeSealed } from '../../../src/adapters/recordings/sealed-file.js';
import { newKey, unwrapKey, WrongKey, wrapKey } from '../../../src/adapters/recordings/wrapped-key.js';

const HEADER = 12;
const CHUNK = 65_536;
const SEALED_CHUNK = CHUNK + 16;

let directory: string;
let path: string;
const key = newKey();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-sealed-'));
  path = join(directory, 'r1.sealed');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(id = 'r1', by: Uint8Array = key): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readSealed(path, id, by)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Seals three whole chunks and a piece of noise. */
async function sealed(): Promise<{ readonly plain: Buffer; readonly file: Buffer }> {
  const plain = randomBytes(3 * CHUNK + 1_000);
  await writeSealed(path, 'r1', key, inPieces(plain, 10_000));
  return { plain, file: readFileSync(path) };
}

describe('a sealed file', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 200_000])('gives back %i bytes as they were', async (size) => {
    const plain = randomBytes(size);
    await writeSealed(path, 'r1', key, inPieces(plain, 7_777));
    expect((await read()).equals(plain)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).size).toBe(HEADER + size + 16 * Math.max(1, Math.ceil(size / CHUNK)));
  });

  it('shows nothing of what is in it', async () => {
    await writeSealed(path, 'r1', key, inPieces(Buffer.alloc(100_000, 'RIFFdata'), 5_000));
    expect(readFileSync(path).includes('RIFFdata')).toBe(false);
  });

  it('is not the same twice under two keys', async () => {
    const plain = Buffer.alloc(1_000);
    await writeSealed(path, 'r1', key, inPieces(plain, 1_000));
    const first = readFileSync(path);
    await writeSealed(path, 'r1', newKey(), inPieces(plain, 1_000));
    expect(readFileSync(path).equals(first)).toBe(false);
  });

  it.each([
    ['all', 0],
    ['half the header', 6],
    ['all chunks', HEADER],
    ['all but a piece of the first chunk', HEADER + 10],
    ['all but the first chunk', HEADER + SEALED_CHUNK],
    ['its last chunk', HEADER + 3 * SEALED_CHUNK],
    ['all but a tag of its last chunk', HEADER + 3 * SEALED_CHUNK + 16],
    ['its last byte', HEADER + 3 * SEALED_CHUNK + 1_015],
  ])('that has lost %s is refused', async (_what, left) => {
    const { file } = await sealed();
    writeFileSync(path, file.subarray(0, left));
    await expect(read()).rejects.toThrow(SealBroken);
  });

  it.each([
    ['two chunks in the other order', [1, 0, 2, 3]],
    ['a chunk twice', [0, 0, 1, 2, 3]],
    ['a chunk left out', [0, 2, 3]],
    ['the last chunk twice', [0, 1, 2, 3, 3]],
    ['the last chunk first', [3, 0, 1, 2]],
  ])('with %s is refused', async (_what, order) => {
    const { file } = await sealed();
    const chunks = order.map((n) => file.subarray(HEADER + n * SEALED_CHUNK, HEADER + (n + 1) * SEALED_CHUNK));
    writeFileSync(path, Buffer.concat([file.subarray(0, HEADER), ...chunks]));
    await expect(read()).rejects.toThrow(SealBroken);
  });

  it('with a byte more is refused', async () => {
    const { file } = await sealed();
    writeFileSync(path, Buffer.concat([file, Buffer.alloc(1)]));
    await expect(read()).rejects.toThrow(SealBroken);
  });

  it('with any bit turned over is refused', async () => {
    const { file } = await sealed();
    const places = [
      0,
      7,
      8,
      11,
      HEADER,
      HEADER + CHUNK,
      HEADER + SEALED_CHUNK - 1,
      HEADER + SEALED_CHUNK,
      file.length - 1,
    ];
    for (const place of [...places, ...Array.from({ length: 60 }, (_, n) => HEADER + n * 3_333)]) {
      const turned = Buffer.from(file);
      turned.writeUInt8((turned[place] ?? 0) ^ (1 << (place % 8)), place);
      writeFileSync(path, turned);
      await expect(read(), `byte ${place}`).rejects.toThrow(SealBroken);
    }
  });

  it('opens under its own key and name only', async () => {
    await sealed();
    await expect(read('r2')).rejects.toThrow(SealBroken);
    await expect(read('r1', newKey())).rejects.toThrow(SealBroken);
  });
});

describe('a wrapped key', () => {
  it('opens under the bridge key and for the recording it was wrapped for', () => {
    const bridgeKey = newKey();
    const wrapped = wrapKey(bridgeKey, 'r1', key);
    expect(unwrapKey(bridgeKey, 'r1', wrapped).equals(key)).toBe(true);
    expect(() => unwrapKey(newKey(), 'r1', wrapped)).toThrow(WrongKey);
    expect(() => unwrapKey(bridgeKey, 'r2', wrapped)).toThrow(WrongKey);
    expect(wrapKey(bridgeKey, 'r1', key)).not.toBe(wrapped);
  });

  it.each(['', 'v1', 'v1.', 'v2.AAAA', 'nonsense', `v1.${Buffer.alloc(60).toString('base64')}`])(
    'that is "%s" is refused',
    (text) => {
      expect(() => unwrapKey(newKey(), 'r1', text)).toThrow(WrongKey);
    },
  );
});
