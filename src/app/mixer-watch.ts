import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../bridge/log.js';
import type { LoadedConfig, MixerConfig } from './config.js';
import { Secret } from './config/secret.js';
import { SETTING_KEYS } from './config/settings.js';

/** A mixer as it is wanted now. */
export interface WantedMixer extends Omit<MixerConfig, 'drain'> {
  /** Drained by the configuration or by the command line. */
  readonly draining: boolean;
}

export interface MixerWatchParts {
  /** Reads the configuration anew; `null`: the mixers are not configured but started here, and stay. @throws {ConfigError} */
  readonly reload: (() => LoadedConfig) | null;
  /** Names of the mixers that the command line drains. */
  readonly drained: () => readonly string[];
  readonly apply: (mixers: readonly WantedMixer[]) => void;
  readonly log: Log;
}

/** How often the configuration file is read, and the store asked, milliseconds. */
const FILE_EVERY_MS = 2_000;
const STORE_EVERY_MS = 1_000;

/** Follows the configured mixers and those being drained while the bridge runs; other settings count at the next start. */
export class MixerWatch {
  readonly #parts: MixerWatchParts;
  readonly #first: LoadedConfig['settings'];
  #configured: readonly MixerConfig[];
  #drained: readonly string[];
  #wanted: readonly WantedMixer[];
  /** What was told last, so that it is told once. */
  #told = '';
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(mixers: readonly MixerConfig[], settings: LoadedConfig['settings'], parts: MixerWatchParts) {
    this.#parts = parts;
    this.#first = settings;
    this.#configured = mixers;
    this.#drained = parts.drained();
    this.#wanted = wanted(mixers, this.#drained);
  }

  get mixers(): readonly WantedMixer[] {
    return this.#wanted;
  }

  start(): void {
    this.#timers = [
      ...(this.#parts.reload === null ? [] : [setInterval(() => this.lookAtFile(), FILE_EVERY_MS)]),
      setInterval(() => this.lookAtStore(), STORE_EVERY_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  lookAtFile(): void {
    let loaded: LoadedConfig;
    try {
      if (this.#parts.reload === null) return;
      loaded = this.#parts.reload();
      if (loaded.config.mixers.length === 0) throw new Error('mixers is empty: while the bridge runs one must be left');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tellOnce(reason, () =>
        this.#parts.log.error({ reason }, 'the changed configuration cannot be used; the one before holds'),
      );
      return;
    }
    const settings = SETTING_KEYS.filter((key) => key !== 'mixers' && !same(this.#first[key], loaded.settings[key]));
    this.#tellOnce(settings.join(', '), () => {
      if (settings.length === 0) return;
      this.#parts.log.warn({ settings: settings.join(', ') }, 'changed settings count after a restart');
    });
    this.#configured = loaded.config.mixers;
    this.#update();
  }

  lookAtStore(): void {
    this.#update();
  }

  #update(): void {
    try {
      this.#drained = this.#parts.drained();
    } catch {
      // the store tells of its own trouble; what it said last holds
    }
    const next = wanted(this.#configured, this.#drained);
    if (same(next, this.#wanted)) return;
    const names = next.map(({ name, draining }) => (draining ? `${name} (draining)` : name));
    this.#parts.log.info({ mixers: names.join(', ') }, 'the mixers changed');
    this.#wanted = next;
    this.#parts.apply(next);
  }

  #tellOnce(what: string, tell: () => void): void {
    if (what === this.#told) return;
    this.#told = what;
    tell();
  }
}

function wanted(mixers: readonly MixerConfig[], drained: readonly string[]): readonly WantedMixer[] {
  return mixers.map(({ name, eventSocket, profile, drain, advertise }) => {
    return { name, eventSocket, profile, advertise, draining: drain || drained.includes(name) };
  });
}

/** Whether two values are alike, passwords in them included. */
const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(unveiled(one), unveiled(other));

function unveiled(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(unveiled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unveiled(member)]));
}
