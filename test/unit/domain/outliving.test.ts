import { describe, expect, it } from 'vitest';
import { resumeCall, withoutDigits } from '../../../src/domain/call-flow/resume.js';
import { resumeConference } from '../../../src/domain/conference/resume.js';
import { conferenceId, menuId, nameId } from '../../../src/domain/identifiers.js';
import { say } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';
import { brief, Room } from './room.js';

describe('a room that was moved to another mixer', () => {
  it('hears one short tone while a conference is in session', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.happen({ type: 'RoomMoved' }))).toEqual(['room: <moved>']);
    expect(room.state.kind).toBe('InSession');
  });

  it('hears nothing where nobody is in it, or its last words are being said', () => {
    const waiting = new Room();
    waiting.arrives('ann');
    const away = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    away.leaves('host');
    const closing = new Room().withHostAnd('ann');
    closing.keys('host', 'end');
    for (const room of [new Room(), waiting, away, closing]) {
      const before = room.state;
      expect(room.happen({ type: 'RoomMoved' })).toEqual([]);
      expect(room.state).toEqual(before);
    }
  });
});

describe('a caller who cannot be moved off a mixer that died', () => {
  it('is hung up with an outcome of its own, and the conference is told of a lost line', () => {
    const caller = new Caller().inRoom();
    const effects = caller.happen({ type: 'MoveFailed' });
    expect(effects.map(({ type }) => type)).toEqual(['ReportLeft', 'HangUp', 'CloseCall']);
    expect(effects[0]).toMatchObject({ lineLost: true });
    expect(caller.outcome).toBe('mixer-lost');
  });

  it('keeps the outcome of the farewell he was hearing', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Dismissed', outcome: 'alone', farewell: [say('conference-ended')] });
    caller.happen({ type: 'MoveFailed' });
    expect(caller.outcome).toBe('alone');
  });
});

/** The call as another process finds it. */
function taken(caller: Caller): readonly string[] {
  const stored = JSON.parse(JSON.stringify(withoutDigits(caller.state))) as Caller['state'];
  const { state, effects } = resumeCall(stored, caller.now);
  caller.goOn(state, effects);
  return effects.map(({ type }) => type);
}

