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
import { loadPinKey, PinKey, PinKeyUnusable } from '../../../src/adapters/system/pin-key.js';

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

  it.each([0, 31, 33])('is refused when it has %d bytes', (size) => {
    writeFileSync(file, Buffer.alloc(size), { mode: 0o600 });
    expect(() => load()).toThrow(/is damaged \(not 32 bytes\)/);
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
  const key = new PinKey(Buffer.alloc(32, 7));

  it('is an HMAC-SHA-256 behind the version of the rule', () => {
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update('482915037').digest('hex');
    expect(key.hash('482915037')).toBe(`v1.${expected}`);
  });

  it('differs by PIN and by key, and never holds the PIN', () => {
    expect(key.hash('482915037')).not.toBe(key.hash('482915038'));
    expect(key.hash('482915037')).not.toBe(new PinKey(Buffer.alloc(32, 8)).hash('482915037'));
    expect(key.hash('482915037')).not.toContain('482915037');
  });
});
