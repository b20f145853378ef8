import { createHash, createHmac } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinKey } from '../../../src/adapters/system/pin-key.js';
import { openStore, rekeyPins } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import { provisionAccount } from '../../../src/app/provision.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';

const directory = mkdtempSync(join(tmpdir(), 'partyline-copied-'));
const copy = join(directory, 'copy.db');
const { config } = loadConfig({ env: { PARTYLINE_DATA_DIR: join(directory, 'data') }, workingDirectory: directory });
const drawn: string[] = [];
let firstKey: Buffer;
let wholeKey: Buffer;
/** What someone has who took the database: every text of every table of codes. */
let texts: ReadonlySet<string>;

beforeAll(() => {
  const stores = openStore(config);
  for (let n = 0; n < 25; n += 1) {
    const { host, guest } = provisionAccount(stores, `n${n}`, DEFAULT_CONFERENCE_OPTIONS, { pinLength: 6 });
    drawn.push(host, guest);
  }
  firstKey = readFileSync(join(config.dataDirectory, 'pin.key'));
  rekeyPins(config, stores.store);
  stores.store.close();
  wholeKey = readFileSync(join(config.dataDirectory, 'pin.key'));
  copyFileSync(config.databaseFile, copy);
  const database = new SqliteDatabase(copy, { readonly: true });
  texts = new Set(database.prepare<[], string>('SELECT hash FROM pins UNION SELECT sealed FROM pins').pluck().all());
  database.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

const keysOf = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: bytes.length / 32 }, (_, index) => bytes.subarray(index * 32, (index + 1) * 32));

/** Tries every PIN of six digits. @param guesses what the text in the database might be for these digits */
function attempt(guesses: (digits: string) => readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let value = 0; value < 1_000_000; value += 1) {
    const digits = String(value).padStart(6, '0');
    if (guesses(digits).some((text) => texts.has(text))) found.push(digits);
  }
  return found;
}

describe('a database that was copied', () => {
  it('gives away no PIN without the key file: all of six digits tried', () => {
    const guessed = new PinKey([Buffer.alloc(32, 1)]);
    const plain = (digits: string): readonly string[] => {
      const sha = createHash('sha256').update(digits).digest('hex');
      return [digits, sha, `v1.${sha}`, `v2.${sha}`, guessed.hash(digits)];
    };
    expect(texts.size).toBeGreaterThan(50);
    expect(attempt(plain)).toEqual([]);
  }, 60_000);

  it('gives away all of them with the key file: the attempt works', () => {
    const key = new PinKey(keysOf(wholeKey));
    expect(attempt((digits) => [key.hash(digits)])).toEqual(drawn.toSorted());
  }, 60_000);

  it('gives away none with a key file from before the last change of keys, nor with half of the new one', () => {
    const old = new PinKey(keysOf(firstKey));
    const [, second] = keysOf(wholeKey);
    for (const digits of drawn) {
      expect(texts.has(old.hash(digits))).toBe(false);
      const half = createHmac('sha256', second ?? '')
        .update(digits)
        .digest('hex');
      expect(texts.has(`v2.${half}`)).toBe(false);
    }
  });
});
