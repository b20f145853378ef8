import { describe, expect, it } from 'vitest';
import { say, tone } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';

describe('## in the room', () => {
  const ended = (caller: Caller): boolean => caller.did('ReportAction').some((effect) => effect.action === 'end');

  it('is reported when pressed in quiet', () => {
    const caller = new Caller().inRoom('host');
    caller.press('##');
    expect(ended(caller)).toBe(true);
  });

  it('is nothing while a private message is said, whose interruption it begins with', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'Told', utterances: [say('help-intro')] });
    caller.press('##');
    expect(ended(caller)).toBe(false);
    caller.press('#');
    expect(ended(caller)).toBe(true);
  });

  it('is not held up by a mere tone', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'Told', utterances: [tone('discreet')] });
    caller.press('##');
    expect(ended(caller)).toBe(true);
  });

  it('is nothing on the way in', () => {
    const caller = new Caller().accepted('host');
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.wait(4_000);
    caller.press('##');
    caller.finish();
    caller.press('##');
    expect(ended(caller)).toBe(false);
  });

  it('is never begun by the # of a PIN that ended by itself', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    caller.match('host');
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    caller.press('##', 500);
    expect(ended(caller)).toBe(false);
  });
});

describe('## where a third key confirms', () => {
  const host = (): Caller => {
    const caller = new Caller().inRoom('host', { confirmHangup: true });
    caller.press('##');
    return caller;
  };
  const ends = (caller: Caller): number => caller.did('ReportAction').filter(({ action }) => action === 'end').length;

  it('asks first, and ends with #', () => {
    const caller = host();
    expect(caller.hears).toBe('confirm-host-hangup');
    expect(ends(caller)).toBe(0);
    caller.press('#');
    expect(ends(caller)).toBe(1);
  });

  it('is left with *', () => {
    const caller = host();
    caller.press('*');
    expect(caller.hears).toBe('');
    caller.wait(500);
    caller.press('#');
    expect(ends(caller)).toBe(0);
  });

  it('is given up after 10 s, with a tone', () => {
    const caller = host();
    caller.finish();
    caller.wait(10_000);
    expect(caller.hears).toBe('<refused>');
    caller.press('#');
    expect(ends(caller)).toBe(0);
  });

  it('owns the digits pressed meanwhile', () => {
    const caller = host();
    caller.press('5');
    expect(caller.hears).toBe('confirm-host-hangup');
    caller.press('#');
    expect(ends(caller)).toBe(1);
  });

  it('does not ask a guest, who is told whose code it is', () => {
    const caller = new Caller().inRoom('guest', { confirmHangup: true });
    caller.press('##');
    expect(ends(caller)).toBe(1);
  });
});
