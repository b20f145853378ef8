import { describe, expect, it } from 'vitest';
import { conferenceId, menuId } from '../../../src/domain/identifiers.js';
import { say } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';

const ASIDE = conferenceId('room/aside-1');
const ROOM = conferenceId('room');

const types = (effects: readonly { readonly type: string }[]): readonly string[] => effects.map(({ type }) => type);

function hostAside(): Caller {
  const caller = new Caller().inRoom('host');
  caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
  caller.happen({ type: 'MixerJoined' });
  return caller;
}

describe('a host sent to a room aside', () => {
  it('goes there without a word, and is not reported as in', () => {
    const caller = new Caller().inRoom('host');
    const effects = caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    expect(effects.filter(({ type }) => type !== 'SetTimer')).toEqual([
      { type: 'LeaveMixer' },
      { type: 'JoinMixer', conferenceId: ASIDE, muted: false },
    ]);
    expect(types(caller.happen({ type: 'MixerJoined' }))).toEqual(['CancelTimer']);
    expect(caller.did('ReportJoined')).toHaveLength(1);
    expect(caller.hears).toBe('');
  });

  it('comes back into the conference and is reported as in', () => {
    const caller = hostAside();
    caller.happen({ type: 'SentToRoom', room: ROOM, muted: true });
    expect(caller.did('JoinMixer').at(-1)).toEqual({ type: 'JoinMixer', conferenceId: ROOM, muted: true });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('ReportJoined')).toHaveLength(2);
  });

  it('finds the menu opened on the way, and hears its words there', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    const utterances = [say('dial-out-menu')];
    caller.happen({ type: 'MenuOpened', menuId: menuId('m1'), utterances, choices: ['*2', '*3'] });
    expect(caller.hears).toBe('');
    caller.happen({ type: 'MixerJoined' });
    expect(caller.hears).toBe('dial-out-menu');
    caller.press('*2');
    expect(caller.did('ReportChoice')).toEqual([{ type: 'ReportChoice', menuId: 'm1', choice: '*2' }]);
  });

  it('takes along the menu he has open', () => {
    const caller = new Caller().inRoom('host', { confirmHangup: true });
    caller.happen({ type: 'MenuOpened', menuId: menuId('m1'), utterances: [say('dial-out-menu')], choices: ['*2'] });
    caller.finish();
    caller.press('##');
    caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    caller.press('*2');
    caller.happen({ type: 'MixerJoined' });
    caller.press('*2');
    expect(caller.did('ReportChoice')).toHaveLength(2);
    expect(caller.did('ReportMenuLeft')).toEqual([]);
  });

  it('hears there what he was told on the way', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    caller.happen({ type: 'Told', utterances: [say('dial-out-failed')] });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.hears).toBe('dial-out-failed');
  });

  it('is sent on before the mixer took him in: only the last room counts', () => {
    const caller = new Caller().inRoom('host');
    caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    caller.happen({ type: 'SentToRoom', room: ROOM, muted: false });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.state.kind).toBe('Joining');
    caller.happen({ type: 'MixerJoined' });
    expect(caller.state).toMatchObject({ kind: 'InConference', room: ROOM });
    expect(caller.did('ReportJoined')).toHaveLength(2);
  });

  it('sent where he is or is just going is only muted or not', () => {
    const caller = new Caller().inRoom('host');
    expect(caller.happen({ type: 'SentToRoom', room: ROOM, muted: true })).toEqual([{ type: 'SetMuted', muted: true }]);
    caller.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    expect(caller.happen({ type: 'SentToRoom', room: ASIDE, muted: true })).toEqual([]);
    expect(caller.happen({ type: 'MixerJoined' })).toContainEqual({ type: 'SetMuted', muted: true });
  });

  it('has his codes and messages there', () => {
    const caller = hostAside();
    caller.press('*6');
    expect(caller.did('ReportAction')).toEqual([{ type: 'ReportAction', action: 'mute' }]);
    caller.happen({ type: 'MuteChanged', muted: true });
    expect(caller.did('SetMuted')).toEqual([{ type: 'SetMuted', muted: true }]);
  });

  it('may be sent to hold or dismissed from there', () => {
    const held = hostAside();
    expect(types(held.happen({ type: 'SentToHold', reason: 'host-away' }))).toContain('LeaveMixer');
    held.happen({ type: 'Admitted', muted: false, introduction: [] });
    expect(held.did('JoinMixer').at(-1)).toMatchObject({ conferenceId: ROOM });
    const dismissed = hostAside();
    dismissed.happen({ type: 'Dismissed', outcome: 'host-ended', farewell: [] });
    expect(dismissed.outcome).toBe('host-ended');
  });

  it('who hangs up there has left the conference', () => {
    const caller = hostAside();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.did('ReportLeft')).toHaveLength(1);
    expect(caller.outcome).toBe('completed');
  });

  it('sent there during the introduction or from hold hears no more of it', () => {
    const joining = new Caller().accepted('host');
    joining.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    joining.happen({ type: 'SentToRoom', room: ASIDE, muted: false });
    expect(joining.hears).toBe('');
    const waiting = new Caller().waiting();
    waiting.happen({ type: 'SentToRoom', room: ROOM, muted: false });
    expect(waiting.hears).toBe('');
    waiting.happen({ type: 'MixerJoined' });
    expect(waiting.did('ReportJoined')).toHaveLength(1);
    expect(waiting.timers.names).toEqual([]);
  });
});

