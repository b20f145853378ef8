import type { Command } from 'commander';
import { openLog } from '../log.js';
import { VERSION } from '../version.js';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { surviveErrors, surviveLostOutput } from './survive.js';

export function registerDialogOwner(program: Command, context: CliContext): void {
  const command = program
    .command('dialog-owner')
    .description('hold the SIP dialogs for a bridge, so that calls outlive its process; SIGTERM hangs all of them up');
  withExamples(command, 'partyline dialog-owner').action(() => run(context));
}

async function run(context: CliContext): Promise<void> {
  const { config } = context.loadConfig();
  const { drachtio, dialogOwner } = config;
  if (drachtio === null || dialogOwner === null) {
    throw new Refused(
      'the dialog owner needs drachtio.host and dialogOwner.socket: set both, here and for `partyline serve`',
    );
  }
  const log = openLog(config.logLevel);
  const { host, port, secret } = drachtio;
  const { composeDialogOwner } = await import('../compose-dialog-owner.js');
  const owner = composeDialogOwner(
    { drachtio: { host, port, secret: secret.reveal() }, socket: dialogOwner.socket },
    log,
  );
  await owner.start();
  surviveLostOutput();
  surviveErrors((error) => log.error({ error: error.stack ?? error.message }, 'unexpected error'));
  // The terminal it was started from may be closed.
  process.on('SIGHUP', () => undefined);
  log.info({ version: VERSION, socket: dialogOwner.socket, drachtio: `${host}:${port}` }, 'dialog owner started');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  log.info({}, 'hanging up every call');
  await owner.stop();
}