describe('a call that another process goes on with', () => {
  it('is asked for the PIN again where digits had been keyed; they are not stored', () => {
    const caller = new Caller().asked();
    caller.press('12');
    expect(withoutDigits(caller.state)).toMatchObject({ kind: 'CollectingPin', digits: '' });
    expect(taken(caller)).toEqual(['CancelTimer', 'Play']);
    expect(caller.state).toMatchObject({ kind: 'CollectingPin', digits: '' });
  });

  it('is left to hear the question to its end where nothing had been keyed', () => {
    const caller = new Caller().asked();
    const { facts } = caller.state;
    expect(taken(caller)).toEqual([]);
    expect(caller.state.facts.playing).toBe(facts.playing);
  });

  it('is asked for the PIN again where the store had not answered', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    expect(caller.state.kind).toBe('CheckingPin');
    expect(taken(caller)).toContain('Play');
    expect(caller.state.kind).toBe('CollectingPin');
  });

  it('is asked for a second code again where digits had been keyed or were being checked', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    caller.match('guest', {}, { securityCode: true });
    caller.press('43');
    expect(withoutDigits(caller.state)).toMatchObject({ kind: 'CollectingCode', digits: '' });
    expect(taken(caller)).toContain('Play');
    expect(caller.hears).toBe('enter-security-code');
    caller.press('4321');
    expect(caller.state.kind).toBe('CheckingCode');
    taken(caller);
    expect(caller.hears).toBe('enter-security-code');
    caller.press('4321');
    caller.matchCode();
    expect(caller.did('RequestAdmission')).toHaveLength(1);
  });

  it('is asked whether it is the host to the end of the question', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    caller.match('guest', {}, { byAccessCode: true });
    expect(taken(caller)).toEqual([]);
    caller.press('*');
    expect(caller.hears).toBe('enter-moderator-pin');
  });

  it('has the gate looked at again where it had not answered', () => {
    const caller = new Caller().accepted('guest', { nameOnEntry: true });
    expect(taken(caller)).toEqual(['LookAtGate', 'SetTimer']);
    caller.happen({ type: 'GateFoundOpen' });
    expect(caller.hears).toBe('say-your-name');
  });

  it('says its name again where it was being recorded, not where it is reviewed', () => {
    const caller = new Caller().accepted('guest', { nameOnEntry: true, nameReview: true });
    caller.happen({ type: 'GateFoundOpen' });
    expect(taken(caller)).toEqual([]);
    caller.finish();
    taken(caller);
    expect(caller.hears).toBe('say-your-name');
    caller.finish();
    caller.happen({ type: 'NameRecorded', nameId: nameId('call-name'), speechMs: 900 });
    expect(taken(caller)).toEqual([]);
    expect(caller.hears).toBe('name:call-name name-review');
  });

  it('leaves an entry whose digits are lost; they are not stored', () => {
    const caller = new Caller().inRoom('host');
    const opened = { type: 'EntryOpened', menuId: menuId('e1'), utterances: [say('enter-number-to-dial')] } as const;
    caller.happen({ ...opened, mostDigits: 15 });
    expect(taken(caller)).toEqual([]);
    caller.press('0207');
    expect(JSON.stringify(withoutDigits(caller.state))).not.toContain('0207');
    expect(taken(caller)).toContain('ReportMenuLeft');
    expect(caller.hears).toBe('<refused>');
  });

  it('keeps the menu of digits it has open', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'MenuOpened', menuId: menuId('m1'), utterances: [say('hand-menu')], choices: ['1'] });
    expect(taken(caller)).toEqual([]);
    caller.press('1');
    expect(caller.did('ReportChoice')).toHaveLength(1);
  });

  it('is taken into the room aside it was on its way to', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'SentToRoom', room: conferenceId('room/aside-1'), muted: false });
    const { effects } = resumeCall(caller.state, caller.now);
    expect(effects).toMatchObject([{ type: 'JoinMixer', conferenceId: 'room/aside-1' }]);
  });

  it('keeps the volumes', () => {
    const caller = new Caller().inRoom();
    caller.press('#4');
    taken(caller);
    caller.press('#4');
    expect(caller.did('SetGains').at(-1)?.gains).toEqual({ hearDb: -8, speakDb: 0 });
  });

  it('is taken in anew where the mixer had not answered, muted as the conference wants it now', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MuteChanged', muted: true });
    const { effects } = resumeCall(caller.state, caller.now);
    expect(effects).toMatchObject([{ type: 'JoinMixer', muted: true }]);
    expect(taken(caller)).toEqual(['JoinMixer']);
    const joined = caller.happen({ type: 'MixerJoined' });
    expect(joined.map(({ type }) => type)).toEqual(['CancelTimer', 'ReportJoined']);
  });

  it('has no answer of a mixer owed any more to a join that was given up before', () => {
    const caller = new Caller().accepted('guest', { hostLeaves: 'hold' });
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'SentToHold', reason: 'host-away' });
    taken(caller);
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.state.kind).toBe('InConference');
  });

  it('gives out no identity twice', () => {
    const caller = new Caller().asked();
    const before = caller.effects.flatMap((effect) => ('playId' in effect ? [effect.playId] : []));
    const timers = caller.did('SetTimer').map(({ timerId }) => timerId);
    taken(caller);
    caller.press('1234');
    caller.miss();
    const plays = caller.did('Play').map(({ playId }) => playId);
    expect(plays.length).toBeGreaterThan(before.length);
    expect(new Set(plays).size).toBe(plays.length);
    const all = caller.did('SetTimer').map(({ timerId }) => timerId);
    expect(all.length).toBeGreaterThan(timers.length);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a conference that another process goes on with', () => {
  it('is as it was, and gives out no identity twice', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.keys('host', 'lock');
    const play = room.lastRoomPlay;
    room.wait(2_000);
    const { facts, ...stage } = room.state;
    const state = resumeConference(room.state);
    room.state = state;
    expect(state).toMatchObject({ ...stage, facts: { members: facts.members, locked: true, peak: 3 } });
    room.keys('host', 'lock');
    expect(room.roomHeard.at(-1)).toBe('conference-now-unlocked');
    expect(room.lastRoomPlay).not.toBe(play);
    expect(state.facts.timers.running).toEqual(facts.timers.running);
  });
});
