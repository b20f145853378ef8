import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { callWith, expectRefused, Installation, until } from './program.js';

const FULL = /the disk is full: make room|\(ENOSPC\)/;

/** An installation whose data directory is a disk of 2 MB. Skipped where the test may not mount one. */
async function onSmallDisk(test: TestContext): Promise<Installation> {
  const installation = await Installation.make(test);
  const { data } = installation;
  mkdirSync(data, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', data], { stdio: 'ignore' });
  } catch {
    test.skip('only root may mount a disk of 2 MB');
  }
  test.onTestFinished(() => void execFileSync('umount', ['--lazy', data], { stdio: 'ignore' }));
  return installation;
}

/** Leaves not a byte, but this many, for others. */
function fill({ data }: Installation, leave = 0): void {
  const file = join(data, 'filler');
  const room = 4 * 1024 * 1024;
  for (const size of [65_536, 4_096, 256, 1]) {
    for (let written = 0; written < room; written += size) {
      try {
        writeFileSync(file, 'x'.repeat(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
  if (leave > 0) execFileSync('truncate', ['--size', `-${leave}`, file]);
}

const makeRoom = ({ data }: Installation): void => rmSync(join(data, 'filler'));

describe.concurrent('a full disk', () => {
  it('refuses accounts and the start of the bridge in one line, and nothing is half there', async (test) => {
    const installation = await onSmallDisk(test);
    const known = await installation.addAccount();
    fill(installation);
    const before = installation.files();
    expectRefused(await installation.run(['account', 'add', '--name', 'Late', '--json']), 1, FULL);
    expectRefused(await installation.run(['serve']), 1, FULL);
    expect(installation.files()).toEqual(before);
    expect((await installation.run(['doctor'])).stdout).toMatch(/^FAILED +disk space +0 MB free/m);
    makeRoom(installation);
    const list = await installation.run(['account', 'list', '--json']);
    expect(JSON.parse(list.stdout)).toEqual([expect.objectContaining({ id: known.id })]);
    await installation.addAccount();
  });

  it('refuses the first account too, and the next try, with room, begins afresh', async (test) => {
    const installation = await onSmallDisk(test);
    fill(installation);
    expectRefused(await installation.run(['account', 'add', '--name', 'First']), 1, FULL);
    expectRefused(await installation.run(['serve']), 1, FULL);
    makeRoom(installation);
    await installation.addAccount();
    const list = await installation.run(['account', 'list', '--json']);
    expect(JSON.parse(list.stdout)).toHaveLength(1);
  });

  it('while the bridge runs ends no call: calls come in, join and end, and only their records are missing', async (test) => {
    const installation = await onSmallDisk(test);
    const account = await installation.addAccount();
    const serving = await installation.serve();
    const early = await callWith(installation, account.hostPin);
    fill(installation);
    const late = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await serving.status()).conferences === 1);
    expectRefused(await installation.run(['account', 'add', '--name', 'Late']), 1, FULL);
    await early.hangUp();
    await serving.untilCalls(1);
    await until('the missing record to be logged', () => serving.stderr.includes('call record could not be written'));
    expect(serving.stderr).toMatch(/the disk is full/);
    const heard = late.statistics().packetsReceived;
    await until('audio to go on', () => late.statistics().packetsReceived > heard + 25);
    makeRoom(installation);
    await late.hangUp();
    await serving.untilCalls(0);
    const { stdout } = await installation.run(['report', 'calls', '--json']);
    expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ accountId: account.id, role: 'host' })]);
    expect(await serving.end('SIGTERM')).toBe(0);
    expect(readFileSync(join(installation.data, 'partyline.db')).subarray(0, 15).toString()).toBe('SQLite format 3');
  });
});
