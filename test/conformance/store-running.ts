import { describe, expect, it } from 'vitest';
import { Duplicate } from '../../src/ports/store.js';
import type { StoreStage } from './store-stage.js';

/** Where calls come in, and what lives now. @param stage of the test that runs */
export function describeRunning(stage: () => StoreStage): void {
  describe('numbers and trunks', () => {
    it('lists numbers as they were added, in order', () => {
      const numbers = [
        { number: '+442071234567', pinLength: 9, greeting: 'welcome', label: 'London', createdAt: 5 },
        { number: 'conference', pinLength: 6, greeting: null, createdAt: 4 },
      ];
      numbers.forEach((number) => stage().store.addNumber(number));
      expect(stage().store.numbers()).toEqual(numbers);
    });

    it('refuses a number that is there, and forgets a removed one', () => {
      const number = { number: '8000', pinLength: 9, greeting: null, createdAt: 1 };
      stage().store.addNumber(number);
      expect(() => stage().store.addNumber({ ...number, pinLength: 7 })).toThrow(Duplicate);
      expect(stage().store.removeNumber('8000')).toBe(true);
      expect(stage().store.removeNumber('8000')).toBe(false);
      expect(stage().store.numbers()).toEqual([]);
    });

    it('lists trunks as they were added, in order', () => {
      const trunks = [
        { name: 'pbx', sources: ['192.0.2.10', '2001:db8::/32'], enabled: true, createdAt: 2 },
        { name: 'Carrier', sources: [], enabled: false, createdAt: 1 },
      ];
      trunks.forEach((trunk) => stage().store.addTrunk(trunk));
      expect(stage().store.trunks()).toEqual(trunks);
    });

    it('refuses a trunk whose name is there in any case, and forgets a removed one', () => {
      const trunk = { name: 'PBX', sources: ['192.0.2.1'], enabled: true, createdAt: 1 };
      stage().store.addTrunk(trunk);
      expect(() => stage().store.addTrunk({ ...trunk, name: 'pbx' })).toThrow(Duplicate);
      expect(stage().store.removeTrunk('Pbx')).toBe(true);
      expect(stage().store.removeTrunk('PBX')).toBe(false);
      expect(stage().store.trunks()).toEqual([]);
    });
  });

  describe('what lives now', () => {
    it('is kept by kind and id, the newest of each, in order of id', () => {
      stage().store.saveLive([
        { kind: 'call', id: 'c2', data: 'two' },
        { kind: 'call', id: 'c1', data: 'one' },
        { kind: 'conference', id: 'c1', data: 'room' },
      ]);
      stage().store.saveLive([{ kind: 'call', id: 'c2', data: 'two again' }]);
      expect(stage().store.live('call')).toEqual([
        { id: 'c1', data: 'one' },
        { id: 'c2', data: 'two again' },
      ]);
      expect(stage().store.live('conference')).toEqual([{ id: 'c1', data: 'room' }]);
    });

    it('takes the changes of one id in their order, and forgets what is over', () => {
      stage().store.saveLive([
        { kind: 'call', id: 'c1', data: 'one' },
        { kind: 'call', id: 'c2', data: 'two' },
        { kind: 'call', id: 'c1', data: null },
        { kind: 'call', id: 'c2', data: null },
        { kind: 'call', id: 'c2', data: 'two again' },
      ]);
      expect(stage().store.live('call')).toEqual([{ id: 'c2', data: 'two again' }]);
      stage().store.saveLive([{ kind: 'conference', id: 'c2', data: null }]);
      expect(stage().store.live('call')).toHaveLength(1);
    });

    it('may be nothing, and any text', () => {
      stage().store.saveLive([]);
      const text = `"'\u0000\n😀 ${'x'.repeat(100_000)}`;
      stage().store.saveLive([{ kind: 'conference', id: "k'1", data: text }]);
      expect(stage().store.live('conference')).toEqual([{ id: "k'1", data: text }]);
      expect(stage().store.live('call')).toEqual([]);
    });
  });

  describe('mixers being drained', () => {
    it('are told in order of name until they are drained no more', () => {
      expect(stage().store.drainedMixers()).toEqual([]);
      expect(stage().store.setMixerDrained('b', true)).toBe(true);
      expect(stage().store.setMixerDrained('a', true)).toBe(true);
      expect(stage().store.drainedMixers()).toEqual(['a', 'b']);
      expect(stage().store.setMixerDrained('b', false)).toBe(true);
      expect(stage().store.drainedMixers()).toEqual(['a']);
    });

    it('are changed only once: the store says when there was nothing to do', () => {
      expect(stage().store.setMixerDrained('a', false)).toBe(false);
      stage().store.setMixerDrained('a', true);
      expect(stage().store.setMixerDrained('a', true)).toBe(false);
      expect(stage().store.drainedMixers()).toEqual(['a']);
    });
  });
}
