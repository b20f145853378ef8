import { describe, expect, it } from 'vitest';
import { durationText, levelBar, levelText, meterLine } from '../../../src/app/telephone/level-meter.js';

describe('the level meter', () => {
  it('is empty at -60 dBFS and below, full at 0, half full at -30', () => {
    expect(levelBar(-Infinity, 8)).toBe('        ');
    expect(levelBar(-60, 8)).toBe('        ');
    expect(levelBar(-30, 8)).toBe('████    ');
    expect(levelBar(0, 8)).toBe('████████');
    expect(levelBar(3, 8)).toBe('████████');
  });

  it('moves in eighths of a cell', () => {
    expect(levelBar(-60 + 60 / 64, 8)).toBe('▏       ');
    expect(levelBar(-60 + (60 * 7) / 64, 8)).toBe('▉       ');
  });

  it('says the level in figures of the same width', () => {
    expect([levelText(-Infinity), levelText(-96), levelText(-23.4), levelText(-3)]).toEqual([
      '    quiet',
      '    quiet',
      ' -23 dBFS',
      '  -3 dBFS',
    ]);
  });

  it('says the time as a clock', () => {
    expect([durationText(0), durationText(61_999), durationText(3_600_000)]).toEqual(['00:00', '01:01', '1:00:00']);
  });

  it('never fills the last column, however narrow the terminal', () => {
    for (let columns = 0; columns < 200; columns += 1) {
      const line = meterLine({ inDbfs: -20, outDbfs: -96 }, 12_345, columns);
      expect(line.length).toBeLessThanOrEqual(Math.max(0, columns - 1));
    }
  });
});
