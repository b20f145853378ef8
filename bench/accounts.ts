/*
 * Accounts at the scale of a provider, on this machine's disk.
 *
 *   npm run bench:accounts -- [--accounts 1000000] [--import 100000] [--look-ups 100000] [--directory DIR]
 *
 * A data directory with so many accounts is made, each with a host and a guest PIN, both under the real key and the guest PIN sealed; then
 * stated are: what a PIN that is right and one that is wrong cost to look up, pages of the list with every filter, an import as the command line
 * does it and how long it keeps another writer waiting, the new key for all PINs, and the size of the database.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { SystemRandomness } from '../src/adapters/system/randomness.js';
import { openStore, rekeyPins } from '../src/app/compose-store.js';
import { runCli } from '../src/app/cli/program.js';
import { loadConfig } from '../src/app/config.js';
import { drawFree } from '../src/app/drawing.js';
import { wantedCode } from '../src/app/provision.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../src/domain/conference-options.js';
import { accountId } from '../src/domain/identifiers.js';
import type { Account, AccountPins } from '../src/ports/store.js';
import { numberFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const ACCOUNTS = numberFlag('accounts', 1_000_000);
const IMPORTED = numberFlag('import', 100_000);
const LOOK_UPS = numberFlag('look-ups', 100_000);
/** Accounts put in at once while the directory is made. */
const BATCH = 50_000;
/** PINs that are kept to be looked up again. */
const KEPT = 20_000;
const DIGITS = 12;

const FIRST_NAMES = ['Mary', 'Zoë', 'Émile', 'Tom', 'Aoife', 'Jürgen', 'Ana', 'Ibrahim', 'Mei', 'Olga'];

const directory = mkdtempSync(join(tmpdir(), 'partyline-accounts-'));
const environment = { PARTYLINE_DATA_DIR: join(directory, 'data'), PARTYLINE_ENTRY_PIN_LENGTH: String(DIGITS) };
const { config } = loadConfig({ env: environment, workingDirectory: directory });
const stores = openStore(config);
const randomness = new SystemRandomness();
const rows: (readonly string[])[] = [];
const state = (what: string, figure: string): void => {
  rows.push([what, figure]);
  console.log(`${what}: ${figure}`);
};
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

const nameOf = (index: number): string =>
  `${FIRST_NAMES[index % FIRST_NAMES.length]} ${String(index).padStart(7, '0')}`;

function* accounts(from: number, count: number, pins: string[]): Generator<{ account: Account; pins: AccountPins }> {
  const taken = new Set<string>();
  for (let index = from; index < from + count; index += 1) {
    const id = accountId(randomness.identifier('a'));
    const account = {
      id,
      name: nameOf(index),
      email: `user${index}@example.org`,
      enabled: index % 1000 !== 999,
      options: DEFAULT_CONFERENCE_OPTIONS,
      createdAt: 1_700_000_000_000 + index,
    };
    const wanted = { host: wantedCode(id, 'host', DIGITS), guest: wantedCode(id, 'guest', DIGITS) };
    const { digits, pins: codes } = drawFree(stores, wanted, taken);
    if (account.enabled && pins.length < KEPT) pins.push(index % 2 === 0 ? digits.host : digits.guest);
    yield { account, pins: codes };
  }
}

/** Times of each, sorted, microseconds. */
function timesOf(count: number, action: (index: number) => void): readonly number[] {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const from = performance.now();
    action(index);
    times.push((performance.now() - from) * 1000);
  }
  return times.sort((a, b) => a - b);
}

const at = (times: readonly number[], share: number): string =>
  `${(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN).toFixed(1)} µs`;

