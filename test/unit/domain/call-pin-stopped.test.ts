import { describe, expect, it } from 'vitest';
import { happened } from '../../../src/domain/call-flow/story.js';
import { nameId } from '../../../src/domain/identifiers.js';
import { Caller } from './caller.js';

const named = { nameOnEntry: true } as const;
const AGAIN = 'pin-not-recognised enter-pin';

const stopped = (caller: Caller): Caller => {
  caller.happen({ type: 'PinStopped' });
  return caller;
};

/** At the moment of joining, after the name was said. */
function requesting(): Caller {
  const caller = new Caller().accepted('host', named);
  caller.happen({ type: 'GateFoundOpen' });
  caller.finish();
  caller.happen({ type: 'NameRecorded', nameId: nameId('call-name'), speechMs: 900 });
  expect(caller.state.kind).toBe('Requesting');
  return caller;
}

function inLobby(): Caller {
  const caller = new Caller().waiting();
  caller.happen({ type: 'KeptWaiting', reason: 'lobby' });
  return caller;
}

describe('what was keyed and is stopped before the caller is in', () => {
  it.each([
    ['at the first look at the gate', (): Caller => new Caller().accepted('guest', named)],
    ['at the moment of joining', requesting],
    ['while waiting', (): Caller => new Caller().waiting()],
    ['in the lobby', inLobby],
  ])('%s sounds like one that never was, and a PIN is asked for again', (_, up) => {
    const caller = stopped(up());
    expect(caller.hears).toBe(AGAIN);
    expect(caller.state).toMatchObject({ kind: 'CollectingPin', facts: { misses: 1, knownToConference: false } });
    caller.press('5678');
    expect(caller.did('LookUpPin').at(-1)).toMatchObject({ digits: '5678' });
    caller.match('guest');
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    expect(caller.did('JoinMixer')).toHaveLength(1);
  });

  it('is a miss as the others: the third ends the call', () => {
    const caller = new Caller().asked();
    caller.press('1111');
    caller.miss();
    caller.press('1112');
    caller.miss();
    caller.press('1234');
    caller.match('guest', named);
    stopped(caller);
    expect(caller.hears).toBe('pin-not-recognised goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('wrong-pin');
  });

  it('takes the caller who waited off the conference, once, and none of the times of waiting go on', () => {
    const caller = stopped(new Caller().waiting({ waitLimitSeconds: 60 }));
    expect(caller.did('ReportLeft')).toEqual([{ type: 'ReportLeft', lineLost: false }]);
    caller.finish();
    caller.press('1');
    caller.wait(3_900);
    caller.press('2');
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    expect(caller.did('JoinMixer')).toEqual([]);
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.did('ReportLeft')).toHaveLength(1);
    expect(caller.outcome).toBe('abandoned');
  });

  it('leaves the caller as long for another as there was for the first', () => {
    const caller = stopped(new Caller({ firstKeyMs: 1_000_000 }).waiting());
    caller.finish();
    caller.wait(119_999);
    expect(caller.state.kind).toBe('CollectingPin');
    caller.wait(1);
    expect(caller.hears).toBe('goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('entry-too-long');
  });

  it('means nothing to whoever is in, on the way in, or was in and is on hold', () => {
    const inRoom = stopped(new Caller().inRoom());
    expect(inRoom.state.kind).toBe('InConference');
    inRoom.happen({ type: 'SentToHold', reason: 'host-away' });
    expect(stopped(inRoom).state.kind).toBe('Waiting');
    const joining = new Caller().waiting();
    joining.happen({ type: 'Admitted', muted: false, introduction: [] });
    expect(stopped(joining).state.kind).toBe('Joining');
    expect([...inRoom.did('ReportLeft'), ...joining.did('ReportLeft')]).toEqual([]);
  });

  it('is told in the story of the call as what it was, not as silence', () => {
    const caller = new Caller().waiting();
    const before = caller.state;
    const event = { type: 'PinStopped' } as const;
    const effects = caller.happen(event);
    expect(happened(before, { ...event, at: caller.now }, caller.state, effects)).toEqual([
      ['pin-stopped', { misses: 1 }],
    ]);
  });
});
