import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Refused } from './io.js';

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';

/**
 * Writes a file that was not there, readable by its owner alone: it gets its name when it is whole, and nothing is left of it where
 * the pieces end in an error or the process is told to end.
 * @param file from `directory`
 * @returns how many bytes
 * @throws {Refused} where there is such a file, or it cannot be written; and what the pieces throw
 */
export async function writeWholeFile(
  file: string,
  directory: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  const path = resolve(directory, file);
  if (existsSync(path)) throw new Refused(`${file} is there already: give another name, or remove it first`);
  const unfinished = join(dirname(path), `.partyline-${randomBytes(6).toString('hex')}.unfinished`);
  const leave = (signal: NodeJS.Signals): void => {
    rmSync(unfinished, { force: true });
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, leave);
  try {
    const bytes = await writePieces(unfinished, pieces).catch((error: unknown) => {
      throw isOfFiles(error) ? new Refused(cannotWrite(file, codeOf(error))) : error;
    });
    await name(unfinished, path, file);
    return bytes;
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
    // what went wrong before is what counts
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

/** A link never takes the place of another file, as a rename would. */
async function name(unfinished: string, path: string, file: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' || existsSync(path)) throw new Refused(`${file} is there already: give another name`);
    if (!NO_LINKS.has(code)) throw new Refused(cannotWrite(file, code));
    await rename(unfinished, path);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'make its folder first',
  ENOTDIR: 'what stands for its folder is a file',
  EACCES: 'give a folder that you may write to',
  EROFS: 'give a folder that can be written to',
  ENOSPC: 'give a disk with room for it',
  EDQUOT: 'give a disk with room for it',
  ENAMETOOLONG: 'give a shorter name',
};

function cannotWrite(file: string, code: string): string {
  const remedy = REMEDIES[code];
  return `cannot write ${file} (${code})${remedy === undefined ? '' : `: ${remedy}`}`;
}

const isOfFiles = (error: unknown): boolean => error instanceof Error && 'syscall' in error;
