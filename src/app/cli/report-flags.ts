import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { canonicalNumber } from '../../domain/access/dial-in.js';
import type { Role } from '../../domain/conference-options.js';
import { bookingId } from '../../domain/identifiers.js';
import { CALL_OUTCOMES } from '../../domain/outcomes.js';
import type { CallOutcome } from '../../domain/outcomes.js';
import type { Store } from '../../ports/store.js';
import type { CallFilter } from '../../ports/store-reports.js';
import { isTimeZone, machineTimeZone } from '../bookings/wall-time.js';
import type { Format } from '../reports/rows-out.js';
import { findAccount, jsonOption, wholeNumber } from './arguments.js';
import { Refused } from './io.js';
import { nextDay, readMoment } from './times.js';

/** Rows that a table shows where nothing is said; more are of use to programs only. */
const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 999_999_999;

export interface PeriodFlags {
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly account?: string;
  readonly limit?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export interface CallFlags extends PeriodFlags {
  readonly booking?: string;
  readonly number?: string;
  readonly trunk?: string;
  readonly role?: Role;
  readonly outcome?: CallOutcome;
}

/** The text of a moment: the time zone it is read in is another flag. */
function momentText(text: string): string {
  readMoment(text, Date.now());
  return text;
}

export function timeZoneText(text: string): string {
  if (!isTimeZone(text))
    throw new InvalidArgumentError('It must be the name of a time zone such as Europe/London or UTC.');
  return text;
}

/** Period, account, form. @param what rows are, e.g. `calls` */
export function addPeriodFlags(command: Command, what: string): Command {
  return command
    .option('--from <time>', `${what} that began at this time or later`, momentText)
    .option('--to <time>', `${what} that began before this time; a date counts with its whole day`, momentText)
    .option('--time-zone <zone>', 'whose clock days and times are by; else that of this machine', timeZoneText)
    .option('--account <account>', `${what} of this account, by id or name`)
    .addOption(jsonOption())
    .addOption(new Option('--csv', 'print CSV, for spreadsheets').conflicts('json'));
}

export const limitOption = (): Option =>
  new Option('--limit <number>', `at most so many; else a table has ${USUAL_LIMIT}, and JSON and CSV all`).argParser(
    wholeNumber(1, LARGEST_LIMIT),
  );

export function addCallFilters(command: Command): Command {
  return command
    .option('--booking <id>', 'calls of this booking')
    .option('--number <number>', 'calls to this dial-in number')
    .option('--trunk <trunk>', 'calls by this trunk')
    .addOption(new Option('--role <role>', 'calls of hosts, or of guests').choices(['host', 'guest']))
    .addOption(new Option('--outcome <outcome>', 'calls that ended so').choices(CALL_OUTCOMES));
}

export const formatOf = ({ json, csv }: PeriodFlags): Format =>
  json === true ? 'json' : csv === true ? 'csv' : 'table';

export const limitOf = (flags: PeriodFlags): number =>
  flags.limit ?? (formatOf(flags) === 'table' ? USUAL_LIMIT : LARGEST_LIMIT);

export const zoneOf = ({ timeZone }: PeriodFlags): string => timeZone ?? machineTimeZone();

/** @throws {Refused} */
export function periodOf(store: Store, flags: PeriodFlags): Pick<CallFilter, 'from' | 'to' | 'accountId'> {
  const zone = zoneOf(flags);
  const now = Date.now();
  const from = flags.from === undefined ? undefined : readMoment(flags.from, now, zone).at;
  const end = flags.to === undefined ? undefined : readMoment(flags.to, now, zone);
  const to = end?.wholeDay === true ? nextDay(end.at, zone) : end?.at;
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Refused('--from is not before --to: nothing is in such a period');
  }
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(flags.account === undefined ? {} : { accountId: findAccount(store, flags.account).id }),
  };
}

/** @throws {Refused} */
export function filterOf(store: Store, flags: CallFlags): CallFilter {
  const { booking, number, trunk, role, outcome } = flags;
  return {
    ...periodOf(store, flags),
    ...(booking === undefined ? {} : { bookingId: bookingId(booking) }),
    ...(number === undefined ? {} : { dialled: spellingsOf(number) }),
    ...(trunk === undefined ? {} : { trunk }),
    ...(role === undefined ? {} : { role }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/** A dialled number as trunks write it: with `+`, with `00`, or with neither. */
function spellingsOf(number: string): readonly string[] {
  const canonical = canonicalNumber(number);
  const digits = canonical.replace(/^\+/, '');
  return [
    ...new Set([number.trim(), canonical, ...(/^\d+$/.test(digits) ? [digits, `+${digits}`, `00${digits}`] : [])]),
  ];
}
