import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { MemoryFolder } from '../../../src/adapters/recordings/memory-folder.js';
import type { TestBridge } from '../kit/bridge.js';
import { everyPlace } from '../kit/ear.js';
import { forEachEngine } from '../kit/engines.js';
import { eventually } from '../kit/eventually.js';
import { exportedAudio, recordingsOf } from '../kit/exports.js';
import { HEARD_DBFS } from '../kit/listening.js';
import { nameOf } from '../kit/names.js';
import { withBridge } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';
import { TONES_HZ, untilHears } from '../kit/tones.js';
import { toneLevels, type Caller } from '../kit/caller.js';
import { allHear, allQuiet, answered, expectUnheard, settled } from './keying.js';

const [, BEFORE_HZ, MEANWHILE_HZ, AFTER_HZ] = TONES_HZ;
const LOCKED = spoken('conference-now-locked');
const SAID = nameOf(30);
const SAID_MS = 2_000;
const HELD_SLACK_MS = 5_000;
/** For so long the conference is held at least. */
const HELD_MS = 10_000;
/** The room was empty in between: what is recorded after the hold is another part. */
const PARTS = 2;
const BEEP_SECONDS = 5;
const SWEPT_LIMIT_MS = 5_000;
const SAMPLES_A_SECOND = 8_000;
/** A beep is played to the room when its time has come; between two of them the machine may be busy. */
const BEEP_LATE_SECONDS = 2;

/** `*2`, confirmed; everyone hears it. */
async function startRecording(host: Caller, ...others: readonly Caller[]): Promise<void> {
  await answered(host, '*2', spoken('confirm-recording'));
  await allHear([host, ...others], [spoken('recording-started')], () => host.press('1'));
  await allQuiet(host, ...others);
}

async function stopRecording(host: Caller, ...others: readonly Caller[]): Promise<void> {
  await allHear([host, ...others], [spoken('recording-stopped')], () => host.press('*2'));
}

/** Plain audio of the bridge's recordings, wherever it might be. */
function plainFiles({ dataDirectory }: TestBridge): readonly string[] {
  const own = { path: null, allowDisk: false, dataDirectory, runtimeDirectory: process.env['XDG_RUNTIME_DIR'] };
  const { path } = new MemoryFolder(own);
  const inMemory = existsSync(path) ? readdirSync(path) : [];
  const onDisk = readdirSync(join(dataDirectory, 'recordings'));
  return [...inMemory, ...onDisk].filter((name) => /\.(?:wav|json|sealing)$/.test(name));
}

/** For how long a tone is in a recording, milliseconds. */
const heardMs = (samples: Int16Array, hz: number): number =>
  toneLevels(samples, hz).filter((dbfs) => dbfs > HEARD_DBFS).length * 50;

