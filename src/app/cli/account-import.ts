import { readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import { Duplicate, OutdatedHash } from '../../ports/store.js';
import type { AccountPins, Store } from '../../ports/store.js';
import { auditLine } from '../audit-line.js';
import type { OpenStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { csvLines, CsvUnreadable, readCsv } from '../csv.js';
import { drawFree } from '../drawing.js';
import { PinsTooShort, pinLengthFor, usualCodeLength } from '../pin-length.js';
import { wantedCode } from '../provision.js';
import { warnUnlessDialable } from './account-add.js';
import { AccountColumns } from './account-columns.js';
import type { WantedAccount } from './account-columns.js';
import { jsonOption, pinLengthOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Exit, Refused } from './io.js';
import { writeWholeFile } from './whole-file.js';

/** Bytes of a file, and accounts in it: what is gathered in memory before it is put in. */
const LARGEST_FILE = 128 * 1024 * 1024;
const MOST_ROWS = 250_000;
/** Bad rows that are named. */
const MOST_NAMED = 1_000;
/** The import is drawn anew so often when somebody else was given one of its PINs meanwhile. */
const MOST_TRIES = 3;

interface ImportFlags {
  readonly dryRun?: true;
  readonly out?: string;
  readonly pinLength?: number;
  readonly json?: boolean;
}

interface Row {
  readonly line: number;
  readonly wanted: WantedAccount;
}

export function registerImport(account: Command, context: CliContext): void {
  const command = account
    .command('import')
    .description('add many accounts from a CSV file, all or none; their PINs are written as CSV, this once')
    .argument('<file>', 'columns name, email, time_zone, language, and any flag of account add by its name')
    .option('--dry-run', 'only say what would be done, and which rows cannot be used')
    .option('--out <file>', 'write the PINs to this new file, which its owner alone can read; else to stdout')
    .addOption(pinLengthOption())
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline account import staff.csv --dry-run',
    'partyline account import staff.csv --out pins.csv',
  )
    .addHelpText(
      'after',
      '\nAn empty cell says nothing: what is configured counts. Cells of flags without a value are yes or no.\n',
    )
    .action(async (file: string, flags: ImportFlags) => {
      const { config } = context.loadConfig();
      const rows = readRows(context, config, file, flags);
      if (flags.dryRun === true) {
        await context.withStore((store) => dryRun(context, store, config, rows, flags));
      } else {
        await context.withNewStore((stores) => importRows(context, stores, config, rows, flags));
      }
    });
}

/** @throws {Refused}; {Exit} when rows cannot be used, having named them */
function readRows(context: CliContext, config: Config, file: string, flags: ImportFlags): readonly Row[] {
  const [header, ...records] = readFile(context, file);
  if (header === undefined || records.length === 0)
    throw new Refused(`${file} has no rows: the first line names the columns`);
  if (records.length > MOST_ROWS)
    throw new Refused(`${file} has ${records.length} rows, at most ${MOST_ROWS} go at once: split it`);
  const columns = columnsOf(header.cells, config, file);
  const rows: Row[] = [];
  const bad: { readonly line: number; readonly reason: string }[] = [];
  for (const { line, cells } of records) {
    try {
      rows.push({ line, wanted: columns.read(cells) });
    } catch (error) {
      bad.push({ line, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (bad.length === 0) return rows;
  if (flags.json === true) {
    context.printJson({ accounts: 0, bad: bad.slice(0, MOST_NAMED) });
  } else {
    for (const { line, reason } of bad.slice(0, MOST_NAMED)) context.io.stderr(`line ${line}: ${reason}\n`);
  }
  const more = bad.length > MOST_NAMED ? `, the first ${MOST_NAMED} of them are named` : '';
  context.io.stderr(
    `error: ${bad.length} of ${records.length} rows of ${file} cannot be used${more}: nothing was imported\n`,
  );
  throw new Exit(1);
}

function readFile(context: CliContext, file: string): ReturnType<typeof readCsv> {
  const path = resolve(context.io.workingDirectory, file);
  try {
    if (statSync(path).size > LARGEST_FILE)
      throw new Refused(`${file} is larger than ${LARGEST_FILE / 1024 / 1024} MB: split it`);
    return readCsv(readFileSync(path));
  } catch (error) {
    if (error instanceof CsvUnreadable) throw new Refused(`cannot read ${file}: ${error.message}`);
    if (error instanceof Error && 'code' in error) {
      const remedies: Readonly<Record<string, string>> = {
        ENOENT: 'there is no such file',
        EISDIR: 'it is a folder, name a CSV file',
        EACCES: 'run as a user who may read it',
      };
      const code = String(error.code);
      throw new Refused(`cannot read ${file} (${code}): ${remedies[code] ?? 'name a CSV file'}`);
    }
    throw error;
  }
}

function columnsOf(header: readonly string[], config: Config, file: string): AccountColumns {
  try {
    return new AccountColumns(header, config);
  } catch (error) {
    throw new Refused(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws {Refused} when so many PINs would be too easy to guess */
function lengthFor(store: Store, config: Config, rows: readonly Row[], flags: ImportFlags): number {
  if (flags.pinLength !== undefined) return flags.pinLength;
  try {
    return pinLengthFor({ store, configured: config.entry.pinLength, adding: 2 * rows.length });
  } catch (error) {
    throw error instanceof PinsTooShort ? new Refused(error.message) : error;
  }
}

/** Most often the sign of a file that was imported before. */
function warnOfNamesakes(context: CliContext, store: Store, rows: readonly Row[]): void {
  const there = rows.filter(({ wanted }) => store.accountsNamed(wanted.name).length > 0);
  const [first] = there;
  if (first === undefined) return;
  const lines = `line ${first.line}${there.length === 1 ? '' : ` and ${there.length - 1} more`}`;
  context.warn(
    `${there.length} of ${rows.length} names are those of accounts already (${lines}): was the file imported before?`,
  );
}

function dryRun(context: CliContext, store: Store, config: Config, rows: readonly Row[], flags: ImportFlags): void {
  const pinLength = lengthFor(store, config, rows, flags);
  warnUnlessDialable(context, store.numbers(), pinLength, config.entry.pinLength);
  warnOfNamesakes(context, store, rows);
  if (flags.json === true) context.printJson({ accounts: rows.length, pinLength, bad: [] });
  else context.print(`${rows.length} accounts would be added, with PINs of ${pinLength} digits. Nothing was changed.`);
}

async function importRows(
  context: CliContext,
  stores: OpenStore,
  config: Config,
  rows: readonly Row[],
  flags: ImportFlags,
): Promise<void> {
  const pinLength = lengthFor(stores.store, config, rows, flags);
  warnUnlessDialable(context, stores.store.numbers(), pinLength, config.entry.pinLength);
  warnOfNamesakes(context, stores.store, rows);
  for (let left = MOST_TRIES; ; left -= 1) {
    const drawn = drawRows(stores, config, rows, pinLength);
    const pins = pinsCsv(drawn);
    // PINs that are in a file but not in the store are worth nothing; the other way round they would be lost
    if (flags.out !== undefined) await writeWholeFile(flags.out, context.io.workingDirectory, once(pins));
    try {
      stores.store.importAccounts(drawn, auditLine('accounts-imported', null, `${drawn.length} rows`));
    } catch (error) {
      if (flags.out !== undefined) rmSync(resolve(context.io.workingDirectory, flags.out), { force: true });
      if (left > 1 && (error instanceof Duplicate || error instanceof OutdatedHash)) continue;
      throw error;
    }
    if (flags.out === undefined) context.io.stdout(pins);
    else if (flags.json === true) context.printJson({ accounts: rows.length, pinLength, bad: [], out: flags.out });
    else
      context.print(
        `${rows.length} accounts are added. Their PINs are in ${flags.out}, and nowhere else: keep it safe.`,
      );
    return;
  }
}

interface DrawnRow {
  readonly line: number;
  readonly account: WantedAccount & { readonly id: AccountId; readonly createdAt: number };
  readonly pins: AccountPins;
  /** The digits by role. */
  readonly digits: Readonly<Record<string, string>>;
}

function drawRows(stores: OpenStore, config: Config, rows: readonly Row[], pinLength: number): readonly DrawnRow[] {
  const codeLength = usualCodeLength(stores.store.numbers(), config.entry.pinLength);
  const taken = new Set<string>();
  const createdAt = stores.clock.wall();
  // in order, so that they go into the index of identifiers one beside the other
  const ids = rows.map(() => stores.randomness.identifier('a')).sort();
  return rows.map(({ line, wanted }, index) => {
    const id = accountId(ids[index] ?? '');
    const roles = wanted.accessCode ? (['access', 'moderator'] as const) : (['host', 'guest'] as const);
    const codes = Object.fromEntries([
      ...roles.map((role) => [role, wantedCode(id, role, pinLength)] as const),
      ...(wanted.securityCode ? [['security', wantedCode(id, 'security', codeLength)] as const] : []),
    ]);
    const { digits, pins } = drawFree(stores, codes, taken);
    return { line, account: { ...wanted, id, createdAt }, pins: pins as unknown as AccountPins, digits };
  });
}

const PIN_COLUMNS = ['host', 'guest', 'access', 'moderator', 'security'] as const;

function pinsCsv(drawn: readonly DrawnRow[]): string {
  const header = [
    'line',
    'id',
    'name',
    'email',
    'host_pin',
    'guest_pin',
    'access_code',
    'moderator_pin',
    'security_code',
  ];
  const rows = drawn.map(({ line, account, digits }) => [
    String(line),
    account.id,
    account.name,
    account.email ?? '',
    ...PIN_COLUMNS.map((role) => digits[role] ?? ''),
  ]);
  return csvLines([header, ...rows]);
}

// eslint-disable-next-line @typescript-eslint/require-await -- a file is written from what comes bit by bit
async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}
