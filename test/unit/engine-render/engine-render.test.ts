import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../cli/command-line.js';

const TEMPLATES = fileURLToPath(new URL('../../../freeswitch-conf/', import.meta.url));
const SECRETS = { drachtio: 'd'.repeat(40), a: 'a'.repeat(40), b: 'b'.repeat(40) };

const mixer = (name: 'a' | 'b', port: number, more: object = {}): object => ({
  name,
  eventSocket: { host: '127.0.0.1', port, secret: SECRETS[name] },
  ...more,
});

const TWO = [
  mixer('a', 8021, { rtp: { ports: '20000-24999' } }),
  mixer('b', 8022, { sip: '127.0.0.1:5081', rtp: { ports: '25000-25399' } }),
];

let cli: CommandLine;
let out: string;

beforeEach(() => {
  cli = new CommandLine();
  out = join(cli.directory, 'engine');
});
afterEach(() => cli.dispose());

function configure(settings: object): void {
  const drachtio = { host: '127.0.0.1', secret: SECRETS.drachtio };
  mkdirSync(cli.data, { recursive: true });
  writeFileSync(join(cli.data, 'partyline.json'), JSON.stringify({ drachtio, mixers: TWO, ...settings }));
}

const render = (...flags: readonly string[]) => cli.run('engine', 'render', '--out', out, ...flags);
const rendered = (...path: readonly string[]): string => readFileSync(join(out, ...path), 'utf8');

