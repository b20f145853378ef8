import type { Command } from 'commander';
import { accountId, type AccountId } from '../../domain/identifiers.js';
import type { Account, AccountPage, Store } from '../../ports/store.js';
import { accountJson, codesOf, stateOf } from './account-describe.js';
import { jsonOption, withExamples, wholeNumber } from './arguments.js';
import { emailAddress } from './contact-flags.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { localTime } from './output.js';

/** Accounts that are read, and shown, at once. */
const PAGE = 1_000;
const MOST = 10_000_000;

interface ListFlags {
  readonly name?: string;
  readonly email?: string;
  readonly enabled?: true;
  readonly disabled?: true;
  readonly limit?: number;
  readonly after?: string;
  readonly json?: boolean;
}

export function registerList(account: Command, context: CliContext): void {
  const command = account
    .command('list')
    .description('list the accounts, in order of creation')
    .option('--name <prefix>', 'whose names begin like this, in order of name')
    .option('--email <address>', 'with this e-mail address', emailAddress)
    .option('--enabled', 'only those that are enabled')
    .option('--disabled', 'only those that are disabled')
    .option('--limit <number>', 'so many at most', wholeNumber(1, MOST))
    .option('--after <id>', 'those behind this one')
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline account list',
    'partyline account list --name mary --limit 20',
    'partyline account list --disabled --json',
  ).action((flags: ListFlags) => {
    if (flags.enabled === true && flags.disabled === true)
      command.error('error: --enabled and --disabled exclude each other');
    return context.withStore((store, config) => {
      const pages = pagesOf(store, flags);
      if (flags.json === true) {
        printJson(context, store, pages);
      } else if (!printTables(context, pages)) {
        const none =
          store.countAccounts() > 0
            ? 'No such account.'
            : `No accounts in ${config.dataDirectory} yet: add one with partyline account add --name NAME`;
        context.print(none);
      }
    });
  });
}

/** Page by page, so that no more than one is in memory however many there are. @throws {Refused} */
function* pagesOf(
  store: Store,
  { name, email, enabled, disabled, limit = Infinity, after }: ListFlags,
): Generator<readonly Account[]> {
  const filter: Omit<AccountPage, 'limit' | 'after'> = {
    ...(name === undefined ? {} : { namePrefix: name }),
    ...(email === undefined ? {} : { email }),
    ...(enabled === undefined && disabled === undefined ? {} : { enabled: enabled === true }),
  };
  let last = after === undefined ? undefined : accountId(after);
  if (last !== undefined && store.account(last) === null)
    throw new Refused(`there is no account ${last} to go on after`);
  for (let left = limit; left > 0;) {
    const asked = Math.min(PAGE, left);
    const page = store.accounts({ ...filter, limit: asked, ...(last === undefined ? {} : { after: last }) });
    if (page.length > 0) yield page;
    if (page.length < asked) {
      checkStillThere(store, last);
      return;
    }
    left -= page.length;
    last = page.at(-1)?.id;
  }
}

/** A page goes on behind the last account of the one before: without that one nobody knows where. @throws {Refused} */
export function checkStillThere(store: Store, last: AccountId | undefined): void {
  if (last !== undefined && store.account(last) === null)
    throw new Refused(`the account ${last} was removed just now, so that not all are here: try again`);
}

/** A list as one JSON text, written as it is read. */
function printJson(context: CliContext, store: Store, pages: Iterable<readonly Account[]>): void {
  let before = '[';
  for (const page of pages) {
    const texts = page.map((one) =>
      JSON.stringify(accountJson(one, codesOf(store, one)), null, 2).replaceAll(/^/gm, '  '),
    );
    context.io.stdout(`${before}\n${texts.join(',\n')}`);
    before = ',';
  }
  context.io.stdout(before === '[' ? '[]\n' : '\n]\n');
}

/** @returns whether there was any */
function printTables(context: CliContext, pages: Iterable<readonly Account[]>): boolean {
  let any = false;
  for (const page of pages) {
    any = true;
    const rows = page.map((one) => [one.id, one.name, one.email ?? '', stateOf(one), localTime(one.createdAt)]);
    context.printTable(['ID', 'NAME', 'E-MAIL', 'STATE', 'CREATED'], rows);
  }
  return any;
}
