import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { MemoryFolder } from '../../../src/adapters/recordings/memory-folder.js';
import { toneDbfs } from '../../sound.js';
import type { TestBridge } from '../kit/bridge.js';
import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';
import { TONES_HZ } from '../kit/tones.js';

const [, GUEST_HZ] = TONES_HZ;
const HEADER_BYTES = 44;
const SEAL_LIMIT_MS = 10_000;

interface Listed {
  readonly id: string;
  readonly part: number;
  readonly durationSeconds: number;
}

async function listed(bridge: TestBridge, account: string): Promise<readonly Listed[]> {
  const { stdout } = await bridge.commandHere('recording', 'list', '--account', account, '--json');
  return JSON.parse(stdout) as readonly Listed[];
}

/** The one recording of an account, as soon as it is sealed. */
async function onlyRecording(bridge: TestBridge, account: string): Promise<Listed> {
  const deadline = Date.now() + SEAL_LIMIT_MS;
  for (;;) {
    const [first, ...others] = await listed(bridge, account);
    expect(others).toEqual([]);
    if (first !== undefined) return first;
    if (Date.now() > deadline) throw new Error(`nothing was sealed:\n${bridge.log.slice(-4_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function exported(bridge: TestBridge, id: string): Promise<Int16Array> {
  const ran = await bridge.commandHere('recording', 'export', id, `${id}.wav`);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const bytes = readFileSync(join(bridge.dataDirectory, `${id}.wav`));
  return Int16Array.from({ length: (bytes.length - HEADER_BYTES) / 2 }, (_, n) =>
    bytes.readInt16LE(HEADER_BYTES + 2 * n),
  );
}

/** Plain audio of the bridge's recordings, wherever it might be. */
function plainFiles(bridge: TestBridge): readonly string[] {
  const { path } = new MemoryFolder({
    ...{ path: null, allowDisk: false, dataDirectory: bridge.dataDirectory },
    runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
  });
  const inMemory = existsSync(path) ? readdirSync(path) : [];
  const onDisk = readdirSync(join(bridge.dataDirectory, 'recordings'));
  return [...inMemory, ...onDisk].filter((name) => /\.(?:wav|json|sealing)$/.test(name));
}

describe('recording', () => {
  forEachEngine((engine) => {
    const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

    scene(
      '*2 and 1 record the conference until *2 ends it; it is sealed, and exported as it was heard',
      async (stage) => {
        const { bridge } = stage;
        const account = await stage.addAccount();
        const [host, guest] = await stage.gather(account, 2);
        const asked = host.mark();
        await host.press('*2');
        await host.hears(spoken('confirm-recording'), { since: asked });
        const confirmed = [host.mark(), guest.mark()];
        await host.press('1');
        await host.hears(spoken('recording-started'), { since: confirmed[0] ?? 0 });
        await guest.hears(spoken('recording-started'), { since: confirmed[1] ?? 0 });
        await guest.untilQuiet();
        guest.say(GUEST_HZ);
        await host.listen(3_000);
        guest.say(null);
        await host.untilQuiet();
        const ended = guest.mark();
        await host.press('*2');
        await guest.hears(spoken('recording-stopped'), { since: ended });

        const recording = await onlyRecording(bridge, account.id);
        expect(recording.part).toBe(1);
        expect(recording.durationSeconds).toBeGreaterThan(3);
        const samples = await exported(bridge, recording.id);
        expect(samples.length / 8_000).toBeCloseTo(recording.durationSeconds, 1);
        const seconds = Array.from({ length: Math.floor(samples.length / 8_000) }, (_, n) =>
          toneDbfs(samples.subarray(n * 8_000, (n + 1) * 8_000), GUEST_HZ),
        );
        expect(seconds.filter((dbfs) => dbfs > -30).length).toBeGreaterThanOrEqual(2);
        expect(plainFiles(bridge)).toEqual([]);
      },
    );

    scene('a conference that ends has its recording sealed; the account’s removal takes it away', async (stage) => {
      const { bridge } = stage;
      const account = await stage.addAccount('--recording', 'automatic');
      const [host, guest] = await stage.gather(account, 2);
      await host.hears(spoken('recording-started'));
      await host.listen(1_000);
      await Promise.all([host.hangUp(), guest.hangUp()]);
      const { id } = await onlyRecording(bridge, account.id);
      expect((await exported(bridge, id)).length).toBeGreaterThan(8_000);
      await bridge.commandHere('account', 'remove', account.id, '--yes');
      expect(existsSync(join(bridge.dataDirectory, 'recordings', `${id}.sealed`))).toBe(false);
    });
  });
});
