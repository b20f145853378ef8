import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/app/config.js';
import type { Environment } from '../../../src/app/config.js';
import { environmentName, SETTING_KEYS, SETTINGS } from '../../../src/app/config/settings.js';
import type { Setting } from '../../../src/app/config/settings.js';
import { DEFAULT_CONFERENCE_OPTIONS, DEFAULT_ENTRY_OPTIONS } from '../../../src/domain/conference-options.js';
import { refusal } from './refusal.js';

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
