import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { callerDigits } from '../../domain/access/callers.js';
import type { AuditLine } from '../../ports/store-privacy.js';
import { auditLine } from '../audit-line.js';
import { openArchive } from '../compose-recordings.js';
import type { WholeStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { eraseNumber } from '../privacy/erasing.js';
import { exportAccount, exportNumber } from '../privacy/export.js';
import { countOf } from '../privacy/retention.js';
import { purge } from '../purge.js';
import type { PurgeCounts } from '../purge.js';
import { readRunningNote } from '../running-file.js';
import { confirmRemoval, findAccount, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { bridgeStatus } from './probes.js';
import { registerAudit } from './privacy-audit.js';
import { clear, removeAccount } from './removing.js';
import { writeWholeFile } from './whole-file.js';

const ACCOUNT = 'id or name of the account';
export function registerPrivacy(program: Command, context: CliContext): void {
  const privacy = program
    .command('privacy')
    .description('what is held on people: handed out, erased, and for how long');
  registerExport(privacy, context);
  registerErase(privacy, context);
  registerPurge(privacy, context);
  registerAudit(privacy, context);
}

function telephoneNumber(text: string): string {
  const digits = callerDigits(text.trim());
  if (digits === null || digits.length < 3)
    throw new InvalidArgumentError('It must be a number such as +442071234567.');
  return digits;
}

const numberOption = (what: string): Option =>
  new Option('--number <number>', `instead of an account: ${what}`).argParser(telephoneNumber);

const note = (store: WholeStore, line: AuditLine): void => store.audited(line, () => undefined);

function registerExport(privacy: Command, context: CliContext): void {
  const command = privacy
    .command('export')
    .description('write everything that is held on an account to one archive (tar) of JSON files and recordings')
    .argument('[account]', `${ACCOUNT}; left out with --number`)
    .argument('[file]', 'a file that is not there yet')
    .addOption(numberOption('everything that is held on this telephone number'));
  withExamples(
    command,
    'partyline privacy export "Mary Murphy" mary.tar',
    'partyline privacy export --number +442071234567 number.tar',
  )
    .addHelpText(
      'after',
      '\nRecordings are in it in plain: whoever has the file hears them. PINs and keys are not.\nNumbers that records hold masked are found by nobody.\n',
    )
    .action((first: string | undefined, second: string | undefined, flags: { readonly number?: string }) => {
      const { number } = flags;
      const [reference, file] = number === undefined ? [first, second] : [undefined, first];
      if (file === undefined || (number !== undefined && second !== undefined)) {
        return command.error(
          'error: say an account and a file, or --number and a file: see partyline privacy export --help',
        );
      }
      return context.withStore(async (store, config) => {
        const write = (pieces: AsyncIterable<Uint8Array>): Promise<number> =>
          writeWholeFile(file, context.io.workingDirectory, pieces);
        let bytes: number;
        if (number === undefined) {
          const { id } = findAccount(store, reference ?? '');
          bytes = await write(exportAccount(store, openArchive(config, store), id, Date.now()));
          note(store, auditLine('account-exported', id));
        } else {
          bytes = await write(exportNumber(store, number, Date.now()));
          note(store, auditLine('number-exported', null));
          if (store.liveHoldsNumber(number)) {
            context.warn('a call with it goes on, whose record is not in it: run this again when it has ended');
          }
        }
        context.print(`${file} holds it all (${Math.ceil(bytes / 1024)} KB), readable by its owner alone.`);
      });
    });
}

interface EraseFlags {
  readonly number?: string;
  readonly yes?: boolean;
}

function registerErase(privacy: Command, context: CliContext): void {
  const command = privacy
    .command('erase')
    .description('remove an account with its records, or a telephone number from all records, for good')
    .argument('[account]', `${ACCOUNT}; left out with --number`)
    .addOption(numberOption('everything that holds this telephone number'))
    .option('--yes', 'do not ask');
  withExamples(
    command,
    'partyline privacy erase "Mary Murphy" --yes',
    'partyline privacy erase --number +442071234567 --yes',
  ).action((reference: string | undefined, { number, yes }: EraseFlags) => {
    if ((reference === undefined) === (number === undefined)) {
      command.error('error: say an account or --number: see partyline privacy erase --help');
    }
    return context.withStore(async (store, config) => {
      if (number !== undefined) return eraseEverywhere(context, command, { store, config }, number, yes);
      const { id, name } = findAccount(store, reference ?? '');
      const what = `the account ${name} (${id}), its PINs, bookings, recordings and records for good`;
      await confirmRemoval(context, command, yes, what);
      await removeAccount(context, store, config, { id, records: 'erase' });
      context.print(`${name} (${id}) is erased.`);
    });
  });
}

async function eraseEverywhere(
  context: CliContext,
  command: Command,
  { store, config }: { readonly store: WholeStore; readonly config: Config },
  digits: string,
  yes: boolean | undefined,
): Promise<void> {
  await confirmRemoval(context, command, yes, `the number ${digits} from all records for good`);
  const rows = await eraseNumber(store, digits);
  note(store, auditLine('number-erased', null, `${rows} rows`));
  await clear(store);
  warnOfAllowing(context, store, digits);
  if (store.liveHoldsNumber(digits)) {
    throw new Refused(
      `${rows} rows held it and do no more, but a call with it goes on, whose record is still to come: run this again when it has ended`,
    );
  }
  const unknown = await callsUnknown(store, config);
  if (unknown > 0) {
    context.warn(
      `${unknown} calls are up of which nothing is stored yet: if one of them has the number, its record is still to come; run this again when they have ended`,
    );
  }
  context.print(`${rows} rows held the number and do no more.`);
}

/** Calls that are up whose records may hold a whole number, and whose numbers only the bridge knows: an engine whose calls end with it stores none. */
async function callsUnknown(store: WholeStore, { dataDirectory, callers }: Config): Promise<number> {
  const address = readRunningNote(dataDirectory)?.http ?? null;
  if (address === null || callers.keepDigits !== null) return 0;
  const status = await bridgeStatus(address);
  return Math.max(0, (status?.calls ?? 0) - store.live('call').length);
}

/** Most ids that one line names. */
const MOST_NAMED = 5;

/** Whom an account lets in is for its administrator to say. */
function warnOfAllowing(context: CliContext, store: WholeStore, digits: string): void {
  const ids: string[] = [];
  for (const { kind, rows } of store.heldOnNumber(digits)) {
    if (kind === 'allowed-callers') ids.push(...rows.map((row) => String(row['account_id'])));
  }
  if (ids.length === 0) return;
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const named = ids.slice(0, MOST_NAMED).join(', ');
  context.warn(
    `it stays among the callers whom ${named}${more} allow: change that with partyline account set ID --allow`,
  );
}

function registerPurge(privacy: Command, context: CliContext): void {
  const command = privacy
    .command('purge')
    .description('remove what is due or too old now; a running bridge does so by itself every 10 minutes')
    .addOption(jsonOption());
  withExamples(command, 'partyline privacy purge').action((flags: { readonly json?: boolean }) =>
    context.withStore(async (store, config) => {
      const { erased, ...counts } = await purge({
        ...{ store, config, clock: { wall: Date.now } },
        archive: openArchive(config, store),
      });
      const { recordings, strays, erasing, ...rows } = counts;
      const all = countOf(rows) + recordings + strays;
      if (all > 0) note(store, auditLine('purged', null, `${all} rows and files`));
      await clear(store);
      if (flags.json === true) context.printJson({ ...counts, erasing: erasing === 'done' ? 'done' : 'waits' });
      else context.print(inWords(counts, erased));
    }),
  );
}

function inWords(counts: Omit<PurgeCounts, 'erased'>, erased: boolean): string {
  const parts = [
    [counts.recordings, 'recordings'],
    [counts.strays, 'sealed files without a key'],
    [counts.numbers, 'records whose numbers were cut'],
    [counts.callRecords, 'call records'],
    [counts.conferenceRecords, 'conference records'],
    [counts.occurrences, 'occurrences of bookings'],
    [counts.bookings, 'bookings'],
    [counts.invitees, 'revoked invitees'],
    [counts.deliveries, 'messages that could not be sent'],
    [counts.retiredPins, 'retired PINs that are free again'],
  ] as const;
  const counted = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const said = [...counted, ...(erased ? ['what was left of erased accounts'] : [])];
  const waits = counts.erasing === 'done' ? '' : '\nAn account is erased wholly when its last call has ended.';
  return (said.length === 0 ? 'Nothing was due.' : `Done: ${said.join(', ')}.`) + waits;
}
