import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { callerDigits } from '../../domain/access/callers.js';
import type { Block } from '../../ports/store.js';
import { findAccount, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { isoTime, localTime } from './output.js';

const LONGEST_NUMBER = 32;
const ACCOUNT = 'for this account only, by id or name; else bridge-wide';

export function registerBlock(program: Command, context: CliContext): void {
  const block = program.command('block').description('callers that are not let in, by their numbers');
  registerAdd(block, context);
  registerList(block, context);
  registerRemove(block, context);
}

function callerNumber(text: string): string {
  const digits = callerDigits(text.trim());
  if (digits === null || digits.length > LONGEST_NUMBER) {
    throw new InvalidArgumentError('It must be a number such as +442071234567.');
  }
  return digits;
}

interface Flags {
  readonly account?: string;
}

function registerAdd(block: Command, context: CliContext): void {
  const command = block
    .command('add')
    .description('let a number in no more; who is in stays in')
    .argument('<number>', 'as it stands in the records, best as +COUNTRY NUMBER', callerNumber)
    .option('--account <account>', ACCOUNT);
  withExamples(command, 'partyline block add +442071234567', 'partyline block add +442071234567 --account Board')
    .addHelpText('after', '\nWho calls from it hears that the conference is full, hosts as well.\n')
    .action((number: string, flags: Flags) =>
      context.withNewStore(({ store, clock }) => {
        const account = flags.account === undefined ? null : findAccount(store, flags.account);
        store.addBlock({ accountId: account?.id ?? null, callerNumber: number, createdAt: clock.wall() });
        context.print(`${number} is blocked ${account === null ? 'bridge-wide' : `for ${account.name}`}.`);
      }),
    );
}

function registerList(block: Command, context: CliContext): void {
  const command = block
    .command('list')
    .description('list the numbers that are blocked, oldest first')
    .option('--account <account>', 'what counts for this account, by id or name')
    .addOption(jsonOption());
  withExamples(command, 'partyline block list', 'partyline block list --account Board').action(
    (flags: Flags & { readonly json?: boolean }) =>
      context.withStore((store) => {
        const blocks = store.blocks(flags.account === undefined ? undefined : findAccount(store, flags.account).id);
        const names = new Map(blocks.map(({ accountId }) => [accountId, accountId && store.account(accountId)?.name]));
        const nameOf = ({ accountId }: Block): string | null => names.get(accountId) ?? null;
        if (flags.json === true) context.printJson(blocks.map((one) => toJson(one, nameOf(one))));
        else if (blocks.length === 0) context.print('No number is blocked.');
        else {
          const rows = blocks.map((one) => [one.callerNumber, nameOf(one) ?? 'all', localTime(one.createdAt)]);
          context.printTable(['NUMBER', 'ACCOUNT', 'SINCE'], rows);
        }
      }),
  );
}

/** What programs see of a block. */
function toJson({ accountId, callerNumber: number, createdAt }: Block, accountName: string | null): unknown {
  return { number, accountId, accountName, createdAt: isoTime(createdAt) };
}

function registerRemove(block: Command, context: CliContext): void {
  const command = block
    .command('remove')
    .description('let a number in again')
    .argument('<number>', 'the number', callerNumber)
    .option('--account <account>', ACCOUNT);
  withExamples(command, 'partyline block remove +442071234567').action((number: string, flags: Flags) =>
    context.withStore((store) => {
      const account = flags.account === undefined ? null : findAccount(store, flags.account);
      const where = account === null ? 'bridge-wide' : `for ${account.name}`;
      if (!store.removeBlock(account?.id ?? null, number)) {
        throw new Refused(`${number} is not blocked ${where}: see partyline block list`);
      }
      context.print(`${number} is blocked no more ${where}.`);
    }),
  );
}
