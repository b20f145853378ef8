import { parentPort, workerData } from 'node:worker_threads';
import type { Log } from '../../bridge/log.js';
import { keepUnrolled } from '../bookings/keep-unrolled.js';
import { warnOfRunningOut } from '../bookings/running-out.js';
import { openSender } from '../compose-deliveries.js';
import { openStore } from '../compose-store.js';
import { unpackConfig } from '../config/packed.js';
import { ALIVE_MS } from './protocol.js';
import type { BackgroundData, FromBackground } from './protocol.js';

/**
 * Entry of the background thread: it sends messages and unrolls bookings, by its own connection to the database. It has the priority of
 * all others: calls would wait for it where it was put off in the middle of a write.
 */

const port = parentPort;
if (port !== null) {
  const post = (message: FromBackground): void => port.postMessage(message);
  const line =
    (level: keyof Log): Log['info'] =>
    (fields, message) =>
      post({ type: 'log', level, fields, message });
  const log: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const config = unpackConfig((workerData as BackgroundData).config);
  const stores = openStore(config);
  const sender = openSender(config, stores, log);
  const stopUnrolling = keepUnrolled(stores, log);
  const stopWarning = warnOfRunningOut(stores, log);
  const alive = setInterval(() => post({ type: 'alive' }), ALIVE_MS);
  // the one thing that is asked of it: to end
  port.once('message', () => {
    stopUnrolling();
    stopWarning();
    void sender.stop().finally(() => {
      clearInterval(alive);
      stores.store.close();
      post({ type: 'stopped' });
      port.close();
    });
  });
  sender.start();
}
