import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** A living owner takes a connection at once, milliseconds. */
const PROBE_MS = 2_000;

/**
 * Listens on a unix socket only its user may open: mode 0600, in a directory of mode 0700, which is made where it is missing. A socket
 * that a process which died left behind is replaced.
 * @throws Error with one clear line.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(`cannot make the directory ${directory}: ${reasonOf(error)}`, { cause: error });
  }
  if ((statSync(directory).mode & 0o077) !== 0) {
    throw new Error(
      `others may enter ${directory}: the dialog owner's socket needs a directory of its own with mode 0700`,
    );
  }
  if (await isServed(path)) throw new Error(`a dialog owner runs at ${path} already`);
  removeStale(path);
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    chmodSync(path, 0o600);
  } catch (error) {
    throw new Error(`cannot listen at ${path}: ${reasonOf(error)}`, { cause: error });
  } finally {
    process.umask(umask);
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(PROBE_MS);
    const finish = (served: boolean): void => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => finish(true));
    // Frozen, but there.
    socket.once('timeout', () => finish(true));
    // So many wait already that it takes no more: it is frozen too.
    socket.once('error', (error) => finish('code' in error && error.code === 'EAGAIN'));
  });
}

function removeStale(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there already, and is no socket`);
  rmSync(path, { force: true });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
