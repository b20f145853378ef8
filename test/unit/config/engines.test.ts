import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/app/config.js';
import { refusal } from './refusal.js';

const secret = 'long enough';
const mixer = (name: string, port = 8021, more: object = {}): object => ({
  name,
  eventSocket: { host: '127.0.0.1', port, secret },
  ...more,
});

describe('passwords', () => {
  const password = 'correct-horse-battery';
  const drachtio = { host: '127.0.0.1', secret: password };
  const mixers = [{ name: 'a', eventSocket: { host: '127.0.0.1', secret: password } }];

  it('show themselves to nobody by accident', () => {
    const config = parseConfig({ drachtio, mixers }, {});
    expect(config.drachtio?.secret.reveal()).toBe(password);
    expect(config.mixers[0]?.eventSocket.secret.reveal()).toBe(password);
    for (const text of [JSON.stringify(config), inspect(config, { depth: 9 }), String(config.drachtio?.secret)]) {
      expect(text).not.toContain(password);
    }
  });

  it('are in no message, wherever in the file they stand', () => {
    const short = 'pa55';
    for (const file of [
      { drachtio: { ...drachtio, secret: short } },
      { drachtio: short },
      { drachtio: { ...drachtio, secret: { value: short } } },
      { mixers: short },
      { mixers: [short] },
      { mixers: [{ name: 'a', eventSocket: short }] },
      { mixers: [{ name: 'a', eventSocket: { host: 'h', secret: short } }] },
      { mixers: [{ name: 'a', eventSocket: { host: 'h', secret: { value: short } } }] },
    ]) {
      expect(refusal(file)).not.toContain(short);
    }
    expect(refusal({}, { PARTYLINE_DRACHTIO_SECRET: short })).not.toContain(short);
    expect(refusal({}, { PARTYLINE_MIXERS: `[{"name": "${short}` })).not.toContain(short);
  });

  it.each(['ClueCon', 'cluecon', 'cymru'])('are refused when everybody knows them: %s', (secret) => {
    expect(refusal({ drachtio: { ...drachtio, secret } })).toContain('not the one the program is shipped with');
  });

  it('are needed where a host is given', () => {
    expect(refusal({ drachtio: { host: 'h' } })).toContain('drachtio.secret or drachtio.secretFile must be set');
  });
});

