import { describe, expect, it } from 'vitest';
import type { SipText } from 'drachtio-srf';
import { callerIdentity, parseUri, uriOfHeader } from '../../../src/adapters/drachtio/caller-identity.js';
import { readInfo } from '../../../src/adapters/drachtio/info-key.js';
import { RefusalBudget } from '../../../src/adapters/drachtio/refusal-budget.js';
import { answerTimer } from '../../../src/adapters/drachtio/session-expires.js';

/** A message as the library shows it. */
const message = (headers: Readonly<Record<string, string>>): SipText => ({
  get: (name) => headers[name.toLowerCase()],
  has: (name) => name.toLowerCase() in headers,
  body: '',
});

describe('URIs', () => {
  it.each([
    ['sip:con%66erence@bridge.example:5060;user=phone', 'sip', 'conference', 'bridge.example'],
    ['sip:+442071234567;phone-context=example:secret@[::1]:5061', 'sip', '+442071234567', '::1'],
    ['sips:bridge.example', 'sips', '', 'bridge.example'],
    ['tel:+44-20;ext=5', 'tel', '+44-20', ''],
    ['sip:%zz@host', 'sip', '%zz', 'host'],
  ])('reads %s', (text, scheme, user, host) => {
    expect(parseUri(text)).toEqual({ scheme, user, host });
  });

  it('takes nothing else for one', () => {
    for (const text of ['', 'http://x', 'sip', '<>']) expect(parseUri(text)).toBeNull();
  });

  it('finds the URI in a header with a name, a quoted name or neither', () => {
    for (const value of ['"A, \\" <x>" <sip:a@b>;tag=1', 'Alice <sip:a@b>', 'sip:a@b;tag=1', '<sip:a@b>']) {
      expect(uriOfHeader(value)).toMatchObject({ user: 'a', host: 'b' });
    }
  });
});

describe('who calls', () => {
  it.each([
    [{ from: '"Alice" <sip:100@pbx>;tag=1' }, '100', 'Alice'],
    [{ from: 'sip:100@pbx;tag=1' }, '100', null],
    [{ from: '<sip:pbx>;tag=1' }, null, null],
    [{ from: '<sip:1@a>', 'p-asserted-identity': '"Bob, B" <sip:200@b>, <tel:+44200>' }, '+44200', 'Bob, B'],
    [{ from: '<sip:anonymous@anonymous.invalid>', 'p-asserted-identity': '<sip:200@b>' }, null, null],
    [{ from: '<sip:anonymous@anonymous.invalid>', 'p-asserted-identity': '<sip:200@b>', privacy: 'none' }, '200', null],
    [{ from: '"Alice" <sip:100@pbx>', privacy: 'id;critical' }, null, null],
    [{ from: '"Unknown" <sip:Restricted@pbx>' }, null, null],
    [{ from: '<<<<', 'p-asserted-identity': ',,,"' }, null, null],
  ] as const)('%j', (headers, number, name) => {
    expect(callerIdentity(message(headers))).toEqual({ number, name });
  });
});

describe('keys by INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160', { key: '5' }],
    ['application/dtmf-relay; charset=x', 'signal = *\n', { key: '*' }],
    ['Application/DTMF', '11', { key: '#' }],
    ['application/dtmf', 'a', { key: 'A' }],
    ['application/dtmf-relay', 'Signal=16', { key: null }],
    ['application/dtmf-relay', '', { key: null }],
    ['application/dtmf-relay', 'Signal=', { refuse: 400 }],
    ['application/dtmf', 'hello', { refuse: 400 }],
    ['text/plain', '5', { refuse: 415 }],
    [undefined, '5', { refuse: 415 }],
  ])('%s %j', (type, body, read) => {
    expect(readInfo(type, body)).toEqual(read);
  });
});

describe('session timers (RFC 4028 section 9)', () => {
  it.each([
    [{}, { headers: {} }],
    [{ supported: 'timer' }, { headers: { 'Session-Expires': '1800;refresher=uas' } }],
    [
      { supported: '100rel, Timer', 'session-expires': '600;refresher=uas' },
      { headers: { 'Session-Expires': '600;refresher=uas' } },
    ],
    [{ 'session-expires': '600' }, { headers: { 'Session-Expires': '600;refresher=uas' } }],
    [{ supported: 'timer', 'session-expires': '89' }, { tooShort: true }],
    [{ 'session-expires': '89' }, { headers: {} }],
    [{ 'session-expires': 'soon' }, { headers: {} }],
  ])('%j', (headers, answer) => {
    expect(answerTimer(message(headers))).toEqual(answer);
  });
});

describe('refusals of unknown sources', () => {
  it('are few in a minute, for each source', () => {
    const budget = new RefusalBudget();
    expect([1, 2, 3, 4, 5].map(() => budget.allows('a', 0))).toEqual([true, true, true, false, false]);
    expect(budget.allows('b', 0)).toBe(true);
    expect(budget.allows('a', 60_001)).toBe(true);
  });

  it('remembers a bounded number of sources', () => {
    const budget = new RefusalBudget();
    for (let index = 0; index < 5; index++) budget.allows('first', 0);
    for (let index = 0; index < 1_000; index++) budget.allows(`other ${index}`, 0);
    expect(budget.allows('first', 0)).toBe(true);
  });
});
