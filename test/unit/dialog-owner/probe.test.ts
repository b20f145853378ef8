import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeDialogOwner } from '../../../src/adapters/dialog-owner/probe.js';

let directory: string;
let path: string;
let server: Server | null = null;

/** Somebody at the socket who answers a request like this, or nothing. */
async function listening(result: object | null): Promise<void> {
  const answering = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      if (result === null || !bytes.includes('"ping"')) return;
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 0, result })}\n`);
    });
  });
  server = answering;
  await new Promise<void>((resolve) => answering.listen(path, resolve));
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-probe-'));
  path = join(directory, 'dialogs.sock');
});
afterEach(() => {
  server?.close();
  server = null;
  rmSync(directory, { recursive: true });
});

describe('a look at the dialog owner', () => {
  it('says that there is none, and what to do', async () => {
    await expect(probeDialogOwner(path, 500)).rejects.toThrow(
      `no dialog owner at ${path} (ENOENT): there is no such socket: start \`partyline dialog-owner\``,
    );
  });

  it('says that one does not answer, within its time', async () => {
    await listening(null);
    await expect(probeDialogOwner(path, 50)).rejects.toThrow(`the dialog owner at ${path} does not answer: restart it`);
  });

  it('says that one ends the connection', async () => {
    server = createServer((socket) => void socket.end());
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(path, resolve));
    await expect(probeDialogOwner(path, 2_000)).rejects.toThrow(`the dialog owner at ${path} ends the connection`);
  });

  it('says that one is of another release', async () => {
    const state = { healthy: true, detail: '', listening: [] };
    await listening({ version: 99, serving: false, state });
    await expect(probeDialogOwner(path, 2_000)).rejects.toThrow(
      /speaks version 99 of the protocol, this Partyline \d+:/,
    );
  });
});
