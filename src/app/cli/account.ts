import type { Command } from 'commander';
import { enoughDigits, GUESS_RISK_LIMIT, guessRisk } from '../../domain/access/pins.js';
import { UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';

import type { Account, DialInNumber, Store } from '../../ports/store.js';
import { provisionAccount, usualPinLength } from '../provision.js';
import { addConferenceFlags, applyConferenceFlags } from './account-flags.js';
import type { ConferenceFlags } from './account-flags.js';
import { accountName, confirmRemoval, findAccount, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block, isoTime, localTime } from './output.js';

const PAGE = 1000;
const ACCOUNT = 'id or name of the account';

export function registerAccount(program: Command, context: CliContext): void {
  const account = program.command('account').description('people who host conferences, and their PINs');
  registerAdd(account, context);
  registerList(account, context);
  registerShow(account, context);
  registerSet(account, context);
  registerSwitch(account, context, 'disable', false, 'refuse its PINs from now on; those in a conference stay in it');
  registerSwitch(account, context, 'enable', true, 'accept its PINs again');
  registerRemove(account, context);
}

function registerAdd(account: Command, context: CliContext): void {
  const command = account
    .command('add')
    .description('add an account; draws its host PIN and guest PIN and shows them, this once')
    .requiredOption('--name <name>', 'whose account it is', accountName);
  addConferenceFlags(command).addOption(pinLengthOption()).addOption(jsonOption());
  withExamples(
    command,
    'partyline account add --name "Mary Murphy"',
    'partyline account add --name Board --host-leaves hold --grace 60 --json',
  )
    .addHelpText('after', '\nWhat no flag says is as configured: see partyline config, conference.*\n')
    .action((flags: ConferenceFlags & { name: string; pinLength?: number; json?: boolean }) => {
      return context.withNewStore((stores, config) => {
        const length = flags.pinLength ?? usualPinLength(stores.store.numbers(), config.entry.pinLength);
        judgePinLength(stores.store, length, flags.pinLength !== undefined);
        const options = applyConferenceFlags(config.conference, flags);
        const namesakes = stores.store.accountsNamed(flags.name).length;
        const { id, host, guest } = provisionAccount(stores, flags.name, options, length);
        if (flags.json === true) {
          context.printJson({ id, name: flags.name, hostPin: host, guestPin: guest });
        } else {
          const lines = [['Account', flags.name] as const, ['Id', id] as const];
          context.print(block([...lines, ['Host PIN', host], ['Guest PIN', guest]]));
          context.print('The PINs are kept nowhere in readable form: note them now.');
        }
        if (namesakes > 0)
          context.warn(`another account is named "${flags.name}" too: refer to this one by its id, ${id}`);
        warnUnlessDialable(context, stores.store.numbers(), length, config.entry.pinLength);
      });
    });
}

/** @throws {Refused} when PINs of this length would be too easy to guess and nobody insisted on them */
function judgePinLength(store: Store, length: number, insisted: boolean): void {
  const livePins = 2 * (store.countAccounts() + 1);
  if (insisted || guessRisk(livePins, length) <= GUESS_RISK_LIMIT) return;
  const enough = enoughDigits(livePins);
  throw new Refused(
    `with ${livePins} PINs in use, PINs of ${length} digits are too easy to guess: ` +
      (enough === null ? '' : `give --pin-length ${enough} and add a dial-in number for that length, or `) +
      `insist with --pin-length ${length}`,
  );
}

function warnUnlessDialable(
  context: CliContext,
  numbers: readonly DialInNumber[],
  length: number,
  configured: number,
): void {
  const dialable = numbers.length === 0 ? configured === length : numbers.some(({ pinLength }) => pinLength === length);
  if (dialable) return;
  const where = numbers.length === 0 ? `the number "${UNPROVISIONED_NUMBER}"` : 'any dial-in number';
  context.warn(
    `PINs of ${length} digits cannot be keyed at ${where}: add one with partyline number add NUMBER --pin-length ${length}`,
  );
}

function everyAccount(store: Store): readonly Account[] {
  const all: Account[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = store.accounts({ limit: PAGE, ...(last === undefined ? {} : { after: last.id }) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** What programs see of an account; its PINs are not known to the store. */
function toJson({ id, name, enabled, createdAt, options }: Account): unknown {
  return { id, name, enabled, createdAt: isoTime(createdAt), options };
}

const stateOf = ({ enabled }: Account): string => (enabled ? 'enabled' : 'disabled');

function registerList(account: Command, context: CliContext): void {
  const command = account.command('list').description('list all accounts').addOption(jsonOption());
  withExamples(command, 'partyline account list', 'partyline account list --json').action((flags: { json?: boolean }) =>
    context.withStore((store, config) => {
      const accounts = everyAccount(store);
      if (flags.json === true) {
        context.printJson(accounts.map(toJson));
      } else if (accounts.length === 0) {
        context.print(`No accounts in ${config.dataDirectory} yet: add one with partyline account add --name NAME`);
      } else {
        const rows = accounts.map((one) => [one.id, one.name, stateOf(one), localTime(one.createdAt)]);
        context.printTable(['ID', 'NAME', 'STATE', 'CREATED'], rows);
      }
    }),
  );
}

function registerShow(account: Command, context: CliContext): void {
  const command = account
    .command('show')
    .description('show an account and its options; its PINs cannot be shown again')
    .argument('<account>', ACCOUNT)
    .addOption(jsonOption());
  withExamples(command, 'partyline account show "Mary Murphy"').action((reference: string, flags: { json?: boolean }) =>
    context.withStore((store) => {
      const found = findAccount(store, reference);
      if (flags.json === true) context.printJson(toJson(found));
      else context.print(describe(found));
    }),
  );
}

const allowed = (yes: boolean): string => (yes ? 'yes' : 'no');

function describe(account: Account): string {
  const { options } = account;
  return block([
    ['Account', account.name],
    ['Id', account.id],
    ['State', stateOf(account)],
    ['Created', localTime(account.createdAt)],
    ['Entry, exit', `${options.entry}, ${options.exit}`],
    ['Last host leaves', options.hostLeaves + (options.hostLeaves === 'hold' ? ` for ${options.graceSeconds} s` : '')],
    ['Lock allowed', allowed(options.lockAllowed)],
    ['Readmit when locked', allowed(options.readmit)],
    ['Roll call', allowed(options.rollCall)],
    ['Callers at most', options.maxCallers === null ? 'no limit' : String(options.maxCallers)],
    ['Guests come in muted', allowed(options.muteGuestsOnEntry)],
    ['Confirm hang-up (##)', allowed(options.confirmHangup)],
    ['Wait for the host', `${options.waitLimitSeconds} s, reassured every ${options.reassureSeconds} s`],
    ['Alone at most', `${options.aloneLimitSeconds} s`],
    ['Duration at most', `${options.durationLimitSeconds} s`],
  ]);
}

function registerSet(account: Command, context: CliContext): void {
  const command = account
    .command('set')
    .description('change an account; counts for callers who key in a PIN afterwards')
    .argument('<account>', ACCOUNT)
    .option('--name <name>', 'a new name', accountName);
  addConferenceFlags(command).addOption(jsonOption());
  withExamples(command, 'partyline account set Board --host-leaves end --no-lock --max-callers none')
    .addHelpText('after', '\nWhat no flag says stays as it is.\n')
    .action((reference: string, flags: ConferenceFlags & { name?: string; json?: boolean }) => {
      if (Object.keys(flags).every((flag) => flag === 'json')) {
        command.error('error: nothing to change: see partyline account set --help');
      }
      return context.withStore((store) => {
        const found = findAccount(store, reference);
        const options = applyConferenceFlags(found.options, flags);
        store.updateAccount(found.id, { options, ...(flags.name === undefined ? {} : { name: flags.name }) });
        const changed = findAccount(store, found.id);
        if (flags.json === true) context.printJson(toJson(changed));
        else context.print(describe(changed));
      });
    });
}

function registerSwitch(
  account: Command,
  context: CliContext,
  name: 'disable' | 'enable',
  enabled: boolean,
  about: string,
): void {
  const command = account.command(name).description(about).argument('<account>', ACCOUNT);
  withExamples(command, `partyline account ${name} "Mary Murphy"`).action((reference: string) =>
    context.withStore((store) => {
      const found = findAccount(store, reference);
      store.updateAccount(found.id, { enabled });
      context.print(`${found.name} (${found.id}) is ${enabled ? 'enabled' : 'disabled'}.`);
    }),
  );
}

function registerRemove(account: Command, context: CliContext): void {
  const command = account
    .command('remove')
    .description('remove an account with its name and PINs, for good; its call records stay without it')
    .argument('<account>', ACCOUNT)
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline account remove "Mary Murphy"', 'partyline account remove Board --yes').action(
    (reference: string, flags: { yes?: boolean }) =>
      context.withStore(async (store) => {
        const found = findAccount(store, reference);
        await confirmRemoval(
          context,
          command,
          flags.yes,
          `the account ${found.name} (${found.id}) and its PINs for good`,
        );
        store.removeAccount(found.id);
        context.print(`${found.name} (${found.id}) is removed.`);
      }),
  );
}
