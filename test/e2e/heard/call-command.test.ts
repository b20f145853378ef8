import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSound } from '../../../src/app/telephone/sound-files.js';
import { levelDbfs, sine, toneDbfs, writeWav } from '../../sound.js';
import { MAIN, startBridge, type TestBridge } from '../kit/bridge.js';
import type { CommandResult, TestAccount } from '../kit/operator.js';
import { Ear, Search } from '../kit/ear.js';
import { spoken, type Sound } from '../kit/sounds.js';

/** `partyline call` as a person or a script uses it: the built program, against a bridge that runs. */
describe('partyline call', () => {
  let bridge: TestBridge;
  let account: TestAccount;
  let folder: string;

  beforeAll(async () => {
    bridge = await startBridge({ engine: 'embedded' });
    account = await bridge.addAccount();
    folder = await mkdtemp(join(tmpdir(), 'partyline-call-'));
  });
  afterAll(async () => {
    await bridge.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const call = (...words: readonly string[]): Promise<CommandResult> => bridge.command('call', ...words);
  const hears = (path: string, sound: Sound): boolean => {
    const ear = new Ear();
    ear.append(loadSound(path));
    return new Search(ear, sound, 0).look(true) !== null;
  };
  /** One line on stderr, and this exit status. */
  const expectRefusal = (result: CommandResult, status: number, words: RegExp): void => {
    expect(result.stderr).toMatch(words);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(result.status).toBe(status);
  };

  it.concurrent('keys the PIN when asked, says a tone, records what it hears, and reports the figures', async () => {
    const other = await bridge.addAccount();
    const [file, said] = [join(folder, 'host.wav'), join(folder, 'said.wav')];
    await writeWav(said, sine(800, 500));
    const [host, guest] = await Promise.all([
      call(bridge.address, '--pin', other.hostPin, '--tone', '1000', '--for', '15', '--record', file, '--json'),
      call(bridge.addressOf('conference', 'tcp'), '--pin', other.guestPin, '--say', said, '--for', '17', '--json'),
    ]);
    expect([host.status, guest.status], host.stderr + guest.stderr).toEqual([0, 0]);
    expect(JSON.parse(host.stdout)).toMatchObject({ answered: true, endedBy: 'us', packetsLost: 0, recording: file });
    expect(JSON.parse(guest.stdout)).toMatchObject({ answered: true, endedBy: 'us' });
    expect(host.stdout + host.stderr).not.toContain(other.hostPin);
    for (const sound of ['enter-pin', 'joining', 'you-are-the-host'] as const) {
      expect(hears(file, spoken(sound)), sound).toBe(sound !== 'enter-pin');
    }
    const last = loadSound(file).subarray(-8_000);
    expect(toneDbfs(last, 800)).toBeGreaterThan(-25);
    expect(toneDbfs(last, 1_000)).toBeLessThan(-60);
  });

  it.concurrent('presses further keys once the bridge has finished speaking', async () => {
    const file = join(folder, 'keys.wav');
    const { hostPin } = await bridge.addAccount();
    const result = await call(bridge.address, '--pin', hostPin, '--keys', '*6', '--for', '13', '--record', file);
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout).toContain('keying the PIN');
    expect(result.stdout).not.toContain(hostPin);
    expect(hears(file, spoken('you-are-muted'))).toBe(true);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it.concurrent(`hangs up in order and finishes the recording on ${signal}`, async () => {
      const file = join(folder, `${signal}.wav`);
      const child = spawn(process.execPath, [MAIN, 'call', bridge.address, '--record', file], { stdio: 'pipe' });
      let output = '';
      const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
      await new Promise<void>((resolve, reject) => {
        child.once('close', () => reject(new Error(`it ended: ${output}`)));
        child.stdout.on('data', (text: Buffer) => {
          output += text.toString('utf8');
          if (output.includes('answered')) setTimeout(resolve, 2_000);
        });
      });
      expect(readdirSync(folder)).not.toContain(`${signal}.wav`);
      child.kill(signal);
      expect(await exit).toBe(0);
      expect(output).toContain('hung up after');
      expect(levelDbfs(loadSound(file))).toBeGreaterThan(-40);
      expect(readdirSync(folder).filter((name) => name.includes(`${signal}.wav`))).toEqual([`${signal}.wav`]);
    });
  }

  it.concurrent('says in one line why a call was refused, also as JSON', async () => {
    const refused = await call(bridge.addressOf('nobody'), '--json');
    expectRefusal(refused, 1, /404/);
    expect(JSON.parse(refused.stdout)).toMatchObject({ answered: false, status: 404 });
    expectRefusal(await call('sip:conference@127.0.0.1:9;transport=tcp'), 1, /503/);
  });

  it.concurrent('takes nothing for an address, a PIN or keys that is none, and repeats no PIN', async () => {
    expectRefusal(await call('mailto:somebody'), 2, /is no SIP address/);
    expectRefusal(await call('sips:conference@127.0.0.1'), 2, /TLS/);
    expectRefusal(await call(), 2, /address/);
    const typo = await call(bridge.address, '--pin', '12345678O');
    expectRefusal(typo, 2, /--pin/);
    expect(typo.stderr).not.toContain('12345678O');
    expectRefusal(await call(bridge.address, '--keys', '*6x'), 2, /--keys/);
    expectRefusal(await call(bridge.address, '--say', 'a.wav', '--tone', '440'), 2, /--tone/);
    expectRefusal(await call(bridge.address, '--for', 'ever'), 2, /--for/);
    expectRefusal(await call(bridge.address, '--transport', 'tls'), 2, /--transport/);
  });

  it.concurrent('says in one line what is wrong with a file, and leaves nothing behind', async () => {
    const noSound = join(folder, 'no-sound.wav');
    writeFileSync(noSound, 'not a sound');
    expectRefusal(await call(bridge.address, '--say', join(folder, 'missing.wav')), 1, /cannot read .*no such file/);
    expectRefusal(await call(bridge.address, '--say', noSound), 1, /no-sound\.wav .*WAV/);
    expectRefusal(await call(bridge.address, '--record', join(folder, 'no', 'such.wav')), 1, /cannot record .*no such/);
    expectRefusal(await call(bridge.address, '--record', folder), 1, /cannot record .*folder/);
    const kept = join(folder, 'kept.wav');
    writeFileSync(kept, 'from before');
    expectRefusal(await call(bridge.addressOf('nobody'), '--record', kept), 1, /404/);
    expect(readFileSync(kept, 'utf8')).toBe('from before');
    expect(readdirSync(folder).filter((name) => /kept|such|missing/.test(name))).toEqual(['kept.wav']);
  });

  it('leaves no PIN in the log', () => {
    bridge.keepSecret(account.hostPin);
    bridge.expectNoSecretsLogged();
  });
});