// `*2` (product: section 3), and what becomes of what was said.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

  for (const [flag, title, times] of [
    ['--no-record-announcements', 'without announcements', 0],
    ['--record-announcements', 'with announcements, where the account wants it', 1],
  ] as const) {
    scene(
      `*2 and 1 record what is said ${title}; whoever comes is told before being in; *2 ends it for all to hear`,
      async (stage) => {
        const account = await stage.addAccount(flag);
        const [host, guest] = await stage.gather(account, 2);
        await startRecording(host, guest);
        guest.say(BEFORE_HZ);
        await untilHears(host, [BEFORE_HZ]);
        await host.listen(SAID_MS);
        guest.say(null);
        await guest.sayOnce(SAID.samples);
        await host.untilQuiet();
        const before = guest.mark();
        const late = await stage.call(account.guestPin);
        const told = await late.hearsInOrder([spoken('joining'), spoken('is-recorded')]);
        await guest.hears(signal('entry'), { since: before });
        expect(late.hasHeard(spoken('is-recorded'), told.end)).toBe(false);
        await allQuiet(host, guest, late);
        await allHear([host, guest, late], [LOCKED], () => host.press('*5'));
        await allQuiet(host, guest, late);
        const plain = plainFiles(stage.bridge);
        await stopRecording(host, guest, late);

        const [recording, ...more] = await recordingsOf(stage.bridge, account.id, 1);
        expect(more).toEqual([]);
        expect(recording?.part).toBe(1);
        const id = recording?.id ?? '';
        const ofThis = (files: readonly string[]): readonly string[] => files.filter((name) => name.includes(id));
        expect(ofThis(plain)).not.toEqual([]);
        await eventually(
          'plain audio gone',
          SWEPT_LIMIT_MS,
          () => ofThis(plainFiles(stage.bridge)),
          ({ length }) => length === 0,
        );
        const samples = await exportedAudio(stage.bridge, id);
        expect(samples.length / SAMPLES_A_SECOND).toBeCloseTo(recording?.durationSeconds ?? 0, 0);
        expect(heardMs(samples, BEFORE_HZ)).toBeGreaterThan(SAID_MS - 300);
        expect(everyPlace(samples, SAID)).toHaveLength(1);
        expect(everyPlace(samples, LOCKED)).toHaveLength(times);
      },
    );
  }

  scene('the question of *2 is left by * and after ten seconds: nothing is recorded', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await stage.gather(account, 2);
    await answered(host, '*2', spoken('confirm-recording'));
    await host.press('*1');
    await host.untilQuiet(1_000);
    await answered(host, '*2', spoken('confirm-recording'), signal('refused'));
    expectUnheard(guest, 0, spoken('recording-started'), spoken('confirm-recording'));
    const without = await stage.addAccount('--recording', 'not-allowed');
    const other = await stage.call(without.hostPin);
    await settled(other);
    await answered(other, '*2', spoken('not-available'));
    expect(await recordingsOf(stage.bridge, account.id, 0)).toEqual([]);
  });

  scene(
    'while the conference is held for its host the recording pauses, and goes on when he is back',
    async (stage) => {
      const account = await stage.addAccount('--host-leaves', 'hold', '--grace', '60');
      const [host, guest, other] = await stage.gather(account, 3);
      await startRecording(host, guest, other);
      const started = performance.now();
      guest.say(BEFORE_HZ);
      await untilHears(other, [BEFORE_HZ]);
      await guest.listen(SAID_MS);
      guest.say(null);
      await other.untilQuiet();
      const left = guest.mark();
      await host.hangUp();
      await guest.hears(holdMusic(), { since: left });
      const heldFrom = performance.now();
      guest.say(MEANWHILE_HZ);
      await guest.listen(HELD_MS);
      guest.say(null);
      const back = await stage.call(account.hostPin);
      await guest.hears(spoken('host-returned'), { since: left });
      const heldMs = performance.now() - heldFrom;
      await back.hears(spoken('is-recorded'));
      guest.say(AFTER_HZ);
      await untilHears(back, [AFTER_HZ]);
      await guest.listen(SAID_MS);
      guest.say(null);
      await back.untilQuiet();
      await stopRecording(back, guest, other);
      const lastedMs = performance.now() - started;
      const parts = await recordingsOf(stage.bridge, account.id, PARTS);
      expect(parts.map(({ part }) => part)).toEqual([1, 2]);
      const heard = await Promise.all(parts.map(({ id }) => exportedAudio(stage.bridge, id)));
      const inAll = (hz: number): number => heard.reduce((sum, samples) => sum + heardMs(samples, hz), 0);
      expect(inAll(BEFORE_HZ)).toBeGreaterThan(SAID_MS - 300);
      expect(inAll(AFTER_HZ)).toBeGreaterThan(SAID_MS - 300);
      expect(inAll(MEANWHILE_HZ)).toBe(0);
      // The words before the recording was marked as begun, and the way back in, are a few seconds more than what was held.
      const recordedMs = parts.reduce((sum, { durationSeconds }) => sum + durationSeconds * 1_000, 0);
      expect(recordedMs).toBeLessThan(lastedMs - heldMs + HELD_SLACK_MS);
    },
  );

  scene(
    'where the account wants it recording begins by itself; the conference over, it is sealed; the account removed, it is gone',
    async (stage) => {
      const { bridge } = stage;
      const account = await stage.addAccount('--recording', 'automatic');
      const [host, guest] = await stage.gather(account, 2);
      await host.hears(spoken('recording-started'));
      expect(guest.hasHeard(spoken('is-recorded'), 0)).toBe(true);
      await host.listen(1_000);
      await Promise.all([host.hangUp(), guest.hangUp()]);
      const [recording] = await recordingsOf(bridge, account.id, 1);
      const sealed = join(bridge.dataDirectory, 'recordings', `${recording?.id ?? ''}.sealed`);
      expect((await exportedAudio(bridge, recording?.id ?? '')).length).toBeGreaterThan(SAMPLES_A_SECOND);
      expect(existsSync(sealed)).toBe(true);
      expect(await bridge.commandHere('account', 'remove', account.id, '--yes')).toMatchObject({ status: 0 });
      expect(existsSync(sealed)).toBe(false);
    },
  );

  scene('where the account wants it a short beep reminds all that it is recorded, until it is not', async (stage) => {
    const account = await stage.addAccount('--record-beep', String(BEEP_SECONDS));
    const [host, guest] = await stage.gather(account, 2);
    await startRecording(host, guest);
    for (const caller of [host, guest]) {
      const first = await caller.hears(signal('recording'));
      const second = await caller.hears(signal('recording'), { since: first.end });
      const apart = (second.at - first.at) / SAMPLES_A_SECOND;
      expect(Math.abs(apart - BEEP_SECONDS), `${apart} s apart`).toBeLessThan(BEEP_LATE_SECONDS);
    }
    await stopRecording(host, guest);
    await guest.untilQuiet();
    const after = guest.mark();
    await guest.listen((BEEP_SECONDS + BEEP_LATE_SECONDS) * 1_000);
    expectUnheard(guest, after, signal('recording'));
  });
});
