import type { Command } from 'commander';
import { auditLine, auditLineIf } from '../audit-line.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { AccountChange, Store } from '../../ports/store.js';
import type { Config } from '../config.js';
import { usualCodeLength } from '../pin-length.js';
import { changeWithSecurityCode } from '../provision.js';
import { registerAdd } from './account-add.js';
import { accountJson, codesOf, describeAccount } from './account-describe.js';
import { registerExport } from './account-export.js';
import { registerImport } from './account-import.js';
import { registerList } from './account-list.js';
import { addConferenceFlags, applyConferenceFlags, warnIfOdd } from './account-flags.js';
import type { ConferenceFlags } from './account-flags.js';
import { accountName, confirmRemoval, findAccount, jsonOption, withExamples } from './arguments.js';
import { addContactFlags, contactChange } from './contact-flags.js';
import type { ContactFlags } from './contact-flags.js';
import type { CliContext } from './context.js';
import { block } from './output.js';
import { removeAccount } from './removing.js';

const ACCOUNT = 'id or name of the account';

export function registerAccount(program: Command, context: CliContext): void {
  const account = program.command('account').description('people who host conferences, and their PINs');
  registerAdd(account, context);
  registerList(account, context);
  registerImport(account, context);
  registerExport(account, context);
  registerShow(account, context);
  registerSet(account, context);
  registerSwitch(account, context, 'disable', false, 'refuse its PINs from now on; those in a conference stay in it');
  registerSwitch(account, context, 'enable', true, 'accept its PINs again');
  registerRemove(account, context);
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
      if (flags.json === true) context.printJson(accountJson(found, codesOf(store, found)));
      else context.print(describeAccount(found, codesOf(store, found)));
    }),
  );
}

function registerSet(account: Command, context: CliContext): void {
  const command = account
    .command('set')
    .description('change an account; counts for callers who key in a PIN afterwards')
    .argument('<account>', ACCOUNT)
    .option('--name <name>', 'a new name', accountName);
  addContactFlags(command);
  addConferenceFlags(command)
    .option('--security-code', 'draw a security code, in place of the one there may be')
    .option('--no-security-code', 'ask for no security code')
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline account set Board --host-leaves end --no-lock --max-callers none',
    'partyline account set Board --dial-out carrier --dial-out-prefixes 0044,01 --dial-out-minutes 60',
  )
    .addHelpText(
      'after',
      '\nWhat no flag says stays as it is. A security code counts for conferences that begin afterwards: one that runs keeps what it began with.\n',
    )
    .action((reference: string, flags: SetFlags) => {
      if (Object.keys(flags).every((flag) => flag === 'json')) {
        command.error('error: nothing to change: see partyline account set --help');
      }
      return set(context, reference, flags);
    });
}

interface SetFlags extends ConferenceFlags, ContactFlags {
  readonly name?: string;
  readonly securityCode?: boolean;
  readonly json?: boolean;
}

async function set(context: CliContext, reference: string, flags: SetFlags): Promise<void> {
  // what is not there makes no database
  const { id } = await context.withStore((store) => findAccount(store, reference));
  const drawn = flags.securityCode === true ? await changeAndDraw(context, id, flags) : null;
  if (drawn === null) {
    await context.withStore((store, config) => {
      const securityCode = flags.securityCode === false ? { securityCode: null } : {};
      store.audited(auditLineIf('account-changed', id, wordsOf(flags)), () =>
        store.updateAccount(id, { ...changeOf(store, config, id, flags), ...securityCode }),
      );
    });
  }
  const changed = await context.withStore((store) => {
    const changed = findAccount(store, id);
    const codes = codesOf(store, changed);
    if (flags.json === true) {
      context.printJson({ ...accountJson(changed, codes), ...(drawn === null ? {} : { newSecurityCode: drawn }) });
      return changed;
    }
    context.print(describeAccount(changed, codes));
    if (drawn !== null) {
      context.print(block([['New security code', drawn]]));
      context.print('It is kept nowhere in readable form: note it now.');
    }
    return changed;
  });
  warnIfOdd(context, changed.options);
}

/** Which flags, without what they say. */
const wordsOf = (flags: SetFlags): string =>
  Object.keys(flags)
    .filter((flag) => flag !== 'json')
    .join(', ');

/** What the flags say but for the security code. @throws {Refused} */
function changeOf(
  store: Store,
  { dialOut }: Config,
  id: AccountId,
  flags: SetFlags,
): Omit<AccountChange, 'securityCode'> {
  const options = applyConferenceFlags(findAccount(store, id).options, flags, dialOut);
  return { options, ...contactChange(flags), ...(flags.name === undefined ? {} : { name: flags.name }) };
}

/** A code is hashed by the PIN key, which is not opened for anything else. @returns the code */
const changeAndDraw = (context: CliContext, id: AccountId, flags: SetFlags): Promise<string> =>
  context.withNewStore((stores, config) => {
    const length = usualCodeLength(stores.store.numbers(), config.entry.pinLength);
    return stores.store.audited(auditLine('account-changed', id, wordsOf(flags)), () =>
      changeWithSecurityCode(stores, id, changeOf(stores.store, config, id, flags), length),
    );
  });

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
      store.audited(auditLineIf(enabled ? 'account-enabled' : 'account-disabled', found.id), () =>
        store.updateAccount(found.id, { enabled }),
      );
      context.print(`${found.name} (${found.id}) is ${enabled ? 'enabled' : 'disabled'}.`);
    }),
  );
}

function registerRemove(account: Command, context: CliContext): void {
  const command = account
    .command('remove')
    .description("remove an account with its name, PINs and recordings, for good; its records stay, as nobody's")
    .argument('<account>', ACCOUNT)
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline account remove "Mary Murphy"', 'partyline account remove Board --yes').action(
    (reference: string, flags: { yes?: boolean }) =>
      context.withStore(async (store, config) => {
        const found = findAccount(store, reference);
        await confirmRemoval(
          context,
          command,
          flags.yes,
          `the account ${found.name} (${found.id}), its PINs, bookings and recordings for good`,
        );
        await removeAccount(context, store, config, { id: found.id, records: 'keep' });
        context.print(`${found.name} (${found.id}) is removed.`);
      }),
  );
}
