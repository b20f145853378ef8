import { Secret } from './secret.js';
import type { Config } from './shape.js';

/** What stands for a password in a packed configuration. */
const PASSWORD = 'a password';

/** A configuration as another thread of this process is given it: a {@link Secret} would arrive empty. It is kept nowhere and goes nowhere else. */
export interface PackedConfig {
  readonly packed: unknown;
}

export const packConfig = (config: Config): PackedConfig => ({
  packed: mapped(config, (one) => (one instanceof Secret ? { [PASSWORD]: one.reveal() } : undefined)),
});

export function unpackConfig({ packed }: PackedConfig): Config {
  return mapped(packed, (one) => {
    const password = (one as Readonly<Record<string, unknown>>)[PASSWORD];
    return typeof password === 'string' ? new Secret(password) : undefined;
  }) as Config;
}

/** A copy of plain objects and lists. @param instead of an object; `undefined`: its copy */
function mapped(value: unknown, instead: (one: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const other = instead(value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((one) => mapped(one, instead));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapped(one, instead)]));
}
