import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/app/config.js';
import type { Environment } from '../../../src/app/config.js';
import { refusal } from './refusal.js';

describe('the codes of the keypad', () => {
  it('are the usual ones but for those that are given, with aliases or none', () => {
    expect(parseConfig({}, {}).conference).not.toHaveProperty('keyMap');
    const keyMap = { mute: ['*6', '*0'], end: '*00 *01', lock: [], record: 'none' };
    expect(refusal({ conference: { keyMap } })).toContain('"*00" is unreachable: "*0" (mute) is complete before it');
    const usable = { ...keyMap, mute: ['*6', '#*'] };
    expect(parseConfig({ conference: { keyMap: usable } }, {}).conference.keyMap).toEqual({
      mute: ['*6', '#*'],
      end: ['*00', '*01'],
      lock: [],
      record: [],
    });
  });

  it('may stand in the environment, an action several times', () => {
    const env = { PARTYLINE_CONFERENCE_KEY_MAP: 'mute=*6, mute=*0,end=none' };
    expect(parseConfig({}, env).conference.keyMap).toEqual({ mute: ['*6', '*0'], end: [] });
  });

  it.each([
    [{ lock: '*6' }, 'keyMap cannot be used: lock: "*6" is ambiguous: it already means mute'],
    [{ lock: '5' }, 'keyMap cannot be used: lock: "5" does not begin with * or #'],
    [{ mut: '*6' }, 'keyMap: there is no action mut; did you mean mute?'],
    [{ karaoke: '*6' }, 'keyMap: there is no action karaoke; they are mute, count, help'],
    [{ mute: 6 }, 'keyMap.mute is 6, but must be a code or a list of codes'],
    [['*6'], 'keyMap is ["*6"], but must be an object of codes by action'],
  ])('are refused with the reason: %j', (keyMap, line) => {
    const message = refusal({ conference: { keyMap } });
    expect(message).toContain(`partyline.json: conference.${line}`);
    expect(message).not.toContain('\n');
  });

  it('are refused by the name of the variable too', () => {
    expect(refusal({}, { PARTYLINE_CONFERENCE_KEY_MAP: 'mute' })).toMatch(
      /^PARTYLINE_CONFERENCE_KEY_MAP is "mute", but/,
    );
    expect(refusal({}, { PARTYLINE_CONFERENCE_KEY_MAP: 'mute=*5' })).toContain('lock: "*5" is ambiguous');
  });
});

describe('calls that hosts place', () => {
  const carrier = {
    target: 'udp:192.0.2.9:5070',
    username: 'me',
    passwordFile: 'carrier.secret',
    callerNumber: '+4420',
  };
  const trunks = { carrier, pbx: { target: 'TCP:[2001:db8::1]' } };
  const dialOut = { trunk: 'carrier', prefixes: ['+44', '01'] };
  const parse = (file: unknown, env: Environment = {}) =>
    parseConfig(file, env, { workingDirectory: '/home/me', fileDirectory: '/etc/partyline' }, (path) => `of ${path}`);

  it('go by trunks with a target, and what they need to be let out', () => {
    const { dialOut: found } = parse({ dialOut: { trunks } });
    expect(found.trunks['pbx']).toEqual({
      target: { transport: 'tcp', host: '2001:db8::1', port: 5060 },
      credentials: null,
      callerNumber: null,
    });
    expect(found.trunks['carrier']).toMatchObject({
      target: { transport: 'udp', host: '192.0.2.9', port: 5070 },
      credentials: { username: 'me' },
      callerNumber: '+4420',
    });
    expect(found.trunks['carrier']?.credentials?.password.reveal()).toBe('of /etc/partyline/carrier.secret');
    expect(JSON.stringify(found)).not.toContain('of /etc');
  });

  it('may have their trunks in the environment, as JSON text', () => {
    const env = { PARTYLINE_DIAL_OUT_TRUNKS: JSON.stringify({ pbx: { target: 'udp:pbx.example.net' } }) };
    expect(parse({ dialOut: { trunks } }, env).dialOut.trunks).toMatchObject({
      pbx: { target: { transport: 'udp', host: 'pbx.example.net', port: 5060 } },
    });
  });

  it('are off; where they are on they have guards', () => {
    expect(parse({}).conference.dialOut).toBeNull();
    expect(parse({ dialOut: { trunks }, conference: { dialOut } }).conference.dialOut).toEqual({
      trunk: 'carrier',
      prefixes: ['0044', '01'],
      callsPerHour: 10,
      atOnce: 2,
      minutesPerDay: 120,
    });
  });

  it('are refused without a trunk that is there, or without a prefix', () => {
    expect(refusal({ dialOut: { trunks: { pbx: trunks.pbx } }, conference: { dialOut } })).toBe(
      'conference.dialOut.trunk is "carrier", but must be one of dialOut.trunks (they are pbx), or none',
    );
    expect(refusal({ conference: { dialOut } })).toContain('one of dialOut.trunks (there are none), or none');
    expect(refusal({ dialOut: { trunks: { pbx: trunks.pbx } }, conference: { dialOut: { trunk: 'pbx' } } })).toBe(
      'conference.dialOut.trunk is set, so conference.dialOut.prefixes must name at least one prefix',
    );
  });

  it.each([
    [{ a: 1 }, 'trunks.a must be an object with target, username, passwordFile, callerNumber'],
    [[], 'trunks must be an object of trunks by name such as {"carrier"'],
    [{ 'a b': {} }, 'trunks has a trunk "a b", but its name must be a name of letters, digits, - and _'],
    [{ a: {} }, 'trunks.a.target is missing: it must be TRANSPORT:HOST:PORT'],
    [{ a: { target: 'tls:h:5061' } }, 'trunks.a.target is "tls:h:5061", but must be TRANSPORT:HOST:PORT'],
    [{ a: { target: 'udp:h:0' } }, 'trunks.a.target is "udp:h:0", but must be'],
    [{ a: { target: 'udp:h', targt: 1 } }, 'trunks.a has no setting targt; did you mean target?'],
    [{ a: { target: 'udp:h', username: 'me' } }, 'trunks.a needs passwordFile too, or neither of them'],
    [{ a: { target: 'udp:h', passwordFile: 'f' } }, 'trunks.a needs username too, or neither of them'],
    [{ a: { target: 'udp:h', username: 'a"b', passwordFile: 'f' } }, 'trunks.a.username is "a\\"b", but must be'],
    [{ a: { target: 'udp:h', callerNumber: '12a' } }, 'trunks.a.callerNumber is "12a", but must be a number'],
  ])('have trunks that are refused with one line that says where it is wrong: %j', (wrong, line) => {
    const message = refusal({ dialOut: { trunks: wrong } });
    expect(message).toContain(`partyline.json: dialOut.${line}`);
    expect(message).not.toContain('\n');
  });

  it.each([
    [{ prefixes: ['x'] }, 'conference.dialOut.prefixes is ["x"], but must be a list of prefixes as they are keyed'],
    [{ callsPerHour: 0 }, 'conference.dialOut.callsPerHour is 0, but must be a whole number from 1 to 1000'],
    [{ atOnce: 101 }, 'conference.dialOut.atOnce is 101, but must be a whole number from 1 to 100'],
    [{ minutesPerDay: -1 }, 'conference.dialOut.minutesPerDay is -1, but must be a whole number from 1 to 10000'],
  ])('have guards within limits: %j', (wrong, line) => {
    expect(refusal({ conference: { dialOut: wrong } })).toContain(`partyline.json: ${line}`);
  });
});
