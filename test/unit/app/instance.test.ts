import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemRandomness } from '../../../src/adapters/system/randomness.js';
import { instanceName } from '../../../src/app/instance.js';

const randomness = new SystemRandomness();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-instance-'));
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});

describe("the instance's name", () => {
  it('is made once and the same afterwards, and another in another data directory', () => {
    const name = instanceName(directory, randomness);
    expect(name).toMatch(/^b[a-z0-9]{20}$/);
    expect(instanceName(directory, randomness)).toBe(name);
    expect(statSync(join(directory, 'instance')).mode & 0o777).toBe(0o600);
    rmSync(join(directory, 'instance'));
    expect(instanceName(directory, randomness)).not.toBe(name);
  });

  it.each(['', 'two words', 'x'.repeat(65), '../../etc'])('is made anew where the file holds none: %j', (kept) => {
    writeFileSync(join(directory, 'instance'), kept);
    const name = instanceName(directory, randomness);
    expect(name).toMatch(/^b[a-z0-9]{20}$/);
    expect(readFileSync(join(directory, 'instance'), 'utf8')).toBe(`${name}\n`);
  });

  it('says so in one line when it cannot be kept', () => {
    expect(() => instanceName(join(directory, 'missing'), randomness)).toThrow(/^cannot write [^\n]*\(ENOENT\)[^\n]*$/);
  });
});
