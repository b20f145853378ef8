import type { Command } from 'commander';
import type { LoadedConfig } from '../config.js';
import { environmentName, SETTING_KEYS, SETTINGS } from '../config/settings.js';
import type { Setting, SettingKey } from '../config/settings.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';

export function registerConfig(program: Command, context: CliContext): void {
  const config = program
    .command('config')
    .description('show the configuration that counts, and where each value comes from; passwords stay hidden')
    .addOption(jsonOption());
  withExamples(config, 'partyline config', 'partyline config --json', 'partyline config check').action(
    (flags: { json?: boolean }) => {
      const loaded = context.loadConfig();
      if (flags.json === true) {
        const settings = SETTING_KEYS.map((key) => {
          const value = show(loaded, key);
          return [key, { value, source: loaded.origins[key], environment: environmentName(key) }] as const;
        });
        const { file, config: effective } = loaded;
        context.printJson({ file, engine: effective.engine, settings: Object.fromEntries(settings) });
      } else {
        const rows = SETTING_KEYS.map((key) => [key, text(key, show(loaded, key)), loaded.origins[key] ?? '']);
        context.printTable(['SETTING', 'VALUE', 'SOURCE'], rows);
      }
    },
  );
  const check = config.command('check').description('say whether the configuration can be used');
  withExamples(check, 'partyline config check', 'partyline config check --config /etc/partyline.json').action(() => {
    const { file, config: effective } = context.loadConfig();
    const origin = file === null ? 'no file, only defaults and environment' : file;
    context.print(`The configuration is fine (${origin}); the engine is ${effective.engine}.`);
  });
}

/** A setting as it would be written in the file. */
function show(loaded: LoadedConfig, key: SettingKey): unknown {
  const setting: Setting<unknown> = SETTINGS[key];
  const value: unknown = loaded.settings[key];
  return value === null ? null : setting.kind.show(value);
}

/** The value in words; `null` by the word that may be written for it. */
function text(key: SettingKey, value: unknown): string {
  const setting: Setting<unknown> = SETTINGS[key];
  if (value === null) return setting.kind.word ?? '-';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map((one) => text(key, one)).join(', ');
  if (typeof value === 'object' && Object.keys(value).length === 0) return '-';
  return JSON.stringify(value);
}
