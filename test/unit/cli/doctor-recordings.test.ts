import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordedAccount } from './recorded-account.js';

let cli: RecordedAccount;
beforeEach(async () => {
  cli = new RecordedAccount();
  await cli.addMary();
});
afterEach(() => cli.dispose());

const hasSharedMemory = existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x0102_1994;

describe('doctor', () => {
  const findings = async (): Promise<readonly { check: string; status: string; text: string }[]> => {
    const { stdout } = await cli.run('doctor', '--json');
    return JSON.parse(stdout) as { check: string; status: string; text: string }[];
  };
  const found = async (check: string) => (await findings()).find((one) => one.check === check);

  it('says where plain audio is, and that a disk is no place for it', async () => {
    mkdirSync(join(cli.directory, 'memory'), { mode: 0o700 });
    expect(await found('recordings')).toMatchObject({
      status: 'warning',
      text: expect.stringMatching(/reach a disk/) as string,
    });
    cli.env = { PARTYLINE_RECORDINGS_MEMORY_DIR: join(cli.directory, 'nowhere') };
    const missing = {
      status: 'warning',
      text: expect.stringMatching(/nothing can be recorded: .* is not there/) as string,
    };
    expect(await found('recordings')).toMatchObject(missing);
  });

  it.skipIf(!hasSharedMemory)('says how much may be recorded where it is in memory', async () => {
    cli.env = {};
    const { text } = (await found('recordings')) ?? {};
    expect(text).toMatch(/^in plain only in memory, \S+; \d+ MB free/);
  });

  it('says what was kept aside, where and until when', async () => {
    expect(await found('kept aside')).toBeUndefined();
    const [first, second] = [await cli.recordUnreadable(), await cli.recordUnreadable()];
    const finding = await found('kept aside');
    expect(finding?.status).toBe('warning');
    expect(
      [first, second].some((id) => finding?.text.includes(join(cli.memoryDirectory, `${id}.aside and 1 more`))),
    ).toBe(true);
    expect(finding?.text).toMatch(/until \d{4}-\d\d-\d\dT[^\n]*$/);
  });

  it('says where sealed recordings are, and fails where none can be sealed', async () => {
    expect(await found('sealed recordings')).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/does not exist yet/) as string,
    });
    await cli.record();
    expect(await found('sealed recordings')).toEqual({
      ...{ check: 'sealed recordings', status: 'ok' },
      text: join(cli.data, 'recordings'),
    });
    rmSync(join(cli.data, 'recordings'), { recursive: true });
    writeFileSync(join(cli.data, 'recordings'), '');
    expect(await found('sealed recordings')).toMatchObject({ status: 'failed' });
  });

  it('says that the bridge key is missing once it is needed', async () => {
    expect(await found('bridge key')).toMatchObject({ status: 'ok' });
    await cli.record();
    expect(await found('bridge key')).toMatchObject({ status: 'ok' });
    rmSync(join(cli.data, 'bridge.key'));
    expect(await found('bridge key')).toMatchObject({
      status: 'failed',
      text: expect.stringMatching(/is missing/) as string,
    });
  });
});
