import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { auditLine, auditLineIf } from '../audit-line.js';
import { canonicalNumber, isDialInNumber, sameNumber, UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';
import type { DialInNumber } from '../../ports/store.js';
import { isTelephoneNumber } from '../invitations/numbers.js';
import { confirmRemoval, jsonOption, pinLengthOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { isoTime, localTime } from './output.js';

/** The greeting that every voice has. */
const ORDINARY_GREETING = 'welcome';

const NO_GREETING = 'none';
const LONGEST_LABEL = 40;

export function registerNumber(program: Command, context: CliContext): void {
  const number = program.command('number').description('dial-in numbers: what callers dial to reach the bridge');
  registerAdd(number, context);
  registerList(number, context);
  registerRemove(number, context);
}

function dialInNumber(text: string): string {
  if (!isDialInNumber(text)) {
    throw new InvalidArgumentError('It must be a number such as +442071234567 or 8000, or a plain name.');
  }
  return canonicalNumber(text);
}

function greetingName(text: string): string {
  if (!/^[\w-]{1,64}$/.test(text)) throw new InvalidArgumentError('It must be letters, digits, - and _, or none.');
  return text;
}

function labelText(text: string): string {
  const label = text.trim().normalize('NFC');
  if (label === '' || label.length > LONGEST_LABEL || /[\p{Cc}\u2028\u2029]/u.test(label)) {
    throw new InvalidArgumentError(`It must be one line of 1 to ${LONGEST_LABEL} characters.`);
  }
  return label;
}

function registerAdd(number: Command, context: CliContext): void {
  const command = number
    .command('add')
    .description('answer a dial-in number')
    .argument('<number>', 'as the trunk sends it, best as +COUNTRY NUMBER', dialInNumber)
    .addOption(pinLengthOption())
    .option('--greeting <name>', 'greeting to play first, or none', greetingName)
    .option('--label <label>', 'what invitations call it, such as its city', labelText);
  withExamples(
    command,
    'partyline number add +442071234567 --label London',
    'partyline number add 8000 --pin-length 7 --greeting none',
  ).action((added: string, flags: { pinLength?: number; greeting?: string; label?: string }) => {
    return context.withNewStore(({ store, clock }, config) => {
      const known = store.numbers();
      const same = known.find((one) => sameNumber(one.number, added));
      if (same !== undefined)
        throw new Refused(`the number ${same.number} is there already: remove it first to change it`);
      const pinLength = flags.pinLength ?? config.entry.pinLength;
      const label = flags.label === undefined ? {} : { label: flags.label };
      const greeting = flags.greeting === NO_GREETING ? null : (flags.greeting ?? config.entry.greeting);
      store.audited(auditLine('dial-in-added'), () =>
        store.addNumber({ number: added, pinLength, greeting, ...label, createdAt: clock.wall() }),
      );
      context.print(`${added} is answered from now on; its PINs have ${pinLength} digits.`);
      if (known.length === 0 && added !== UNPROVISIONED_NUMBER) {
        context.warn(`the number "${UNPROVISIONED_NUMBER}", answered as long as there was no other, is not any more`);
      }
      if (added.startsWith('+') && !isTelephoneNumber(added)) {
        context.warn(`no telephone network has ${added}: a wrong digit? Invitations name it as a SIP address alone`);
      }
      if (greeting !== null && greeting !== ORDINARY_GREETING && !Object.hasOwn(config.prompts.greetings, greeting)) {
        context.warn(`no greeting "${greeting}" is configured (prompts.greetings): callers hear the ordinary one`);
      }
    });
  });
}

/** What programs see of a number. */
function toJson({ number, pinLength, greeting, label, createdAt }: DialInNumber): unknown {
  return { number, pinLength, greeting, label: label ?? null, createdAt: isoTime(createdAt) };
}

function registerList(number: Command, context: CliContext): void {
  const command = number.command('list').description('list the dial-in numbers').addOption(jsonOption());
  withExamples(command, 'partyline number list').action((flags: { json?: boolean }) =>
    context.withStore((store, config) => {
      const numbers = store.numbers();
      if (flags.json === true) {
        context.printJson(numbers.map(toJson));
      } else if (numbers.length === 0) {
        context.print(
          `No numbers yet, so "${UNPROVISIONED_NUMBER}" is answered, with PINs of ${config.entry.pinLength} digits: add one with partyline number add NUMBER`,
        );
      } else {
        const rows = numbers.map((one) => [
          one.number,
          String(one.pinLength),
          one.greeting ?? 'none',
          one.label ?? '-',
          localTime(one.createdAt),
        ]);
        context.printTable(['NUMBER', 'PIN DIGITS', 'GREETING', 'LABEL', 'CREATED'], rows);
      }
    }),
  );
}

function registerRemove(number: Command, context: CliContext): void {
  const command = number
    .command('remove')
    .description('answer a dial-in number no more; calls that are up go on')
    .argument('<number>', 'the number', dialInNumber)
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline number remove +442071234567 --yes').action(
    (removed: string, flags: { yes?: boolean }) =>
      context.withStore(async (store) => {
        const found = store.numbers().find((one) => sameNumber(one.number, removed));
        if (found === undefined) throw new Refused(`there is no number ${removed}: see partyline number list`);
        await confirmRemoval(context, command, flags.yes, `the number ${found.number}`);
        store.audited(auditLineIf('dial-in-removed'), () => store.removeNumber(found.number));
        context.print(`${found.number} is removed.`);
      }),
  );
}
