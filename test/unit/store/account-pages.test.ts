import SqliteDatabase from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccountPages } from '../../../src/adapters/sqlite/account-pages.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { AccountPage } from '../../../src/ports/store.js';
import { add, SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
let database: Database;
beforeEach(() => {
  bench = new SqliteBench();
  add(bench.open(), 'a');
  database = new SqliteDatabase(bench.file);
});
afterEach(() => {
  database.close();
  bench.dispose();
});

/** How SQLite goes about one page: the steps by which it comes to its rows. */
function planOf(page: Omit<AccountPage, 'limit'>): readonly string[] {
  const asked: string[] = [];
  const watched = {
    prepare: (sql: string) => {
      asked.push(sql);
      return database.prepare(sql);
    },
  } as unknown as Database;
  new AccountPages(watched).page({ limit: 9, ...page });
  const rows = database.prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${asked.at(-1) ?? ''}`);
  const values = { limit: 9, prefix: '', end: 'x', email: 'x', name: '', seq: 0 };
  return rows
    .all(values)
    .map(({ detail }) => detail)
    .filter((detail) => !/SUBQUERY|subquery|importing|rowid=\?/.test(detail));
}

describe('a page of accounts is read from where it begins, in its order', () => {
  const after = accountId('a');
  const [byName, byState] = ['SEARCH a USING INDEX accounts_by_name', 'SEARCH a USING INDEX accounts_by_state'];
  const byAddress = 'SEARCH a USING COVERING INDEX accounts_by_email';
  const sorted = 'USE TEMP B-TREE FOR ORDER BY';
  it.each<[string, Omit<AccountPage, 'limit'>, readonly string[]]>([
    ['all', {}, ['SCAN a']],
    ['all, further on', { after }, ['SEARCH a USING INTEGER PRIMARY KEY (rowid>?)']],
    ['a name', { namePrefix: 'n' }, [`${byName} (folded_name>? AND folded_name<?)`]],
    ['a name, further on', { namePrefix: 'n', after }, [`${byName} ((folded_name,rowid)>(?,?) AND folded_name<?)`]],
    ['a state', { enabled: false }, [`${byState} (enabled=?)`]],
    ['a state, further on', { enabled: true, after }, [`${byState} (enabled=? AND rowid>?)`]],
    [
      'a state and a name',
      { enabled: false, namePrefix: 'n' },
      [`${byState}_and_name (enabled=? AND folded_name>? AND folded_name<?)`],
    ],
    [
      'a state and a name, further on',
      { enabled: true, namePrefix: 'n', after },
      [`${byState}_and_name (enabled=? AND (folded_name,rowid)>(?,?) AND folded_name<?)`],
    ],
    ['an address', { email: 'x' }, [`${byAddress} (email=?)`, sorted, sorted]],
    [
      'an address and a state, further on',
      { email: 'x', enabled: true, after },
      [`${byAddress} (email=? AND enabled=?)`, sorted, sorted],
    ],
    ['an address and a name', { email: 'x', namePrefix: 'n' }, [`${byAddress} (email=?)`, sorted, sorted]],
  ])('by %s', (_, page, plan) => {
    expect(planOf(page)).toEqual(plan);
  });
});
