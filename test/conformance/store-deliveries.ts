import { describe, expect, it } from 'vitest';
import { accountId, bookingId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type { Delivery } from '../../src/ports/store-deliveries.js';
import { delivery } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

const ids = (found: readonly Delivery[]): readonly string[] => found.map(({ id }) => id);

/** What is to be sent, and what was tried in vain. @param stage of the test that runs */
export function describeDeliveries(stage: () => StoreStage): void {
  describe('deliveries', () => {
    const add = (...deliveries: readonly Delivery[]): number => stage().store.addDeliveries(deliveries);

    it('gives one back as it was added', () => {
      stage().add('a1');
      const whole = delivery('d1', {
        ...{ kind: 'host-report', channel: 'webhook', conferenceRecordId: 7, address: 'https://example.org/hook' },
      });
      expect(add(whole, delivery('d2'))).toBe(2);
      expect(stage().store.delivery('d1')).toEqual(whole);
      expect(stage().store.delivery('d2')).toEqual(delivery('d2'));
      expect(stage().store.delivery('d3')).toBeNull();
    });

    it('keeps nothing of an account or a booking that is not there, and nothing of one that was removed', () => {
      stage().add('a1');
      expect(add(delivery('d1'), delivery('d2', { accountId: accountId('nobody') }))).toBe(1);
      expect(add(delivery('d3', { bookingId: bookingId('none') }))).toBe(0);
      expect(ids(stage().store.deliveries({ limit: 9 }))).toEqual(['d1']);
      stage().store.removeAccount(accountId('a1'));
      expect(stage().store.deliveries({ limit: 9 })).toEqual([]);
      expect(stage().store.nextDeliveryAt()).toBeNull();
    });

    it('refuses an id twice, and keeps none of those that came with it', () => {
      stage().add('a1');
      add(delivery('d1'));
      expect(() => add(delivery('d2'), delivery('d1'))).toThrow(Duplicate);
      expect(ids(stage().store.deliveries({ limit: 9 }))).toEqual(['d1']);
    });

    it('tells which of a channel are due, to the millisecond, reminders first, then the longest due, and when the next one is', () => {
      stage().add('a1');
      add(delivery('d1', { nextAt: 200 }), delivery('d2', { nextAt: 100 }), delivery('d3', { nextAt: 300 }));
      const due = (at: number, limit = 9): readonly string[] => ids(stage().store.deliveriesDue('mail', at, limit));
      expect(due(99)).toEqual([]);
      expect(due(100)).toEqual(['d2']);
      expect(due(300)).toEqual(['d2', 'd1', 'd3']);
      expect(due(300, 2)).toEqual(['d2', 'd1']);
      expect(stage().store.nextDeliveryAt()).toBe(100);
      add(delivery('d4', { nextAt: 300, kind: 'reminder' }), delivery('d5', { nextAt: 50, channel: 'sms' }));
      expect(due(299)).toEqual(['d2', 'd1']);
      expect(due(300, 3)).toEqual(['d4', 'd2', 'd1']);
      expect(due(300, 1)).toEqual(['d4']);
      expect(ids(stage().store.deliveriesDue('sms', 300, 9))).toEqual(['d5']);
    });

    it('is taken by one only, when it is due, and falls due again later for whoever dies over it', () => {
      stage().add('a1');
      add(delivery('d1', { nextAt: 100 }));
      expect(stage().store.claimDelivery('d1', 99, 500)).toBe(false);
      expect(stage().store.claimDelivery('d1', 100, 500)).toBe(true);
      expect(stage().store.claimDelivery('d1', 100, 500)).toBe(false);
      expect(stage().store.delivery('d1')).toMatchObject({ attempts: 1, nextAt: 500 });
      expect(stage().store.claimDelivery('d1', 500, 900)).toBe(true);
      expect(stage().store.delivery('d1')).toMatchObject({ attempts: 2, nextAt: 900 });
      expect(stage().store.claimDelivery('none', 500, 900)).toBe(false);
    });

    it('keeps nothing of one that was sent', () => {
      stage().add('a1');
      add(delivery('d1'));
      expect(stage().store.removeDelivery('d1')).toBe(true);
      expect(stage().store.removeDelivery('d1')).toBe(false);
      expect(stage().store.deliveries({ limit: 9 })).toEqual([]);
    });

    it('is given up for good until someone asks to try it again', () => {
      stage().add('a1');
      add(delivery('d1', { nextAt: 100, attempts: 3 }), delivery('d2', { nextAt: 50 }));
      expect(stage().store.failDelivery('d1', { error: 'refused', nextAt: 100, failedAt: 120 })).toBe(true);
      expect(stage().store.failDelivery('d2', { error: 'away', nextAt: 900, failedAt: null })).toBe(true);
      expect(stage().store.delivery('d1')).toMatchObject({ error: 'refused', failedAt: 120 });
      expect(ids(stage().store.deliveriesDue('mail', 1000, 9))).toEqual(['d2']);
      expect(stage().store.claimDelivery('d1', 1000, 2000)).toBe(false);
      expect(stage().store.nextDeliveryAt()).toBe(900);
      expect(stage().store.countFailedDeliveries()).toBe(1);
      expect(ids(stage().store.deliveries({ limit: 9, failed: true }))).toEqual(['d1']);
      expect(ids(stage().store.deliveries({ limit: 9, failed: false }))).toEqual(['d2']);

      expect(stage().store.retryDelivery('d1', 500)).toBe(true);
      expect(stage().store.delivery('d1')).toMatchObject({ attempts: 0, nextAt: 500, failedAt: null, error: null });
      expect(stage().store.countFailedDeliveries()).toBe(0);
      expect(stage().store.failDelivery('none', { error: '', nextAt: 0, failedAt: null })).toBe(false);
      expect(stage().store.retryDelivery('none', 1)).toBe(false);
    });

    it('lists those of one account or all, the longest waiting first', () => {
      stage().add('a1');
      stage().add('a2');
      add(
        delivery('d1', { nextAt: 3 }),
        delivery('d2', { nextAt: 1, accountId: accountId('a2') }),
        delivery('d3', { nextAt: 2 }),
      );
      expect(ids(stage().store.deliveries({ limit: 9 }))).toEqual(['d2', 'd3', 'd1']);
      expect(ids(stage().store.deliveries({ limit: 2 }))).toEqual(['d2', 'd3']);
      expect(ids(stage().store.deliveries({ limit: 9, accountId: accountId('a1') }))).toEqual(['d3', 'd1']);
      expect(stage().store.deliveries({ limit: 9, accountId: accountId('nobody') })).toEqual([]);
      expect(() => stage().store.deliveries({ limit: 0 })).toThrow(RangeError);
    });

    it('plans no reminder where there is no booking', () => {
      stage().add('a1');
      const plan = { leadMs: 60_000, shorterMs: 0, mail: true, sms: true };
      expect(stage().store.planReminders({ ...plan, now: 1_000_000 })).toBe(false);
      expect(stage().store.planReminders({ ...plan, now: 2_000_000 })).toBe(false);
      expect(stage().store.deliveries({ limit: 9 })).toEqual([]);
    });
  });
}
