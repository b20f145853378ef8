import { describe, expect, it } from 'vitest';
import { Caller } from './caller.js';

describe('an answered call', () => {
  it('hears nothing for 400 ms, then the greeting of its number, then is asked for the PIN', () => {
    const caller = new Caller();
    caller.happen({ type: 'CallAnswered' });
    caller.wait(399);
    expect(caller.hears).toBe('');
    caller.wait(1);
    expect(caller.hears).toBe('greeting:welcome');
    caller.finish();
    expect(caller.hears).toBe('enter-pin');
  });

  it('is asked at once where the number has no greeting', () => {
    expect(new Caller({ greeting: null }).asked().hears).toBe('enter-pin');
  });

  it('may key the PIN during the greeting, which stops', () => {
    const caller = new Caller();
    caller.happen({ type: 'CallAnswered' });
    caller.wait(400);
    caller.press('12');
    expect(caller.hears).toBe('');
    caller.press('34');
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '1234' }]);
  });

  it('loses no key pressed before the first prompt', () => {
    const caller = new Caller();
    caller.happen({ type: 'CallAnswered' });
    caller.press('1234', 50);
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '1234' }]);
  });

  it('skips the greeting with #', () => {
    const caller = new Caller();
    caller.happen({ type: 'CallAnswered' });
    caller.wait(400);
    caller.press('#');
    expect(caller.hears).toBe('enter-pin');
  });

  it('that hangs up before the answer was cancelled; without an ACK its line is lost', () => {
    const cancelled = new Caller();
    cancelled.happen({ type: 'CallerHungUp', lineLost: false });
    expect(cancelled.outcome).toBe('cancelled');
    const lost = new Caller();
    lost.happen({ type: 'CallerHungUp', lineLost: true });
    expect(lost.outcome).toBe('line-lost');
  });
});

describe('a PIN entry', () => {
  it('interrupts the prompt with its first key', () => {
    const caller = new Caller().asked();
    expect(caller.press('1')).toContainEqual({ type: 'StopPlaying' });
  });

  it('ends with #', () => {
    const caller = new Caller().asked();
    caller.press('12#');
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '12' }]);
  });

  it('ends at the PIN length of the number', () => {
    const caller = new Caller().asked();
    caller.press('123');
    expect(caller.did('LookUpPin')).toEqual([]);
    caller.press('4');
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '1234' }]);
  });

  it('ends 4 s after the last key', () => {
    const caller = new Caller().asked();
    caller.press('12');
    caller.wait(3_999);
    expect(caller.did('LookUpPin')).toEqual([]);
    caller.wait(1);
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '12' }]);
  });

  it('is begun again with *', () => {
    const caller = new Caller().asked();
    caller.press('99*1234');
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '1234' }]);
  });

  it('is not disturbed by the keys A to D', () => {
    const caller = new Caller().asked();
    caller.press('A');
    expect(caller.hears).toBe('enter-pin');
    caller.press('12B34');
    expect(caller.did('LookUpPin')).toMatchObject([{ digits: '1234' }]);
  });

  it('is waited for 10 s after the prompt, then asked for again', () => {
    const caller = new Caller().asked();
    caller.wait(20_000);
    expect(caller.hears).toBe('enter-pin');
    caller.finish();
    caller.wait(9_999);
    expect(caller.hears).toBe('');
    caller.wait(1);
    expect(caller.hears).toBe('nothing-entered enter-pin');
  });

  it('of nothing but # counts as silence', () => {
    const caller = new Caller().asked();
    caller.press('#');
    expect(caller.hears).toBe('nothing-entered enter-pin');
  });

  it('ignores keys while it is looked up', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    expect(caller.press('5*6')).toEqual([]);
  });

  it('swallows the # still pressed after it ended by its length, which then means no empty entry', () => {
    const caller = new Caller().asked();
    caller.press('9999');
    caller.miss();
    caller.wait(500);
    expect(caller.press('#')).toEqual([]);
    expect(caller.hears).toBe('pin-not-recognised enter-pin');
  });
});