describe('engine render', () => {
  it('writes drachtio-server and every mixer, for nobody else to read, and says how to start them', async () => {
    configure({ maximumCalls: 300 });
    const { status, stdout } = await render();
    expect(status).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['drachtio', 'mixer-a', 'mixer-b']);
    const files = readdirSync(join(TEMPLATES, 'mixer'));
    for (const name of ['mixer-a', 'mixer-b']) {
      expect(statSync(join(out, name)).mode & 0o777).toBe(0o700);
      for (const file of files) {
        expect(statSync(join(out, name, file)).mode & 0o777).toBe(0o600);
        expect(rendered(name, file)).not.toMatch(/\{\{\w+\}\}/);
      }
    }
    expect(rendered('mixer-a', 'event_socket.xml')).toContain(`value="${SECRETS.a}"`);
    expect(rendered('mixer-a', 'core.xml')).toContain('name="max-sessions" value="350"');
    // two ports a call
    expect(rendered('mixer-b', 'core.xml')).toContain('name="max-sessions" value="200"');
    expect(rendered('mixer-b', 'sofia.xml')).toContain('name="sip-port" value="5081"');
    expect(rendered('mixer-b', 'acl.xml')).toContain('cidr="127.0.0.1/32"');
    expect(rendered('drachtio', 'drachtio.conf.xml')).toContain(
      '<contact>sip:0.0.0.0:5060;transport=udp,tcp</contact>',
    );
    expect(stdout).toContain(`drachtio -f ${join(out, 'drachtio', 'drachtio.conf.xml')}`);
    expect(stdout).toContain(`freeswitch -nonat -nf -nc -conf ${join(out, 'mixer-a')}`);
    expect(stdout).not.toContain(SECRETS.a);
  });

  it('tells far ends the external address, and mixers on this machine loopback', async () => {
    configure({
      sip: { listen: 'udp:10.0.0.5:5060,tcp:10.0.0.5:5060', address: '203.0.113.9' },
      media: { address: '203.0.113.9' },
      localNetworks: '10.0.0.0/8,192.168.1.1',
    });
    const { status, stderr } = await render();
    expect(status).toBe(0);
    expect(stderr).toContain('it is told 10.0.0.0/8, and not 192.168.1.1/32');
    const text = rendered('drachtio', 'drachtio.conf.xml');
    expect(text).toContain(
      '<contact external-ip="203.0.113.9" local-net="10.0.0.0/8">sip:10.0.0.5:5060;transport=udp,tcp</contact>',
    );
    expect(text).toContain('<contact>sip:127.0.0.1:5060;transport=udp</contact>');
    expect(rendered('mixer-a', 'sofia.xml')).toContain('name="rtp-ip" value="10.0.0.5"');
    expect(rendered('mixer-a', 'sofia.xml')).toContain('name="ext-rtp-ip" value="203.0.113.9"');
  });

  it('renders TLS only where a certificate is given', async () => {
    configure({ drachtio: { host: '127.0.0.1', secret: SECRETS.drachtio, tls: { listen: '10.0.0.5:5061' } } });
    const refused = await render();
    expect([refused.status, refused.stderr]).toEqual([
      1,
      'error: drachtio.tls.listen is set, so drachtio.tls.certificateFile and drachtio.tls.keyFile must be too\n',
    ]);
    const tls = { listen: '10.0.0.5:5061', certificateFile: '/etc/tls/full.pem', keyFile: '/etc/tls/key.pem' };
    configure({ drachtio: { host: '127.0.0.1', secret: SECRETS.drachtio, tls } });
    expect((await render()).status).toBe(0);
    const text = rendered('drachtio', 'drachtio.conf.xml');
    expect(text).toContain('<contact>sips:10.0.0.5:5061;transport=tls</contact>');
    expect(text).toMatch(/<chain-file>\/etc\/tls\/full.pem<\/chain-file>\s+<min-tls-version>1.2</);
  });

  it('lets mixers on other machines be reached from the networks that are named, and asks for them', async () => {
    const far = { name: 'far', eventSocket: { host: '10.0.0.7', secret: SECRETS.a } };
    configure({ mixers: [far] });
    expect((await render()).stderr).toContain('set render.signallingNetwork');
    configure({ mixers: [far], render: { signallingNetwork: '10.0.0.5/32' } });
    expect((await render()).stderr).toContain('set render.controlNetwork');
    configure({ mixers: [far], render: { signallingNetwork: '10.0.0.5/32', controlNetwork: '10.0.0.6/32' } });
    expect((await render()).status).toBe(0);
    const acl = rendered('mixer-far', 'acl.xml');
    expect(acl.match(/cidr="[^"]*"/g)).toEqual(['cidr="10.0.0.5/32"', 'cidr="10.0.0.6/32"']);
    expect(rendered('mixer-far', 'sofia.xml')).toContain('name="rtp-ip" value="10.0.0.7"');
  });

  it.each([
    ['no mixers', { mixers: [], drachtio: {} }, 'there is nothing to render'],
    ['one SIP port for two', { mixers: [mixer('a', 8021), mixer('b', 8022)] }, 'would both take SIP at 127.0.0.1:5080'],
    [
      'audio ports for two',
      { mixers: [mixer('a', 8021), mixer('b', 8022, { sip: '127.0.0.1:5081' })] },
      'would share audio ports',
    ],
    ['another profile', { mixers: [mixer('a', 8021, { profile: 'other' })] }, 'mixer a has the profile other'],
    ['a name to listen on', { drachtio: { host: 'sip.example.org', secret: SECRETS.drachtio } }, 'listens on an IP'],
    ['a short secret', { drachtio: { host: '127.0.0.1', secret: 'ninechars' } }, 'shorter than 16 characters'],
    ['every address told as one', { sip: { address: '203.0.113.9' } }, 'sip.listen must name'],
    ['a mixer with a bad address', { mixers: [mixer('a', 8021, { sip: 'mixer:5080' })] }, '[0].sip is "mixer:5080"'],
  ])('refuses %s in one line, and writes nothing', async (_what, settings, line) => {
    configure(settings);
    const { status, stdout, stderr } = await render();
    expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
    expect(stderr).toContain(line);
    expect(() => readdirSync(out)).toThrow('ENOENT');
  });

  it('renders one mixer alone', async () => {
    configure({});
    expect((await render('--mixer', 'b')).status).toBe(0);
    expect(readdirSync(out)).toEqual(['mixer-b']);
    expect((await render('--mixer', 'c')).stderr).toContain('there is no mixer c: there are a, b');
  });

  it('overwrites what it wrote, but nothing that was changed by hand or came from elsewhere', async () => {
    configure({});
    await render();
    configure({ maximumCalls: 50 });
    expect((await render()).status).toBe(0);
    expect(rendered('mixer-a', 'core.xml')).toContain('name="max-sessions" value="100"');
    const changed = join(out, 'mixer-a', 'core.xml');
    writeFileSync(changed, readFileSync(changed, 'utf8').replace('"100"', '"900"'));
    const refused = await render();
    expect([refused.status, refused.stderr]).toEqual([
      1,
      `error: ${changed} was changed by hand, or not rendered: move away, or overwrite with --force\n`,
    ]);
    expect(rendered('mixer-a', 'core.xml')).toContain('value="900"');
    expect((await render('--force')).status).toBe(0);
    expect(rendered('mixer-a', 'core.xml')).toContain('value="100"');
  });

  it('takes access to its directories back from others', async () => {
    configure({});
    await render();
    chmodSync(join(out, 'mixer-a'), 0o755);
    await render();
    expect(statSync(join(out, 'mixer-a')).mode & 0o777).toBe(0o700);
  });

  it('says what differs from the files there, without secrets', async () => {
    configure({});
    const { stderr, status, stdout } = await render('--check');
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout.split('\n')[0]).toBe(`${join(out, 'drachtio', 'drachtio.conf.xml')} is missing, or cannot be read`);
    await render();
    expect((await render('--check')).status).toBe(0);
    configure({
      mixers: [mixer('a', 8021, { rtp: { ports: '20000-20999' } })],
      drachtio: { host: '127.0.0.1', secret: 'e'.repeat(40) },
    });
    const changed = await render('--check');
    expect(changed.status).toBe(1);
    expect(changed.stdout).toMatch(/drachtio\.conf\.xml, line \d+: another secret\n/);
    expect(changed.stdout).toMatch(/core\.xml, line \d+: is <param .*"550"\/>, rendered now <param .*"500"\/>\n/);
    expect(changed.stdout).not.toMatch(/d{40}|e{40}/);
  });

  it('leaves the state directory to others where it is named', async () => {
    configure({});
    const state = join(cli.directory, 'state');
    const { stdout } = await render('--state', state);
    expect(stdout).toContain(`-log ${state}/mixer-a/log`);
    expect(stdout).toContain(`  ${state}/drachtio/archive\n`);
    expect(() => statSync(state)).toThrow('ENOENT');
  });
});

describe('engine secret', () => {
  it('makes each secret once, long and for its owner only', async () => {
    const file = join(cli.directory, 'new.secret');
    const first = await cli.run('engine', 'secret', file);
    expect([first.status, first.stdout]).toEqual([0, `wrote ${file}\n`]);
    const secret = readFileSync(file, 'utf8');
    expect(secret).toMatch(/^[0-9a-f]{48}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await cli.run('engine', 'secret', file)).stdout).toBe(`kept ${file}\n`);
    expect(readFileSync(file, 'utf8')).toBe(secret);
  });
});
