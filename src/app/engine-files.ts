import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file to be, with what it must hold. */
export interface WantedFile {
  readonly path: string;
  readonly text: string;
}

/** Ends every file that was rendered, with the hash of what stands before it: so a change made by hand is seen. */
const SIGNED = /^([\s\S]*)<!-- Rendered by partyline engine render, do not edit: ([0-9a-f]{64}) -->\n$/;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

function signed(text: string): string {
  return `${text}<!-- Rendered by partyline engine render, do not edit: ${hash(text)} -->\n`;
}

/** Whether what a file holds was rendered and not touched since. */
function isOurs(content: string): boolean {
  const [, text, signature] = SIGNED.exec(content) ?? [];
  return text !== undefined && signature === hash(text);
}

/** Files that are there and were not rendered, or were changed since. */
export function foreignFiles(files: readonly WantedFile[]): readonly string[] {
  return files.filter(({ path }) => lstatOf(path) !== null && !isOurs(contentOf(path) ?? '')).map(({ path }) => path);
}

/**
 * Writes the files into a directory of mode 0700, each with mode 0600 and whole or not at all. Run by root, they get the
 * owner of the directory, so that another user may run the program.
 */
export function writeFiles(directory: string, files: readonly WantedFile[]): void {
  makeDirectory(directory);
  chmodSync(directory, 0o700);
  const { uid, gid } = lstatSync(directory);
  for (const { path, text } of files) {
    const beside = `${path}.new`;
    try {
      rmSync(beside, { force: true });
      writeFileSync(beside, signed(text), { mode: 0o600, flag: 'wx' });
      if (process.getuid?.() === 0) chownSync(beside, uid, gid);
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  }
}

/** Makes a directory of mode 0700 where there is none. */
export function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** How a file differs from what it must hold, in a line, or `null`; secrets hidden. */
export function difference({ path, text }: WantedFile): string | null {
  const content = contentOf(path);
  if (content === null) return `${path} is missing, or cannot be read`;
  if (content === signed(text)) return null;
  const there = content.split('\n');
  const wanted = signed(text).split('\n');
  const at = wanted.findIndex((line, index) => line !== there[index]);
  const [is, mustBe] = [hidden(there[at]), hidden(wanted[at])];
  const line = `${path}, line ${at + 1}`;
  return is === mustBe ? `${line}: another secret` : `${line}: is ${is}, rendered now ${mustBe}`;
}

/** A line without the secret it may hold. */
function hidden(line: string | undefined): string {
  if (line === undefined || line.trim() === '') return 'nothing';
  return line.trim().replace(/(\bsecret=|name="password" value=)"[^"]*"/, '$1"(hidden)"');
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function lstatOf(path: string): object | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

export const filesIn = (
  directory: string,
  files: readonly { readonly name: string; readonly text: string }[],
): readonly WantedFile[] => files.map(({ name, text }) => ({ path: join(directory, name), text }));