describe('mixers', () => {
  const drachtio = { host: 'a', secret };

  it('have defaults for what need not be said', () => {
    const config = parseConfig({ drachtio, mixers: [{ name: 'a', eventSocket: { host: 'h', secret } }] }, {});
    expect(config.mixers).toMatchObject([
      { name: 'a', eventSocket: { host: 'h', port: 8021 }, profile: 'drachtio_mrf', drain: false },
    ]);
  });

  it('are the same list as JSON text in the environment, which has the last word', () => {
    const file = { drachtio, mixers: [mixer('a'), mixer('b', 8022)] };
    const env = { PARTYLINE_MIXERS: JSON.stringify([mixer('c', 8023, { drain: true })]) };
    expect(parseConfig(file, {}).mixers.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(parseConfig(file, env).mixers).toMatchObject([{ name: 'c', drain: true }]);
  });

  it('take passwords from files that stand where the list was written', () => {
    const mixers = [{ name: 'a', eventSocket: { host: 'h', secretFile: 'a.secret' } }];
    const asked: string[] = [];
    const read = (path: string): string => {
      asked.push(path);
      return `of ${path}`;
    };
    const places = { workingDirectory: '/home/me', fileDirectory: '/etc/partyline' };
    const config = parseConfig({ drachtio, mixers }, {}, places, read);
    expect(config.mixers[0]?.eventSocket.secret.reveal()).toBe('of /etc/partyline/a.secret');
    parseConfig({ drachtio }, { PARTYLINE_MIXERS: JSON.stringify(mixers) }, places, read);
    expect(asked).toEqual(['/etc/partyline/a.secret', '/home/me/a.secret']);
  });

  it('may be a hundred, no more', () => {
    const many = (count: number): readonly object[] =>
      Array.from({ length: count }, (_, index) => mixer(`m${index}`, 8000 + index));
    expect(parseConfig({ drachtio, mixers: many(100) }, {}).mixers).toHaveLength(100);
    expect(refusal({ drachtio, mixers: many(101) })).toBe(
      'partyline.json: mixers has 101 mixers, but must not have more than 100',
    );
  });

  it.each([
    [{ a: 1 }, 'mixers must be a list such as [{"name"'],
    [['a'], 'mixers[0] must be an object with name, eventSocket, profile, drain'],
    [[{ eventSocket: {} }], 'mixers[0].name is missing: it must be a name of letters, digits, - and _'],
    [[{ name: 'a' }], 'mixers[0].eventSocket must be an object with host, port, secret, secretFile'],
    [
      [mixer('a'), mixer('b', 99_999)],
      'mixers[1].eventSocket.port is 99999, but must be a whole number from 1 to 65535',
    ],
    [[mixer('a b')], 'mixers[0].name is "a b", but must be a name of letters'],
    [[mixer('a', 8021, { drain: 'yes' })], 'mixers[0].drain is "yes", but must be true or false'],
    [[mixer('a', 8021, { drains: true })], 'mixers[0] has no setting drains; did you mean drain?'],
    [[{ name: 'a', eventSocket: { host: 'h' } }], 'mixers[0].eventSocket needs secret or secretFile'],
    [
      [{ name: 'a', eventSocket: { host: 'h', secret: 'ClueCon' } }],
      'mixers[0].eventSocket.secret is (hidden), but must be a password of at least 8 characters, not the one',
    ],
    [[mixer('a'), mixer('a', 8022)], 'mixers names a twice: every mixer needs a name of its own'],
    [[mixer('a'), mixer('b')], 'mixers: a and b have the same event socket, 127.0.0.1:8021'],
  ])('are refused with one line that says where it is wrong: %j', (mixers, line) => {
    const message = refusal({ drachtio, mixers });
    expect(message).toContain(`partyline.json: ${line}`);
    expect(message).not.toContain('\n');
  });

  it('are refused by the name of the variable when they came from the environment', () => {
    expect(refusal({}, { PARTYLINE_MIXERS: 'a' })).toMatch(/^PARTYLINE_MIXERS is not valid JSON; it must be a list/);
    expect(refusal({}, { PARTYLINE_MIXERS: '[{}]' })).toMatch(/^PARTYLINE_MIXERS\[0\]\.name is missing/);
  });
});

describe('the engine', () => {
  const both = { drachtio: { host: 'a', secret }, mixers: [mixer('b')] };

  it('is freeswitch where both its programs are configured, else embedded', () => {
    expect(parseConfig({}, {}).engine).toBe('embedded');
    expect(parseConfig(both, {}).engine).toBe('freeswitch');
    expect(parseConfig({ ...both, engine: 'embedded' }, {}).engine).toBe('embedded');
  });

  it('is freeswitch with the programs of this machine where it is asked for and neither is configured', () => {
    expect(parseConfig({ engine: 'freeswitch' }, {})).toMatchObject({
      engine: 'freeswitch',
      mixers: [],
      drachtio: null,
      dialogOwner: null,
    });
  });

  it('is refused when one of its programs is missing', () => {
    expect(refusal({ drachtio: both.drachtio })).toContain('needs mixers too: set it (or PARTYLINE_MIXERS)');
    expect(refusal({ mixers: both.mixers })).toContain('needs drachtio.host too');
  });

  it('has a dialog owner where its socket is set, and only with the programs configured', () => {
    const dialogOwner = { socket: '/run/partyline/dialogs.sock' };
    expect(parseConfig(both, {}).dialogOwner).toBeNull();
    expect(parseConfig({ ...both, dialogOwner }, {}).dialogOwner).toEqual(dialogOwner);
    expect(refusal({ dialogOwner })).toContain('a dialog owner needs drachtio.host and mixers');
    expect(refusal({ dialogOwner, engine: 'freeswitch' })).toContain('a dialog owner needs drachtio.host and mixers');
    expect(parseConfig({ dialogOwner, engine: 'embedded' }, {}).engine).toBe('embedded');
  });

  it('refuses a path that no socket can have', () => {
    const socket = `/${'d'.repeat(107)}`;
    expect(refusal({ ...both, dialogOwner: { socket } })).toBe(
      "dialogOwner.socket is 108 bytes long, but a socket's path must not have more than 107",
    );
  });
});
