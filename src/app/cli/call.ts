import type { Command } from 'commander';
import type { CliContext } from './context.js';
import { Refused } from './io.js';

export function registerCall(program: Command, context: CliContext): void {
  program
    .command('call')
    .description('a telephone to try the bridge with')
    .action(() => {
      context.loadConfig();
      throw new Refused('this build has no test telephone');
    });
}
