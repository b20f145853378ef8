import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listenPrivately } from '../../../src/adapters/dialog-owner/socket-file.js';

/** Listens, and then does nothing more: as a process that was stopped. */
const FROZEN = `require('node:net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => {
  require('node:fs').writeSync(1, 'x'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); })`;

it('does not take the socket of a frozen owner at which too many wait already', async (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-socket-'));
  const path = join(directory, 'dialogs.sock');
  const frozen = spawn(process.execPath, ['-e', FROZEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  test.onTestFinished(() => {
    for (const socket of waiting) socket.destroy();
    frozen.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  await new Promise((resolve) => frozen.stdout.once('data', resolve));
  let full = false;
  for (let count = 0; count < 20 && !full; count++) {
    full = await new Promise<boolean>((resolve) => {
      const socket = connect(path, () => resolve(false));
      socket.once('error', () => resolve(true));
      waiting.push(socket);
    });
  }
  expect(full).toBe(true);
  await expect(listenPrivately(createServer(), path)).rejects.toThrow(`a dialog owner runs at ${path} already`);
  expect(existsSync(path)).toBe(true);
});
