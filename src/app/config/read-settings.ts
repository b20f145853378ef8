import { NotAllowed } from './kinds.js';
import { environmentName, SETTING_KEYS, SETTINGS } from './settings.js';
import type { Setting, SettingKey, SettingValue } from './settings.js';
import { suggest } from './suggest.js';

/** A wrong configuration: one line that names the key, the value given and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting with its value. */
export type Settings = { readonly [K in SettingKey]: SettingValue<K> };

/** Where each value came from: `default`, the file's name, or the environment variable's. */
export type Origins = Readonly<Record<string, string>>;

export interface Places {
  /** What relative paths in the environment start from. */
  readonly workingDirectory: string;
  /** The file's name for messages, and the directory that its relative paths start from. */
  readonly fileName: string;
  readonly fileDirectory: string;
}

const ENVIRONMENT_NAMES = [...SETTING_KEYS.map(environmentName), 'PARTYLINE_CONFIG'];

/** Variables of the one mixer there could be once. */
const GONE = /^PARTYLINE_FREESWITCH_(EVENT_SOCKET_(HOST|PORT|SECRET|SECRET_FILE)|PROFILE|LISTEN_(ADDRESS|PORT))$/;
const INSTEAD = 'FreeSWITCH mixers are a list now, mixers (or PARTYLINE_MIXERS), and need no port to connect back to';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (key: string): boolean => key.endsWith('.secret');

function given(key: string, value: unknown): string {
  if (isSecret(key)) return '(hidden)';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Values of the file by key; refuses what is not a setting. */
function flatten(file: unknown, fileName: string): ReadonlyMap<SettingKey, unknown> {
  const values = new Map<SettingKey, unknown>();
  const walk = (group: Readonly<Record<string, unknown>>, path: string): void => {
    for (const [name, value] of Object.entries(group)) {
      const key = path === '' ? name : `${path}.${name}`;
      if (isSettingKey(key)) {
        values.set(key, value);
        continue;
      }
      const members = SETTING_KEYS.filter((known) => known.startsWith(`${key}.`));
      if (members.length === 0) {
        if (key === 'freeswitch')
          throw new ConfigError(`${fileName}: there is no setting freeswitch any more: ${INSTEAD}`);
        const meant = suggest(key, SETTING_KEYS);
        throw new ConfigError(
          `${fileName}: there is no setting ${key}${meant === null ? '' : `; did you mean ${meant}?`}`,
        );
      }
      if (!isObject(value)) {
        // a password may stand one level too high
        const shown = members.some(isSecret) ? '(hidden)' : given(key, value);
        const names = members.map((known) => known.slice(key.length + 1)).join(', ');
        throw new ConfigError(`${fileName}: ${key} is ${shown}, but must be an object with any of ${names}`);
      }
      walk(value, key);
    }
  };
  if (file === undefined) return values;
  if (!isObject(file)) throw new ConfigError(`${fileName}: must hold one JSON object`);
  walk(file, '');
  return values;
}

const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);

/** A variable that is nearly one of ours is a mistake; others that happen to begin alike are not our business. */
function refuseMisspelt(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('PARTYLINE_') || ENVIRONMENT_NAMES.includes(name)) continue;
    if (GONE.test(name)) throw new ConfigError(`there is no environment variable ${name} any more: ${INSTEAD}`);
    const meant = suggest(name, ENVIRONMENT_NAMES);
    if (meant !== null) throw new ConfigError(`there is no environment variable ${name}; did you mean ${meant}?`);
  }
}

/** Where a setting was found. */
interface Found {
  read(): unknown;
  readonly raw: unknown;
  readonly origin: string;
  /** How messages call it. */
  readonly label: string;
  /** What relative paths in it start from. */
  readonly base: string;
}

/** @throws {ConfigError} */
function valueOf(found: Found, key: string, allowed: string): unknown {
  let value: unknown;
  try {
    value = found.read();
  } catch (error) {
    if (error instanceof NotAllowed) throw new ConfigError(`${found.label}${error.message}`);
    throw error;
  }
  if (value !== undefined) return value;
  throw new ConfigError(`${found.label} is ${given(key, found.raw)}, but must be ${allowed}`);
}

/**
 * Puts together defaults, file and environment.
 * @throws {ConfigError} at the first thing wrong
 */
export function readSettings(
  file: unknown,
  env: Environment,
  places: Places,
): { readonly settings: Settings; readonly origins: Origins } {
  const fromFile = flatten(file, places.fileName);
  refuseMisspelt(env);
  const settings: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const key of SETTING_KEYS) {
    // the value's type cannot follow the key from step to step; `Settings` gives it back at the end
    const setting: Setting<unknown> = SETTINGS[key];
    const name = environmentName(key);
    const text = env[name];
    const found: Found =
      text !== undefined && text.trim() !== ''
        ? {
            read: () => setting.kind.fromText(text),
            raw: text,
            origin: name,
            label: name,
            base: places.workingDirectory,
          }
        : fromFile.has(key)
          ? {
              read: () => setting.kind.fromJson(fromFile.get(key)),
              raw: fromFile.get(key),
              origin: places.fileName,
              label: `${places.fileName}: ${key}`,
              base: places.fileDirectory,
            }
          : { read: () => setting.fallback, raw: null, origin: 'default', label: key, base: places.workingDirectory };
    settings[key] = setting.settled(valueOf(found, key, setting.kind.allowed), found.base);
    origins[key] = found.origin;
  }
  return { settings: settings as Settings, origins };
}
