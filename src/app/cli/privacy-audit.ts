import type { Command } from 'commander';
import type { AuditLine } from '../../ports/store-privacy.js';
import type { WholeStore } from '../compose-store.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { isoTime, localTime } from './output.js';
import { nextDay, readMoment } from './times.js';
import type { Moment } from './times.js';

const PAGE = 1_000;

interface AuditFlags {
  readonly from?: Moment;
  readonly to?: Moment;
  readonly json?: boolean;
}

export function registerAudit(privacy: Command, context: CliContext): void {
  const moment = (text: string): Moment => readMoment(text, Date.now());
  const command = privacy
    .command('audit')
    .description('what administrators did, oldest first; it names nobody')
    .option('--from <time>', 'at this time or later', moment)
    .option('--to <time>', 'before this time; a date counts with its whole day', moment)
    .addOption(jsonOption());
  withExamples(command, 'partyline privacy audit --from 7d', 'partyline privacy audit --from 2026-01-01 --json').action(
    (flags: AuditFlags) =>
      context.withStore((store) => {
        if (flags.json === true) printJson(context, store, flags);
        else printTables(context, store, flags);
      }),
  );
}

/** Page by page, so that a trail of years takes no memory. */
function* pagesOf(store: WholeStore, { from, to }: AuditFlags): Generator<readonly AuditLine[]> {
  let after = 0;
  for (;;) {
    const page = store.auditLines({
      ...{ limit: PAGE, after },
      ...(from === undefined ? {} : { from: from.at }),
      ...(to === undefined ? {} : { to: to.wholeDay ? nextDay(to.at) : to.at }),
    });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.number;
  }
}

function printJson(context: CliContext, store: WholeStore, flags: AuditFlags): void {
  let separator = '';
  context.io.stdout('[');
  for (const page of pagesOf(store, flags)) {
    for (const { at, action, subject, detail } of page) {
      context.io.stdout(`${separator}\n  ${JSON.stringify({ at: isoTime(at), action, subject, detail })}`);
      separator = ',';
    }
  }
  context.io.stdout('\n]\n');
}

function printTables(context: CliContext, store: WholeStore, flags: AuditFlags): void {
  let some = false;
  for (const page of pagesOf(store, flags)) {
    some = true;
    const rows = page.map(({ at, action, subject, detail }) => [localTime(at), action, subject ?? '-', detail ?? '-']);
    context.printTable(['TIME', 'ACTION', 'ID', 'DETAIL'], rows);
  }
  if (!some) context.print('Nothing was done.');
}
