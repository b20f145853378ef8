import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openStore, rekeyPins } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import { account } from '../../conformance/store-stage.js';

/**
 * A process that is killed at its work: `dying-long-work.ts DIRECTORY import|rekey COUNT`. It writes a line when it begins and one when all is
 * done.
 */
const [directory = '', what = '', count = '0'] = process.argv.slice(2);
const config = parseConfig({ dataDir: directory }, {});
const { store } = openStore(config);
const version = store.pinKeyVersion();
const code = () => ({ hash: `v${version}.${randomBytes(32).toString('hex')}`, length: 9, sealed: 's1.' });
const rows = Array.from({ length: Number(count) }, () => ({
  account: account(`a${randomBytes(8).toString('hex')}`),
  pins: { host: code(), guest: code() },
}));
writeSync(1, 'begun\n');
if (what === 'import') store.importAccounts(rows);
else rekeyPins(config, store);
writeSync(1, 'done\n');
store.close();
