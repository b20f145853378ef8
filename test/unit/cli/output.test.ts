import { describe, expect, it } from 'vitest';
import { table } from '../../../src/app/cli/output.js';

const HEAD = ['STARTED', 'DIALLED', 'ACCOUNT', 'OUTCOME'];
const ROWS = [
  ['2026-01-15 12:00', '+442071234567', 'Department of Long Names', 'unknown-number'],
  ['2026-01-15 12:01', '8000', 'Mary', 'completed'],
];

describe('a table', () => {
  it('is as wide as it gets where nobody looks at it on a terminal, a line for each row', () => {
    expect(table(HEAD, ROWS).split('\n')).toEqual([
      'STARTED           DIALLED        ACCOUNT                   OUTCOME',
      '2026-01-15 12:00  +442071234567  Department of Long Names  unknown-number',
      '2026-01-15 12:01  8000           Mary                      completed',
    ]);
  });

  it('goes on in the next line where the terminal is narrower, at a blank or a hyphen', () => {
    expect(table(HEAD, ROWS, 60).split('\n')).toEqual([
      'STARTED     DIALLED        ACCOUNT        OUTCOME',
      '2026-01-15  +442071234567  Department of  unknown-number',
      '12:00                      Long Names',
      '2026-01-15  8000           Mary           completed',
      '12:01',
    ]);
  });

  it.each([80, 60, 50])('breaks no number and keeps within %d columns', (width) => {
    const shown = table(HEAD, ROWS, width);
    expect(Math.max(...shown.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(width);
    expect(shown).toContain('+442071234567');
  });

  it('cuts nothing off, however narrow the terminal is', () => {
    const shown = table(HEAD, ROWS, 10).replaceAll(/\s/g, '');
    for (const piece of ['+4420712', '34567', 'Departme', 'Names', 'unknown-']) expect(shown).toContain(piece);
  });

  it('of nothing but its head is that head', () => {
    expect(table(HEAD, [], 80)).toBe('STARTED  DIALLED  ACCOUNT  OUTCOME');
  });
});
