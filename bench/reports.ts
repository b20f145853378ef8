/*
 * Reports over ten million call records: how long they take, of which how much the processor works, and what memory.
 *
 *   npm run bench:reports -- [--records 10000000] [--accounts 1000000] [--directory FOLDER]
 *
 * The records are written by SQL, spread evenly over the year 2025; each report is the built program in a process of its own, its start
 * and end included; with --only TEXT those alone whose line has the text. With --directory the database stays there, and one that is there
 * already is used again.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../src/domain/conference-options.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { runProgram } from './program.js';
import { printTable } from './table.js';

const YEAR_START = Date.UTC(2025, 0, 1);
const YEAR_MS = 365 * 86_400_000;
const BATCH = 250_000;

/** SIP Call-ID of the call number 12345. */
const CALL_ID = ((12_345 * 40_503) % 2 ** 32).toString(16).padStart(8, '0') + (12_345).toString(16).padStart(8, '0');

/** One story, as long as they usually are. */
const STORY = JSON.stringify({
  lines: [
    [210, 'answered'],
    [4_100, 'first-key', { method: 'event' }],
    [7_800, 'pin-accepted', { kind: 'guest' }],
    [7_801, 'admitted', { muted: false }],
    [10_900, 'joined'],
    [1_800_000, 'caller-hung-up'],
    [1_800_000, 'ended', { outcome: 'completed' }],
  ],
  leftOut: 0,
});

function fill(directory: string, records: number, accounts: number): void {
  const file = join(directory, 'partyline.db');
  SqliteStore.open({ file }).close();
  const database = new SqliteDatabase(file);
  const began = performance.now();
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -4000000');
  // made anew when all records are in: far sooner than kept up for each
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'call_records' AND sql IS NOT NULL",
    )
    .all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  const options = JSON.stringify(DEFAULT_CONFERENCE_OPTIONS);
  database
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :accounts)
       INSERT INTO accounts (id, name, folded_name, enabled, options, created_at)
       SELECT printf('%08x-account', i * 2654435761 % 4294967296), printf('Account %07d', i), printf('account %07d', i), 1, :options, 0 FROM n`,
    )
    .run({ accounts: BigInt(accounts), options });
  console.log(`${accounts} accounts after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  // A quarter of the accounts make half of the calls; one call in ten comes to nothing.
  const insert = database.prepare(
    `WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
     INSERT INTO call_records (id, direction, sip_call_id, started_at, answered_at, joined_at, ended_at, trunk, dialled, caller,
       account_id, conference_record_id, role, outcome, key_method, codec, mixer, packet_loss, jitter_ms, story)
     SELECT printf('%08x-%08x', i * 2654435761 % 4294967296, i), CASE i % 50 WHEN 0 THEN 'out' ELSE 'in' END,
       printf('%08x%08x@192.0.2.10', i * 40503 % 4294967296, i), :start + i * :step, :start + i * :step + 200,
       CASE WHEN i % 10 > 0 THEN :start + i * :step + 11000 END, :start + i * :step + 60000 + i * 7919 % 3600000,
       printf('trunk-%d', i % 4), printf('+44207123%04d', i % 20), printf('***%03d', i % 1000),
       CASE WHEN i % 10 > 0 THEN printf('%08x-account', (1 + i * 7919 % (CASE i % 2 WHEN 0 THEN :accounts / 4 ELSE :accounts END)) * 2654435761 % 4294967296) END,
       i / 5, CASE WHEN i % 5 = 0 THEN 'host' ELSE 'guest' END, CASE WHEN i % 10 > 0 THEN 'completed' ELSE 'wrong-pin' END,
       'event', 'PCMU', printf('m%d', i % 8), 0.001, 1.5, :story
     FROM n`,
  );
  const step = Math.floor(YEAR_MS / records);
  for (let first = 1; first <= records; first += BATCH) {
    const last = Math.min(records, first + BATCH - 1);
    // whole numbers: others would be bound as real ones
    const [from, to, start, apart, of] = [first, last, YEAR_START, step, accounts].map(BigInt);
    insert.run({ first: from, last: to, start, step: apart, accounts: of, story: STORY });
  }
  for (const { sql } of indexes) database.exec(sql);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  console.log(`${records} records after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
}

async function measureAll(directory: string): Promise<void> {
  const march = ['--from', '2025-03-01', '--to', '2025-03-31', '--time-zone', 'Europe/London'];
  const year = ['--from', '2025-01-01', '--to', '2025-12-31', '--time-zone', 'Europe/London'];
  const rows: (readonly string[])[] = [];
  const only = textFlag('only', '');
  const measure = async (what: string, args: readonly string[]): Promise<void> => {
    if (!what.includes(only)) return;
    const { seconds, cpuSeconds, megabytes, bytes } = await runProgram(directory, args);
    rows.push([what, seconds.toFixed(2), cpuSeconds.toFixed(2), megabytes.toFixed(0), (bytes / 1e6).toFixed(1)]);
  };
  const day = ['--from', '2025-03-01', '--to', '2025-03-01', '--time-zone', 'Europe/London'];
  await measure('nothing (config)', ['config']);
  await measure('a day by account', ['report', 'accounts', ...day, '--csv']);
  await measure('a month by account', ['report', 'accounts', ...march, '--csv']);
  await measure('a month by account, once more', ['report', 'accounts', ...march, '--csv']);
  await measure('a month by day', ['report', 'calls', '--by', 'day', ...march, '--csv']);
  await measure('a month by number', ['report', 'calls', '--by', 'number', ...march, '--csv']);
  await measure('a month of one account, summed', [
    'report',
    'accounts',
    '--account',
    'Account 0001000',
    ...march,
    '--csv',
  ]);
  await measure('a month of one account, every call', [
    'report',
    'calls',
    '--account',
    'Account 0001000',
    ...march,
    '--csv',
  ]);
  await measure('a month, every call', ['report', 'calls', ...march, '--csv']);
  await measure('why, by the beginning of a SIP Call-ID', ['why', CALL_ID]);
  await measure('the year by account', ['report', 'accounts', ...year, '--csv']);
  await measure('the year by trunk', ['report', 'calls', '--by', 'trunk', ...year, '--csv']);
  printTable('reports', ['report', 'seconds', 'of processor', 'most resident MB', 'output MB'], rows);
}

const given = textFlag('directory', '');
const directory = given === '' ? mkdtempSync(join(tmpdir(), 'partyline-reports-')) : resolve(given);
try {
  mkdirSync(directory, { recursive: true });
  console.log(`${cpus().length} cores, one used`);
  if (!existsSync(join(directory, 'partyline.db'))) {
    fill(directory, numberFlag('records', 10_000_000), numberFlag('accounts', 1_000_000));
  }
  console.log(`database: ${(statSync(join(directory, 'partyline.db')).size / 1e9).toFixed(2)} GB`);
  await measureAll(directory);
} finally {
  if (given === '') rmSync(directory, { recursive: true });
}
