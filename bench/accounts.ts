/*
 * Accounts at the scale of a provider, on this machine's disk.
 *
 *   npm run bench:accounts -- [--accounts 1000000] [--import 100000] [--look-ups 100000] [--bookings 100000] [--only TEXT] [--directory DIR]
 *
 * A data directory with so many accounts is made, each with a host and a guest PIN, both under the real key and the guest PIN sealed; so many of
 * them have a booking with a security code. Then stated are: what a PIN that is right and one that is wrong cost to look up; pages of the list with
 * every filter; an import as the command line does it, and how long it keeps another writer waiting; the new key for all PINs, and what a PIN costs
 * to look up meanwhile; the size of the database. With --only those parts alone whose name has the text: look-ups, list, import, rekey. With
 * --directory the accounts stay there, and those that are there are used again; what is changed is a copy beside them.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { SystemRandomness } from '../src/adapters/system/randomness.js';
import { openStore } from '../src/app/compose-store.js';
import type { OpenStore } from '../src/app/compose-store.js';
import { loadConfig } from '../src/app/config.js';
import { drawFree } from '../src/app/drawing.js';
import { wantedCode } from '../src/app/provision.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../src/domain/conference-options.js';
import { accountId } from '../src/domain/identifiers.js';
import type { Account, AccountPage, AccountPins } from '../src/ports/store.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { runProgram } from './program.js';
import { printTable } from './table.js';

const ACCOUNTS = numberFlag('accounts', 1_000_000);
const IMPORTED = numberFlag('import', 100_000);
const LOOK_UPS = numberFlag('look-ups', 100_000);
const BOOKINGS = numberFlag('bookings', 100_000);
/** Accounts put in at once while the directory is made. */
const BATCH = 50_000;
/** PINs that are kept to be looked up again. */
const KEPT = 20_000;
const DIGITS = 12;
const ENVIRONMENT = { PARTYLINE_ENTRY_PIN_LENGTH: String(DIGITS) };
/** One account in so many is disabled; so many have one e-mail address. */
const DISABLED_EACH = 1_009;
const ADDRESS_OF = 1_000;

const FIRST_NAMES = ['Mary', 'Zoë', 'Émile', 'Tom', 'Aoife', 'Jürgen', 'Ana', 'Ibrahim', 'Mei', 'Olga'];

const randomness = new SystemRandomness();
const rows: (readonly string[])[] = [];
const state = (what: string, figure: string): void => {
  rows.push([what, figure]);
  console.log(`${what}: ${figure}`);
};

const open = (directory: string): OpenStore =>
  openStore(loadConfig({ env: { ...ENVIRONMENT, PARTYLINE_DATA_DIR: directory }, workingDirectory: directory }).config);

const nameOf = (index: number): string =>
  `${FIRST_NAMES[index % FIRST_NAMES.length]} ${String(index).padStart(7, '0')}`;

