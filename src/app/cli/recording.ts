import type { Command } from 'commander';
import { auditLine } from '../audit-line.js';
import type { Account, Recording, Store } from '../../ports/store.js';
import { openArchive } from '../compose-recordings.js';
import { confirmRemoval, findAccount, jsonOption, wholeNumber, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { duration, isoTime, localTime } from './output.js';
import { writeWholeFile } from './whole-file.js';

const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 10_000;
const ID = 'its id, see partyline recording list';

export function registerRecording(program: Command, context: CliContext): void {
  const recording = program.command('recording').description('recordings of conferences, sealed until they are due');
  registerList(recording, context);
  registerExport(recording, context);
  registerRemove(recording, context);
  registerPurge(recording, context);
}

interface ListFlags {
  readonly account?: string;
  readonly limit: number;
  readonly json?: boolean;
}

function registerList(recording: Command, context: CliContext): void {
  const command = recording
    .command('list')
    .description('list the recordings, newest first')
    .option('--account <account>', 'recordings of this account, by id or name')
    .option('--limit <number>', 'at most so many', wholeNumber(1, LARGEST_LIMIT), USUAL_LIMIT)
    .addOption(jsonOption());
  withExamples(command, 'partyline recording list', 'partyline recording list --account "Mary Murphy" --json').action(
    (flags: ListFlags) =>
      context.withStore((store) => {
        const account = flags.account === undefined ? {} : { accountId: findAccount(store, flags.account).id };
        const limit = Math.min(flags.limit + 1, LARGEST_LIMIT);
        const found = store.recordings({ limit, ...account });
        const shown = found.slice(0, flags.limit).filter(({ dueAt }) => dueAt > Date.now());
        const owners = new Owners(store);
        if (flags.json === true) context.printJson(shown.map((one) => toJson(one, owners)));
        else if (shown.length === 0) context.print('No recordings.');
        else printTable(context, shown, owners);
        if (found.length > flags.limit) context.warn(`there are more than these ${flags.limit}: raise --limit`);
      }),
  );
}

/** Accounts of recordings, each asked for once. */
class Owners {
  readonly #store: Store;
  readonly #names = new Map<Account['id'], string | null>();

  constructor(store: Store) {
    this.#store = store;
  }

  nameOf({ accountId }: Recording): string | null {
    const known = this.#names.get(accountId);
    if (known !== undefined) return known;
    const name = this.#store.account(accountId)?.name ?? null;
    this.#names.set(accountId, name);
    return name;
  }
}

/** What programs see of a recording. */
function toJson(recording: Recording, owners: Owners): unknown {
  const { id, accountId, conferenceRecordId, part, startedAt, durationMs, dueAt } = recording;
  return {
    ...{ id, accountId, accountName: owners.nameOf(recording), conferenceRecordId, part },
    startedAt: isoTime(startedAt),
    durationSeconds: durationMs / 1000,
    keptUntil: isoTime(dueAt),
  };
}

function printTable(context: CliContext, recordings: readonly Recording[], owners: Owners): void {
  const rows = recordings.map((one) => [
    localTime(one.startedAt),
    duration(one.durationMs),
    owners.nameOf(one) ?? '-',
    one.conferenceRecordId === null ? '-' : String(one.conferenceRecordId),
    String(one.part),
    localTime(one.dueAt),
    one.id,
  ]);
  context.printTable(['STARTED', 'LENGTH', 'ACCOUNT', 'CONFERENCE', 'PART', 'KEPT UNTIL', 'ID'], rows);
}

function registerExport(recording: Command, context: CliContext): void {
  const command = recording
    .command('export')
    .description('write a recording to a WAV file, in plain: whoever has the file hears it')
    .argument('<recording>', ID)
    .argument('<file>', 'a file that is not there yet');
  withExamples(command, 'partyline recording export r81t2gkqmzv6w4d0s3yn7 board-meeting.wav').action(
    (id: string, file: string) =>
      context.withStore(async (store, config) => {
        const bytes = await writeWholeFile(file, context.io.workingDirectory, openArchive(config, store).open(id));
        store.audited(auditLine('recording-exported', id), () => undefined);
        context.print(
          `${file} holds the recording ${id} (${Math.ceil(bytes / 1024)} KB), readable by its owner alone.`,
        );
      }),
  );
}

function registerRemove(recording: Command, context: CliContext): void {
  const command = recording
    .command('remove')
    .description('remove a recording, for good')
    .argument('<recording>', ID)
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline recording remove r81t2gkqmzv6w4d0s3yn7 --yes').action(
    (id: string, flags: { yes?: boolean }) =>
      context.withStore(async (store, config) => {
        const found = store.recording(id);
        if (found === null) throw new Refused(`there is no recording ${id}: see partyline recording list`);
        const what = `the recording ${id} of ${localTime(found.startedAt)} (${duration(found.durationMs)}) for good`;
        await confirmRemoval(context, command, flags.yes, what);
        store.audited(auditLine('recording-removed', id), () => undefined);
        await openArchive(config, store).remove(id);
        context.print(`${id} is removed.`);
      }),
  );
}

function registerPurge(recording: Command, context: CliContext): void {
  const command = recording
    .command('purge')
    .description('remove what is due now; a running bridge does so by itself every 10 minutes');
  withExamples(command, 'partyline recording purge').action(() =>
    context.withStore(async (store, config) => {
      const { recordings, strays } = await openArchive(config, store).purge();
      const noise = strays === 0 ? '' : `, and ${strays} sealed files without a key`;
      context.print(`${recordings} recordings were due and are removed${noise}.`);
    }),
  );
}
