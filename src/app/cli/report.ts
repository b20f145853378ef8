import { setImmediate } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Store } from '../../ports/store.js';
import type { CallFilter, ConferenceFilter, Page, RecordCursor, ReportedCall } from '../../ports/store-reports.js';
import { daysOf } from '../reports/days.js';
import { progressBar } from '../reports/progress.js';
import type { Progress } from '../reports/progress.js';
import { RowsOut } from '../reports/rows-out.js';
import { callShape, roomShape, sumShape } from '../reports/shapes.js';
import type { Room, Shape, SumBy, SumRow } from '../reports/shapes.js';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import {
  addCallFilters,
  addPeriodFlags,
  filterOf,
  formatOf,
  limitOf,
  limitOption,
  periodOf,
  zoneOf,
} from './report-flags.js';
import type { CallFlags, PeriodFlags } from './report-flags.js';

/** Rows read at once: enough to be quick, few enough for memory to stay flat. */
const PAGE = 1_000;
/** Conferences read at once, each with its calls. */
const ROOMS_PAGE = 50;
/** Calls of one conference that are shown. */
const MOST_CALLERS = 10_000;

export function registerReport(program: Command, context: CliContext): void {
  const report = program.command('report').description('what happened: calls, conferences, and sums of them');
  registerCalls(report, context);
  registerRooms(report, context);
  registerAccounts(report, context);
}

function registerCalls(report: Command, context: CliContext): void {
  const command = report.command('calls').description('list the calls, newest first, or sum them');
  addCallFilters(addPeriodFlags(command, 'calls'))
    .addOption(new Option('--by <what>', 'sums instead of a list').choices(['account', 'day', 'number', 'trunk']))
    .addOption(limitOption());
  withExamples(
    command,
    'partyline report calls --from 7d',
    'partyline report calls --from 2026-01-01 --to 2026-01-31 --csv > january.csv',
    'partyline report calls --by day --from 2026-01-01 --to 2026-01-31 --time-zone Europe/London',
  ).action(({ by, ...flags }: CallFlags & { readonly by?: SumBy }) =>
    context.withStore(async (store) => {
      const filter = filterOf(store, flags);
      if (by !== undefined) return sum(context, store, by, filter, flags);
      const fetch = (after: RecordCursor | null): Page<ReportedCall> => store.callPage(filter, { limit: PAGE, after });
      const shape = callShape(zoneOf(flags));
      await list(context, flags, {
        shape,
        fetch,
        span: context.io.watched === undefined ? null : store.callSpan(filter),
        none: 'No calls.',
      });
    }),
  );
}

function registerRooms(report: Command, context: CliContext): void {
  const command = report.command('rooms').description('list the conferences, newest first, with who was in them');
  addPeriodFlags(command, 'conferences').addOption(limitOption());
  withExamples(
    command,
    'partyline report rooms --from 24h',
    'partyline report rooms --account Board --from 2026-01-01 --json',
  ).action((flags: PeriodFlags) =>
    context.withStore(async (store) => {
      const filter: ConferenceFilter = periodOf(store, flags);
      const limit = Math.min(ROOMS_PAGE, limitOf(flags) + 1);
      const fetch = (after: RecordCursor | null): Page<Room> => {
        const { rows, next } = store.conferencePage(filter, { limit, after });
        return { rows: rows.map((conference) => ({ conference, calls: callsOf(store, conference.id) })), next };
      };
      const shape = roomShape(zoneOf(flags));
      await list(context, flags, { shape, fetch, span: null, none: 'No conferences.' });
    }),
  );
}

/** Those who called for a conference, first come first. */
function callsOf(store: Store, conferenceRecordId: number): Room['calls'] {
  return store.callPage({ conferenceRecordId }, { limit: MOST_CALLERS, after: null }).rows.toReversed();
}

function registerAccounts(report: Command, context: CliContext): void {
  const command = report.command('accounts').description('sum the calls of each account, in order of name');
  addPeriodFlags(command, 'calls').addOption(limitOption());
  withExamples(command, 'partyline report accounts --from 2026-01-01 --to 2026-01-31 --csv').action(
    (flags: PeriodFlags) => context.withStore((store) => sum(context, store, 'account', periodOf(store, flags), flags)),
  );
}

interface Listed<T> {
  readonly shape: Shape<T>;
  readonly fetch: (after: RecordCursor | null) => Page<T>;
  readonly span: { readonly first: number; readonly last: number } | null;
  readonly none: string;
}

/** Writes page after page. In between whoever reads may have closed the pipe. */
async function list<T>(
  context: CliContext,
  flags: PeriodFlags,
  { shape, fetch, span, none }: Listed<T>,
): Promise<void> {
  const out = new RowsOut(context, formatOf(flags), shape);
  const progress = progressBar(context.io.watched ?? null);
  const limit = limitOf(flags);
  let more = false;
  try {
    for (let after: RecordCursor | null | undefined; after !== null && !more;) {
      const { rows, next }: Page<T> = fetch(after ?? null);
      const kept = rows.slice(0, limit - out.rows);
      more = kept.length < rows.length;
      out.add(kept);
      if (next !== null && span !== null) progress.at((span.last - next.at) / Math.max(1, span.last - span.first));
      after = next;
      await setImmediate();
    }
  } finally {
    progress.end();
  }
  out.end(none);
  if (more) context.warn(`there are more than these ${out.rows}: raise --limit`);
}

async function sum(
  context: CliContext,
  store: Store,
  by: SumBy,
  filter: CallFilter,
  flags: PeriodFlags,
): Promise<void> {
  const out = new RowsOut(context, formatOf(flags), sumShape(by));
  const progress = progressBar(context.io.watched ?? null);
  const limit = limitOf(flags);
  const rows = by === 'day' ? byDay(store, filter, zoneOf(flags), progress) : store.sumCallsBy(by, filter);
  let page: SumRow[] = [];
  let more = false;
  try {
    for (const row of rows) {
      more = out.rows + page.length >= limit;
      if (more) break;
      page.push(row);
      if (page.length < PAGE) continue;
      out.add(page);
      page = [];
      await setImmediate();
    }
  } finally {
    progress.end();
  }
  out.add(page);
  out.end('No calls.');
  if (more) context.warn(`there are more than these ${out.rows}: raise --limit`);
}

/** A row for each day from the first call to the last, also for days without one. */
function* byDay(store: Store, filter: CallFilter, timeZone: string, progress: Progress): Iterable<SumRow> {
  const span = store.callSpan(filter);
  if (span === null) return;
  const [from, to] = [span.first, span.last + 1];
  for (const day of daysOf(from, to, timeZone)) {
    yield { key: day.day, name: null, ...store.sumCalls({ ...filter, from: day.from, to: day.to }) };
    progress.at((day.to - from) / (to - from));
  }
}
