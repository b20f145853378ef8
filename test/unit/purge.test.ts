import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { openArchive } from '../../src/app/compose-recordings.js';
import { openStore } from '../../src/app/compose-store.js';
import { parseConfig } from '../../src/app/config.js';
import { purge, startPurging } from '../../src/app/purge.js';
import { accountId } from '../../src/domain/identifiers.js';
import { findCanaries } from '../canaries.js';
import { account, call, pin } from '../conformance/store-stage.js';
import { ManualClock } from '../fakes/manual-clock.js';

const MINUTE = 60_000;
/** A round wipes files and waits for the disk, milliseconds. */
const PATIENCE = { interval: 2, timeout: 10_000 };

it('a running bridge leaves nothing in its files of a call that ended after its account was erased, with its next round', async () => {
  const directory = mkdtempSync(`${tmpdir()}/partyline-purge-`);
  const config = parseConfig({ dataDir: directory }, {});
  const { store } = openStore(config);
  const clock = new ManualClock();
  const round = vi.spyOn(store, 'sweepSome');
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const names = { removeUnfinished: () => Promise.resolve() };
  const id = accountId('a1');
  store.addAccount(account('a1'), { host: pin('h'), guest: pin('g') });
  store.beginErasure(id, 'erase');
  const stop = startPurging({ store, archive: openArchive(config, store), names, clock, config, log });
  const canaries = [{ what: 'number', text: '442079460958' }];
  try {
    await vi.waitFor(() => expect([round.mock.calls.length, clock.pending]).toEqual([1, 1]), PATIENCE);
    for (let n = 0; n < 20; n += 1) store.addCallRecord(call(`c${n}`, { accountId: id, caller: '+442079460958' }));
    expect(findCanaries(directory, canaries)).not.toEqual([]);
    clock.advance(10 * MINUTE);
    await vi.waitFor(() => expect([round.mock.calls.length, clock.pending]).toEqual([2, 1]), PATIENCE);
    expect(store.callRecords({ limit: 99 })).toEqual([]);
    expect(findCanaries(directory, canaries)).toEqual([]);
  } finally {
    await stop();
    store.close();
    rmSync(directory, { recursive: true });
  }
});

it('a running bridge wipes what is left of erased rows an hour after its start, and once a day', async () => {
  const directory = mkdtempSync(`${tmpdir()}/partyline-purge-`);
  const config = parseConfig({ dataDir: directory }, {});
  const { store } = openStore(config);
  const clock = new ManualClock();
  const wipe = vi.spyOn(store, 'wipeSome');
  const round = vi.spyOn(store, 'sweepSome');
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const names = { removeUnfinished: () => Promise.resolve() };
  const stop = startPurging({ store, archive: openArchive(config, store), names, clock, config, log });
  try {
    const wipes: number[] = [];
    for (let n = 1; n <= 6 * 26; n += 1) {
      await vi.waitFor(() => expect([round.mock.calls.length, clock.pending]).toEqual([n, 1]), PATIENCE);
      if (wipe.mock.calls.length > 0) wipes.push(10 * (n - 1));
      wipe.mockClear();
      clock.advance(10 * MINUTE);
    }
    expect(wipes).toEqual([60, 60 + 24 * 60]);
    expect(log.error).not.toHaveBeenCalled();
  } finally {
    await stop();
    store.close();
    rmSync(directory, { recursive: true });
  }
});

it('a purge says that it removed something of erased accounts only where it did, however many are noted still', async () => {
  const directory = mkdtempSync(`${tmpdir()}/partyline-purge-`);
  const config = parseConfig({ dataDir: directory }, {});
  const { store } = openStore(config);
  const once = async (): Promise<unknown> => {
    const archive = openArchive(config, store);
    const { erasing, erased } = await purge({ store, config, archive, clock: { wall: Date.now } });
    return [erasing, erased];
  };
  try {
    // more than are looked at in one step
    for (let n = 0; n < 120; n += 1) {
      store.addAccount(account(`a${n}`), { host: pin(`h${n}`), guest: pin(`g${n}`) });
      store.beginErasure(accountId(`a${n}`), 'erase');
    }
    expect(await once()).toEqual(['done', true]);
    expect(await once()).toEqual(['done', false]);
    store.addCallRecord(call('c1', { accountId: accountId('a119') }));
    expect(await once()).toEqual(['done', true]);
    expect([store.callRecords({ limit: 9 }), await once()]).toEqual([[], ['done', false]]);
  } finally {
    store.close();
    rmSync(directory, { recursive: true });
  }
});
