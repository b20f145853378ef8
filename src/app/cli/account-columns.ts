import { Command, InvalidArgumentError } from 'commander';
import type { Option } from 'commander';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../domain/conference-options.js';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import type { Account, AccountCodes } from '../../ports/store.js';
import type { Config } from '../config.js';
import { withoutGuard } from '../csv.js';
import { addConferenceFlags, applyConferenceFlags } from './account-flags.js';
import type { ConferenceFlags } from './account-flags.js';
import { accountName } from './arguments.js';
import { addContactFlags, contactOf } from './contact-flags.js';
import type { ContactFlags } from './contact-flags.js';
import { applyDialOutFlags } from './dial-out-flags.js';
import { Refused } from './io.js';
import { applyKeys } from './key-flags.js';
import { isoTime, printable } from './output.js';

/** What a row of an import asks for. */
export interface WantedAccount extends Pick<
  Account,
  'name' | 'enabled' | 'options' | 'email' | 'timeZone' | 'language'
> {
  readonly accessCode: boolean;
  readonly securityCode: boolean;
}

interface RowFlags extends ConferenceFlags, ContactFlags {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly accessCode?: boolean;
  readonly securityCode?: boolean;
}

/** Columns that an export has and an import gives anew. */
const GIVEN_ANEW: readonly string[] = ['id', 'created-at'];

/** The name of a column, however its header is written. */
export const columnName = (header: string): string =>
  header
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');

/** The same as the documentation writes it. */
const shownName = (name: string): string => name.replaceAll('-', '_');

/** Flags named in a text, as columns. */
const inColumns = (text: string): string => text.replaceAll(/--([a-z][a-z-]*)/g, (_, flag: string) => shownName(flag));

/** The flags that are columns. */
function rowOptions(): readonly Option[] {
  const command = new Command('row').option('--name <name>', '', accountName);
  addContactFlags(command);
  addConferenceFlags(command);
  for (const name of ['enabled', 'access-code', 'security-code']) command.option(`--${name}`);
  return command.options.filter(({ negate }) => !negate);
}

/** Different texts of one column whose reading is remembered: most columns have few. */
const MOST_REMEMBERED = 1_000;
/** Characters of a cell that are shown. */
const MOST_SHOWN = 40;

const shownText = (text: string): string =>
  `"${printable(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)}"`;

/** Reads the cells of one column by its flag. */
class Column {
  readonly name: string;
  /** Of the flag, as commander calls it. */
  readonly attribute: string;
  readonly #option: Option;
  readonly #known = new Map<string, unknown>();

  constructor(name: string, option: Option) {
    this.name = name;
    this.attribute = option.attributeName();
    this.#option = option;
  }

  /** @throws {Refused} */
  read(text: string): unknown {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const value = this.#read(text);
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(text, value);
    return value;
  }

  #read(text: string): unknown {
    if (this.#option.isBoolean()) {
      if (/^(yes|true|1)$/i.test(text)) return true;
      if (/^(no|false|0)$/i.test(text)) return false;
      throw this.#refused(text, 'it must be yes or no');
    }
    // several in one cell
    const parts = this.name === 'key' ? text.split(/\s*;\s*/) : [text];
    let value: unknown;
    for (const part of parts) {
      try {
        value = this.#option.parseArg === undefined ? part : this.#option.parseArg(part, value);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        const reason = error.message.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');
        throw this.#refused(part, reason.charAt(0).toLowerCase() + reason.slice(1));
      }
    }
    return value;
  }

  #refused(text: string, reason: string): Refused {
    return new Refused(`${shownText(text)} for ${shownName(this.name)}: ${reason}`);
  }
}

/** Reads rows of cells by the flags of `account add`. */
export class AccountColumns {
  readonly #columns: readonly (Column | null)[];
  readonly #config: Config;

  /** @throws Error with one line: a column that is not known, is there twice, or is missing */
  constructor(header: readonly string[], config: Config) {
    this.#config = config;
    const names = header.map(columnName);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`the column "${twice}" is there twice`);
    if (!names.includes('name')) throw new Error('there is no column "name": the first line names the columns');
    const options = rowOptions();
    this.#columns = names.map((name) => {
      if (GIVEN_ANEW.includes(name)) return null;
      const option = options.find((one) => one.long === `--${name}`);
      if (option === undefined)
        throw new Error(
          `there is no such column as "${name}": columns are called as the flags of partyline account add`,
        );
      return new Column(name, option);
    });
  }

  /** @throws Error with all that is wrong with the row, in one line */
  read(cells: readonly string[]): WantedAccount {
    const count = this.#columns.length;
    if (cells.length !== count) throw new Error(`it has ${cells.length} cells, the header has ${count}`);
    const { flags, faults, wrong } = this.#flagsOf(cells);
    if (flags.name === undefined && !wrong.includes('name')) faults.push('it has no name');
    const { conference, dialOut } = this.#config;
    // what belongs together is judged where each part of it can be read
    if (!wrong.some((name) => name.startsWith('dialOut')))
      attempt(faults, () => applyDialOutFlags(conference.dialOut, flags, dialOut));
    if (flags.key !== undefined) attempt(faults, () => applyKeys(conference.keyMap, flags.key ?? []));
    if (faults.length > 0) throw new Error(faults.join('; '));
    return {
      name: flags.name ?? '',
      enabled: flags.enabled ?? true,
      options: applyConferenceFlags(conference, flags, dialOut),
      ...contactOf(flags),
      accessCode: flags.accessCode ?? false,
      securityCode: flags.securityCode ?? false,
    };
  }

  /** An empty cell says nothing, so that what is configured counts. */
  #flagsOf(cells: readonly string[]): { flags: RowFlags; faults: string[]; wrong: readonly string[] } {
    const flags: Record<string, unknown> = {};
    const faults: string[] = [];
    const wrong: string[] = [];
    for (const [index, cell] of cells.entries()) {
      const column = this.#columns[index];
      const text = withoutGuard(cell.trim());
      if (column === null || column === undefined || text === '') continue;
      const before = faults.length;
      attempt(faults, () => (flags[column.attribute] = column.read(text)));
      if (faults.length > before) wrong.push(column.attribute);
    }
    return { flags, faults, wrong };
  }
}

