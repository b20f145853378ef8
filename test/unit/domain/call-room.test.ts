import { describe, expect, it } from 'vitest';
import { music, say } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';

describe('an admitted caller', () => {
  it('hears the introduction, is then taken in, and only then reported to be in', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: true, introduction: [say('joining'), say('you-are-the-first')] });
    expect(caller.hears).toBe('joining you-are-the-first');
    expect(caller.did('JoinMixer')).toEqual([]);
    caller.finish();
    expect(caller.did('JoinMixer')).toEqual([{ type: 'JoinMixer', conferenceId: 'room', muted: true }]);
    expect(caller.did('ReportJoined')).toEqual([]);
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('ReportJoined')).toHaveLength(1);
  });

  it('leaves the music for the introduction', () => {
    const caller = new Caller().waiting();
    caller.finish();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    expect(caller.hears).toBe('joining');
    expect(caller.timers.names).not.toContain('wait-limit');
  });

  it('gets in although the end of the introduction is never reported', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.wait(30_000);
    expect(caller.did('JoinMixer')).toHaveLength(1);
  });

  it('who muted himself on the way in is muted when in', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.press('*6');
    caller.happen({ type: 'MuteChanged', muted: true });
    caller.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    caller.finish();
    expect(caller.hears).toBe('you-are-muted');
    caller.finish();
    expect(caller.did('JoinMixer')).toMatchObject([{ muted: true }]);
  });

  it('hears what is told meanwhile before coming in, the help when in', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.happen({ type: 'Told', utterances: [say('recording-started')] });
    caller.happen({ type: 'Told', utterances: Array.from({ length: 20 }, () => say('help-intro')) });
    caller.finish();
    expect(caller.hears).toBe('recording-started');
    expect(caller.did('JoinMixer')).toEqual([]);
    caller.finish();
    expect(caller.did('JoinMixer')).toHaveLength(1);
    caller.happen({ type: 'MixerJoined' });
    expect(caller.hears).toContain('help-intro');
  });

  it('comes in however much is told meanwhile', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    for (let second = 0; second < 30; second += 1) {
      caller.happen({ type: 'Told', utterances: [say('recording-started')] });
      caller.wait(1_000);
    }
    expect(caller.did('JoinMixer')).toHaveLength(1);
  });

  it('muted while the mixer is taking the caller in is muted at once after', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MuteChanged', muted: true });
    expect(caller.happen({ type: 'MixerJoined' })).toContainEqual({ type: 'SetMuted', muted: true });
  });

  it('whom no mixer takes in has a failed call', () => {
    const refused = new Caller().accepted();
    refused.happen({ type: 'Admitted', muted: false, introduction: [] });
    refused.happen({ type: 'MixerJoinFailed' });
    expect(refused.outcome).toBe('failed');
    const unanswered = new Caller().accepted();
    unanswered.happen({ type: 'Admitted', muted: false, introduction: [] });
    unanswered.wait(40_000);
    expect(unanswered.outcome).toBe('failed');
  });

  it('sent to hold while being taken in is out again; the late answer of the mixer means nothing', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    expect(caller.happen({ type: 'SentToHold', reason: 'host-away' })).toContainEqual({ type: 'LeaveMixer' });
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('ReportJoined')).toEqual([]);
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('ReportJoined')).toHaveLength(1);
  });

  it('dismissed during the introduction hears the farewell instead', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'Admitted', muted: false, introduction: [say('joining')] });
    caller.happen({ type: 'Dismissed', outcome: 'host-ended', farewell: [say('host-ended-conference')] });
    expect(caller.hears).toBe('host-ended-conference _');
    caller.finish();
    expect(caller.did('JoinMixer')).toEqual([]);
    expect(caller.outcome).toBe('host-ended');
  });
});

