import { ConfigError, parseConfig } from '../../../src/app/config.js';
import type { Environment } from '../../../src/app/config.js';

/** The line that a wrong configuration is refused with. */
export function refusal(file: unknown, env: Environment = {}): string {
  try {
    parseConfig(file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}
