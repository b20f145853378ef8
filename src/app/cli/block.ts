import { setImmediate } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { callerPattern } from '../../domain/access/caller-patterns.js';
import type { Block, Store } from '../../ports/store.js';
import { auditLine, auditLineIf } from '../audit-line.js';
import { RowsOut } from '../reports/rows-out.js';
import type { Shape } from '../reports/shapes.js';
import { findAccount, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { isoTime, localTime } from './output.js';

/** Rows shown at once. */
const PAGE = 1_000;
const ACCOUNT = 'for this account only, by id or name; else bridge-wide';

export function registerBlock(program: Command, context: CliContext): void {
  const block = program.command('block').description('callers that are not let in, by number or pattern');
  registerAdd(block, context);
  registerList(block, context);
  registerRemove(block, context);
}

function numberOrPattern(text: string): string {
  const pattern = callerPattern(text);
  if (pattern === null) {
    throw new InvalidArgumentError(
      'It must be a number such as +442071234567, or a pattern such as +4420* or 0900??????.',
    );
  }
  return pattern;
}

interface Flags {
  readonly account?: string;
}

function registerAdd(block: Command, context: CliContext): void {
  const command = block
    .command('add')
    .description('let a number, or all of a pattern, in no more; who is in stays in')
    .argument('<number>', 'best as +COUNTRY NUMBER; ? is any digit, * at the end any that follow', numberOrPattern)
    .option('--account <account>', ACCOUNT);
  withExamples(
    command,
    'partyline block add +442071234567',
    "partyline block add '+4420*'",
    "partyline block add '0900??????' --account Board",
  )
    .addHelpText(
      'after',
      [
        '',
        'Who calls from it hears that the conference is full, hosts as well. With callers.refuseBlocked set to',
        'refuse, calls from numbers that are blocked bridge-wide are refused before they are answered (603).',
        '',
      ].join('\n'),
    )
    .action((number: string, flags: Flags) =>
      context.withNewStore(({ store, clock }) => {
        const account = flags.account === undefined ? null : findAccount(store, flags.account);
        store.audited(auditLine('block-added', account?.id ?? null), () =>
          store.addBlock({ accountId: account?.id ?? null, callerNumber: number, createdAt: clock.wall() }),
        );
        context.print(`${number} is blocked ${account === null ? 'bridge-wide' : `for ${account.name}`}.`);
      }),
    );
}

function registerList(block: Command, context: CliContext): void {
  const command = block
    .command('list')
    .description('list the numbers and patterns that are blocked, oldest first')
    .option('--account <account>', 'what counts for this account, by id or name')
    .addOption(jsonOption());
  withExamples(command, 'partyline block list', 'partyline block list --account Board').action(
    (flags: Flags & { readonly json?: boolean }) =>
      context.withStore(async (store) => {
        const id = flags.account === undefined ? undefined : findAccount(store, flags.account).id;
        const out = new RowsOut(context, flags.json === true ? 'json' : 'table', blockShape(store));
        let page: Block[] = [];
        for (const one of store.blocks(id)) {
          page.push(one);
          if (page.length < PAGE) continue;
          out.add(page);
          page = [];
          // whoever reads may have closed the pipe
          await setImmediate();
        }
        out.add(page);
        out.end('No number is blocked.');
      }),
  );
}

/** How blocks are shown, with the names of their accounts. */
function blockShape(store: Store): Shape<Block> {
  // those of one account follow one another, most often
  let last: { readonly id: string; readonly name: string | null } | null = null;
  const nameOf = ({ accountId: id }: Block): string | null => {
    if (id === null) return null;
    if (last?.id !== id) last = { id, name: store.account(id)?.name ?? null };
    return last.name;
  };
  return {
    head: ['NUMBER', 'ACCOUNT', 'SINCE'],
    cells: (one) => [one.callerNumber, nameOf(one) ?? 'all', localTime(one.createdAt)],
    columns: [],
    json: (one) => toJson(one, nameOf(one)),
  };
}

/** What programs see of a block. */
function toJson(
  { accountId, callerNumber: number, createdAt }: Block,
  accountName: string | null,
): Readonly<Record<string, unknown>> {
  return { number, accountId, accountName, createdAt: isoTime(createdAt) };
}

function registerRemove(block: Command, context: CliContext): void {
  const command = block
    .command('remove')
    .description('let a number or pattern in again')
    .argument('<number>', 'the number or pattern, as it was added', numberOrPattern)
    .option('--account <account>', ACCOUNT);
  withExamples(command, 'partyline block remove +442071234567').action((number: string, flags: Flags) =>
    context.withStore((store) => {
      const account = flags.account === undefined ? null : findAccount(store, flags.account);
      const where = account === null ? 'bridge-wide' : `for ${account.name}`;
      const removed = store.audited(auditLineIf('block-removed', account?.id ?? null), () =>
        store.removeBlock(account?.id ?? null, number),
      );
      if (!removed) {
        throw new Refused(`${number} is not blocked ${where}: see partyline block list`);
      }
      context.print(`${number} is blocked no more ${where}.`);
    }),
  );
}
