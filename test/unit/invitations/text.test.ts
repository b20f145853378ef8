import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { keysOf } from '../../../src/app/invitations/keys.js';
import { countryOf, inGroups, tapToCall, waysIn } from '../../../src/app/invitations/numbers.js';
import { cancellationText, invitationText } from '../../../src/app/invitations/text.js';
import { ruleInWords } from '../../../src/app/invitations/when.js';
import { booked, dialIn, guestInvitation, LONDON, occurrencesAt, READER } from './stage.js';

const NOW = Date.UTC(2026, 0, 1);

describe('numbers in an invitation', () => {
  it.each([
    ['+442071234567', 'GB', '020 7123 4567', '+44 20 7123 4567', true],
    ['+442071234567', 'DE', '020 7123 4567', '+44 20 7123 4567', false],
    ['+493012345678', 'DE', '030 12345678', '+49 30 12345678', true],
    ['+12125550123', 'CA', '(212) 555-0123', '+1 212 555 0123', true],
    ['+12125550123', 'JM', '(212) 555-0123', '+1 212 555 0123', false],
    ['+80012345678', 'GB', '1234 5678', '+800 1234 5678', false],
  ])('%s for a reader in %s', (number, country, national, international, isNational) => {
    const [way] = waysIn([dialIn(number)], 9, { ...READER, country });
    expect(way?.telephone).toMatchObject({ national, international, isNational });
  });

  it('are SIP addresses only, where they are no numbers of the public network', () => {
    const ways = waysIn([dialIn('conference'), dialIn('8000'), dialIn('+999123456')], 9, READER);
    expect(ways.map(({ telephone, sip }) => [telephone, sip])).toEqual([
      [null, 'sip:conference@conference.example.org'],
      [null, 'sip:8000@conference.example.org'],
      [null, 'sip:+999123456@conference.example.org'],
    ]);
  });

  it('leave out those where the entry ends before the PIN does', () => {
    const numbers = [dialIn('+442071234567', { pinLength: 6 }), dialIn('+442071234568', { pinLength: 12 })];
    expect(waysIn(numbers, 9, READER).map(({ number }) => number)).toEqual(['+442071234568']);
    expect(waysIn(numbers, null, READER)).toHaveLength(2);
  });

  it('have a line that a telephone dials by one tap, without a hash', () => {
    const [way] = waysIn([LONDON], 9, READER);
    if (way === undefined) throw new Error('no way in');
    expect(tapToCall(way, '123456789')).toBe('tel:+442071234567,,123456789');
    expect(tapToCall(way, null)).toBe('tel:+442071234567');
  });

  it.each([
    ['123456', '123 456'],
    ['1234567', '123 4567'],
    ['12345678', '1234 5678'],
    ['123456789', '123 456 789'],
    ['1234567890', '123 456 7890'],
    ['12345678901', '123 4567 8901'],
    ['123456789012', '123 456 789 012'],
  ])('a PIN in groups: %s', (digits, groups) => {
    expect(inGroups(digits)).toBe(groups);
  });

  it.each([
    ['en-GB', 'GB'],
    ['de-Latn-AT', 'AT'],
    ['en', null],
    ['not a tag', null],
    [null, null],
  ])('the country of the language %s', (language, country) => {
    expect(countryOf(language)).toBe(country);
  });
});

describe('keys in an invitation', () => {
  const codes = (...args: Parameters<typeof keysOf>): Record<string, readonly string[]> =>
    Object.fromEntries(keysOf(...args).map((line) => [line.action, line.codes]));

  it('are those of a guest, and no host key', () => {
    expect(codes('guest', DEFAULT_CONFERENCE_OPTIONS)).toEqual({
      ...{ mute: ['*6'], count: ['*#'], help: ['**'], 'raise-hand': ['*9'] },
      ...{ 'hear-quieter': ['#4'], 'hear-louder': ['#6'] },
      ...{ 'speak-quieter': ['#7'], 'speak-louder': ['#9'], 'volume-normal': ['#5'] },
    });
  });

  it("follow the account's own map, aliases and codes taken away included", () => {
    const options = { ...DEFAULT_CONFERENCE_OPTIONS, keyMap: { mute: ['*0', '*6'], 'raise-hand': [] } };
    expect(codes('guest', options)).toMatchObject({ mute: ['*0', '*6'] });
    expect(codes('guest', options)).not.toHaveProperty('raise-hand');
  });

  it('of a host are those the account allows', () => {
    const host = codes('host', { ...DEFAULT_CONFERENCE_OPTIONS, lockAllowed: false, recording: 'not-allowed' });
    expect(Object.keys(host)).toEqual(expect.arrayContaining(['end', 'mute-all', 'roll-call']));
    for (const action of ['lock', 'record', 'dial-out', 'screen', 'continue', 'raise-hand']) {
      expect(host).not.toHaveProperty(action);
    }
  });
});

