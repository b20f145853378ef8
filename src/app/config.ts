import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildConfig } from './config/build.js';
import { ConfigError, readSettings } from './config/read-settings.js';
import type { Environment, Places } from './config/read-settings.js';
import type { Config, LoadedConfig } from './config/shape.js';

export { ConfigError } from './config/read-settings.js';
export type { Environment } from './config/read-settings.js';
export type { Config, LoadedConfig, MixerConfig } from './config/shape.js';

/** Name of the configuration file in the data directory. */
const CONFIG_FILE_NAME = 'partyline.json';

const LARGEST_FILE = 1_000_000;

/**
 * Makes the configuration of what the file holds (JSON already parsed; `undefined` for no file) and the environment.
 * Reads no file, so passwords that stand in files of their own are given by `readSecret`.
 * @throws {ConfigError} one line: the key, the value given, what is allowed
 */
export function parseConfig(
  file: unknown,
  env: Environment,
  places: Partial<Places> = {},
  readSecret: (path: string) => string = refuseSecretFiles,
): Config {
  return buildConfig(readSettings(file, env, withDefaults(places)).settings, readSecret);
}

function withDefaults(places: Partial<Places>): Places {
  const workingDirectory = places.workingDirectory ?? '/';
  return {
    workingDirectory,
    fileName: places.fileName ?? CONFIG_FILE_NAME,
    fileDirectory: places.fileDirectory ?? workingDirectory,
  };
}

/**
 * Reads the configuration: defaults, then the file (`configFile`, `PARTYLINE_CONFIG`, or `partyline.json` in the data
 * directory where there is one), then the environment.
 * @throws {ConfigError}
 */
export function loadConfig(options: {
  readonly env: Environment;
  readonly workingDirectory: string;
  readonly configFile?: string;
}): LoadedConfig {
  const { env, workingDirectory } = options;
  const wanted = options.configFile ?? (env['PARTYLINE_CONFIG'] === '' ? undefined : env['PARTYLINE_CONFIG']);
  const fallback = (): string => {
    const directory = readSettings(undefined, env, withDefaults({ workingDirectory })).settings.dataDir;
    return join(directory, CONFIG_FILE_NAME);
  };
  const path = wanted === undefined ? fallback() : resolve(workingDirectory, wanted);
  const file = wanted !== undefined || existsSync(path) ? path : null;
  const places: Places = { workingDirectory, fileName: path, fileDirectory: dirname(path) };
  const { settings, origins } = readSettings(file === null ? undefined : readJson(path), env, places);
  return { config: buildConfig(settings, readSecretFile), settings, origins, file };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${path}: ${reason(error)}`);
  }
  if (text.length > LARGEST_FILE) throw new ConfigError(`${path} is too large for a configuration file`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // the parser's own message would quote the text, which may hold passwords
    throw new ConfigError(`${path} is not valid JSON`);
  }
}

const reason = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'not readable';

function readSecretFile(path: string): string {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return readFileSync(descriptor, 'utf8').trim();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new ConfigError(`cannot read the password file ${path}: ${reason(error)}`);
  }
}

function refuseSecretFiles(path: string): string {
  throw new ConfigError(`cannot read the password file ${path} here`);
}
