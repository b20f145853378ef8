import { describe, expect, it } from 'vitest';
import { menuId } from '../../../src/domain/identifiers.js';
import { say, tone } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';
import { opened, closed, inMenu, inWords, choices, left, actions } from './menus.js';

describe('a menu', () => {
  it('says its words at once, in place of the message under way', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'Told', utterances: [say('help-intro')] });
    caller.happen(opened('m1', ['1'], 'roll-call-menu'));
    expect(caller.hears).toBe('roll-call-menu');
  });

  it('owns the digits while it speaks, and ends its words with a choice', () => {
    const caller = inWords();
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
    expect(caller.hears).toBe('');
  });

  it('owns them for 10 s after its words, then is left with a tone', () => {
    const caller = inWords();
    caller.wait(30_000);
    caller.finish();
    caller.wait(9_999);
    expect(left(caller)).toEqual([]);
    caller.wait(1);
    expect(left(caller)).toEqual(['m1']);
    expect(caller.hears).toBe('<refused>');
    caller.press('1');
    expect(choices(caller)).toEqual([]);
  });

  it('is left although the end of its words is never reported', () => {
    const caller = inWords();
    caller.wait(120_000);
    expect(left(caller)).toEqual(['m1']);
  });

  it('says when its words were heard to their end, not when a key ended them', () => {
    expect(inMenu().did('ReportMenuSpoken')).toEqual([{ type: 'ReportMenuSpoken', menuId: 'm1' }]);
    const keyed = inWords();
    keyed.press('1');
    keyed.wait(1_000);
    expect(keyed.did('ReportMenuSpoken')).toEqual([]);
  });

  it('stays open after a choice, and has another 10 s', () => {
    const caller = inMenu();
    caller.wait(9_000);
    caller.press('1');
    caller.wait(9_000);
    caller.press('2');
    expect(choices(caller)).toEqual(['m1:1', 'm1:2']);
    expect(left(caller)).toEqual([]);
  });

  it('takes only its own digits', () => {
    const caller = inWords();
    caller.press('9A0');
    expect(choices(caller)).toEqual([]);
    expect(caller.hears).toBe('roll-call-menu');
  });

  it('is left with *, which is the first key of no code', () => {
    const caller = inWords();
    caller.press('*6');
    expect(left(caller)).toEqual(['m1']);
    expect(caller.hears).toBe('');
    expect(actions(caller)).toEqual([]);
    caller.press('*6');
    expect(actions(caller)).toEqual(['mute']);
  });

  it('takes no other code: a digit after # is neither code nor choice', () => {
    const caller = inMenu();
    caller.press('#1');
    expect(choices(caller)).toEqual([]);
    expect(actions(caller)).toEqual([]);
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
  });

  it('lets ## through once both keys come after its words', () => {
    const caller = inWords();
    caller.press('##');
    expect(actions(caller)).toEqual([]);
    caller.press('#');
    expect(actions(caller)).toEqual(['end']);
    const quiet = inMenu();
    quiet.press('##');
    expect(actions(quiet)).toEqual(['end']);
  });

  it('lies under the confirmation of ##, and is there again afterwards', () => {
    const caller = new Caller().inRoom('host', { confirmHangup: true });
    caller.happen(opened('m1', ['1'], 'roll-call-menu'));
    caller.finish();
    caller.press('##');
    expect(caller.hears).toBe('confirm-host-hangup');
    caller.press('1');
    expect(choices(caller)).toEqual([]);
    caller.press('*');
    expect(left(caller)).toEqual([]);
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
  });

  it('may be closed under the confirmation, and the words are said after it', () => {
    const caller = new Caller().inRoom('host', { confirmHangup: true });
    caller.happen(opened('m1', ['1'], 'roll-call-menu'));
    caller.finish();
    caller.press('##');
    caller.happen(closed('m1', 'lobby-empty'));
    expect(caller.hears).toBe('confirm-host-hangup');
    caller.press('*');
    expect(caller.hears).toBe('lobby-empty');
    caller.press('1');
    expect(choices(caller)).toEqual([]);
  });

  it('opened in place of another leaves no word of that one, and takes no key for it', () => {
    const caller = inWords();
    caller.happen(opened('m2', ['3'], 'screening-menu'));
    expect(caller.hears).toBe('screening-menu');
    caller.press('13');
    expect(choices(caller)).toEqual(['m2:3']);
    expect(left(caller)).toEqual([]);
  });

  it('lets messages wait until it is over', () => {
    const caller = inWords();
    caller.happen({ type: 'Told', utterances: [say('host-muted-you')] });
    caller.finish();
    expect(caller.hears).toBe('');
    caller.press('*');
    expect(caller.hears).toBe('host-muted-you');
  });

  it('lets the messages follow its tone when time leaves it', () => {
    const caller = inMenu();
    caller.happen({ type: 'Told', utterances: [say('host-muted-you')] });
    caller.wait(10_000);
    expect(caller.hears).toBe('<refused>');
    caller.finish();
    expect(caller.hears).toBe('host-muted-you');
  });

  it('closed by the conference says what that says, then what waited', () => {
    const caller = inWords();
    caller.happen({ type: 'Told', utterances: [say('host-muted-you')] });
    caller.happen(closed('m1', 'caller-dropped'));
    expect(caller.hears).toBe('caller-dropped');
    caller.finish();
    expect(caller.hears).toBe('host-muted-you');
    caller.press('1');
    expect([choices(caller), left(caller)]).toEqual([[], []]);
  });

  it('closed without a word is silent at once', () => {
    const caller = inWords();
    caller.happen(closed('m1'));
    expect(caller.hears).toBe('');
    expect(caller.timers.names).toEqual([]);
  });

  it('closed when it is not open any more changes nothing, but what it says is said', () => {
    const caller = inMenu();
    caller.press('*');
    caller.happen(opened('m2', ['1'], 'hand-menu'));
    caller.finish();
    caller.happen(closed('m1', 'caller-muted'));
    caller.press('1');
    expect(choices(caller)).toEqual(['m2:1']);
    caller.press('*');
    expect(caller.hears).toBe('caller-muted');
  });

  it('without words goes on with those under way, and has its 10 s from their end', () => {
    const caller = inWords();
    caller.happen(opened('m2', ['1']));
    expect(caller.hears).toBe('roll-call-menu');
    caller.wait(20_000);
    caller.finish();
    caller.wait(9_999);
    expect(left(caller)).toEqual([]);
    caller.wait(1);
    expect(left(caller)).toEqual(['m2']);
  });

  it('may be a tone only', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'MenuOpened', menuId: menuId('m1'), utterances: [tone('done')], choices: ['1'] });
    caller.finish();
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
  });

  it('exists on hold music too, which comes back after it', () => {
    const caller = new Caller().waiting();
    caller.finish();
    caller.happen(opened('m1', ['1'], 'hand-menu'));
    expect(caller.hears).toBe('hand-menu');
    caller.finish();
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
    caller.wait(2_000);
    expect(caller.hears).toBe('');
    caller.press('*');
    expect(caller.hears).toBe('music');
  });

  it('is not spoken into by a reassurance', () => {
    const caller = new Caller().waiting();
    caller.finish();
    caller.wait(55_000);
    caller.happen(opened('m1', ['1'], 'hand-menu'));
    caller.finish();
    caller.wait(5_000);
    expect(caller.hears).toBe('');
  });

  it('for someone on the way in begins when he is in', () => {
    const caller = new Caller().accepted('host');
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.happen(opened('m1', ['1'], 'hand-menu'));
    expect(caller.hears).toBe('joining');
    caller.finish();
    caller.happen({ type: 'MixerJoined' });
    expect(caller.hears).toBe('hand-menu');
    caller.press('1');
    expect(choices(caller)).toEqual(['m1:1']);
  });

  it('closed before he is in is never opened', () => {
    const caller = new Caller().accepted('host');
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.happen(opened('m1', ['1'], 'hand-menu'));
    caller.happen(closed('m1', 'no-hands-raised'));
    caller.finish();
    caller.happen({ type: 'MixerJoined' });
    expect(caller.hears).toBe('no-hands-raised');
    caller.press('1');
    expect(choices(caller)).toEqual([]);
  });

  it('where there is nobody to see it is left at once', () => {
    const caller = new Caller().accepted();
    caller.happen(opened('m1', ['1'], 'hand-menu'));
    expect(left(caller)).toEqual(['m1']);
    expect(caller.hears).toBe('');
  });

  it('is gone when its caller is sent to hold or dismissed', () => {
    const held = inMenu();
    held.happen({ type: 'SentToHold', reason: 'host-away' });
    held.press('1');
    expect([choices(held), left(held)]).toEqual([[], []]);
    const dismissed = inMenu();
    dismissed.happen({ type: 'Dismissed', outcome: 'dropped', farewell: [say('goodbye')] });
    dismissed.press('1*');
    expect([choices(dismissed), left(dismissed)]).toEqual([[], []]);
  });
});