describe('a caller in the room', () => {
  it('is told messages one after the other', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Told', utterances: [say('help-intro')] });
    caller.happen({ type: 'Told', utterances: [say('you-are-muted')] });
    expect(caller.hears).toBe('help-intro');
    caller.finish();
    expect(caller.hears).toBe('you-are-muted');
    caller.finish();
    expect(caller.hears).toBe('');
  });

  it('has at most three messages in the queue: the newest win', () => {
    const caller = new Caller().inRoom();
    for (const prompt of ['joining', 'help-mute', 'help-count', 'help-menu', 'help-lock'] as const) {
      caller.happen({ type: 'Told', utterances: [say(prompt)] });
    }
    const heard: string[] = [];
    while (caller.hears !== '') {
      heard.push(caller.hears);
      caller.finish();
    }
    expect(heard).toEqual(['joining', 'help-count', 'help-menu', 'help-lock']);
  });

  it('interrupts a message with * or #, not with a digit', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Told', utterances: [say('help-intro')] });
    caller.press('5');
    expect(caller.hears).toBe('help-intro');
    caller.press('*');
    expect(caller.hears).toBe('');
  });

  it('has every code reported, known or not', () => {
    const caller = new Caller().inRoom();
    caller.press('*6');
    caller.press('*0');
    expect(caller.did('ReportAction')).toEqual([{ type: 'ReportAction', action: 'mute' }]);
    expect(caller.did('ReportUnknownCode')).toHaveLength(1);
  });

  it('is muted and unmuted as the conference says', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'MuteChanged', muted: true });
    caller.happen({ type: 'MuteChanged', muted: false });
    expect(caller.did('SetMuted').map((effect) => effect.muted)).toEqual([true, false]);
  });

  it('uses the codes of the account', () => {
    const caller = new Caller().inRoom('guest', { keyMap: { mute: ['*0'] } });
    caller.press('*0');
    expect(caller.did('ReportAction')).toEqual([{ type: 'ReportAction', action: 'mute' }]);
  });

  it('goes back to hold music when sent to hold, told why', () => {
    const caller = new Caller().inRoom();
    expect(caller.happen({ type: 'SentToHold', reason: 'host-away' })).toContainEqual({ type: 'LeaveMixer' });
    expect(caller.hears).toBe('host-disconnected-hold');
    caller.finish();
    expect(caller.hears).toBe('music');
  });

  it('comes back from hold the way in', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'SentToHold', reason: 'host-away' });
    caller.happen({ type: 'Admitted', muted: true, introduction: [say('host-returned')] });
    expect(caller.hears).toBe('host-returned');
    caller.finish();
    caller.happen({ type: 'MixerJoined' });
    expect(caller.did('ReportJoined')).toHaveLength(2);
    expect(caller.did('JoinMixer').at(-1)).toMatchObject({ muted: true });
  });

  it('who is dismissed leaves the room, hears the farewell and is hung up', () => {
    const caller = new Caller().inRoom();
    const effects = caller.happen({ type: 'Dismissed', outcome: 'alone', farewell: [say('conference-ended')] });
    expect(effects.map((effect) => effect.type).slice(0, 3)).toEqual(['ReportLeft', 'LeaveMixer', 'Play']);
    caller.press('*6##');
    caller.finish();
    expect(caller.outcome).toBe('alone');
    expect(caller.did('ReportAction')).toEqual([]);
  });

  it('who is dismissed without a word is hung up at once', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Dismissed', outcome: 'host-left', farewell: [] });
    expect(caller.effects.slice(-2)).toEqual([{ type: 'HangUp' }, { type: 'CloseCall', outcome: 'host-left' }]);
  });

  it('who is dismissed without a word during a farewell is hung up at once, for the reason of the farewell', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Dismissed', outcome: 'alone', farewell: [say('conference-ended')] });
    caller.happen({ type: 'Dismissed', outcome: 'draining', farewell: [] });
    expect(caller.outcome).toBe('alone');
  });

  it('is hung up although the end of the farewell is never reported', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'Dismissed', outcome: 'alone', farewell: [say('conference-ended')] });
    caller.wait(20_000);
    expect(caller.outcome).toBe('alone');
  });

  it('who hangs up completed the call; a line lost is reported as such', () => {
    const done = new Caller().inRoom();
    done.happen({ type: 'CallerHungUp', lineLost: false });
    expect(done.effects.slice(-2)).toEqual([
      { type: 'ReportLeft', lineLost: false },
      { type: 'CloseCall', outcome: 'completed' },
    ]);
    const lost = new Caller().inRoom();
    lost.happen({ type: 'CallerHungUp', lineLost: true });
    expect(lost.outcome).toBe('line-lost');
    expect(lost.did('ReportLeft')).toEqual([{ type: 'ReportLeft', lineLost: true }]);
  });

  it('whose media fail has a failed call, and the conference a lost line', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'MediaFailed' });
    expect(caller.did('ReportLeft')).toEqual([{ type: 'ReportLeft', lineLost: true }]);
    expect(caller.effects.slice(-2)).toEqual([{ type: 'HangUp' }, { type: 'CloseCall', outcome: 'failed' }]);
  });
});

describe('stale news', () => {
  it('of a timer that was set again or cancelled is dropped', () => {
    const caller = new Caller().asked();
    caller.press('1');
    const timerId = caller.timers.idOf('inter-digit');
    caller.press('2');
    expect(caller.happen({ type: 'TimerFired', timerId })).toEqual([]);
  });

  it('of a play that was stopped or replaced is dropped', () => {
    const caller = new Caller().asked();
    const playId = caller.playing;
    caller.press('12');
    expect(caller.happen({ type: 'PlayFinished', playId })).toEqual([]);
  });

  it('after the end is dropped', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.happen({ type: 'Told', utterances: [music] })).toEqual([]);
    expect(caller.happen({ type: 'CallerHungUp', lineLost: false })).toEqual([]);
  });
});
