import { EmbeddedSignaling } from '../../src/adapters/embedded-sip/signaling.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../src/adapters/system/randomness.js';
import { describeSignaling } from './signaling.js';

// T1 of 20 ms: an ACK is missed after 1.3 s instead of 32.
const timers = { t1: 20, t2: 160, t4: 200 };

describeSignaling('embedded', () => ({
  signaling: new EmbeddedSignaling({
    listen: [
      { transport: 'udp', address: '127.0.0.1', port: 0 },
      { transport: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    clock: new SystemClock(),
    randomness: new SystemRandomness(),
    timers,
  }),
  timers,
}));
