import { createHmac } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPinKey, loadPinKey, MOST_PIN_KEYS, PinKey, PinKeyUnusable } from '../../../src/adapters/system/pin-key.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-key-'));
  file = join(directory, 'pin.key');
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (mayCreate = true): PinKey => loadPinKey(directory, () => mayCreate);

describe('the PIN key', () => {
  it('is 32 random bytes that only their owner can read', () => {
    load();
    expect(readFileSync(file)).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['pin.key']);
    const first = readFileSync(file);
    rmSync(file);
    load();
    expect(readFileSync(file).equals(first)).toBe(false);
  });

  it('stays the same once it is there', () => {
    const first = load().hash('482915037');
    expect(load(false).hash('482915037')).toBe(first);
  });

  it('is not made anew when PINs were hashed by one that is lost', () => {
    expect(() => load(false)).toThrow(PinKeyUnusable);
    expect(() => load(false)).toThrow(/is missing but the database holds accounts: put the key back[^\n]*$/);
    expect(existsSync(file)).toBe(false);
  });

  it.each([0o644, 0o640, 0o620, 0o604])('is refused when others can read or change it (%o)', (mode) => {
    load();
    chmodSync(file, mode);
    expect(() => load()).toThrow(new RegExp(`can be read or changed by others: chmod 600 ${file}$`));
  });

  it.each([0, 31, 33, 17 * 32])('is refused when it has %d bytes', (size) => {
    writeFileSync(file, Buffer.alloc(size), { mode: 0o600 });
    expect(() => load()).toThrow(/is damaged \(not 1 to 16 times 32 bytes\)/);
    expect(readFileSync(file)).toHaveLength(size);
  });

  it('is the one that another process made at the same moment', () => {
    let theirs = '';
    const mine = loadPinKey(directory, () => {
      theirs = load().hash('482915037');
      return true;
    });
    expect(mine.hash('482915037')).toBe(theirs);
    rmSync(file);
    const late = loadPinKey(directory, () => {
      theirs = load().hash('482915037');
      return false;
    });
    expect(late.hash('482915037')).toBe(theirs);
  });

  it('is refused where no file can be', () => {
    expect(() => loadPinKey(join(directory, 'missing'), () => true)).toThrow(PinKeyUnusable);
  });
});

describe('the hash of a PIN', () => {
  const key = new PinKey([Buffer.alloc(32, 7)]);

  it('is an HMAC-SHA-256 behind the version of the rule', () => {
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update('482915037').digest('hex');
    expect(key.hash('482915037')).toBe(`v1.${expected}`);
  });

  it('differs by PIN and by key, and never holds the PIN', () => {
    expect(key.hash('482915037')).not.toBe(key.hash('482915038'));
    expect(key.hash('482915037')).not.toBe(new PinKey([Buffer.alloc(32, 8)]).hash('482915037'));
    expect(key.hash('482915037')).not.toContain('482915037');
  });
});

/** As the command line does: the new key is on the disk. */
function rekey(version: number): (hash: string) => string {
  const { next, keep } = addPinKey(directory, version);
  keep();
  return next;
}

