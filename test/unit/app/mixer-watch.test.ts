import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/app/config.js';
import type { LoadedConfig } from '../../../src/app/config.js';
import { MixerWatch, type WantedMixer } from '../../../src/app/mixer-watch.js';
import { MemoryStore } from '../../fakes/memory-store.js';

const secret = 'long enough';
const mixer = (name: string, port: number, more: object = {}): object => ({
  name,
  eventSocket: { host: '127.0.0.1', port, secret },
  ...more,
});
const drachtio = { host: '127.0.0.1', secret };

let directory: string;
let store: MemoryStore;
let applied: (readonly WantedMixer[])[];
let logged: string[];

const write = (content: unknown): void =>
  writeFileSync(join(directory, 'c.json'), typeof content === 'string' ? content : JSON.stringify(content));

const load = (): LoadedConfig => loadConfig({ env: {}, workingDirectory: directory, configFile: 'c.json' });

function watch(): MixerWatch {
  const { config, settings } = load();
  const log =
    (level: string) =>
    (fields: object, message: string): void =>
      void logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  return new MixerWatch(config.mixers, settings, {
    reload: load,
    drained: () => store.drainedMixers(),
    apply: (mixers) => void applied.push(mixers),
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  });
}

const names = (mixers: readonly WantedMixer[] | undefined): readonly string[] | undefined =>
  mixers?.map(({ name, draining }) => (draining ? `${name} draining` : name));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-watch-'));
  store = new MemoryStore();
  applied = [];
  logged = [];
  write({ drachtio, mixers: [mixer('a', 1), mixer('b', 2, { drain: true })] });
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the watch over the mixers', () => {
  it('begins with the list as configured, those drained by the command line included', () => {
    store.setMixerDrained('a', true);
    expect(names(watch().mixers)).toEqual(['a draining', 'b draining']);
  });

  it('applies nothing as long as nothing changed', () => {
    const watching = watch();
    watching.lookAtFile();
    watching.lookAtStore();
    expect(applied).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('applies a changed list: one added, one removed, one drained no more', () => {
    const watching = watch();
    write({ drachtio, mixers: [mixer('b', 2), mixer('c', 3)] });
    watching.lookAtFile();
    watching.lookAtFile();
    expect(applied.map(names)).toEqual([['b', 'c']]);
    expect(logged).toEqual(['info: the mixers changed {"mixers":"b, c"}']);
  });

  it('tells what a mixer advertises, and applies another', () => {
    const watching = watch();
    expect(watching.mixers.map(({ advertise }) => advertise)).toEqual([null, null]);
    write({ drachtio, mixers: [mixer('a', 1, { rtp: { advertise: '203.0.113.7' } }), mixer('c', 3)] });
    watching.lookAtFile();
    write({ drachtio, mixers: [mixer('a', 1, { rtp: { advertise: '203.0.113.8' } }), mixer('c', 3)] });
    watching.lookAtFile();
    expect(applied.map((mixers) => mixers[0]?.advertise)).toEqual(['203.0.113.7', '203.0.113.8']);
  });

  it('sees a changed password, and logs none', () => {
    const watching = watch();
    const other = 'another password';
    write({
      drachtio,
      mixers: [{ name: 'a', eventSocket: { host: '127.0.0.1', port: 1, secret: other } }, mixer('b', 2)],
    });
    watching.lookAtFile();
    expect(applied[0]?.[0]?.eventSocket.secret.reveal()).toBe(other);
    expect(logged.join()).not.toContain(other);
  });

  it('sees a password file that changed', () => {
    writeFileSync(join(directory, 'a.secret'), secret);
    write({ drachtio, mixers: [{ name: 'a', eventSocket: { host: 'h', secretFile: 'a.secret' } }] });
    const watching = watch();
    writeFileSync(join(directory, 'a.secret'), 'another password');
    watching.lookAtFile();
    expect(applied[0]?.[0]?.eventSocket.secret.reveal()).toBe('another password');
  });

  it.each([
    ['{"drachtio": {"secret": "my secret" oops', 'is not valid JSON'],
    [{ drachtio, mixers: [mixer('a', 1), mixer('a', 2)] }, 'mixers names a twice'],
    [{ drachtio, mixers: [] }, 'the engine freeswitch needs mixers too'],
    [{ engine: 'embedded' }, 'mixers is empty: while the bridge runs one must be left'],
  ])('tells once why a list cannot be used, and keeps the one before: %j', (content, line) => {
    const watching = watch();
    write(content);
    watching.lookAtFile();
    watching.lookAtFile();
    watching.lookAtStore();
    expect(applied).toEqual([]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^error: the changed configuration cannot be used; the one before holds/);
    expect(logged[0]).toContain(line);
    expect(logged[0]).not.toContain('my secret');
  });

  it('tells of a mistake again when it was mended and made again', () => {
    const watching = watch();
    for (const content of ['{', { drachtio, mixers: [mixer('a', 1)] }, '{']) {
      write(content);
      watching.lookAtFile();
    }
    expect(logged.filter((line) => line.startsWith('error'))).toHaveLength(2);
    expect(applied.map(names)).toEqual([['a']]);
  });

  it('says which other settings count after a restart only, and applies the mixers beside them', () => {
    const watching = watch();
    write({ drachtio: { ...drachtio, secret: 'another password' }, maximumCalls: 7, mixers: [mixer('a', 1)] });
    watching.lookAtFile();
    watching.lookAtFile();
    expect(applied.map(names)).toEqual([['a']]);
    expect(logged[0]).toBe('warn: changed settings count after a restart {"settings":"maximumCalls, drachtio.secret"}');
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('follows what the command line drains; what the configuration drains stays so', () => {
    const watching = watch();
    store.setMixerDrained('a', true);
    watching.lookAtStore();
    store.setMixerDrained('a', false);
    store.setMixerDrained('b', true);
    watching.lookAtStore();
    store.setMixerDrained('b', false);
    watching.lookAtStore();
    expect(applied.map(names)).toEqual([
      ['a draining', 'b draining'],
      ['a', 'b draining'],
    ]);
  });

  it('goes on with what the store said last while it fails', () => {
    store.setMixerDrained('a', true);
    const watching = watch();
    store.close();
    watching.lookAtStore();
    write({ drachtio, mixers: [mixer('a', 1), mixer('b', 2)] });
    watching.lookAtFile();
    expect(applied.map(names)).toEqual([['a draining', 'b']]);
  });
});
