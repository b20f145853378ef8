import { Command, CommanderError } from 'commander';
import type { Option } from 'commander';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../domain/conference-options.js';
import type { ConferenceOptions } from '../../domain/conference-options.js';
import type { Account, AccountCodes } from '../../ports/store.js';
import type { Config } from '../config.js';
import { addConferenceFlags, applyConferenceFlags } from './account-flags.js';
import type { ConferenceFlags } from './account-flags.js';
import { accountName } from './arguments.js';
import { addContactFlags, contactOf } from './contact-flags.js';
import type { ContactFlags } from './contact-flags.js';
import { isoTime } from './output.js';

/** What a row of an import asks for. */
export interface WantedAccount extends Pick<
  Account,
  'name' | 'enabled' | 'options' | 'email' | 'timeZone' | 'language'
> {
  readonly accessCode: boolean;
  readonly securityCode: boolean;
}

interface RowFlags extends ConferenceFlags, ContactFlags {
  readonly name: string;
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

/** A command that only reads rows: its flags are the columns. */
function rowCommand(): Command {
  const command = new Command('row').requiredOption('--name <name>', '', accountName);
  addContactFlags(command);
  addConferenceFlags(command);
  for (const name of ['enabled', 'access-code', 'security-code']) command.option(`--${name}`).option(`--no-${name}`);
  return command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

/** Reads rows of cells by the flags of `account add`. */
export class AccountColumns {
  readonly #command = rowCommand();
  readonly #options: readonly (Option | null)[];
  readonly #names: readonly string[];
  readonly #config: Config;

  /** @throws Error with one line: a column that is not known, is there twice, or is missing */
  constructor(header: readonly string[], config: Config) {
    this.#config = config;
    this.#names = header.map(columnName);
    const twice = this.#names.find((name, index) => this.#names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`the column "${twice}" is there twice`);
    if (!this.#names.includes('name')) throw new Error('there is no column "name": the first line names the columns');
    this.#options = this.#names.map((name) => {
      if (GIVEN_ANEW.includes(name)) return null;
      const option = this.#command.options.find((one) => one.long === `--${name}`);
      if (option === undefined)
        throw new Error(
          `there is no such column as "${name}": columns are called as the flags of partyline account add`,
        );
      return option;
    });
  }

  /** @throws Error with the reason, in one line */
  read(cells: readonly string[]): WantedAccount {
    if (cells.length !== this.#names.length) {
      throw new Error(`it has ${cells.length} cells, the header has ${this.#names.length}`);
    }
    const flags = this.#parse(cells.flatMap((cell, index) => this.#argumentsOf(cell, index)));
    const { conference, dialOut } = this.#config;
    return {
      name: flags.name,
      enabled: flags.enabled ?? true,
      options: applyConferenceFlags(conference, flags, dialOut),
      ...contactOf(flags),
      accessCode: flags.accessCode ?? false,
      securityCode: flags.securityCode ?? false,
    };
  }

  /** An empty cell says nothing, so that what is configured counts. */
  #argumentsOf(cell: string, index: number): readonly string[] {
    const [option, name] = [this.#options[index], this.#names[index] ?? ''];
    const text = withoutGuard(cell.trim());
    if (option === null || option === undefined || text === '') return [];
    if (!option.isBoolean()) {
      // several in one cell
      const values = name === 'key' ? text.split(/\s*;\s*/) : [text];
      return values.map((value) => `--${name}=${value}`);
    }
    if (/^(yes|true|1)$/i.test(text)) return [`--${name}`];
    if (/^(no|false|0)$/i.test(text)) return [`--no-${name}`];
    throw new Error(`"${text}" for ${name}: it must be yes or no`);
  }

  #parse(args: readonly string[]): RowFlags {
    try {
      this.#command.parse([...args], { from: 'user' });
      return this.#command.opts();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      const line = error.message.replaceAll(/\s*\n\s*/g, ' ');
      throw new Error(line.includes("'--name <name>' not specified") ? 'it has no name' : line.replace(/^error: /, ''));
    }
  }
}

/** What we write before a cell that a spreadsheet might take for a formula. */
const withoutGuard = (text: string): string => (/^'[=+\-@]/.test(text) ? text.slice(1) : text);

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
