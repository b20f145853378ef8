import { describe, expect, it } from 'vitest';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { nameId } from '../../../src/domain/identifiers.js';
import { Caller } from './caller.js';

const NAME = nameId('call-name');

/** The gate is open to him, where names are said. */
function atTheGate(options: Partial<ConferenceOptions> = {}): Caller {
  const caller = new Caller().accepted('guest', { nameOnEntry: true, ...options });
  // The `#` of the PIN is not what these tests are about.
  caller.wait(3_500);
  caller.happen({ type: 'GateFoundOpen' });
  return caller;
}

/** Speaks after the tone. */
function speaking(options: Partial<ConferenceOptions> = {}): Caller {
  const caller = atTheGate(options);
  caller.finish();
  return caller;
}

function said(caller: Caller, speechMs = 900): Caller {
  caller.press('#');
  caller.happen({ type: 'NameRecorded', nameId: NAME, speechMs });
  return caller;
}

const names = (caller: Caller) => caller.did('RequestAdmission').map(({ name }) => name);

describe('where names are said on entry, a caller', () => {
  it('has the gate looked at first', () => {
    const caller = new Caller().accepted('guest', { nameOnEntry: true });
    expect(caller.did('LookAtGate')).toMatchObject([{ admission: { role: 'guest' } }]);
    expect(caller.hears).toBe('');
    expect(names(caller)).toEqual([]);
  });

  it.each([
    ['full', 'conference-full goodbye _', 'full'],
    ['locked', 'conference-locked goodbye _', 'locked'],
    ['closing', 'conference-ended goodbye _', 'host-ended'],
  ] as const)('who finds it %s hears so before he says a name', (reason, heard, outcome) => {
    const caller = new Caller().accepted('guest', { nameOnEntry: true });
    caller.happen({ type: 'Refused', reason });
    expect(caller.hears).toBe(heard);
    caller.finish();
    expect(caller.outcome).toBe(outcome);
    expect([...caller.did('RecordName'), ...caller.did('ReportLeft')]).toEqual([]);
  });

  it('fails after 10 s without an answer from the gate', () => {
    const caller = new Caller().accepted('guest', { nameOnEntry: true });
    caller.wait(10_000);
    expect(caller.outcome).toBe('failed');
  });

  it('is asked for the name, hears the tone, and is recorded from the tone on, for 5 s after it at most', () => {
    const caller = atTheGate();
    expect(caller.hears).toBe('say-your-name');
    expect(caller.did('RecordName')).toEqual([]);
    caller.finish();
    expect(caller.did('RecordName')).toEqual([{ type: 'RecordName', nameId: NAME, limitMs: 5_400 }]);
    expect(caller.hears).toBe('<record-after>');
    caller.finish();
    expect([...caller.did('StopRecordingName'), ...names(caller)]).toEqual([]);
  });

  it('may go on to the tone with #', () => {
    const caller = atTheGate();
    caller.press('#');
    expect(caller.hears).toBe('<record-after>');
    expect(caller.did('RecordName')).toHaveLength(1);
  });

  it('is recorded although the end of the sentence is never reported', () => {
    const caller = atTheGate();
    caller.wait(30_000);
    expect(caller.did('RecordName')).toHaveLength(1);
  });

  it('ends the name with #, and asks for a place with it', () => {
    const caller = speaking();
    caller.wait(1_000);
    caller.press('5');
    expect(caller.did('StopRecordingName')).toEqual([]);
    caller.press('##');
    expect(caller.did('StopRecordingName')).toEqual([{ type: 'StopRecordingName', nameId: NAME }]);
    expect(names(caller)).toEqual([]);
    caller.happen({ type: 'NameRecorded', nameId: NAME, speechMs: 700 });
    expect(names(caller)).toEqual([NAME]);
  });

  it('has the name ended 5 s after the tone, and the # pressed then swallowed', () => {
    const caller = speaking();
    caller.wait(5_400);
    expect(caller.did('StopRecordingName')).toHaveLength(1);
    caller.happen({ type: 'NameRecorded', nameId: NAME, speechMs: 5_000 });
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    caller.press('##', 500);
    expect(caller.did('ReportAction')).toEqual([]);
  });

  it('has the # swallowed too where the recorder was the first to end', () => {
    const caller = speaking();
    caller.wait(5_390);
    caller.happen({ type: 'NameRecorded', nameId: NAME, speechMs: 4_000 });
    expect(caller.did('StopRecordingName')).toEqual([]);
    expect(names(caller)).toEqual([NAME]);
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    caller.press('##', 500);
    expect(caller.did('ReportAction')).toEqual([]);
  });

  it('who says nothing comes in unnamed, without a review', () => {
    expect(names(said(speaking({ nameReview: true }), 0))).toEqual([null]);
  });

  it('whose recording never comes comes in unnamed', () => {
    const caller = speaking();
    caller.wait(10_400);
    expect(names(caller)).toEqual([null]);
    expect(caller.happen({ type: 'NameRecorded', nameId: NAME, speechMs: 900 })).toEqual([]);
  });

  it('hears the answer to another recording as nothing', () => {
    const caller = speaking();
    expect(caller.happen({ type: 'NameRecorded', nameId: nameId('wild'), speechMs: 900 })).toEqual([]);
  });

  it('who hangs up meanwhile was never known to the conference', () => {
    const caller = speaking();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.outcome).toBe('abandoned');
    expect(caller.did('ReportLeft')).toEqual([]);
  });

  it('is asked as host too', () => {
    const caller = new Caller().accepted('host', { nameOnEntry: true });
    caller.happen({ type: 'GateFoundOpen' });
    expect(caller.hears).toBe('say-your-name');
  });
});

describe('name review', () => {
  const reviewing = (): Caller => said(speaking({ nameReview: true }));

  it('plays the name back and asks; 1 keeps it', () => {
    const caller = reviewing();
    expect(caller.hears).toBe('name:call-name name-review');
    expect(names(caller)).toEqual([]);
    caller.press('1');
    expect(names(caller)).toEqual([NAME]);
    expect(caller.hears).toBe('');
  });

  it('records again with 2, under the same identity', () => {
    const caller = reviewing();
    caller.press('2');
    expect(caller.hears).toBe('say-your-name');
    caller.finish();
    expect(caller.did('RecordName').map(({ nameId: name }) => name)).toEqual([NAME, NAME]);
  });

  it('keeps the third recording without asking', () => {
    const caller = reviewing();
    for (let take = 2; take <= 3; take += 1) {
      caller.press('2');
      caller.finish();
      said(caller);
    }
    expect(caller.did('RecordName')).toHaveLength(3);
    expect(names(caller)).toEqual([NAME]);
  });

  it('is left with *, and by 10 s after its words: the name is kept', () => {
    const star = reviewing();
    star.press('*');
    expect(names(star)).toEqual([NAME]);
    const time = reviewing();
    time.wait(9_000);
    time.finish();
    time.wait(9_999);
    expect(names(time)).toEqual([]);
    time.wait(1);
    expect(names(time)).toEqual([NAME]);
  });

  it('owns the other keys', () => {
    const caller = reviewing();
    caller.press('7#B');
    expect(caller.hears).toBe('name:call-name name-review');
    expect(names(caller)).toEqual([]);
  });

  it('after which one who then says nothing comes in unnamed', () => {
    const caller = reviewing();
    caller.press('2');
    caller.finish();
    expect(names(said(caller, 0))).toEqual([null]);
  });
});
