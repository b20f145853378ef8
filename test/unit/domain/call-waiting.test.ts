import { describe, expect, it } from 'vitest';
import { say } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';

describe('a caller who waits for the host', () => {
  it('is told so, then hears hold music', () => {
    const caller = new Caller().waiting();
    expect(caller.hears).toBe('host-not-arrived');
    caller.finish();
    expect(caller.hears).toBe('music');
  });

  it('is reassured every 60 s, and hears the music again', () => {
    const caller = new Caller().waiting();
    caller.finish();
    for (let minute = 1; minute <= 3; minute += 1) {
      caller.wait(60_000);
      expect(caller.hears).toBe('still-waiting');
      caller.finish();
      expect(caller.hears).toBe('music');
    }
  });

  it('hears goodbye after 60 minutes', () => {
    const caller = new Caller().waiting();
    caller.wait(3_600_000);
    expect(caller.hears).toBe('host-did-not-arrive goodbye _');
    expect(caller.did('ReportLeft')).toHaveLength(1);
    caller.finish();
    expect(caller.outcome).toBe('no-host');
  });

  it('waits as long as the account wants, without reassurance if it wants none', () => {
    const caller = new Caller().waiting({ waitLimitSeconds: 90, reassureSeconds: 0 });
    caller.finish();
    caller.wait(89_999);
    expect(caller.hears).toBe('music');
    caller.wait(1);
    expect(caller.hears).toBe('host-did-not-arrive goodbye _');
  });

  it('is not cut off by music that cannot be played, nor is it tried without end', () => {
    const caller = new Caller().waiting();
    caller.finish();
    expect(caller.finish()).toEqual([]);
    caller.wait(60_000);
    expect(caller.hears).toBe('still-waiting');
  });

  it('hears answers to codes in between', () => {
    const caller = new Caller().waiting();
    caller.finish();
    caller.press('**');
    expect(caller.did('ReportAction')).toEqual([{ type: 'ReportAction', action: 'help' }]);
    caller.happen({ type: 'Told', utterances: [say('help-intro')] });
    expect(caller.hears).toBe('help-intro');
    caller.finish();
    expect(caller.hears).toBe('music');
  });

  it('asks for help with the codes by which his keys are decoded', () => {
    const caller = new Caller().waiting({ keyMap: { help: ['*0'] } });
    caller.finish();
    caller.press('*6');
    caller.press('*0');
    expect(caller.did('ReportAction')).toEqual([
      { type: 'ReportAction', action: 'mute' },
      { type: 'ReportAction', action: 'help', keyMap: { help: ['*0'] } },
    ]);
  });

  it('who hangs up was never in: abandoned', () => {
    const caller = new Caller().waiting();
    caller.happen({ type: 'CallerHungUp', lineLost: false });
    expect(caller.outcome).toBe('abandoned');
    expect(caller.did('ReportLeft')).toEqual([{ type: 'ReportLeft', lineLost: false }]);
  });

  it('for a host who is away has no limit of its own: the grace time is the conference’s', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'KeptWaiting', reason: 'host-away' });
    caller.wait(7_200_000);
    expect(caller.state.kind).toBe('Waiting');
  });

  it('in the lobby is told so and reassured so, without a limit', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'KeptWaiting', reason: 'lobby' });
    expect(caller.hears).toBe('waiting-for-admission');
    caller.finish();
    expect(caller.hears).toBe('music');
    caller.wait(60_000);
    expect(caller.hears).toBe('waiting-for-admission');
    caller.wait(7_200_000);
    expect(caller.state.kind).toBe('Waiting');
  });

  it('who finds himself in the lobby when the host comes is told so, and has no limit any more', () => {
    const caller = new Caller().waiting();
    caller.finish();
    caller.happen({ type: 'KeptWaiting', reason: 'lobby' });
    expect(caller.hears).toBe('waiting-for-admission');
    expect(caller.timers.names).not.toContain('wait-limit');
    caller.happen({ type: 'KeptWaiting', reason: 'lobby' });
    caller.finish();
    expect(caller.hears).toBe('music');
  });

  it('again because no host is there has a limit again', () => {
    const caller = new Caller().accepted();
    caller.happen({ type: 'KeptWaiting', reason: 'lobby' });
    caller.happen({ type: 'KeptWaiting', reason: 'no-host' });
    caller.wait(3_600_000);
    expect(caller.hears).toBe('host-did-not-arrive goodbye _');
  });

  it('for a host he has heard leave is reassured accordingly', () => {
    const caller = new Caller().inRoom();
    caller.happen({ type: 'SentToHold', reason: 'host-away' });
    caller.finish();
    caller.wait(60_000);
    expect(caller.hears).toBe('host-disconnected-hold');
    const newcomer = new Caller().accepted();
    newcomer.happen({ type: 'KeptWaiting', reason: 'host-away' });
    newcomer.finish();
    newcomer.wait(60_000);
    expect(newcomer.hears).toBe('still-waiting');
  });

  it('may still be refused', () => {
    const caller = new Caller().waiting();
    caller.happen({ type: 'Refused', reason: 'full' });
    expect(caller.hears).toBe('conference-full goodbye _');
  });
});
