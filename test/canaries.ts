import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A text that is nowhere else in the world, and what it stands for. */
export interface Canary {
  readonly what: string;
  readonly text: string;
}

/** How bytes may stand in a file: as they are, as hexadecimal digits, or within base64 at each of its three alignments. */
function formsOf(bytes: Buffer): readonly (readonly [form: string, bytes: Buffer])[] {
  const hex = bytes.toString('hex');
  return [
    ['plain', bytes],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ...[0, 1, 2].flatMap((offset): (readonly [string, Buffer])[] => {
      const text = base64Within(bytes, offset);
      const url = text.replaceAll('+', '-').replaceAll('/', '_');
      return [
        [`base64 at ${offset}`, Buffer.from(text)],
        [`base64url at ${offset}`, Buffer.from(url)],
      ];
    }),
  ];
}

/** The characters that depend on these bytes alone, wherever they begin in what is encoded. */
function base64Within(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return text.slice(Math.ceil((8 * offset) / 6), Math.floor((8 * (offset + bytes.length)) / 6));
}

const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/** Each canary in UTF-8 and UTF-16, as it is and in small letters. */
export function encodingsOf(text: string): readonly (readonly [encoding: string, bytes: Buffer])[] {
  return [...new Set([text, text.toLowerCase()])].flatMap((spelling) =>
    (
      [
        ['UTF-8', Buffer.from(spelling)],
        ['UTF-16LE', Buffer.from(spelling, 'utf16le')],
        ['UTF-16BE', bigEndian(spelling)],
      ] as const
    ).flatMap(([name, bytes]) => formsOf(bytes).map(([form, found]) => [`${name} ${form}`, found] as const)),
  );
}

/** Where canaries are found in the files below a directory, their names too: `what: file (encoding)`. */
export function findCanaries(directory: string, canaries: readonly Canary[]): readonly string[] {
  const sought = canaries.flatMap(({ what, text }) =>
    encodingsOf(text).map(([encoding, bytes]) => ({ what, encoding, bytes })),
  );
  return filesBelow(directory).flatMap((file) => {
    const content = Buffer.concat([Buffer.from(`${relative(directory, file)}\n`), readFileSync(file)]);
    return sought
      .filter(({ bytes }) => content.includes(bytes))
      .map(({ what, encoding }) => `${what}: ${relative(directory, file)} (${encoding})`);
  });
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
