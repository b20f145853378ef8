import { describe, expect, it } from 'vitest';
import { keyTone } from '../../../src/adapters/embedded-media/dtmf-tones.js';
import { concatenated } from '../../sound.js';
import { Bench } from './bench.js';

describe('a key pressed while a leg is handed over', () => {
  it.each(Array.from({ length: 12 }, (_, tick) => 8 + tick))(
    'as a tone is told once, wherever in it the handover falls (tick %i)',
    (ticks) => {
      for (let phase = 0; phase < 160; phase += 20) {
        const bench = new Bench();
        const leg = bench.leg();
        leg.says = concatenated(new Int16Array(1_600 + phase), keyTone('5', 120, -12), new Int16Array(8_000));
        bench.tick(ticks);
        bench.handOver(leg);
        bench.tick(60);
        expect(bench.told('key')).toMatchObject([{ key: '5', method: 'inband' }]);
      }
    },
  );
});
