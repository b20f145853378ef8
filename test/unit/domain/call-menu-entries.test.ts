import { describe, expect, it } from 'vitest';
import { say } from '../../../src/domain/prompts.js';
import type { Caller } from './caller.js';
import { closed, inEntry, aside, choices, left, actions } from './menus.js';

describe('a menu with codes for choices', () => {
  it('takes them before those of the map', () => {
    const caller = aside();
    caller.press('*2');
    expect(choices(caller)).toEqual(['m1:*2']);
    expect(actions(caller)).toEqual([]);
  });

  it('is left neither by * nor by time', () => {
    const caller = aside();
    caller.finish();
    caller.press('*');
    caller.wait(3_600_000);
    expect(left(caller)).toEqual([]);
    caller.press('*3');
    expect(choices(caller)).toEqual(['m1:*3']);
  });

  it('leaves the other codes as they are, and their answers are not kept back', () => {
    const caller = aside();
    caller.finish();
    caller.press('*6#4');
    expect(actions(caller)).toEqual(['mute']);
    expect(caller.hears).toBe('hear-quieter');
    caller.finish();
    caller.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    expect(caller.hears).toBe('you-are-muted');
  });

  it('does nothing with digits', () => {
    const caller = aside();
    caller.press('2');
    expect(choices(caller)).toEqual([]);
    expect(caller.hears).toBe('dial-out-menu');
  });

  it('says once when its words were heard, not when other words were', () => {
    const caller = aside();
    caller.finish();
    caller.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    caller.finish();
    expect(caller.did('ReportMenuSpoken')).toHaveLength(1);
    const keyed = aside();
    keyed.press('*');
    keyed.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    keyed.finish();
    expect(keyed.did('ReportMenuSpoken')).toEqual([]);
  });

  it('closed by the conference lets the message under way be heard, and the codes are those of the map', () => {
    const caller = aside();
    caller.finish();
    caller.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    caller.happen(closed('m1', 'dial-out-failed'));
    expect(caller.hears).toBe('you-are-muted');
    caller.finish();
    expect(caller.hears).toBe('dial-out-failed');
    caller.press('*2');
    expect(choices(caller)).toEqual([]);
    expect(actions(caller)).toEqual(['record']);
  });
});

describe('an entry of digits', () => {
  const entered = (caller: Caller) => caller.did('ReportEntry').map(({ digits }) => digits);

  it('ends with #; the first digit ends its words', () => {
    const caller = inEntry();
    expect(caller.hears).toBe('enter-number-to-dial');
    caller.press('020');
    expect(caller.hears).toBe('');
    caller.press('7#');
    expect(caller.did('ReportEntry')).toEqual([{ type: 'ReportEntry', menuId: 'e1', digits: '0207' }]);
    caller.press('5');
    caller.wait(20_000);
    expect([entered(caller), left(caller)]).toEqual([['0207'], []]);
  });

  it('ends 4 s after the last digit, and swallows the # still pressed', () => {
    const caller = inEntry();
    caller.press('0207');
    caller.wait(3_999);
    expect(entered(caller)).toEqual([]);
    caller.wait(1);
    expect(entered(caller)).toEqual(['0207']);
    caller.press('##', 500);
    expect(actions(caller)).toEqual([]);
  });

  it('ends at its longest', () => {
    const caller = inEntry(3);
    caller.press('1234');
    expect(entered(caller)).toEqual(['123']);
  });

  it('is left with *, whatever was keyed', () => {
    const caller = inEntry();
    caller.press('020*');
    expect([left(caller), entered(caller)]).toEqual([['e1'], []]);
    expect(caller.hears).toBe('');
  });

  it('is left 10 s after its words when nothing is keyed, with a tone', () => {
    const caller = inEntry();
    caller.finish();
    caller.wait(10_000);
    expect(left(caller)).toEqual(['e1']);
    expect(caller.hears).toBe('<refused>');
    expect(caller.did('ReportMenuSpoken')).toEqual([]);
  });

  it('of nothing but # is left, and the # may be the first of ##', () => {
    const caller = inEntry();
    caller.finish();
    caller.press('#');
    expect([left(caller), entered(caller)]).toEqual([['e1'], []]);
    expect(caller.hears).toBe('<refused>');
    caller.press('#');
    expect(actions(caller)).toEqual(['end']);
  });

  it('whose # is not the first of ##', () => {
    const caller = inEntry();
    caller.press('0##');
    expect(actions(caller)).toEqual([]);
  });

  it('lets messages wait until it is over', () => {
    const caller = inEntry();
    caller.press('0');
    caller.happen({ type: 'Told', utterances: [say('host-muted-you')] });
    expect(caller.hears).toBe('');
    caller.press('#');
    expect(caller.hears).toBe('host-muted-you');
  });
});