/** Adds what is refused to the faults, in the words of a file. */
function attempt(faults: string[], action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    faults.push(inColumns(error.message));
  }
}

const yesNo = (yes: boolean): string => (yes ? 'yes' : 'no');
const orNone = (value: number | null): string => String(value ?? 'none');

/** Columns of an export, each with what it shows: what an import reads, but for id and time. */
export const EXPORTED: readonly (readonly [column: string, cell: (account: Account, codes: AccountCodes) => string])[] =
  [
    ['id', ({ id }) => id],
    ['name', ({ name }) => name],
    ['email', ({ email }) => email ?? ''],
    ['time_zone', ({ timeZone }) => timeZone ?? ''],
    ['language', ({ language }) => language ?? ''],
    ['enabled', ({ enabled }) => yesNo(enabled)],
    ['created_at', ({ createdAt }) => isoTime(createdAt)],
    ['access_code', (_, { accessCode }) => yesNo(accessCode)],
    ['security_code', (_, { securityCode }) => yesNo(securityCode)],
    ...optionColumns(),
  ];

function optionColumns(): readonly (readonly [string, (account: Account) => string])[] {
  const of =
    (cell: (options: ConferenceOptions) => string) =>
    ({ options }: Account): string =>
      cell(options);
  const dialOut = (
    cell: (rights: NonNullable<ConferenceOptions['dialOut']>) => string,
  ): ((account: Account) => string) => of((options) => (options.dialOut === null ? '' : cell(options.dialOut)));
  return [
    ['entry', of(({ entry }) => entry)],
    ['exit', of(({ exit }) => exit)],
    ['name_on_entry', of(({ nameOnEntry }) => yesNo(nameOnEntry))],
    ['name_review', of(({ nameReview }) => yesNo(nameReview))],
    ['names_up_to', of(({ namesUpTo }) => String(namesUpTo))],
    ['host_leaves', of(({ hostLeaves }) => hostLeaves)],
    ['grace', of(({ graceSeconds }) => String(graceSeconds))],
    ['lock', of(({ lockAllowed }) => yesNo(lockAllowed))],
    ['readmit', of(({ readmit }) => yesNo(readmit))],
    ['lobby', of(({ lobby }) => yesNo(lobby))],
    ['roll_call', of(({ rollCall }) => yesNo(rollCall))],
    ['max_callers', of(({ maxCallers }) => orNone(maxCallers))],
    ['mute_guests', of(({ muteGuestsOnEntry }) => yesNo(muteGuestsOnEntry))],
    ['confirm_hangup', of(({ confirmHangup }) => yesNo(confirmHangup))],
    ['recording', of(({ recording }) => recording)],
    ['record_beep', of(({ recordBeepSeconds }) => orNone(recordBeepSeconds))],
    ['record_announcements', of(({ recordAnnouncements }) => yesNo(recordAnnouncements))],
    ['allow', of(({ allowedCallers }) => allowedCallers?.join(',') ?? 'any')],
    ['report', of(({ hostReport }) => hostReport ?? 'default')],
    ['dial_out', of((options) => options.dialOut?.trunk ?? 'none')],
    ['dial_out_prefixes', dialOut(({ prefixes }) => prefixes.join(','))],
    ['dial_out_calls', dialOut(({ callsPerHour }) => String(callsPerHour))],
    ['dial_out_at_once', dialOut(({ atOnce }) => String(atOnce))],
    ['dial_out_minutes', dialOut(({ minutesPerDay }) => String(minutesPerDay))],
    ['wait_limit', of(({ waitLimitSeconds }) => String(waitLimitSeconds))],
    ['reassure', of(({ reassureSeconds }) => String(reassureSeconds))],
    ['alone_limit', of(({ aloneLimitSeconds }) => String(aloneLimitSeconds))],
    ['duration_limit', of(({ durationLimitSeconds }) => String(durationLimitSeconds))],
    ['key', of(({ keyMap = DEFAULT_CONFERENCE_OPTIONS.keyMap }) => keysOf(keyMap))],
  ];
}

const keysOf = (keyMap: ConferenceOptions['keyMap']): string =>
  Object.entries(keyMap ?? {})
    .map(([action, codes]) => `${action}=${codes.length === 0 ? 'none' : codes.join(',')}`)
    .join(';');
