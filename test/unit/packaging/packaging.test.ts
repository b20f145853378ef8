import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildProgram } from '../../../src/app/cli/program.js';
import { renderEngine } from '../../../src/app/compose-engine-render.js';
import { loadConfig } from '../../../src/app/config.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-packaging-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const program = buildProgram({
  stdout: () => undefined,
  stderr: () => undefined,
  env: {},
  workingDirectory: ROOT,
  isTerminal: false,
  ask: () => Promise.resolve(''),
});

/** What is wrong with a command line of `partyline`, or `null`. */
function wrongCommand(words: readonly string[]): string | null {
  let command: Command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined) command = next;
    else if (command.commands.length > 0 && !word.startsWith('-')) return `there is no command ${word}`;
  }
  const known = [...command.options, ...program.options].flatMap(({ long }) => (long === undefined ? [] : [long]));
  const flag = words.find((word) => word.startsWith('--') && ![...known, '--help'].includes(word.split('=')[0] ?? ''));
  return flag === undefined ? null : `${command.name()} has no ${flag}`;
}

const service = z.object({
  image: z.string(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
  volumes: z.array(z.string()),
  network_mode: z.string(),
  user: z.string(),
});
const composeFile = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(
    z.string(),
    z.union([z.null(), z.object({ driver: z.string(), driver_opts: z.record(z.string(), z.string()) })]),
  ),
});