describe('an invitation as text', () => {
  it('says who invites, what to dial from home and from abroad, the PIN in groups and the keys', () => {
    expect(invitationText(guestInvitation({ keys: guestInvitation().keys.slice(0, 2) }), NOW)).toBe(
      `Mary Murphy invites you to a telephone conference, open at any time.

By telephone:
  London  020 7123 4567 (from abroad +44 20 7123 4567)

PIN: 123 456 789

On a mobile phone, tap; the PIN is sent by itself:
  tel:+442071234567,,123456789

By SIP:
  sip:+442071234567@conference.example.org

During the conference:
  *6  mute yourself, and unmute
  *#  hear how many are in the conference
`,
    );
  });

  it('says when, with the zone, and what a rule means, and what is not on', () => {
    const [first, second, third] = occurrencesAt(
      'Europe/London',
      60,
      '2026-03-23T09:00',
      '2026-03-30T09:00',
      '2026-04-06T09:00',
    );
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few');
    const booking = booked('Europe/London', '2026-03-23T09:00', {
      rule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=3',
      occurrences: [first, second, { ...third, isCancelled: true }],
    });
    expect(invitationText(guestInvitation({ booking }), NOW)).toContain(`Title    Board meeting
When     Monday 23 March 2026, 09:00 to 10:00 (Europe/London, GMT+00:00)
Repeats  every week on Monday, 3 times
Not on   Monday 6 April 2026, 09:00
`);
    const later = invitationText(guestInvitation({ booking }), first.endsAt);
    expect(later).toContain('When     Monday 30 March 2026, 09:00 to 10:00 (Europe/London, GMT+01:00)');
    const reminder = invitationText(guestInvitation({ booking: { ...booking, only: second } }), NOW);
    expect(reminder).toContain('When   Monday 30 March 2026');
    expect(reminder).not.toContain('Repeats');
  });

  it('names both days of a conference across midnight', () => {
    const booking = booked('Asia/Kathmandu', '2026-12-31T23:30');
    expect(invitationText(guestInvitation({ booking }), NOW)).toContain(
      'Thursday 31 December 2026, 23:30 to Friday 1 January 2027, 00:30 (Asia/Kathmandu, GMT+05:45)',
    );
  });

  it('gives each date its own PIN where they have their own, and the one of a reminder alone', () => {
    const [first, second] = occurrencesAt('UTC', 60, '2026-03-01T09:00', '2026-03-08T09:00');
    if (first === undefined || second === undefined) throw new Error('too few');
    const digits = new Map([
      [first.startsAt, '111222333'],
      [second.startsAt, '444555666'],
    ]);
    const booking = booked('UTC', '2026-03-01T09:00', { rule: 'FREQ=WEEKLY', occurrences: [first, second] });
    const text = invitationText(guestInvitation({ booking, code: { kind: 'each', digits } }), NOW);
    expect(text).toContain(
      '  Sunday 1 March 2026, 09:00  PIN 111 222 333\n  Sunday 8 March 2026, 09:00  PIN 444 555 666\n',
    );
    expect(text).toContain('  tel:+442071234567\n');
    const one = invitationText(
      guestInvitation({ booking: { ...booking, only: second }, code: { kind: 'each', digits } }),
      NOW,
    );
    expect(one).toContain('PIN: 444 555 666');
    expect(one).not.toContain('111');
  });

  it('asks for a security code without knowing it, and tells whoever has an access code to wait', () => {
    expect(invitationText(guestInvitation({ securityCode: true }), NOW)).toContain(
      'A security code is asked for after the PIN; your host has it.',
    );
    const byCode = invitationText(guestInvitation({ code: { kind: 'access-code', digits: '123456789' } }), NOW);
    expect(byCode).toContain('Access code: 123 456 789');
    expect(byCode).toContain('press hash or wait');
  });

  it('tells a host everything but the PIN', () => {
    const text = invitationText(guestInvitation({ role: 'host', code: { kind: 'host', byAccessCode: false } }), NOW);
    expect(text).toContain('Key your host PIN. It cannot be shown again');
    expect(text).not.toMatch(/\d{3} \d{3} \d{3}|,,/);
  });

  it('says of a cancelled booking that it is not on, and no PIN', () => {
    const text = cancellationText(guestInvitation(), booked('Europe/London', '2026-03-30T09:00'));
    expect(text).toContain('"Board meeting" of Mary Murphy on Monday 30 March 2026');
    expect(text).not.toContain('123 456');
  });
});

describe('a rule in words', () => {
  it.each([
    ['FREQ=DAILY', 'every day'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE', 'every 2 weeks on Monday and Wednesday'],
    ['FREQ=MONTHLY;BYDAY=-1FR', 'every month on last Friday'],
    ['FREQ=WEEKLY;BYDAY=MO;UNTIL=20261224T100000Z', 'every week on Monday until December 24, 2026'],
    ['nonsense', 'nonsense'],
  ])('%s', (rule, words) => {
    expect(ruleInWords(booked('Europe/London', '2026-03-30T09:00', { rule }))).toBe(words);
  });
});
