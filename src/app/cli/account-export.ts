import type { Command } from 'commander';
import type { Account, Store } from '../../ports/store.js';
import { auditLine } from '../audit-line.js';
import { csvLines } from '../csv.js';
import { EXPORTED } from './account-columns.js';
import { codesOf } from './account-describe.js';
import { checkStillThere } from './account-list.js';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { writeWholeFile } from './whole-file.js';

const PAGE = 1_000;

export function registerExport(account: Command, context: CliContext): void {
  const command = account
    .command('export')
    .description('write all accounts as CSV, with their options and without any PIN')
    .argument('[file]', 'a new file; else stdout');
  withExamples(command, 'partyline account export accounts.csv', 'partyline account export | head').action(
    (file: string | undefined) =>
      context.withStore(async (store) => {
        store.audited(auditLine('accounts-listed-out'), () => undefined);
        if (file === undefined) {
          for (const lines of exported(store)) context.io.stdout(lines);
          return;
        }
        await writeWholeFile(file, context.io.workingDirectory, bytesOf(exported(store)));
        context.print(`All accounts are in ${file}; their PINs are not.`);
      }),
  );
}

/** Page by page, so that no more than one is in memory. */
function* exported(store: Store): Generator<string> {
  yield csvLines([EXPORTED.map(([column]) => column)]);
  for (let last: Account | undefined; ;) {
    const page = store.accounts({ limit: PAGE, ...(last === undefined ? {} : { after: last.id }) });
    if (page.length > 0) {
      yield csvLines(
        page.map((one) => {
          const codes = codesOf(store, one);
          return EXPORTED.map(([, cell]) => cell(one, codes));
        }),
      );
    }
    if (page.length < PAGE) {
      checkStillThere(store, last?.id);
      return;
    }
    last = page.at(-1);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a file is written from what comes bit by bit
async function* bytesOf(pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece, 'utf8');
}
