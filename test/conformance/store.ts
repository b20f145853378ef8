import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/ports/store.js';
import type { Store } from '../../src/ports/store.js';
import { describeAccounts } from './store-accounts.js';
import { describeBookings } from './store-bookings.js';
import { describeCodes } from './store-codes.js';
import { describeDeliveries } from './store-deliveries.js';
import { describePrivacy } from './store-privacy.js';
import { describePins } from './store-pins.js';
import { describeBlocksAndRecordings } from './store-recordings.js';
import { describeRecords } from './store-records.js';
import { describeReports } from './store-reports.js';
import { describeRunning } from './store-running.js';
import { StoreStage } from './store-stage.js';

/** What holds for every store. `factory` opens an empty one with this clock, milliseconds since the epoch. */
export function describeStore(name: string, factory: (now: () => number) => Store): void {
  describe(`store: ${name}`, () => {
    let stage: StoreStage;
    beforeEach(() => {
      stage = new StoreStage(factory);
    });
    afterEach(() => {
      stage.store.close();
    });
    const now = (): StoreStage => stage;

    describeAccounts(now);
    describeCodes(now);
    describePins(now);
    describeBlocksAndRecordings(now);
    describeRunning(now);
    describeRecords(now);
    describeBookings(now);
    describeReports(now);
    describeDeliveries(now);
    describePrivacy(now);

    it('has nothing to complain about when all is well', () => {
      stage.add('a1');
      expect(stage.store.check()).toEqual([]);
    });

    it('refuses to work once it is closed, and says so', () => {
      const { store } = stage;
      store.close();
      expect(() => store.findPin('x', 0)).toThrow(StoreUnavailable);
      expect(() => stage.add('a1')).toThrow(StoreUnavailable);
      expect(() => store.saveLive([{ kind: 'call', id: 'c1', data: 'x' }])).toThrow(StoreUnavailable);
      expect(() => store.live('call')).toThrow(StoreUnavailable);
      expect(() => store.setMixerDrained('a', true)).toThrow(StoreUnavailable);
      expect(store.check()).not.toEqual([]);
    });
  });
}
