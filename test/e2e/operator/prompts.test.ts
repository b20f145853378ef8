import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectRefused, Installation, type Test } from './program.js';

const PROMPTS = fileURLToPath(new URL('../../../prompts', import.meta.url));

describe.concurrent('a prompt', () => {
  const withPrompts = async (test: Test): Promise<{ readonly installation: Installation; readonly file: string }> => {
    const installation = await Installation.make(test, { PARTYLINE_PROMPTS_DIRECTORY: 'sounds' });
    const prompts = join(installation.directory, 'sounds');
    cpSync(PROMPTS, prompts, { recursive: true });
    return { installation, file: join(prompts, 'en', 'goodbye.wav') };
  };

  it('that is missing, no WAV file, or cut short, ends the start before anything is made', async (test) => {
    const { installation, file } = await withPrompts(test);
    const remedy = 'put it right, or set PARTYLINE_PROMPTS_DIRECTORY';
    writeFileSync(file, 'not a sound');
    expectRefused(await installation.run(['serve']), 1, `prompt file ${file}: is not a WAV file; ${remedy}`);
    rmSync(file);
    expectRefused(await installation.run(['serve']), 1, `prompt file ${file}: does not exist; ${remedy}`);
    expect((await installation.run(['doctor'])).stdout).toMatch(/^FAILED +prompts +.*goodbye\.wav: does not exist/m);
    expect(installation.files()).toEqual([]);
  });

  it('that may not be read ends the start', async (test) => {
    const { installation, file } = await withPrompts(test);
    if (!(await installation.asPlainUser())) test.skip('a user without rights cannot run the program from here');
    chmodSync(file, 0);
    expectRefused(await installation.run(['serve']), 1, `prompt file ${file}: may not be read`);
  });

  it("of one's own that cannot be used is named with its setting", async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_PROMPTS_HOLD_MUSIC: 'song.mp3' });
    writeFileSync(join(installation.directory, 'song.mp3'), 'ID3');
    expectRefused(
      await installation.run(['serve']),
      1,
      'song.mp3: is not a WAV file; put it right, or set PARTYLINE_PROMPTS_HOLD_MUSIC',
    );
  });
});