/** Writes as a running bridge does, in a thread of its own, every 10 ms, and says how long the longest write took, ms. */
function writer(): { readonly longest: () => Promise<number> } {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const Database = require(workerData.library);
    const database = new Database(workerData.file, { timeout: 120000 });
    database.pragma('synchronous = NORMAL');
    const write = database.prepare("INSERT OR REPLACE INTO live (kind, id, data) VALUES ('call', 'bench', ?)");
    let longest = 0;
    const timer = setInterval(() => {
      const from = performance.now();
      write.run(String(from));
      longest = Math.max(longest, performance.now() - from);
    }, 10);
    parentPort.once('message', () => { clearInterval(timer); database.close(); parentPort.postMessage(longest); });
    parentPort.postMessage('ready');
  `;
  const library = new URL('../node_modules/better-sqlite3', import.meta.url).pathname;
  const worker = new Worker(source, { eval: true, workerData: { library, file: config.databaseFile } });
  return {
    longest: () =>
      new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.on('message', (message: unknown) => {
          if (typeof message === 'number') resolve(message);
        });
        worker.postMessage('end');
      }),
  };
}

async function main(): Promise<void> {
  const { store, pins } = stores;
  const kept: string[] = [];
  const made = performance.now();
  for (let from = 0; from < ACCOUNTS; from += BATCH) {
    store.importAccounts(accounts(from, Math.min(BATCH, ACCOUNTS - from), from % (BATCH * 5) === 0 ? kept : []));
  }
  state(`${ACCOUNTS} accounts made`, seconds(made));
  state('size of the database', `${(statSync(config.databaseFile).size / 1e6).toFixed(0)} MB`);

  const hashes = kept.map((digits) => pins.hash(digits));
  const found = timesOf(LOOK_UPS, (index) => {
    if (store.findPin(hashes[(index * 7919) % hashes.length] ?? '', Date.now()) === null)
      throw new Error('a PIN was lost');
  });
  state('look-up of a PIN, found', `median ${at(found, 0.5)}, 99 % within ${at(found, 0.99)}`);
  const whole = timesOf(LOOK_UPS, (index) => {
    store.findPin(pins.hash(kept[(index * 7919) % kept.length] ?? ''), Date.now());
  });
  state('the same with hashing it', `median ${at(whole, 0.5)}, 99 % within ${at(whole, 0.99)}`);
  const missed = timesOf(LOOK_UPS, () => {
    if (store.findPin(pins.hash(randomness.digits(DIGITS)), Date.now()) !== null) throw new Error('a PIN nobody drew');
  });
  state('look-up of a PIN, hashed, not found', `median ${at(missed, 0.5)}, 99 % within ${at(missed, 0.99)}`);

  const middle = store.accountsNamed(nameOf(Math.floor(ACCOUNTS / 2)))[0]?.id;
  const pages = {
    'the first page': {},
    'a page in the middle': { ...(middle === undefined ? {} : { after: middle }) },
    'by the beginning of a name': { namePrefix: 'aoife' },
    'by an e-mail address': { email: `USER${ACCOUNTS - 7}@example.org` },
    'those that are disabled': { enabled: false },
    'names and disabled': { namePrefix: 'olga', enabled: false },
  };
  for (const [name, page] of Object.entries(pages)) {
    const times = timesOf(20, () => store.accounts({ limit: 50, ...page }));
    state(`list, 50 of ${name}`, `median ${at(times, 0.5)}, longest ${at(times, 1)}`);
  }

  const csv = join(directory, 'staff.csv');
  const lines = Array.from(
    { length: IMPORTED },
    (_, n) => `New ${nameOf(n)},new${n}@example.com,Europe/Dublin,en-IE,no,20`,
  );
  writeFileSync(csv, ['name,email,time_zone,language,lock,max_callers', ...lines].join('\r\n'));
  const command = async (...args: readonly string[]): Promise<void> => {
    const io = { env: environment, workingDirectory: directory, isTerminal: false, ask: () => Promise.resolve('') };
    const status = await runCli(args, { ...io, stdout: () => undefined, stderr: (text) => console.error(text) });
    if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}`);
  };
  const dry = performance.now();
  await command('account', 'import', csv, '--dry-run');
  state(`import of ${IMPORTED}, dry run`, seconds(dry));
  const other = writer();
  const imported = performance.now();
  await command('account', 'import', csv, '--out', join(directory, 'pins.csv'));
  state(`import of ${IMPORTED}`, seconds(imported));
  state('meanwhile, the longest write of a bridge', `${(await other.longest()).toFixed(0)} ms`);
  if (readFileSync(join(directory, 'pins.csv'), 'utf8').split('\r\n').length !== IMPORTED + 2)
    throw new Error('PINs are missing');
  if (store.countAccounts() !== ACCOUNTS + IMPORTED) throw new Error('accounts are missing');

  const another = writer();
  const rekeyed = performance.now();
  rekeyPins(config, SqliteStore.open({ file: config.databaseFile }));
  state(`a new key for ${2 * (ACCOUNTS + IMPORTED)} PINs`, seconds(rekeyed));
  state('meanwhile, the longest write of a bridge', `${(await another.longest()).toFixed(0)} ms`);
  for (const digits of kept.slice(0, 1000)) {
    if (store.findPin(pins.hash(digits), Date.now()) === null) throw new Error('a PIN was lost by the new key');
  }
  state('size of the database', `${(statSync(config.databaseFile).size / 1e6).toFixed(0)} MB`);
  state('most memory', `${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`);
  printTable(`${ACCOUNTS} accounts`, ['', ''], rows);
}

try {
  await main();
} finally {
  stores.store.close();
  rmSync(directory, { recursive: true, force: true });
}
