import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLines, readCsv, withoutGuard } from '../../../src/app/csv.js';

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom("'", '=', '+', '-', '@', '"', ',', ';', '\r', '\n', ' ', '1', '\uff1d', 'é'),
    maxLength: 6,
  }),
);

describe('CSV that is written', () => {
  it('is read as it was, whatever is in it, and holds no formula', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), (rows) => {
        const written = csvLines([['a', 'b'], ...rows.map(([a, b]) => ['x', a, b])]);
        const cells = readCsv(Buffer.from(written, 'utf8')).slice(1);
        expect(cells.map(({ cells: [, ...rest] }) => rest.map(withoutGuard))).toEqual(rows);
        for (const cell of cells.flatMap((row) => row.cells)) {
          expect(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell) && !/^\+\d+$/.test(cell)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('quotes what must be quoted and nothing else', () => {
    expect(csvLines([['a b', 1.5, null, true, 'x,y', '"', 'l\nm', -2]])).toBe('a b,1.5,,true,"x,y","""","l\nm",-2\r\n');
    expect(csvLines([['a', -2, null, '+44', '-1']])).toBe("a,-2,,+44,'-1\r\n");
  });
});
