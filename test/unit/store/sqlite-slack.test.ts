import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackWiper } from '../../../src/adapters/sqlite/slack.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { seeded } from '../../seeded.js';

const ACCOUNTS = 8_000;
const canary = (n: number): string => `canary${String(n).padStart(6, '0')}x`;

describe('what deleted rows leave in pages that were split', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'partyline-slack-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it(
    'is wiped, and what is kept stays, also with a connection that holds pages from before',
    { timeout: 60_000 },
    () => {
      const file = join(directory, 'a.db');
      const store = SqliteStore.open({ file });
      const bridge = SqliteStore.open({ file });
      fill(file);
      const left = (): { readonly gone: number; readonly kept: number } => {
        expect(store.emptyWriteAheadLog()).toBe(true);
        const content = readFileSync(file, 'latin1');
        const found = Array.from({ length: ACCOUNTS }, (_, n) => content.includes(canary(n)));
        return {
          gone: found.filter((isFound, n) => isFound && n % 2 === 0).length,
          kept: found.filter((isFound, n) => isFound && n % 2 === 1).length,
        };
      };
      bridge.accountsNamed(canary(1));
      // secure_delete alone leaves some: else this test shows nothing
      expect(left().gone).toBeGreaterThan(0);
      let next: number | null | 'busy' = 0;
      while (typeof next === 'number') next = store.wipeSome(next);
      expect(next).toBeNull();
      expect(left()).toEqual({ gone: 0, kept: ACCOUNTS / 2 });
      expect([store.check(), bridge.check()]).toEqual([[], []]);

      for (let n = 1; n < 400; n += 2) bridge.updateAccount(accountId(`a${n}`), { enabled: false });
      bridge.emptyWriteAheadLog();
      expect(left()).toEqual({ gone: 0, kept: ACCOUNTS / 2 });
      expect(bridge.check()).toEqual([]);
      bridge.close();
      store.close();
    },
  );

  it('is wiped later where somebody writes', () => {
    const file = join(directory, 'a.db');
    const store = SqliteStore.open({ file });
    const writer = new SqliteDatabase(file);
    writer.exec('BEGIN IMMEDIATE');
    expect(store.wipeSome(0)).toBe('busy');
    writer.exec('ROLLBACK');
    expect(store.wipeSome(0)).toBeNull();
    writer.close();
    store.close();
  });

  it('is left alone while the log holds newer pages, wherever the file is', () => {
    const [file, link] = [join(directory, 'a.db'), join(directory, 'link.db')];
    const store = SqliteStore.open({ file });
    symlinkSync(file, link);
    let count = 0;
    const writes = (): boolean => {
      count += 1;
      store.saveLive([{ kind: 'call', id: `c${count}`, data: '{}' }]);
      return true;
    };
    expect([new SlackWiper(file, writes).some(0), new SlackWiper(link, writes).some(0)]).toEqual(['busy', 'busy']);
    const empties = (): boolean => store.emptyWriteAheadLog();
    expect([new SlackWiper(file, empties).some(0), new SlackWiper(link, empties).some(0)]).toEqual([null, null]);
    store.close();
  });

  it('is left alone in a file with pointer maps, which look like pages of an index', () => {
    const file = join(directory, 'a.db');
    SqliteStore.open({ file }).close();
    const changed = new SqliteDatabase(file);
    changed.exec('PRAGMA auto_vacuum = FULL; VACUUM');
    changed.close();
    const store = SqliteStore.open({ file });
    expect(() => store.wipeSome(0)).toThrow(/auto_vacuum, where nothing can be wiped: set it to 0 and VACUUM$/);
    expect(store.check()).toEqual([]);
    store.close();
  });
});

/** Accounts with names in no order, so that index pages are split, and every other one of them removed. */
function fill(file: string): void {
  const random = seeded(3);
  const database = new SqliteDatabase(file);
  database.pragma('secure_delete = ON');
  const add = database.prepare(
    `INSERT INTO accounts (id, name, folded_name, enabled, options, created_at) VALUES (?, ?, ?, 1, '{}', 0)`,
  );
  const remove = database.prepare('DELETE FROM accounts WHERE id = ?');
  database.transaction(() => {
    for (let n = 0; n < ACCOUNTS; n += 1) {
      const name = `${random().toString(36).slice(2, 8)} ${canary(n)}`;
      add.run(`a${n}`, name, name);
    }
  })();
  for (let n = 0; n < ACCOUNTS; n += 2) remove.run(`a${n}`);
  database.close();
}
