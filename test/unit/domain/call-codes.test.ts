import { describe, expect, it } from 'vitest';
import { Caller } from './caller.js';

/** Has keyed the access code of all. */
function withAccessCode(ways: { readonly securityCode?: boolean } = {}): Caller {
  const caller = new Caller().asked();
  caller.press('1234');
  return caller.match('guest', {}, { byAccessCode: true, ...ways });
}

/** Has keyed a PIN of a conference with a security code. */
function withSecurityCode(role: 'host' | 'guest' = 'guest'): Caller {
  const caller = new Caller().asked();
  caller.press('1234');
  caller.match(role, {}, { securityCode: true });
  // So long a # still belongs to the PIN.
  caller.wait(3_500);
  return caller;
}

const requested = (caller: Caller): readonly string[] =>
  caller.did('RequestAdmission').map(({ admission }) => admission.role);

describe('a caller who keyed an access code', () => {
  it('is asked whether he is the host', () => {
    const caller = withAccessCode();
    expect(caller.hears).toBe('host-choice');
    expect(requested(caller)).toEqual([]);
  });

  it('is a guest after 5 s, counted from the end of the question', () => {
    const caller = withAccessCode();
    caller.wait(10_000);
    caller.finish();
    caller.wait(4_999);
    expect(requested(caller)).toEqual([]);
    caller.wait(1);
    expect(requested(caller)).toEqual(['guest']);
  });

  it('is a guest at once with #, also during the question', () => {
    const caller = withAccessCode();
    caller.wait(3_500);
    caller.press('#');
    expect(requested(caller)).toEqual(['guest']);
    expect(caller.hears).toBe('');
  });

  it('is not made a guest by the # that still belongs to the access code', () => {
    const caller = withAccessCode();
    caller.wait(500);
    caller.press('#');
    expect(caller.hears).toBe('host-choice');
    caller.press('*');
    expect(caller.hears).toBe('enter-moderator-pin');
  });

  it('is asked for the moderator PIN with *, at once, and is the host with it', () => {
    const caller = withAccessCode();
    caller.press('*');
    expect(caller.hears).toBe('enter-moderator-pin');
    caller.press('5678');
    expect(caller.did('CheckCode')).toMatchObject([{ code: 'moderator', accountId: 'account', digits: '5678' }]);
    caller.matchCode();
    expect(requested(caller)).toEqual(['host']);
  });

  it('does nothing with a digit', () => {
    const caller = withAccessCode();
    caller.press('5A');
    expect(caller.hears).toBe('host-choice');
    caller.finish();
    caller.press('5');
    caller.wait(4_000);
    expect(requested(caller)).toEqual([]);
  });

  it('is asked again for a moderator PIN that is wrong, as for a PIN', () => {
    const caller = withAccessCode();
    caller.wait(3_500);
    caller.press('*99#');
    caller.miss();
    expect(caller.hears).toBe('pin-not-recognised enter-moderator-pin');
  });

  it('is asked for the security code too, whether host or guest', () => {
    const guest = withAccessCode({ securityCode: true });
    guest.wait(3_500);
    guest.press('#');
    expect(guest.hears).toBe('enter-security-code');
    const host = withAccessCode({ securityCode: true });
    host.press('*5678');
    host.matchCode();
    expect(host.hears).toBe('enter-security-code');
    host.press('4321');
    host.matchCode();
    expect(requested(host)).toEqual(['host']);
  });

  it('has 120 s for all of it', () => {
    const caller = withAccessCode();
    caller.wait(120_000);
    expect(caller.hears).toBe('goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('entry-too-long');
  });
});

describe('a security code', () => {
  it.each(['guest', 'host'] as const)('is asked of a %s after the PIN', (role) => {
    const caller = withSecurityCode(role);
    expect(caller.hears).toBe('enter-security-code');
    caller.press('4321');
    expect(caller.did('CheckCode')).toMatchObject([{ code: 'security', accountId: 'account', digits: '4321' }]);
    caller.matchCode();
    expect(requested(caller)).toEqual([role]);
  });

  it('has the rules of the PIN: barge-in, #, length, 4 s, 10 s, * begins anew', () => {
    const hash = withSecurityCode();
    hash.press('12#');
    expect(hash.did('CheckCode')).toMatchObject([{ digits: '12' }]);
    const time = withSecurityCode();
    time.press('12');
    time.wait(4_000);
    expect(time.did('CheckCode')).toMatchObject([{ digits: '12' }]);
    const again = withSecurityCode();
    again.press('99*1234');
    expect(again.did('CheckCode')).toMatchObject([{ digits: '1234' }]);
    const silent = withSecurityCode();
    silent.finish();
    silent.wait(10_000);
    expect(silent.hears).toBe('nothing-entered enter-security-code');
  });

  it('that is wrong is said to be not recognised, and asked for again', () => {
    const caller = withSecurityCode();
    caller.press('99#');
    caller.miss();
    expect(caller.hears).toBe('security-code-not-recognised enter-security-code');
  });

  it('shares the three misses with the PIN', () => {
    const caller = new Caller().asked();
    caller.press('99#');
    caller.miss();
    caller.press('1234');
    caller.match('guest', {}, { securityCode: true });
    caller.press('99#', 3_500);
    caller.miss();
    expect(caller.hears).toBe('security-code-not-recognised enter-security-code');
    caller.press('99#');
    caller.miss();
    expect(caller.hears).toBe('security-code-not-recognised goodbye _');
    caller.finish();
    expect(caller.outcome).toBe('wrong-pin');
  });

  it('keyed in silence for the third time ends the call without an entry', () => {
    const caller = withSecurityCode();
    for (let silence = 1; silence <= 3; silence += 1) {
      caller.finish();
      caller.wait(10_000);
    }
    caller.finish();
    expect(caller.outcome).toBe('no-entry');
  });

  it('that could not be checked sounds like a wrong one, and costs no try', () => {
    const caller = withSecurityCode();
    for (let failure = 1; failure <= 2; failure += 1) {
      caller.press('4321');
      caller.failLookup();
      expect(caller.hears).toBe('security-code-not-recognised enter-security-code');
    }
    expect(caller.state.facts.misses).toBe(0);
    caller.press('4321');
    caller.failLookup();
    caller.finish();
    expect(caller.outcome).toBe('failed');
  });

  it('is within the 120 s from the answer; after it there is no hurry', () => {
    const late = withSecurityCode();
    late.wait(120_000);
    expect(late.hears).toBe('goodbye _');
    const done = withSecurityCode();
    done.press('4321');
    done.matchCode();
    expect(done.timers.names).not.toContain('accept');
  });

  it('swallows the # pressed after it ended by its length', () => {
    const caller = withSecurityCode();
    caller.press('4321');
    caller.matchCode();
    caller.happen({ type: 'Admitted', muted: false, introduction: [] });
    caller.happen({ type: 'MixerJoined' });
    caller.press('##', 500);
    expect(caller.did('ReportAction')).toEqual([]);
  });

  it('answered late, or for a PIN, means nothing', () => {
    const caller = withSecurityCode();
    caller.press('99#');
    caller.miss();
    caller.press('88#');
    const [first] = caller.did('CheckCode');
    if (first === undefined) throw new Error('no code was checked');
    expect(caller.happen({ type: 'CodeMatched', lookupId: first.lookupId })).toEqual([]);
    const pin = new Caller().asked();
    pin.press('1234');
    const [lookup] = pin.did('LookUpPin');
    if (lookup === undefined) throw new Error('no PIN was looked up');
    expect(pin.happen({ type: 'CodeMatched', lookupId: lookup.lookupId })).toEqual([]);
  });
});

describe('a blocked caller', () => {
  it('hears what a full conference says, and the conference nothing', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    caller.match('guest', { nameOnEntry: true }, { blocked: true });
    const full = new Caller().accepted();
    full.happen({ type: 'Refused', reason: 'full' });
    expect(caller.hears).toBe(full.hears);
    expect([...caller.did('LookAtGate'), ...caller.did('RequestAdmission')]).toEqual([]);
    caller.finish();
    expect(caller.outcome).toBe('blocked');
    expect(caller.did('ReportLeft')).toEqual([]);
  });

  it('is first asked for what everyone is asked for', () => {
    const caller = new Caller().asked();
    caller.press('1234');
    caller.match('guest', {}, { blocked: true, securityCode: true });
    expect(caller.hears).toBe('enter-security-code');
    caller.press('4321');
    caller.matchCode();
    expect(caller.hears).toBe('conference-full goodbye _');
  });
});
