import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { PlayApart } from '../../../src/adapters/freeswitch/play-apart.js';
import { ScriptedLine, settled } from './scripted-line.js';

const FILE = fileURLToPath(import.meta.url);
const ITEMS = [{ path: FILE, loop: false }];

describe('what is played to each in a room', () => {
  const play = (): { readonly script: ScriptedLine; readonly apart: PlayApart; readonly ends: string[] } => {
    const script = new ScriptedLine();
    const ends: string[] = [];
    return { script, ends, apart: new PlayApart(script.line, 'tag', (cut) => ends.push(cut ? 'cut' : 'done')) };
  };
  const started = (script: ScriptedLine): readonly string[] =>
    script.asked.filter((command) => command.includes(' start ')).map((command) => command.split(' ')[1] ?? '');

  it('is not begun where the room ended before it could be', async () => {
    const { script, apart, ends } = play();
    const begun = apart.begin(ITEMS, ['a', 'b']);
    apart.stop();
    expect(await begun).toBe(true);
    expect(started(script)).toEqual([]);
    expect(ends).toEqual([]);
  });

  it('is not begun for him who left before it could be', async () => {
    const { script, apart } = play();
    const begun = apart.begin(ITEMS, ['a', 'b']);
    apart.left('a');
    expect(await begun).toBe(true);
    expect(started(script)).toEqual(['b']);
    apart.stop();
  });

  it('ends where everybody left before it could begin', async () => {
    const { script, apart, ends } = play();
    const begun = apart.begin(ITEMS, ['a']);
    apart.left('a');
    expect(await begun).toBe(true);
    await pause(5);
    expect(started(script)).toEqual([]);
    expect(ends).toEqual(['done']);
  });

  it('is for another way of playing where no file is there, or no channel takes it', async () => {
    const missing = play();
    expect(await missing.apart.begin([{ path: `${FILE}.not`, loop: false }], ['a'])).toBe(false);
    expect(missing.script.asked).toEqual([]);
    const refused = play();
    refused.script.replies = () => '-ERR no such channel';
    expect(await refused.apart.begin(ITEMS, ['a', 'b'])).toBe(false);
    expect(refused.ends).toEqual([]);
  });

  it('is told as cut where it was still playing after two minutes, and as done where it ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const [cut, done] = [play(), play()];
      for (const { apart } of [cut, done]) expect(await apart.begin(ITEMS, ['a', 'b'])).toBe(true);
      vi.advanceTimersByTime(119_000);
      const sound = done.script.asked[0]?.split("'")[1] ?? '';
      done.apart.ended('a', sound);
      done.apart.ended('b', sound);
      vi.advanceTimersByTime(1_000);
      expect(done.ends).toEqual(['done']);
      expect(cut.ends).toEqual(['cut']);
      await settled();
      expect(cut.script.asked.filter((command) => command.includes(' stop '))).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
