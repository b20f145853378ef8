import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killWriters } from './killed-writers.js';

describe('writers killed at random moments', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'partyline-killed-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('lose nothing that was acknowledged and leave nothing by half', { timeout: 180_000 }, async () => {
    const { kills, acknowledged, faults } = await killWriters(directory, 6, 7);
    expect(faults).toEqual([]);
    expect(kills).toBe(6);
    expect(acknowledged).toBeGreaterThan(6);
  });
});