function* accounts(
  stores: OpenStore,
  from: number,
  count: number,
  pins: string[],
): Generator<{ account: Account; pins: AccountPins }> {
  const taken = new Set<string>();
  for (let index = from; index < from + count; index += 1) {
    const id = accountId(randomness.identifier('a'));
    const account = {
      id,
      name: nameOf(index),
      email: index % (ACCOUNTS / ADDRESS_OF) === 0 ? 'desk@example.org' : `user${index}@example.org`,
      enabled: index % DISABLED_EACH !== 0,
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

/** Looks PINs up and writes as a running bridge does, every 10 ms, until it is told to end; says how long that took, sorted, microseconds. */
function bridge(directory: string, kept: readonly string[]): () => Record<'looked' | 'wrote', readonly number[]> {
  const { store, pins } = open(directory);
  const [looked, wrote]: [number[], number[]] = [[], []];
  const timer = setInterval(() => {
    const digits = kept[(looked.length * 7919) % kept.length] ?? '';
    const from = performance.now();
    if (store.findPin(pins.hash(digits), Date.now()) === null) throw new Error('a PIN opened nothing');
    const to = performance.now();
    looked.push((to - from) * 1000);
    store.saveLive([{ kind: 'call', id: 'bench', data: String(from) }]);
    wrote.push((performance.now() - to) * 1000);
  }, 10);
  return () => {
    clearInterval(timer);
    store.close();
    return { looked: looked.sort((a, b) => a - b), wrote: wrote.sort((a, b) => a - b) };
  };
}

/** Runs a command beside a bridge. */
async function beside(
  directory: string,
  kept: readonly string[],
  what: string,
  args: readonly string[],
): Promise<void> {
  const end = bridge(directory, kept);
  const { seconds, cpuSeconds, megabytes } = await runProgram(directory, args, ENVIRONMENT);
  const { looked, wrote } = end();
  state(what, `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of the processor, ${megabytes.toFixed(0)} MB`);
  state(
    'meanwhile, look-up of a PIN',
    `median ${at(looked, 0.5)}, 99 % within ${at(looked, 0.99)}, longest ${at(looked, 1)}`,
  );
  state(
    'meanwhile, a write of the bridge',
    `median ${at(wrote, 0.5)}, 99 % within ${at(wrote, 0.99)}, longest ${at(wrote, 1)}`,
  );
}

const PINS_FILE = 'known-pins.txt';

/** The directory with all accounts. */
function fill(directory: string): void {
  const stores = open(directory);
  const kept: string[] = [];
  const from = performance.now();
  for (let first = 0; first < ACCOUNTS; first += BATCH) {
    const count = Math.min(BATCH, ACCOUNTS - first);
    stores.store.importAccounts(accounts(stores, first, count, first % (BATCH * 5) === 0 ? kept : []));
  }
  stores.store.close();
  const database = new SqliteDatabase(join(directory, 'partyline.db'));
  database
    .prepare(
      `INSERT INTO bookings (id, account_seq, title, starts_local, time_zone, duration_ms, pins_each, personal_pins, early_ms, overrun_ms,
         security_hash, revision, created_at)
       SELECT 'b' || id, seq, 'Weekly', '2026-01-01T09:00', 'UTC', 3600000, 0, 0, 0, 0, 'v1.' || lower(hex(randomblob(32))), 0, 0
       FROM accounts ORDER BY seq LIMIT ?`,
    )
    .run(BOOKINGS);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  writeFileSync(join(directory, PINS_FILE), kept.join('\n'));
  state(`${ACCOUNTS} accounts made`, `${((performance.now() - from) / 1000).toFixed(1)} s`);
}

function lookUps({ store, pins }: OpenStore, kept: readonly string[]): void {
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
}

/** Every set of filters, with what few and what many have, the first page and one far behind. */
function list({ store }: OpenStore): void {
  const names = { 'all names': undefined, 'few names': 'mary 09999', 'a tenth of the names': 'olga', 'any name': '' };
  const states = { 'any state': undefined, enabled: true, disabled: false };
  const addresses = {
    'any address': undefined,
    'an address': `USER${ACCOUNTS - 7}@example.org`,
    'one of many': 'desk@example.org',
  };
  let longest = 0;
  for (const [name, namePrefix] of Object.entries(names))
    for (const [condition, enabled] of Object.entries(states))
      for (const [address, email] of Object.entries(addresses)) {
        const filter: Omit<AccountPage, 'limit'> = {
          ...(namePrefix === undefined ? {} : { namePrefix }),
          ...(enabled === undefined ? {} : { enabled }),
          ...(email === undefined ? {} : { email }),
        };
        const far = farAccount(store, filter);
        for (const [where, after] of [
          ['first', undefined],
          ['far', far],
        ] as const) {
          if (where === 'far' && after === undefined) continue;
          const page = { limit: 50, ...filter, ...(after === undefined ? {} : { after }) };
          let count = 0;
          const times = timesOf(20, () => (count = store.accounts(page).length));
          longest = Math.max(longest, times.at(-1) ?? 0);
          state(
            `list of ${name}, ${condition}, ${address}, ${where} page of ${count}`,
            `median ${at(times, 0.5)}, longest ${at(times, 1)}`,
          );
        }
      }
  state('list, longest of all', `${(longest / 1000).toFixed(1)} ms`);
}

/** One behind most of the accounts with the filter, or none where there are few. */
function farAccount(store: OpenStore['store'], filter: Omit<AccountPage, 'limit'>): AccountPage['after'] {
  let after: AccountPage['after'];
  for (let pages = 0; pages < 30; pages += 1) {
    const page = store.accounts({ limit: 10_000, ...filter, ...(after === undefined ? {} : { after }) });
    if (page.length < 10_000) return page.at(-60)?.id ?? after;
    after = page.at(-1)?.id;
  }
  return after;
}

async function importMany(directory: string, kept: readonly string[]): Promise<void> {
  const csv = join(directory, 'staff.csv');
  // in no order of names or addresses
  const lines = Array.from({ length: IMPORTED }, (_, n) => {
    const number = (n * 7919) % IMPORTED;
    return `${nameOf(number)} New,new${number}@example.com,Europe/Dublin,en-IE,no,20`;
  });
  writeFileSync(csv, ['name,email,time_zone,language,lock,max_callers', ...lines].join('\r\n'));
  const { seconds } = await runProgram(directory, ['account', 'import', csv, '--dry-run'], ENVIRONMENT);
  state(`import of ${IMPORTED}, dry run`, `${seconds.toFixed(1)} s`);
  const out = join(directory, 'pins.csv');
  await beside(directory, kept, `import of ${IMPORTED}`, ['account', 'import', csv, '--out', out]);
  if (readFileSync(out, 'utf8').split('\r\n').length !== IMPORTED + 2) throw new Error('PINs are missing');
}

async function main(base: string, isKept: boolean): Promise<void> {
  if (!existsSync(join(base, PINS_FILE))) fill(base);
  const kept = readFileSync(join(base, PINS_FILE), 'utf8').split('\n');
  const file = 'partyline.db';
  state('size of the database', `${(statSync(join(base, file)).size / 1e6).toFixed(0)} MB`);
  const only = textFlag('only', '');
  const directory = isKept ? mkdtempSync(join(base, 'changed-')) : base;
  try {
    if (isKept)
      for (const name of [file, 'pin.key', 'bridge.key'])
        copyFileSync(join(base, name), join(directory, name), constants.COPYFILE_FICLONE);
    const stores = open(directory);
    if ('look-ups'.includes(only)) lookUps(stores, kept);
    if ('list'.includes(only)) list(stores);
    const before = stores.store.countAccounts();
    if ('import'.includes(only)) await importMany(directory, kept);
    const after = stores.store.countAccounts();
    if (after !== before + ('import'.includes(only) ? IMPORTED : 0)) throw new Error('accounts are missing');
    if ('rekey'.includes(only)) {
      await beside(directory, kept, `a new key for ${2 * after} PINs, ${BOOKINGS} codes of bookings`, ['pin', 'rekey']);
      for (const digits of kept.slice(0, 1000)) {
        if (stores.store.findPin(stores.pins.hash(digits), Date.now()) === null)
          throw new Error('a PIN was lost by the new key');
      }
    }
    stores.store.close();
    state('size of the database', `${(statSync(join(directory, file)).size / 1e6).toFixed(0)} MB`);
    printTable(`${ACCOUNTS} accounts`, ['', ''], rows);
  } finally {
    if (isKept) rmSync(directory, { recursive: true, force: true });
  }
}

const given = textFlag('directory', '');
const base = given === '' ? mkdtempSync(join(tmpdir(), 'partyline-accounts-')) : resolve(given);
try {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  await main(base, given !== '');
} finally {
  if (given === '') rmSync(base, { recursive: true, force: true });
}
