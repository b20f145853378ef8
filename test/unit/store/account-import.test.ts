import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    store.sweepImports();
    bench.tamper('UPDATE importing SET at = 0');
    store.sweepImports();
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
    store.sweepImports();
    expect(store.countAccounts()).toBe(3);
    time += 1;
    store.sweepImports();
    expect(store.accounts({ limit: 9 }).map(({ id }) => id)).toEqual(['a2']);
    expect(store.findPin('a1-host', 0)).toBeNull();
  });
});