describe('a call placed by us', () => {
  const answered = (): Caller => {
    const caller = Caller.placed();
    caller.happen({ type: 'CallAnswered' });
    caller.happen({ type: 'MixerJoined' });
    return caller;
  };

  it('that is answered goes into the room aside without a word: no PIN, no greeting', () => {
    const caller = Caller.placed();
    const effects = caller.happen({ type: 'CallAnswered' });
    expect(types(effects)).toEqual(['SetTimer', 'JoinMixer']);
    expect(caller.did('JoinMixer')).toEqual([{ type: 'JoinMixer', conferenceId: ASIDE, muted: false }]);
    caller.happen({ type: 'MixerJoined' });
    caller.wait(120_000);
    expect(caller.hears).toBe('');
    expect(caller.did('ReportJoined')).toEqual([]);
    expect(caller.state.kind).toBe('InConference');
  });

  it('brought in is taken into the conference, and reported as in', () => {
    const caller = answered();
    caller.happen({ type: 'SentToRoom', room: ROOM, muted: true });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('JoinMixer').at(-1)).toEqual({ type: 'JoinMixer', conferenceId: ROOM, muted: true });
    expect(caller.did('ReportJoined')).toHaveLength(1);
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.outcome).toBe('completed');
  });

  it('goes on as a guest, with the codes of the account', () => {
    const caller = answered();
    caller.happen({ type: 'SentToRoom', room: ROOM, muted: false });
    caller.happen({ type: 'MixerJoined' });
    caller.press('*9');
    expect(caller.did('ReportAction')).toEqual([{ type: 'ReportAction', action: 'raise-hand' }]);
  });

  it('that hangs up before it is brought in was never in, and is reported as gone', () => {
    const caller = answered();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.outcome).toBe('abandoned');
    expect(caller.did('ReportLeft')).toHaveLength(1);
  });

  it('that is not answered has an outcome of its own, and nothing is reported', () => {
    const caller = Caller.placed();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.outcome).toBe('not-answered');
    expect(caller.did('ReportLeft')).toEqual([]);
  });

  it('given up while it rings or afterwards is hung up', () => {
    for (const caller of [Caller.placed(), answered()]) {
      caller.happen({ type: 'Dismissed', outcome: 'given-up', farewell: [] });
      expect(caller.effects.slice(-2)).toEqual([{ type: 'HangUp' }, { type: 'CloseCall', outcome: 'given-up' }]);
    }
  });

  it('brought in before it is answered goes there at once when it is', () => {
    const caller = Caller.placed();
    caller.happen({ type: 'SentToRoom', room: ROOM, muted: true });
    caller.happen({ type: 'CallAnswered' });
    expect(caller.did('JoinMixer')).toEqual([{ type: 'JoinMixer', conferenceId: ROOM, muted: true }]);
  });
});
