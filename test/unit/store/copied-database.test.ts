import { createHmac, hash } from 'node:crypto';
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
const { config } = loadConfig({ env: { PARTYLINE_DATA_DIR: join(directory, 'data') }, workingDirectory: directory });
const drawn: string[] = [];
let firstKey: Buffer;
let wholeKey: Buffer;
/** What someone has who took the database: every text of every table of codes and what keys are known by, before the keys were changed and after. */
let texts: ReadonlySet<string>;
let laterTexts: ReadonlySet<string>;

beforeAll(() => {
  const stores = openStore(config);
  for (let n = 0; n < 25; n += 1) {
    const { host, guest } = provisionAccount(stores, `n${n}`, DEFAULT_CONFERENCE_OPTIONS, { pinLength: 6 });
    drawn.push(host, guest);
  }
  texts = textsOfCopy();
  firstKey = readFileSync(join(config.dataDirectory, 'pin.key'));
  rekeyPins(config, stores.store);
  wholeKey = readFileSync(join(config.dataDirectory, 'pin.key'));
  laterTexts = textsOfCopy();
  stores.store.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

function textsOfCopy(): ReadonlySet<string> {
  const copy = join(directory, 'copy.db');
  copyFileSync(config.databaseFile, copy);
  copyFileSync(`${config.databaseFile}-wal`, `${copy}-wal`);
  const database = new SqliteDatabase(copy);
  try {
    return new Set(
      database
        .prepare<[], string>(
          `SELECT hash FROM pins UNION SELECT sealed FROM pins WHERE sealed IS NOT NULL UNION SELECT hash FROM retired_pins
           UNION SELECT value FROM facts`,
        )
        .pluck()
        .all(),
    );
  } finally {
    database.close();
  }
}

const keysOf = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: bytes.length / 32 }, (_, index) => bytes.subarray(index * 32, (index + 1) * 32));

/** HMAC-SHA-256 of six digits (RFC 2104), as one would who tries many: no object for each, the key is prepared once. */
function hmacUnder(key: Uint8Array): (digits: string) => string {
  const [inner, outer] = [Buffer.alloc(64 + 6, 0x36), Buffer.alloc(64 + 32, 0x5c)];
  for (const [index, byte] of key.entries()) {
    inner[index] = 0x36 ^ byte;
    outer[index] = 0x5c ^ byte;
  }
  return (digits) => {
    inner.write(digits, 64, 'latin1');
    outer.set(hash('sha256', inner, 'buffer'), 64);
    return hash('sha256', outer);
  };
}

/** Tries every PIN of six digits: as it is, hashed, and by a key. */
function attempt(key: Uint8Array): readonly string[] {
  const found: string[] = [];
  const hmac = hmacUnder(key);
  for (let value = 0; value < 1_000_000; value += 1) {
    const digits = String(value).padStart(6, '0');
    const sha = hash('sha256', digits);
    if ([digits, sha, `v1.${sha}`, sha.slice(0, 32), `v1.${hmac(digits)}`].some((text) => texts.has(text)))
      found.push(digits);
  }
  return found;
}

describe('a database that was copied', () => {
  it('gives away no PIN without the key file: all of six digits tried', () => {
    // hashes, a sealed guest PIN for each two, and what the two keys are known again by
    expect(texts.size).toBe(77);
    expect(attempt(Buffer.alloc(32, 1))).toEqual([]);
  }, 60_000);

  it('gives away all of them with the key file: the attempt works', () => {
    expect(attempt(firstKey)).toEqual(drawn.toSorted());
  }, 60_000);

  it('gives away none with a key file from before the last change of keys, nor with half of the new one', () => {
    const [old, whole] = [new PinKey(keysOf(firstKey)), new PinKey(keysOf(wholeKey))];
    const [, second] = keysOf(wholeKey);
    for (const digits of drawn) {
      expect(laterTexts.has(whole.hash(digits))).toBe(true);
      expect(laterTexts.has(old.hash(digits))).toBe(false);
      const half = createHmac('sha256', second ?? '')
        .update(digits)
        .digest('hex');
      expect(laterTexts.has(`v2.${half}`)).toBe(false);
    }
  });
});
