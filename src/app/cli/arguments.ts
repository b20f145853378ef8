import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { PIN_LENGTHS } from '../../domain/access/pins.js';
import { accountId } from '../../domain/identifiers.js';
import type { Account, Store } from '../../ports/store.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';

const LONGEST_NAME = 100;

/** Reader of a whole number for commander. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** As `wholeNumber`, or the word `none`; it stays a word, as commander takes `null` for an empty text. */
export function wholeNumberOrNone(least: number, most: number): (text: string) => number | 'none' {
  const read = wholeNumber(least, most);
  return (text) => {
    if (text === 'none') return text;
    try {
      return read(text);
    } catch {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}, or none.`);
    }
  };
}

/** Name of an account: anything a person may be called, on one line. */
export function accountName(text: string): string {
  const name = text.trim().normalize('NFC');
  if (name === '' || name.length > LONGEST_NAME || /[\p{Cc}\u2028\u2029]/u.test(name)) {
    throw new InvalidArgumentError(`It must be one line of 1 to ${LONGEST_NAME} characters.`);
  }
  return name;
}

export const pinLengthOption = (): Option =>
  new Option('--pin-length <digits>', `digits of a PIN, ${PIN_LENGTHS.least} to ${PIN_LENGTHS.most}`).argParser(
    wholeNumber(PIN_LENGTHS.least, PIN_LENGTHS.most),
  );

export const jsonOption = (): Option => new Option('--json', 'print JSON, for programs');

/** Adds examples to a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${heading}\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`);
}

/** The one account that is meant by an id or a name. @throws {Refused} */
export function findAccount(store: Store, reference: string): Account {
  const byId = store.account(accountId(reference));
  if (byId !== null) return byId;
  const [first, ...others] = store.accountsNamed(reference.trim());
  if (first === undefined) throw new Refused(`there is no account "${reference}": see partyline account list`);
  if (others.length > 0) {
    const ids = [first, ...others].map(({ id }) => id).join(', ');
    throw new Refused(`${others.length + 1} accounts are named "${reference}": say which by its id, ${ids}`);
  }
  return first;
}

/**
 * Makes sure that something is to be removed: `--yes`, or an answer on the terminal.
 * Without a terminal and without `--yes` it is wrong usage.
 */
export async function confirmRemoval(
  context: CliContext,
  command: Command,
  yes: boolean | undefined,
  what: string,
): Promise<void> {
  if (yes === true) return;
  if (!context.io.isTerminal) command.error(`error: nobody can be asked here: add --yes to remove ${what}`);
  const answer = await context.io.ask(`Remove ${what}? Type yes to go on: `);
  if (answer.trim().toLowerCase() !== 'yes') throw new Refused('nothing was removed');
}
