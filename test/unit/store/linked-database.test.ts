import type * as FileSystem from 'node:fs';
import { existsSync, fdatasyncSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof FileSystem>();
  return { ...real, fdatasyncSync: vi.fn(real.fdatasyncSync) };
});

it('what is written beside others is on the disk too where the database lies elsewhere, with a link in its place', () => {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-linked-'));
  const [file, link] = [join(directory, 'real.db'), join(directory, 'link.db')];
  SqliteStore.open({ file }).close();
  symlinkSync(file, link);
  const store = SqliteStore.open({ file: link });
  try {
    const synced = vi.mocked(fdatasyncSync).mock.results;
    expect(store.claimDelivery('d1', 0, 1)).toBe(false);
    expect([existsSync(`${file}-wal`), existsSync(`${link}-wal`)]).toEqual([true, false]);
    expect(synced.map(({ type }) => type)).toEqual(['return']);
  } finally {
    store.close();
    rmSync(directory, { recursive: true });
  }
});