describe('compose.yaml', () => {
  const compose = composeFile.parse(parse(read('compose.yaml'), { merge: true }));
  const services = Object.entries(compose.services);

  it('has drachtio-server, two mixers, the dialog owner and the bridge, none of them as root', () => {
    expect(Object.keys(compose.services)).toEqual([
      'render',
      'drachtio',
      'mixer-a',
      'mixer-b',
      'dialog-owner',
      'control',
    ]);
    expect(new Set(services.map(([, { user }]) => user))).toEqual(new Set(['10001:10001']));
  });

  it.each(services)('%s waits for services and mounts volumes and files that there are', (_name, one) => {
    const waits = Array.isArray(one.depends_on) ? one.depends_on : Object.keys(one.depends_on ?? {});
    for (const other of waits) expect(Object.keys(compose.services)).toContain(other);
    for (const volume of one.volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('runs commands that there are', () => {
    const ours = services.filter(([, { image }]) => image.includes('partyline')).map(([, one]) => one.command ?? []);
    const lines = ours.flatMap((command) =>
      command[0]?.startsWith('partyline') === true
        ? command[0].split('&&').map((line) => line.trim().split(/\s+/).slice(1))
        : [command],
    );
    expect(lines.length).toBe(4);
    for (const line of lines) expect(wrongCommand(line), line.join(' ')).toBeNull();
  });

  it('starts the programs from what its configuration is rendered to', () => {
    const path = join(directory, 'partyline.json');
    const secrets = { drachtio: 'd'.repeat(40), 'mixer-a': 'a'.repeat(40), 'mixer-b': 'b'.repeat(40) };
    for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(directory, name), secret);
    writeFileSync(path, read('packaging/compose/partyline.json').replaceAll('/run/partyline-secrets', directory));
    const loaded = loadConfig({ env: {}, workingDirectory: directory, configFile: path });
    const out = '/var/lib/partyline-engine';
    const { programs, warnings } = renderEngine(loaded, { directory: out, state: out }, null);
    expect(warnings).toEqual([]);
    expect(programs.map(({ name }) => name)).toEqual(['drachtio', 'mixer-a', 'mixer-b']);
    for (const { name, start } of programs) {
      const { entrypoint = [], command = [] } = compose.services[name] ?? {};
      const line =
        name === 'drachtio'
          ? entrypoint.join(' ')
          : (entrypoint[3] ?? '')
              .replace('exec ', '')
              .replace('-np ', '')
              .replaceAll('"', '')
              .replaceAll('$$0', command[0] ?? '');
      expect(line).toBe(start.join(' '));
    }
    const mounts = (compose.services['control']?.volumes ?? []).map((volume) => volume.split(':')[1]);
    expect(mounts).toContain(loaded.config.dataDirectory);
    expect(mounts).toContain(dirname(loaded.config.dialogOwner?.socket ?? ''));
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('copies what there is, and what .dockerignore lets through', () => {
    const through = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect([...copied].sort().filter((path, index, all) => path !== all[index - 1])).toEqual([...through].sort());
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('builds with scripts of package.json, and does not run as root', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    for (const [, script] of read('Dockerfile').matchAll(/npm run ([\w:]+)/g)) {
      expect(Object.keys(scripts)).toContain(script);
    }
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER 10001:10001');
  });
});

describe('systemd units', () => {
  const units = readdirSync(join(ROOT, 'packaging/systemd'));

  it('run commands that there are', () => {
    const started = units.flatMap((unit) => [...read(join('packaging/systemd', unit)).matchAll(/^ExecStart=(.*)$/gm)]);
    const ours = started.map(([, line = '']) => line).filter((line) => line.includes('main.js'));
    expect(ours.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
      ours.map(() => '/usr/bin/node /opt/partyline/dist/app/main.js'),
    );
    expect(ours.map((line) => wrongCommand(line.split(' ').slice(2)))).toEqual([null, null]);
  });

  const { error } = spawnSync('systemd-analyze', ['--version']);
  it.skipIf(error !== undefined)('are understood by systemd (skipped where systemd-analyze is not there)', () => {
    const verify = (): { readonly status: number | null; readonly stderr: string } => {
      const paths = units.map((unit) => `/etc/systemd/system/${unit.replace('@.', '@a.')}`);
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', `--root=${directory}`, ...paths], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      return { status, stderr };
    };
    // the programs are not on every machine, so stand-ins lie where they are expected
    for (const path of ['usr/bin/node', 'usr/local/bin/drachtio', 'usr/local/freeswitch/bin/freeswitch']) {
      mkdirSync(join(directory, dirname(path)), { recursive: true });
      writeFileSync(join(directory, path), '#!/bin/sh\n', { mode: 0o755 });
    }
    cpSync('/usr/lib/systemd/system', join(directory, 'usr/lib/systemd/system'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (const unit of units) {
      const place = join(directory, 'etc/systemd/system', unit.replace('@.', '@a.'));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, read(join('packaging/systemd', unit)));
    }
    expect(verify()).toEqual({ status: 0, stderr: '' });
    // and the check can fail
    const broken = join(directory, 'etc/systemd/system/drachtio.service');
    writeFileSync(broken, readFileSync(broken, 'utf8').replace('Restart=always', 'Restart=sometimes'));
    expect(verify().stderr).toContain('Failed to parse service restart specifier');
  });
});

describe('docs/production.md', () => {
  const text = read('docs/production.md');
  const blocks = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));

  it('names commands and flags that there are', () => {
    const inline = [...text.matchAll(/`(partyline [^`]+)`/g)].map(([, line = '']) => line);
    const ours = [...lines, ...inline]
      .map((line) => /^(?:docker compose exec control )?partyline (.+)$/.exec(line.trim())?.[1])
      .filter((line) => line !== undefined);
    expect(ours.length).toBeGreaterThan(5);
    for (const line of ours) expect(wrongCommand(line.replace(/["'].*?["']/g, 'X').split(/\s+/)), line).toBeNull();
  });

  it('shows configurations that are accepted', () => {
    const shown = blocks.filter((block) => block.trimStart().startsWith('{'));
    expect(shown.length).toBeGreaterThan(0);
    for (const block of shown) {
      const path = join(directory, 'partyline.json');
      writeFileSync(path, block.replaceAll(/\/etc\/partyline\/[\w-]+\.secret/g, join(directory, 'secret')));
      writeFileSync(join(directory, 'secret'), 's'.repeat(40));
      const loaded = loadConfig({ env: {}, workingDirectory: directory, configFile: path });
      expect(renderEngine(loaded, { directory, state: directory }, null).programs.length).toBeGreaterThan(1);
    }
  });

  it('names files that there are', () => {
    const named = [...text.matchAll(/`((?:docs|packaging|freeswitch-conf|prompts)\/[\w./@-]+)`/g)].map(
      ([, path]) => path ?? '',
    );
    expect(named.length).toBeGreaterThan(2);
    for (const path of named) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});
