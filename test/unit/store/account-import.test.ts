import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importAccounts } from '../../../src/adapters/sqlite/account-import.js';
import { openDatabase } from '../../../src/adapters/sqlite/open-database.js';
import { PinTable } from '../../../src/adapters/sqlite/pins.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { Duplicate } from '../../../src/ports/store.js';
import { account, pin } from '../../conformance/store-stage.js';
import { add, SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

/** More than go in by the first transaction. */
const MANY = 2_000;
const rows = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    account: account(`a${n}`),
    pins: { host: pin(`a${n}-host`), guest: pin(`a${n}-guest`) },
  }));

describe('an import of several transactions', () => {
  it('adds all in their order and leaves no mark', () => {
    const store = bench.open();
    store.importAccounts(rows(MANY));
    expect(store.countAccounts()).toBe(MANY);
    expect(store.accounts({ limit: 2, after: accountId('a1233') }).map(({ id }) => id)).toEqual(['a1234', 'a1235']);
    expect(store.findPin(`a${MANY - 1}-guest`, 0)?.account.id).toBe(`a${MANY - 1}`);
    bench.tamper('UPDATE importing SET at = 0');
    expect(store.sweepSome(10_000)).toBe(false);
    expect(store.countAccounts()).toBe(MANY);
    expect(store.check()).toEqual([]);
  });

  it('takes out what is in already when a later row cannot be added, and nothing else', () => {
    const store = bench.open();
    add(store, 'before');
    const taken = { account: account('last'), pins: { host: pin('x'), guest: pin('before-guest') } };
    expect(() => store.importAccounts([...rows(MANY), taken])).toThrow(Duplicate);
    expect(store.accounts({ limit: 9 }).map(({ id }) => id)).toEqual(['before']);
    expect(store.findPin('a0-host', 0)).toBeNull();
    expect(store.findPin('before-guest', 0)?.role).toBe('guest');
    // their PINs were shown to nobody
    store.importAccounts(rows(MANY));
    expect(store.countAccounts()).toBe(MANY + 1);
  });

  it('is taken out a minute after its process died, not while it lives', () => {
    let time = 1_700_000_000_000;
    const store = bench.open({ now: () => time });
    for (const id of ['a1', 'a2', 'a3']) add(store, id);
    bench.tamper(
      `INSERT INTO importing (account_seq, token, at) SELECT seq, 'cut off', ${time} FROM accounts WHERE id <> 'a2'`,
    );
    time += 60_000;
    expect(store.sweepSome(1)).toBe(false);
    expect(store.countAccounts()).toBe(3);
    time += 1;
    expect([1, 2, 3].map(() => store.sweepSome(1))).toEqual([true, true, false]);
    expect(store.countAccounts()).toBe(1);
    expect(store.accounts({ limit: 9 }).map(({ id }) => id)).toEqual(['a2']);
    expect(store.findPin('a2-host', 0)?.role).toBe('host');
  });

  it('is seen by nobody, and its PINs open nothing, before the last of them', () => {
    const store = bench.open();
    add(store, 'before');
    add(store, 'half');
    bench.tamper(
      `INSERT INTO importing (account_seq, token, at) SELECT seq, 'going on', 0 FROM accounts WHERE id = 'half'`,
    );
    expect(store.findPin('half-host', 0)).toBeNull();
    expect(store.account(accountId('half'))).toBeNull();
    expect(store.accountsNamed('name of half')).toEqual([]);
    for (const page of [{}, { namePrefix: '' }, { enabled: true }, { after: accountId('before') }]) {
      expect(store.accounts({ limit: 9, ...page }).map(({ id }) => id)).not.toContain('half');
    }
    expect(store.isFree('half-host')).toBe(false);
    bench.tamper('DELETE FROM importing');
    expect(store.findPin('half-host', 0)?.account.id).toBe('half');
    expect(store.accounts({ limit: 9, after: accountId('before') }).map(({ id }) => id)).toEqual(['half']);
  });

  it('adds none where it stood still so long that others took it for dead', () => {
    let time = 1_700_000_000_000;
    const [store, other] = [bench.open({ now: () => time }), bench.open({ now: () => time })];
    let turns = 0;
    const database = openDatabase({ file: bench.file });
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
      turns += 1;
      if (turns > 1) return;
      // as if the process had been stopped there
      time += 60_001;
      while (other.sweepSome(10_000));
    };
    const parts = { database, pins: new PinTable(database, () => time), change, noted: change };
    expect(() => importAccounts(parts, rows(MANY))).toThrow(/taken for dead: nothing was added, try again/);
    database.close();
    expect(turns).toBeGreaterThan(1);
    expect(store.countAccounts()).toBe(0);
    store.importAccounts(rows(MANY));
    expect(store.countAccounts()).toBe(MANY);
  });

  it('is done when all are in, although its temporary tables cannot be removed just then; the next one begins anew', () => {
    const store = bench.open();
    const database = openDatabase({ file: bench.file });
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
    };
    const reading: { rows?: IterableIterator<unknown> } = {};
    const noted = (action: () => void): void => {
      change(action);
      // nothing is removed from a connection that reads
      reading.rows = database.prepare('SELECT * FROM temp.new_accounts').iterate();
      reading.rows.next();
    };
    const parts = { database, pins: new PinTable(database, () => 0), change };
    importAccounts({ ...parts, noted }, rows(3));
    expect(store.findPin('a2-guest', 0)?.account.id).toBe('a2');
    reading.rows?.return?.();
    importAccounts({ ...parts, noted: change }, [
      { account: account('b'), pins: { host: pin('b-h'), guest: pin('b-g') } },
    ]);
    expect(store.countAccounts()).toBe(4);
    expect(database.prepare('SELECT name FROM temp.sqlite_schema').all()).toEqual([]);
    database.close();
  });
});
