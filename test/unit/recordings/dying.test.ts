import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RecordingBench } from './bench.js';

const SCRIPT = fileURLToPath(new URL('dying-sealer.ts', import.meta.url));

interface End {
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Seals in a process of its own, which is killed before this step. */
function sealAndDie(directory: string, recording: unknown, step: number): Promise<End> {
  const given = ['--import', 'tsx', SCRIPT, directory, JSON.stringify(recording), String(step)];
  return new Promise((resolve) => {
    execFile(process.execPath, given, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ signal: error === null ? null : (error.signal ?? String(error.code)), stdout, stderr });
    });
  });
}

/** What there is of one recording after a death and the start that follows. */
async function afterDeath(step: number): Promise<End> {
  const bench = new RecordingBench();
  try {
    // made beforehand, as by every recording but the first
    await bench.recordings.seal(await bench.recorded(10));
    for (const { id } of bench.store.recordings({ limit: 9 })) await bench.archive.remove(id);
    const open = await bench.recorded(9_000);
    const plain = readFileSync(open.path);
    const end = await sealAndDie(bench.directory, open, step);

    bench.restart();
    await bench.recordings.sweep([]);
    expect(bench.troubles, `step ${step}`).toEqual([]);
    expect(bench.inMemory(), `step ${step}`).toEqual([]);
    expect(bench.onDisk(), `step ${step}`).toEqual([`${open.id}.sealed`]);
    expect(bench.store.recordings({ limit: 9 }).map(({ id }) => id)).toEqual([open.id]);
    expect((await bench.read(open.id)).equals(plain), `step ${step}`).toBe(true);
    return end;
  } finally {
    bench.dispose();
  }
}

describe('sealing', () => {
  it('loses and leaves behind nothing, whichever step the process dies at', { timeout: 120_000 }, async () => {
    const unharmed = await afterDeath(0);
    expect(unharmed).toMatchObject({ signal: null, stderr: '' });
    const steps = Number(unharmed.stdout);
    // the plain file, three chunks, the name, the row, what is removed
    expect(steps).toBeGreaterThan(15);
    expect(steps).toBeLessThan(60);
    for (let step = 1; step <= steps; step += 2) {
      const ends = await Promise.all([step, step + 1].filter((one) => one <= steps).map(afterDeath));
      expect(ends.map(({ signal }) => signal)).toEqual(ends.map(() => 'SIGKILL'));
    }
  });
});
