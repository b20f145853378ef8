import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type OpenStore } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import { provisionAccount } from '../../../src/app/provision.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { seeded } from '../../seeded.js';

const SCRIPT = fileURLToPath(new URL('dying-long-work.ts', import.meta.url));
const ROWS = 2_000;
const KILLS = 5;
/** Until one was cut off in the middle. */
const MOST_KILLS = 15;
const MINUTE_MS = 60_001;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-killed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** @param life milliseconds from when the work begins to the death @returns whether it was done, and how long it took if so */
function work(what: string, life: number): Promise<{ readonly isDone: boolean; readonly ms: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, directory, what, String(ROWS)]);
    let [trouble, begun, ms, isDone] = ['', 0, 0, false];
    let death: NodeJS.Timeout | undefined;
    child.stderr.on('data', (data: Buffer) => {
      trouble += data.toString();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'begun') {
        begun = performance.now();
        death = setTimeout(() => child.kill('SIGKILL'), life);
      } else {
        isDone = true;
        ms = performance.now() - begun;
      }
    });
    child.once('close', (code, signal) => {
      clearTimeout(death);
      if (begun > 0 && (code === 0 || signal === 'SIGKILL')) resolve({ isDone, ms });
      else reject(new Error(`it ended by itself: ${trouble}`));
    });
  });
}

const open = (): OpenStore => openStore(parseConfig({ dataDir: directory }, {}));

function inDatabase<T>(look: (database: SqliteDatabase.Database) => T): T {
  const database = new SqliteDatabase(join(directory, 'partyline.db'));
  try {
    return look(database);
  } finally {
    database.close();
  }
}

/** Tables and triggers beside those that count, signs of life, and accounts of an import that is not over. */
const leftOver = (): number =>
  inDatabase(
    (database) =>
      database
        .prepare<[], number>(
          `SELECT (SELECT count(*) FROM importing) + (SELECT count(*) FROM facts WHERE name GLOB 'rekeying-*')
             + (SELECT count(*) FROM sqlite_schema WHERE name GLOB '*_next_*' OR name GLOB '*_noted_*' OR name GLOB '*_former_*')`,
        )
        .pluck()
        .get() ?? -1,
  );

/** The signs of life are as old as they would be then. */
function aMinuteLater(): void {
  inDatabase((database) =>
    database.exec(
      `UPDATE importing SET at = at - ${MINUTE_MS};
       UPDATE facts SET value = CAST(value - ${MINUTE_MS} AS TEXT) WHERE name GLOB 'rekeying-*'`,
    ),
  );
}

function listed(store: OpenStore['store']): number {
  let [count, page] = [0, store.accounts({ limit: 10_000 })];
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    count += page.length;
    page = store.accounts({ limit: 10_000, after: last.id });
  }
  return count;
}

describe('long work killed at random moments', () => {
  it.each(['import', 'rekey'])(
    '(%s) was done wholly or not at all; nothing is lost, others clear up, and it can be done again',
    { timeout: 180_000 },
    async (what) => {
      const before = open();
      const kept = Array.from({ length: 20 }, (_, n) =>
        provisionAccount(before, `n${n}`, DEFAULT_CONFERENCE_OPTIONS, { pinLength: 9 }),
      );
      before.store.close();
      await work('import', 60_000);
      const { ms } = await work(what, 60_000);
      const random = seeded(7);
      let cutOff = 0;
      let accounts = kept.length + ROWS * (what === 'import' ? 2 : 1);
      let version = what === 'import' ? 1 : 2;
      for (let kill = 0; kill < KILLS || (cutOff === 0 && kill < MOST_KILLS); kill += 1) {
        const { isDone } = await work(what, random() * ms);
        if (leftOver() > 0) cutOff += 1;
        aMinuteLater();
        const { store, pins } = open();
        try {
          expect(store.check()).toEqual([]);
          for (const { id, host, guest } of kept) {
            expect(store.findPin(pins.hash(host), 0)).toMatchObject({ role: 'host', account: { id } });
            expect(store.findPin(pins.hash(guest), 0)).toMatchObject({ role: 'guest', account: { id } });
          }
          const seen = listed(store);
          while (store.sweepSome(1_000));
          expect(leftOver()).toBe(0);
          expect(seen).toBe(store.countAccounts());
          // killed after it was done and before it could say so: done
          const grown = { accounts: store.countAccounts() - accounts, version: store.pinKeyVersion() - version };
          const whole = what === 'import' ? { accounts: ROWS, version: 0 } : { accounts: 0, version: 1 };
          expect(isDone ? [whole] : [whole, { accounts: 0, version: 0 }]).toContainEqual(grown);
          accounts += grown.accounts;
          version += grown.version;
          expect(inDatabase((database) => database.prepare('SELECT count(*) FROM pins').pluck().get())).toBe(
            2 * accounts,
          );
        } finally {
          store.close();
        }
      }
      expect(cutOff).toBeGreaterThan(0);
      expect((await work(what, 60_000)).isDone).toBe(true);
    },
  );
});
