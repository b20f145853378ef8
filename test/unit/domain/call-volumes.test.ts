import { describe, expect, it } from 'vitest';
import { say } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';

const gains = (caller: Caller): readonly string[] =>
  caller.did('SetGains').map(({ gains: { hearDb, speakDb } }) => `${hearDb}/${speakDb}`);

describe('the volume codes', () => {
  it.each([
    ['#4', 'hear-quieter', '-4/0'],
    ['#6', 'hear-louder', '4/0'],
    ['#7', 'speak-quieter', '0/-4'],
    ['#9', 'speak-louder', '0/4'],
  ])('%s: %s, by 4 dB', (code, heard, set) => {
    const caller = new Caller().inRoom();
    caller.press(code);
    expect(caller.hears).toBe(heard);
    expect(gains(caller)).toEqual([set]);
    expect(caller.did('ReportAction')).toEqual([]);
  });

  it('#5 sets both back to normal', () => {
    const caller = new Caller().inRoom();
    for (const code of ['#4', '#9', '#5']) caller.press(code);
    expect(gains(caller)).toEqual(['-4/0', '-4/4', '0/0']);
    expect(caller.hears).toBe('volume-normal');
  });

  it('go no further than 12 dB in each direction; then only a tone is heard', () => {
    const caller = new Caller().inRoom();
    for (let press = 1; press <= 4; press += 1) caller.press('#6');
    expect(gains(caller)).toEqual(['4/0', '8/0', '12/0']);
    expect(caller.hears).toBe('<refused>');
    for (let press = 1; press <= 7; press += 1) caller.press('#4');
    expect(gains(caller).at(-1)).toBe('-12/0');
    expect(caller.hears).toBe('<refused>');
  });

  it('work on hold music and on the way in, and hold in the room', () => {
    const waiting = new Caller().waiting();
    waiting.wait(3_500);
    waiting.press('#4');
    expect(waiting.hears).toBe('hear-quieter');
    const joining = new Caller().accepted();
    joining.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    joining.wait(3_500);
    joining.press('#4');
    expect(joining.hears).toBe('joining');
    joining.finish();
    joining.happen({ type: 'MixerJoined' });
    expect(joining.hears).toBe('hear-quieter');
    joining.press('#4');
    expect(gains(joining)).toEqual(['-4/0', '-8/0']);
  });
});
