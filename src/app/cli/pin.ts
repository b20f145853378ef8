import type { Command } from 'commander';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { CodeRole } from '../../ports/store.js';
import { auditLine, auditLineIf } from '../audit-line.js';
import { rekeyPins } from '../compose-store.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { drawUntilAccepted } from '../drawing.js';
import { PinsTooShort, pinLengthFor, usualCodeLength } from '../pin-length.js';
import { wantedCode } from '../provision.js';
import { warnUnlessDialable } from './account-add.js';
import { findAccount, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block } from './output.js';

/** Roles in the order they are shown in, with what they are called. */
const ROLES: readonly (readonly [role: CodeRole, label: string, member: string])[] = [
  ['host', 'Host PIN', 'hostPin'],
  ['guest', 'Guest PIN', 'guestPin'],
  ['access', 'Access code', 'accessCode'],
  ['moderator', 'Moderator PIN', 'moderatorPin'],
  ['security', 'Security code', 'securityCode'],
];

interface RotateFlags extends Partial<Record<CodeRole, true>> {
  readonly pinLength?: number;
  readonly json?: boolean;
}

export function registerPin(program: Command, context: CliContext): void {
  const pin = program.command('pin').description('PINs and codes: drawn anew, and the key they are kept under');
  registerRotate(pin, context);
  registerRekey(pin, context);
}

function registerRotate(pin: Command, context: CliContext): void {
  const command = pin
    .command('rotate')
    .description('draw new PINs for an account and show them, this once; the old ones stop at once, who is in stays in')
    .argument('<account>', 'id or name of the account')
    .option('--host', 'its host PIN')
    .option('--guest', 'its guest PIN')
    .option('--access', 'its access code')
    .option('--moderator', 'its moderator PIN')
    .option('--security', 'its security code, for conferences that begin afterwards')
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(command, 'partyline pin rotate "Mary Murphy"', 'partyline pin rotate Board --guest --json')
    .addHelpText('after', '\nWhere no flag names any, all but the security code are drawn.\n')
    .action(async (reference: string, flags: RotateFlags) => {
      // what is not there makes no database
      const { id, name } = await context.withStore((store) => findAccount(store, reference));
      await context.withNewStore((stores, config) => rotate(context, stores, config, { id, name }, flags));
    });
}

function rotate(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  { id, name }: { readonly id: AccountId; readonly name: string },
  flags: RotateFlags,
): void {
  const roles = rolesToDraw(stores, { id, name }, flags);
  const pins = roles.filter((role) => role !== 'security');
  const length = flags.pinLength ?? lengthOf(context, stores, config, { id, pins });
  const codeLength = flags.pinLength ?? usualCodeLength(stores.store.numbers(), config.entry.pinLength);
  const wanted = Object.fromEntries(
    roles.map((role) => [role, wantedCode(id, role, role === 'security' ? codeLength : length)]),
  ) as Record<CodeRole, ReturnType<typeof wantedCode>>;
  const drawn = drawUntilAccepted(stores, wanted, (codes) => {
    const isThere = stores.store.audited(auditLineIf('pins-rotated', id, roles.join(', ')), () =>
      stores.store.rotatePins(id, codes),
    );
    if (!isThere) throw new Refused(`${name} (${id}) was removed just now`);
  });
  const shown = ROLES.filter(([role]) => roles.includes(role));
  if (flags.json === true) {
    context.printJson({ id, name, ...Object.fromEntries(shown.map(([role, , member]) => [member, drawn[role]])) });
  } else {
    context.print(
      block([['Account', name], ['Id', id], ...shown.map(([role, label]) => [label, drawn[role]] as const)]),
    );
    context.print('They are shown this once: note them now. The ones before open nothing any more.');
  }
  if (pins.length > 0) warnUnlessDialable(context, stores.store.numbers(), length, config.entry.pinLength);
}

/** Those that are named, or all but the security code. @throws {Refused} */
function rolesToDraw(
  { store }: OpenStore,
  { id, name }: { readonly id: AccountId; readonly name: string },
  flags: RotateFlags,
): readonly CodeRole[] {
  const has = store.pinsOf(accountId(id)).map(({ role }) => role);
  const named = ROLES.filter(([role]) => flags[role] === true);
  const missing = named.find(([role]) => !has.includes(role));
  if (missing !== undefined) {
    const [role, label] = missing;
    const remedy = role === 'security' ? `: partyline account set ${id} --security-code` : `: it has ${wordsOf(has)}`;
    throw new Refused(`${name} has no ${label.toLowerCase().replace('pin', 'PIN')}${remedy}`);
  }
  return named.length > 0 ? named.map(([role]) => role) : has.filter((role) => role !== 'security');
}

const wordsOf = (roles: readonly CodeRole[]): string =>
  ROLES.filter(([role]) => roles.includes(role))
    .map(([, label]) => label.toLowerCase().replace('pin', 'PIN'))
    .join(', ');

/** New PINs in place of as many old ones make no more of them: where they are too short for so many, that is said, and the longest are drawn. */
function lengthOf(
  context: CliContext,
  { store }: OpenStore,
  config: Config,
  { id, pins }: { readonly id: AccountId; readonly pins: readonly CodeRole[] },
): number {
  const old = store.pinsOf(id).filter(({ role }) => pins.includes(role));
  const replacing = old.map(({ length }) => length);
  try {
    return pinLengthFor({ store, configured: config.entry.pinLength, adding: pins.length, replacing });
  } catch (error) {
    if (!(error instanceof PinsTooShort)) throw error;
    context.warn(error.message);
    return error.length;
  }
}

function registerRekey(pin: Command, context: CliContext): void {
  const command = pin
    .command('rekey')
    .description('keep all PINs and codes under a new key, which counts at once; they stay as they are for callers')
    .addOption(jsonOption());
  withExamples(command, 'partyline pin rekey')
    .addHelpText(
      'after',
      '\nAfterwards the keys before open nothing, so that a copy of one is of no use. Back up pin.key anew: the database needs it.\n',
    )
    .action((flags: { json?: boolean }) =>
      context.withNewStore((stores, config) => {
        const version = rekeyPins(config, stores.store, auditLine('pins-rekeyed'));
        if (flags.json === true) context.printJson({ version });
        else context.print(`All PINs and codes are under version ${version} of the PIN key: back up pin.key now.`);
      }),
    );
}