describe('a wrong PIN', () => {
  it('is said to be not recognised, and asked for again; the prompt can be interrupted', () => {
    const caller = new Caller().asked();
    caller.press('9999');
    caller.miss();
    expect(caller.hears).toBe('pin-not-recognised enter-pin');
    caller.press('1');
    expect(caller.hears).toBe('');
  });

  it('for the third time ends the call with goodbye', () => {
    const caller = new Caller().asked();
    for (const last of [false, false, true]) {
      caller.press('99#');
      caller.miss();
      expect(caller.hears.endsWith('goodbye _')).toBe(last);
    }
    caller.press('1234#');
    expect(caller.did('HangUp')).toEqual([]);
    caller.finish();
    expect(caller.effects.slice(-2)).toMatchObject([{ type: 'HangUp' }, { type: 'CloseCall', outcome: 'wrong-pin' }]);
  });

  it('and silences draw on the same three tries', () => {
    const caller = new Caller().asked();
    caller.press('99#');
    caller.miss();
    caller.press('99#');
    caller.miss();
    caller.finish();
    caller.wait(10_000);
    expect(caller.hears).toBe('goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('no-entry');
  });

  it('answered late, for an entry before, means nothing', () => {
    const caller = new Caller().asked();
    caller.press('99#');
    const [first] = caller.did('LookUpPin');
    caller.miss();
    caller.press('88#');
    if (first === undefined) throw new Error('no lookup');
    expect(caller.happen({ type: 'PinMissed', lookupId: first.lookupId })).toEqual([]);
  });
});

describe('a PIN that could not be looked up', () => {
  it('sounds like a wrong one, but costs no try', () => {
    const caller = new Caller().asked();
    for (let failure = 1; failure <= 2; failure += 1) {
      caller.press('1234');
      caller.failLookup();
      expect(caller.hears).toBe('pin-not-recognised enter-pin');
    }
    for (let miss = 1; miss <= 2; miss += 1) {
      caller.press('99#');
      caller.miss();
    }
    expect(caller.hears).toBe('pin-not-recognised enter-pin');
  });

  it('is not asked for more than three times', () => {
    const caller = new Caller().asked();
    for (let failure = 1; failure <= 3; failure += 1) {
      caller.press('1234');
      caller.failLookup();
    }
    caller.finish();
    expect(caller.outcome).toBe('failed');
  });
});

describe('a call whose PIN is not accepted within 120 s', () => {
  it('hears goodbye and is hung up, whatever it was doing', () => {
    const caller = new Caller({ tries: 99 }).asked();
    for (let key = 0; key < 100 && caller.hears !== 'goodbye _'; key += 1) {
      caller.press('*1');
      caller.wait(2_000);
    }
    expect(caller.now).toBeLessThan(122_500);
    expect(caller.hears).toBe('goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('entry-too-long');
  });

  it('has all the time it wants once the PIN was accepted', () => {
    const caller = new Caller().waiting();
    caller.wait(121_000);
    expect(caller.state.kind).toBe('Waiting');
  });
});

describe('an accepted PIN', () => {
  it('asks the conference for a place, with the role of the PIN', () => {
    const caller = new Caller().accepted('host');
    expect(caller.did('RequestAdmission')).toMatchObject([{ admission: { role: 'host', conferenceId: 'room' } }]);
  });

  it.each([
    ['full', 'conference-full goodbye _', 'full'],
    ['locked', 'conference-locked goodbye _', 'locked'],
    ['closing', 'conference-ended goodbye _', 'host-ended'],
  ] as const)('that finds the conference %s hears "%s" and is hung up', (reason, heard, outcome) => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Refused', reason });
    expect(caller.hears).toBe(heard);
    caller.finish();
    expect(caller.outcome).toBe(outcome);
    expect(caller.did('ReportLeft')).toHaveLength(1);
  });

  it('fails after 10 s without an answer of the conference', () => {
    const caller = new Caller().accepted();
    caller.wait(10_000);
    expect(caller.outcome).toBe('failed');
    expect(caller.did('ReportLeft')).toHaveLength(1);
  });
});
