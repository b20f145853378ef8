import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { MessageRefused } from '../../ports/messages.js';
import type { Message, MessageChannel } from '../../ports/messages.js';

/** Writes each message as two files of a folder, `<id>.txt` and `<id>.json`, readable by their owner alone, whole or not at all. */
export class FileChannel implements MessageChannel {
  /** @param folder an absolute path; made where it is missing */
  async send(folder: string, { id, text, json }: Message): Promise<void> {
    if (!isAbsolute(folder)) throw new MessageRefused('the folder for files is not named by an absolute path');
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(join(folder, `${id}.txt`), text);
      await writeWhole(join(folder, `${id}.json`), `${JSON.stringify(json, null, 2)}\n`);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new Error(`the file cannot be written (${code})`);
    }
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
