import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from '../../../src/app/config.js';
import type { Environment } from '../../../src/app/config.js';
import { environmentName, SETTING_KEYS, SETTINGS } from '../../../src/app/config/settings.js';
import type { Setting } from '../../../src/app/config/settings.js';
import { DEFAULT_CONFERENCE_OPTIONS, DEFAULT_ENTRY_OPTIONS } from '../../../src/domain/conference-options.js';

/** The line that a wrong configuration is refused with. */
function refusal(file: unknown, env: Environment = {}): string {
  try {
    parseConfig(file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the defaults', () => {
  it('are complete without file and environment', () => {
    const config = parseConfig(undefined, {}, { workingDirectory: '/srv/bridge' });
    expect(config.dataDirectory).toBe('/srv/bridge/var');
    expect(config.databaseFile).toBe('/srv/bridge/var/partyline.db');
    expect(config.engine).toBe('embedded');
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8060 });
    expect(config.media.rtpPorts).toEqual({ first: 20_000, last: 29_999 });
    expect(config.sip.listen.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
  });

  it('are those of the domain for conferences and for the way in', () => {
    const config = parseConfig({}, {});
    expect(config.conference).toEqual(DEFAULT_CONFERENCE_OPTIONS);
    expect(config.entry).toEqual(DEFAULT_ENTRY_OPTIONS);
  });

  it("keep the last 3 digits of a caller's number and no more", () => {
    expect(parseConfig({}, {}).callers.keepDigits).toBe(3);
    expect(parseConfig({ callers: { keepDigits: 'all' } }, {}).callers.keepDigits).toBeNull();
  });

  it('would be accepted if they were written down', () => {
    for (const key of SETTING_KEYS) {
      const { kind, fallback }: Setting<unknown> = SETTINGS[key];
      const written: unknown = fallback === null ? null : kind.show(fallback);
      expect([key, kind.fromJson(written)]).toEqual([key, fallback]);
    }
  });
});

describe('file and environment', () => {
  it('give every setting a key in the file and a variable', () => {
    expect(environmentName('sip.listen')).toBe('PARTYLINE_SIP_LISTEN');
    expect(environmentName('dataDir')).toBe('PARTYLINE_DATA_DIR');
    expect(environmentName('dialogOwner.socket')).toBe('PARTYLINE_DIALOG_OWNER_SOCKET');
    expect(new Set(SETTING_KEYS.map(environmentName)).size).toBe(SETTING_KEYS.length);
  });

  it('say the same, and the environment has the last word', () => {
    const file = { rtp: { ports: '30000-30099' }, conference: { readmit: true }, maximumCalls: 20 };
    const env = { PARTYLINE_RTP_PORTS: '40000-40099', PARTYLINE_CONFERENCE_READMIT: 'false' };
    const config = parseConfig(file, env);
    expect(config.media.rtpPorts).toEqual({ first: 40_000, last: 40_099 });
    expect(config.conference.readmit).toBe(false);
    expect(config.maximumCalls).toBe(20);
  });

  it('take an empty variable for one that is not set', () => {
    expect(parseConfig({ maximumCalls: 20 }, { PARTYLINE_MAXIMUM_CALLS: ' ' }).maximumCalls).toBe(20);
  });

  it('read addresses, also of IPv6 and in lists', () => {
    const env = { PARTYLINE_SIP_LISTEN: 'udp:192.0.2.1:5070, TCP:[2001:db8::1]:5080', PARTYLINE_HTTP_LISTEN: 'off' };
    const config = parseConfig({ localNetworks: ['10.0.0.0/8', 'fd00::/8'] }, env);
    expect(config.sip.listen).toEqual([
      { transport: 'udp', host: '192.0.2.1', port: 5070 },
      { transport: 'tcp', host: '2001:db8::1', port: 5080 },
    ]);
    expect(config.http).toBeNull();
    expect(config.localNetworks).toEqual(['10.0.0.0/8', 'fd00::/8']);
  });

  it('start relative paths where they were written', () => {
    const file = { prompts: { directory: 'voices', greetings: { board: 'board.wav' } } };
    const env = { PARTYLINE_DATA_DIR: 'data' };
    const config = parseConfig(file, env, { workingDirectory: '/home/me', fileDirectory: '/etc/partyline' });
    expect(config.prompts.directory).toBe('/etc/partyline/voices');
    expect(config.prompts.greetings).toEqual({ board: '/etc/partyline/board.wav' });
    expect(config.dataDirectory).toBe('/home/me/data');
  });
});

