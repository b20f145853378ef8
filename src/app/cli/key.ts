import type { Command } from 'commander';
import { auditLine } from '../audit-line.js';
import { bridgeKeyFile, forgetBridgeKey, lostWithBridgeKey } from '../compose-lost-bridge-key.js';
import type { SealedAway } from '../compose-lost-bridge-key.js';
import { progressBar } from '../reports/progress.js';
import { confirmRemoval, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';

interface ForgetFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function registerKey(program: Command, context: CliContext): void {
  const key = program.command('key').description('the keys beside the database');
  registerForgetBridge(key, context);
}

function registerForgetBridge(key: Command, context: CliContext): void {
  const command = key
    .command('forget-bridge')
    .description('where bridge.key is lost for good: remove what nobody can open without it, and make a new one')
    .option('--yes', 'do not ask')
    .addOption(jsonOption());
  withExamples(command, 'partyline key forget-bridge', 'partyline key forget-bridge --yes --json')
    .addHelpText(
      'after',
      '\nEvery PIN goes on to work; invitations have it again when it is rotated. Recordings that cannot be opened are gone.\nA key that is in a backup is better put back: then nothing is lost. Killed on the way, it is to be run again.\n',
    )
    .action((flags: ForgetFlags) =>
      context.withStore(async (store, config) => {
        const path = bridgeKeyFile(config);
        const lost = lostWithBridgeKey(config, store);
        if (lost === 'nothing')
          throw new Refused('nothing is sealed under a bridge key, so there is nothing to forget');
        if (lost === 'right')
          throw new Refused(`the bridge key ${path} opens what is sealed under it, so there is nothing to forget`);
        const what = `${inWords(lost)}, which nobody can open without the bridge key that is lost`;
        await confirmRemoval(context, command, flags.yes, `${what}, for good`);
        if (flags.json !== true) context.print(`Lost: ${what}.`);
        const progress = progressBar(context.io.watched ?? null);
        const all = Math.max(1, lost.sealedPins + lost.recordings);
        const note = auditLine('bridge-key-forgotten', null, inWords(lost));
        let gone: SealedAway;
        try {
          gone = await forgetBridgeKey(config, store, note, (done) => progress.at(done / all));
        } finally {
          progress.end();
        }
        if (flags.json === true) context.printJson(gone);
        else context.print(afterwards(gone, path));
      }),
    );
}

function inWords({ sealedPins, recordings }: SealedAway): string {
  const pins = `${sealedPins} sealed ${sealedPins === 1 ? 'PIN' : 'PINs'}`;
  return `${pins} and ${recordings} ${recordings === 1 ? 'recording' : 'recordings'}`;
}

const afterwards = (gone: SealedAway, path: string): string =>
  [
    `Removed: ${inWords(gone)}. The bridge key ${path} counts now, for a bridge that runs too: back it up.`,
    'Every PIN goes on to work. For invitations to have it again, draw it anew: partyline pin rotate, partyline booking rotate.',
  ].join('\n');
