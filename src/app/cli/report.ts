import { Option } from 'commander';
import type { Command } from 'commander';
import { CALL_OUTCOMES } from '../../domain/outcomes.js';
import type { CallOutcome } from '../../domain/outcomes.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { CallRecord, CallRecordFilter, Store } from '../../ports/store.js';
import { findAccount, jsonOption, wholeNumber, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { csvLine, duration, isoTime, localTime } from './output.js';
import { nextDay, readMoment } from './times.js';
import type { Moment } from './times.js';

const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 10_000;

interface CallFlags {
  readonly from?: Moment;
  readonly to?: Moment;
  readonly account?: string;
  readonly outcome?: CallOutcome;
  readonly limit: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function registerReport(program: Command, context: CliContext): void {
  const report = program.command('report').description('what happened: one record for each call');
  const moment = (text: string): Moment => readMoment(text, Date.now());
  const command = report
    .command('calls')
    .description('list the calls, newest first')
    .option('--from <time>', 'calls that began at this time or later', moment)
    .option('--to <time>', 'calls that began before this time; a date counts with its whole day', moment)
    .option('--account <account>', 'calls of this account, by id or name')
    .addOption(new Option('--outcome <outcome>', 'calls that ended so').choices(CALL_OUTCOMES))
    .option('--limit <number>', 'at most so many', wholeNumber(1, LARGEST_LIMIT), USUAL_LIMIT)
    .addOption(jsonOption())
    .addOption(new Option('--csv', 'print CSV, for spreadsheets').conflicts('json'));
  withExamples(
    command,
    'partyline report calls --from 7d',
    'partyline report calls --from 2026-01-01 --to 2026-01-31 --csv',
  ).action((flags: CallFlags) =>
    context.withStore((store) => {
      const found = store.callRecords(filterOf(store, { ...flags, limit: Math.min(flags.limit + 1, LARGEST_LIMIT) }));
      const calls = found.slice(0, flags.limit);
      const names = new AccountNames(store);
      if (flags.json === true) context.printJson(calls.map((call) => toJson(call, names)));
      else if (flags.csv === true) printCsv(context, calls, names);
      else if (calls.length === 0) context.print('No calls.');
      else printTable(context, calls, names);
      if (found.length > calls.length) context.warn(`there are more than these ${calls.length}: raise --limit`);
    }),
  );
}

function filterOf(store: Store, flags: CallFlags): CallRecordFilter {
  const { from, to, account, outcome, limit } = flags;
  return {
    limit,
    ...(from === undefined ? {} : { from: from.at }),
    ...(to === undefined ? {} : { to: to.wholeDay ? nextDay(to.at) : to.at }),
    ...(account === undefined ? {} : { accountId: findAccount(store, account).id }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/** Names of accounts, each asked for once. */
class AccountNames {
  readonly #store: Store;
  readonly #names = new Map<AccountId, string | null>();

  constructor(store: Store) {
    this.#store = store;
  }

  of(id: AccountId | null): string | null {
    if (id === null) return null;
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#store.account(id)?.name ?? null;
    this.#names.set(id, name);
    return name;
  }
}

const talkMs = ({ joinedAt, endedAt }: CallRecord): number | null => (joinedAt === null ? null : endedAt - joinedAt);

const timeOrNull = (time: number | null): string | null => (time === null ? null : isoTime(time));

/** The record as programs see it: times as RFC 3339, talk time in seconds. */
function toJson(call: CallRecord, names: AccountNames): Readonly<Record<string, string | number | null>> {
  const talk = talkMs(call);
  return {
    id: call.id,
    sipCallId: call.sipCallId,
    startedAt: isoTime(call.startedAt),
    answeredAt: timeOrNull(call.answeredAt),
    joinedAt: timeOrNull(call.joinedAt),
    endedAt: isoTime(call.endedAt),
    talkSeconds: talk === null ? null : talk / 1000,
    trunk: call.trunk,
    dialled: call.dialled,
    caller: call.caller,
    accountId: call.accountId,
    accountName: names.of(call.accountId),
    conferenceRecordId: call.conferenceRecordId,
    role: call.role,
    outcome: call.outcome,
    keyMethod: call.keyMethod,
    codec: call.codec,
    mixer: call.mixer,
    packetLoss: call.packetLoss,
    jitterMs: call.jitterMs,
    direction: call.direction,
  };
}

const CSV_COLUMNS = [
  'id',
  'sipCallId',
  'startedAt',
  'answeredAt',
  'joinedAt',
  'endedAt',
  'talkSeconds',
  'trunk',
  'dialled',
  'caller',
  'accountId',
  'accountName',
  'conferenceRecordId',
  'role',
  'outcome',
  'keyMethod',
  'codec',
  'mixer',
  'packetLoss',
  'jitterMs',
  'direction',
] as const;

function printCsv(context: CliContext, calls: readonly CallRecord[], names: AccountNames): void {
  const lines = calls.map((call) => {
    const fields = toJson(call, names);
    return csvLine(CSV_COLUMNS.map((column) => fields[column] ?? null));
  });
  context.io.stdout(csvLine(CSV_COLUMNS) + lines.join(''));
}

function printTable(context: CliContext, calls: readonly CallRecord[], names: AccountNames): void {
  const rows = calls.map((call) => {
    const talk = talkMs(call);
    return [
      localTime(call.startedAt),
      call.trunk ?? '-',
      call.dialled,
      call.caller ?? 'withheld',
      names.of(call.accountId) ?? '-',
      call.role ?? '-',
      talk === null ? '-' : duration(talk),
      call.outcome,
    ];
  });
  context.printTable(['STARTED', 'TRUNK', 'DIALLED', 'CALLER', 'ACCOUNT', 'ROLE', 'TALKED', 'OUTCOME'], rows);
}
