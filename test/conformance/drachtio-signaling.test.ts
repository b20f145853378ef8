import { DrachtioSignaling } from '../../src/adapters/drachtio/signaling.js';
import { describeProduction, productionDirectory, useDrachtio } from '../production.js';
import { describeSignaling } from './signaling.js';

// drachtio-server keeps to the times of RFC 3261: an ACK is missed after 32 s.
const timers = { t1: 500, t2: 4_000, t4: 5_000 };

describeProduction('drachtio-server', () => {
  const server = useDrachtio(productionDirectory());
  describeSignaling('drachtio', () => {
    const { host, port, secret } = server();
    return { signaling: new DrachtioSignaling({ host, port, secret }), timers };
  });
});