describe('the PIN key of a later version', () => {
  it('brings a hash of the one before to what it makes of the PIN itself', () => {
    const first = load().hash('482915037');
    const next = rekey(1);
    const second = loadPinKey(
      directory,
      () => false,
      () => 2,
    );
    expect(second.hash('482915037')).toBe(next(first));
    expect(next(first)).toMatch(/^v2\.[0-9a-f]{64}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['pin.key']);
  });

  it('brings a hash that was left under an older one too', () => {
    const first = load().hash('482915037');
    rekey(1);
    const next = rekey(2);
    const third = loadPinKey(
      directory,
      () => false,
      () => 3,
    );
    expect(next(first)).toBe(third.hash('482915037'));
  });

  it('does not count before the database says so, whatever is in the file', () => {
    const first = load().hash('482915037');
    rekey(1);
    expect(load(false).hash('482915037')).toBe(first);
  });

  it('is found by a process that read the file before it was there', () => {
    let version = 1;
    const running = loadPinKey(
      directory,
      () => true,
      () => version,
    );
    const first = running.hash('482915037');
    const next = rekey(1);
    version = 2;
    expect(running.hash('482915037')).toBe(next(first));
  });

  it('matches what was hashed before it, and nothing else', () => {
    const first = load().hash('482915037');
    const second = rekey(1)(first);
    const key = loadPinKey(
      directory,
      () => false,
      () => 2,
    );
    for (const hash of [first, second]) {
      expect(key.matches('482915037', hash)).toBe(true);
      expect(key.matches('482915038', hash)).toBe(false);
    }
    for (const hash of ['', 'v1', 'v0.00', first.replace('v1', 'v2'), second.slice(1)]) {
      expect(key.matches('482915037', hash), hash).toBe(false);
    }
    // of a key nobody has
    expect(() => key.matches('482915037', 'v3.00')).toThrow(PinKeyUnusable);
  });

  it('says what a hash from before has become, of whatever version, without its digits', () => {
    let version = 1;
    const running = loadPinKey(
      directory,
      () => true,
      () => version,
    );
    const first = running.hash('482915037');
    expect(running.current(first)).toBe(first);
    const second = rekey(1)(first);
    const third = rekey(2)(second);
    expect(running.current(first)).toBe(first);
    version = 3;
    expect([first, second, third].map((hash) => running.current(hash))).toEqual([third, third, third]);
    expect(running.current('none')).toBe('none');
  });

  it('is refused where the file is older than the database', () => {
    load();
    const version = (): number => 2;
    expect(() => loadPinKey(directory, () => false, version)).toThrow(
      /has no version 2, which the database is under: put the newest/,
    );
    let counting = 1;
    const running = loadPinKey(
      directory,
      () => false,
      () => counting,
    );
    counting = 2;
    expect(() => running.hash('482915037')).toThrow(/has no version 2, which the database is under: put the newest/);
    expect(() => rekey(2)).toThrow(/lacks version 2/);
  });

  it('takes the place of one that was left by a process that died before it counted', () => {
    const first = load().hash('482915037');
    rekey(1);
    const unused = readFileSync(file).subarray(32);
    const next = rekey(1);
    expect(readFileSync(file)).toHaveLength(64);
    expect(readFileSync(file).subarray(32).equals(unused)).toBe(false);
    const key = loadPinKey(
      directory,
      () => false,
      () => 2,
    );
    expect(key.hash('482915037')).toBe(next(first));
  });

  it('counts for a process that read the file when it held one that never counted', () => {
    const first = load().hash('482915037');
    rekey(1);
    let version = 1;
    const running = loadPinKey(
      directory,
      () => false,
      () => version,
    );
    expect(running.hash('482915037')).toBe(first);
    const next = rekey(1);
    version = 2;
    expect(running.hash('482915037')).toBe(next(first));
  });

  it('counts for a process that read the file just before it was replaced', () => {
    const first = load().hash('482915037');
    rekey(1);
    let [version, next] = [1, (hash: string): string => hash];
    const running = loadPinKey(
      directory,
      () => false,
      () => {
        const said = version;
        if (said === 1) [version, next] = [2, rekey(1)];
        return said;
      },
    );
    expect(running.hash('482915037')).toBe(next(first));
  });

  it('is one of sixteen at most', () => {
    let hash = load().hash('482915037');
    for (let version = 1; version < MOST_PIN_KEYS; version += 1) hash = rekey(version)(hash);
    expect(() => rekey(MOST_PIN_KEYS)).toThrow(/16 versions already/);
    const key = loadPinKey(
      directory,
      () => false,
      () => MOST_PIN_KEYS,
    );
    expect(key.hash('482915037')).toBe(hash);
  });

  it('leaves the keys as they are where the new ones cannot be written', () => {
    load();
    const before = readFileSync(file);
    chmodSync(directory, 0o500);
    // root writes everywhere
    if (process.getuid?.() !== 0) expect(() => rekey(1)).toThrow(/cannot write the PIN key/);
    chmodSync(directory, 0o700);
    expect(readFileSync(file).subarray(0, 32).equals(before)).toBe(true);
  });
});
