import type { Command } from 'commander';
import { UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { DialInNumber, Store } from '../../ports/store.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { PinsTooShort, pinLengthFor } from '../pin-length.js';
import { provisionAccessCode, provisionAccount } from '../provision.js';
import { addConferenceFlags, applyConferenceFlags, warnIfOdd } from './account-flags.js';
import type { ConferenceFlags } from './account-flags.js';
import { accountName, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import { addContactFlags, contactOf } from './contact-flags.js';
import type { ContactFlags } from './contact-flags.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block } from './output.js';

export function registerAdd(account: Command, context: CliContext): void {
  const command = account
    .command('add')
    .description('add an account; draws its host PIN and guest PIN and shows them, this once')
    .requiredOption('--name <name>', 'whose account it is', accountName);
  addContactFlags(command);
  addConferenceFlags(command)
    .option('--access-code', 'one access code for all and a moderator PIN, in place of host PIN and guest PIN')
    .option('--security-code', 'draw a security code too, which all are asked for after the PIN')
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline account add --name "Mary Murphy"',
    'partyline account add --name "Mary Murphy" --email mary@example.org --time-zone Europe/Dublin --language en-IE',
    'partyline account add --name Board --host-leaves hold --grace 60 --json',
    'partyline account add --name Sales --access-code --security-code --name-on-entry --key mute=*6,*0',
  )
    .addHelpText('after', '\nWhat no flag says is as configured: see partyline config, conference.*\n')
    .action((flags: AddFlags) => context.withNewStore((stores, config) => add(context, stores, config, flags)));
}

interface AddFlags extends ConferenceFlags, ContactFlags {
  readonly name: string;
  readonly accessCode?: boolean;
  readonly securityCode?: boolean;
  readonly pinLength?: number;
  readonly json?: boolean;
}

function add(context: CliContext, stores: OpenStore, config: Config, flags: AddFlags): void {
  const { store } = stores;
  const { name } = flags;
  const length = flags.pinLength ?? usualLength(store, config.entry.pinLength);
  const options = applyConferenceFlags(config.conference, flags, config.dialOut);
  const namesakes = store.accountsNamed(name).length;
  const { id, secrets } = draw(stores, flags, options, length);
  if (flags.json === true) {
    context.printJson({ id, name, ...Object.fromEntries(secrets.map(({ member, value }) => [member, value])) });
  } else {
    const lines = secrets.map(({ label, value }) => [label, value] as const);
    context.print(block([['Account', name], ['Id', id], ...lines]));
    context.print('The PINs are shown this once: note them now.');
  }
  if (namesakes > 0) context.warn(`another account is named "${name}" too: refer to this one by its id, ${id}`);
  warnIfOdd(context, options);
  warnUnlessDialable(context, store.numbers(), length, config.entry.pinLength);
}

/** A PIN or code, shown this once. */
interface Drawn {
  readonly label: string;
  /** Its name in JSON. */
  readonly member: string;
  readonly value: string;
}

/** Makes the account, wholly or not at all. */
function draw(
  stores: OpenStore,
  { name, accessCode, securityCode = false, ...flags }: AddFlags,
  options: ConferenceOptions,
  pinLength: number,
): { readonly id: AccountId; readonly secrets: readonly Drawn[] } {
  const draw = accessCode === true ? withAccessCode : withPins;
  const { id, secrets, security } = draw(stores, name, options, {
    pinLength,
    securityCode,
    contact: contactOf(flags),
  });
  if (security === null) return { id, secrets };
  return { id, secrets: [...secrets, { label: 'Security code', member: 'securityCode', value: security }] };
}

interface DrawnAccount {
  readonly id: AccountId;
  readonly secrets: readonly Drawn[];
  readonly security: string | null;
}

function withPins(...args: Parameters<typeof provisionAccount>): DrawnAccount {
  const { id, host, guest, security } = provisionAccount(...args);
  return {
    id,
    security,
    secrets: [
      { label: 'Host PIN', member: 'hostPin', value: host },
      { label: 'Guest PIN', member: 'guestPin', value: guest },
    ],
  };
}

function withAccessCode(...args: Parameters<typeof provisionAccessCode>): DrawnAccount {
  const { id, access, moderator, security } = provisionAccessCode(...args);
  return {
    id,
    security,
    secrets: [
      { label: 'Access code', member: 'accessCode', value: access },
      { label: 'Moderator PIN', member: 'moderatorPin', value: moderator },
    ],
  };
}

/** @throws {Refused} when PINs of the lengths that can be keyed would be too easy to guess */
function usualLength(store: Store, configured: number): number {
  try {
    return pinLengthFor({ store, configured, adding: 2 });
  } catch (error) {
    throw error instanceof PinsTooShort ? new Refused(error.message) : error;
  }
}

/** PINs are keyed at numbers that want as many digits. */
export function warnUnlessDialable(
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