describe('what is wrong', () => {
  it.each([
    [{ entry: { pinLength: 4 } }, 'entry.pinLength is 4, but must be a whole number from 6 to 12'],
    [{ entry: { pinLength: '9' } }, 'entry.pinLength is "9", but must be a whole number from 6 to 12'],
    [{ conference: { hostLeaves: 'stay' } }, 'conference.hostLeaves is "stay", but must be continue, end or hold'],
    [{ conference: { readmit: 1 } }, 'conference.readmit is 1, but must be true or false'],
    [{ rtp: { ports: '29999-20000' } }, 'rtp.ports is "29999-20000", but must be FIRST-LAST'],
    [{ rtp: { ports: '80-90' } }, 'rtp.ports is "80-90", but must be FIRST-LAST'],
    [{ sip: { listen: [] } }, 'sip.listen is [], but must be a list of TRANSPORT:ADDRESS:PORT'],
    [{ sip: { listen: 'udp:example.org:5060' } }, 'sip.listen is "udp:example.org:5060", but must be'],
    [{ sip: { address: '192.0.2.300' } }, 'sip.address is "192.0.2.300", but must be an IP address, or auto'],
    [{ localNetworks: ['10.1.0.0/8'] }, 'localNetworks is ["10.1.0.0/8"], but must be a list of IP addresses'],
    [{ sip: 5060 }, 'sip is 5060, but must be an object with any of listen, address'],
    [[], 'must hold one JSON object'],
  ])('is refused with one line that names key, value and what is allowed: %j', (file, line) => {
    const message = refusal(file);
    expect(message).toContain(`partyline.json: ${line}`);
    expect(message).not.toContain('\n');
  });

  it('is named by its variable when it came from the environment', () => {
    expect(refusal({}, { PARTYLINE_MAXIMUM_CALLS: 'many' })).toBe(
      'PARTYLINE_MAXIMUM_CALLS is "many", but must be a whole number from 1 to 100000',
    );
  });

  it.each([
    [{ sip: { listne: 'x' } }, 'no setting sip.listne; did you mean sip.listen?'],
    [{ pinLength: 9 }, 'no setting pinLength; did you mean entry.pinLength?'],
    [{ Engine: 'auto' }, 'no setting Engine; did you mean engine?'],
    [{ weather: 'fine' }, 'no setting weather'],
    [{ conference: { karaoke: true } }, 'no setting conference.karaoke'],
  ])('includes settings that do not exist: %j', (file, line) => {
    expect(refusal(file)).toMatch(new RegExp(`there is ${line.replaceAll('?', '\\?')}$`));
  });

  it('includes variables that are nearly ours, but not those of others', () => {
    expect(refusal({}, { PARTYLINE_SIP_LISTEM: 'x' })).toContain('did you mean PARTYLINE_SIP_LISTEN?');
    expect(() => parseConfig({}, { PARTYLINE_PORT_5060_UDP_PROTO: 'udp', PARTYLINE_SERVICE_HOST: 'x' })).not.toThrow();
  });

  it('includes the settings of the one mixer there could be once, and says what is there instead', () => {
    const instead = 'any more: FreeSWITCH mixers are a list now, mixers (or PARTYLINE_MIXERS)';
    const file = { freeswitch: { eventSocket: { host: 'h', secret: 'long enough' } } };
    expect(refusal(file)).toContain(`there is no setting freeswitch ${instead}`);
    expect(refusal({}, { PARTYLINE_FREESWITCH_EVENT_SOCKET_SECRET: 'long enough' })).toContain(
      `there is no environment variable PARTYLINE_FREESWITCH_EVENT_SOCKET_SECRET ${instead}`,
    );
  });

  it('does not let a key of every object pass for a setting', () => {
    expect(refusal(JSON.parse('{"__proto__": {"engine": "auto"}}'))).toContain('there is no setting __proto__');
    expect(refusal({ constructor: 1 })).toContain('there is no setting constructor');
  });

  it('shows no more of a long value than fits a line', () => {
    expect(refusal({ engine: 'x'.repeat(5000) }).length).toBeLessThan(200);
  });
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

const secret = 'long enough';
const mixer = (name: string, port = 8021, more: object = {}): object => ({
  name,
  eventSocket: { host: '127.0.0.1', port, secret },
  ...more,
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

describe('the configuration file', () => {
  let directory: string;
  const load = (env: Environment = {}, configFile?: string): ReturnType<typeof loadConfig> =>
    loadConfig({ env, workingDirectory: directory, ...(configFile === undefined ? {} : { configFile }) });
  const write = (name: string, content: unknown): string => {
    const path = join(directory, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'partyline-config-'));
    mkdirSync(join(directory, 'var'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is partyline.json in the data directory, where there is one', () => {
    expect(load().file).toBeNull();
    const path = write('var/partyline.json', { maximumCalls: 7 });
    const { config, origins, file } = load();
    expect(file).toBe(path);
    expect(config.maximumCalls).toBe(7);
    expect(origins['maximumCalls']).toBe(path);
    expect(origins['engine']).toBe('default');
  });

  it('is another where the environment says so, and the command line before that', () => {
    write('var/partyline.json', { maximumCalls: 7 });
    write('a.json', { maximumCalls: 8 });
    write('b.json', { maximumCalls: 9 });
    expect(load({ PARTYLINE_CONFIG: 'a.json' }).config.maximumCalls).toBe(8);
    expect(load({ PARTYLINE_CONFIG: 'a.json' }, 'b.json').config.maximumCalls).toBe(9);
  });

  it('must be there when it was asked for', () => {
    expect(() => load({}, 'missing.json')).toThrow(/cannot read the configuration file .*missing.json: ENOENT$/);
  });

  it('is refused when it is not JSON, without a word of what it holds', () => {
    write('var/partyline.json', '{"drachtio": {"secret": "my secret" oops}}');
    expect(() => load()).toThrow(/partyline.json is not valid JSON$/);
  });

  it('may name a file that holds a password', () => {
    write('drachtio.secret', 'from the file\n');
    const config = { drachtio: { host: 'a', secretFile: '../drachtio.secret' }, engine: 'embedded' };
    write('var/partyline.json', config);
    expect(load().config.drachtio?.secret.reveal()).toBe('from the file');
    chmodSync(join(directory, 'drachtio.secret'), 0o600);
    writeFileSync(join(directory, 'drachtio.secret'), 'cymru\n');
    expect(() => load()).toThrow(/drachtio.secretFile\) must hold a password/);
    rmSync(join(directory, 'drachtio.secret'));
    expect(() => load()).toThrow(/cannot read the password file .*drachtio.secret: ENOENT/);
  });
});

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
