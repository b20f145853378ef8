import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestBridge } from './bridge.js';

const HEADER_BYTES = 44;
const SEAL_LIMIT_MS = 10_000;
const LOOK_MS = 100;

/** A recording, as `recording list --json` gives it. */
export interface ListedRecording {
  readonly id: string;
  readonly part: number;
  readonly durationSeconds: number;
}

/** The recordings of an account, by part, as soon as so many are sealed. */
export async function recordingsOf(
  bridge: TestBridge,
  accountId: string,
  count: number,
): Promise<readonly ListedRecording[]> {
  const deadline = performance.now() + SEAL_LIMIT_MS;
  for (;;) {
    const { stdout } = await bridge.commandHere('recording', 'list', '--account', accountId, '--json');
    const listed = JSON.parse(stdout) as readonly ListedRecording[];
    if (listed.length >= count) return listed.toSorted((one, other) => one.part - other.part);
    if (performance.now() > deadline) throw new Error(`${listed.length} of ${count} recordings were sealed`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What a recording holds, by `recording export`; 8 kHz. */
export async function exportedAudio(bridge: TestBridge, id: string): Promise<Int16Array> {
  const { status, stderr } = await bridge.commandHere('recording', 'export', id, `${id}.wav`);
  if (status !== 0) throw new Error(`recording export failed: ${stderr}`);
  const bytes = readFileSync(join(bridge.dataDirectory, `${id}.wav`));
  return Int16Array.from({ length: (bytes.length - HEADER_BYTES) / 2 }, (_, index) =>
    bytes.readInt16LE(HEADER_BYTES + 2 * index),
  );
}
