import type { Command } from 'commander';
import { auditLine, auditLineIf } from '../audit-line.js';
import type { Delivery } from '../../ports/store-deliveries.js';
import { confirmRemoval, findAccount, jsonOption, wholeNumber, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { isoTime, localTime } from './output.js';

const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 10_000;
/** Changed in one transaction. */
const AT_ONCE = 200;
const ID = 'its id, see partyline delivery list';

export function registerDelivery(program: Command, context: CliContext): void {
  const delivery = program
    .command('delivery')
    .description('invitations, reminders and reports that wait to be sent, or were given up');
  registerList(delivery, context);
  registerRetry(delivery, context);
  registerRemove(delivery, context);
}

interface ListFlags {
  readonly account?: string;
  readonly failed?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

function registerList(delivery: Command, context: CliContext): void {
  const command = delivery
    .command('list')
    .description('list what is not sent yet, the longest waiting first; nothing is kept of what was sent')
    .option('--account <account>', 'of this account, by id or name')
    .option('--failed', 'only what was given up')
    .option('--limit <number>', 'at most so many', wholeNumber(1, LARGEST_LIMIT), USUAL_LIMIT)
    .addOption(jsonOption());
  withExamples(command, 'partyline delivery list --failed').action((flags: ListFlags) =>
    context.withStore((store) => {
      const account = flags.account === undefined ? {} : { accountId: findAccount(store, flags.account).id };
      const limit = Math.min(flags.limit + 1, LARGEST_LIMIT);
      const found = store.deliveries({ limit, ...account, ...(flags.failed === true ? { failed: true } : {}) });
      const shown = found.slice(0, flags.limit);
      if (flags.json === true) context.printJson(shown.map(toJson));
      else if (shown.length === 0)
        context.print(flags.failed === true ? 'Nothing was given up.' : 'Nothing is waiting.');
      else context.printTable(['NEXT TRY', 'KIND', 'BY', 'TO', 'TRIES', 'TROUBLE', 'ID'], shown.map(toRow));
      if (found.length > flags.limit) context.warn(`there are more than these ${flags.limit}: raise --limit`);
    }),
  );
}

const toRow = ({ nextAt, kind, channel, address, attempts, failedAt, error, id }: Delivery): readonly string[] => [
  failedAt === null ? localTime(nextAt) : 'given up',
  kind,
  channel,
  address,
  String(attempts),
  error ?? '-',
  id,
];

/** What programs see of a delivery. */
function toJson({ nextAt, failedAt, occurrenceAt, ...delivery }: Delivery): unknown {
  return {
    ...delivery,
    occurrenceAt: occurrenceAt === null ? null : isoTime(occurrenceAt),
    nextAt: failedAt === null ? isoTime(nextAt) : null,
    failedAt: failedAt === null ? null : isoTime(failedAt),
  };
}

function registerRetry(delivery: Command, context: CliContext): void {
  const command = delivery
    .command('retry')
    .description('try one again, or all that were given up; the running bridge does so within seconds')
    .argument('[delivery]', ID)
    .option('--all', 'all that were given up');
  withExamples(command, 'partyline delivery retry --all').action((id: string | undefined, flags: { all?: boolean }) => {
    if ((id === undefined) === (flags.all !== true)) command.error('error: say which: a delivery, or --all');
    return context.withStore((store) => {
      const now = Date.now();
      if (id !== undefined) {
        const isThere = store.audited(auditLineIf('delivery-retried', id), () => store.retryDelivery(id, now));
        if (!isThere) throw new Refused(`there is no delivery ${id}: see partyline delivery list`);
        context.print(`${id} is tried again.`);
        return;
      }
      const failed = store.countFailedDeliveries();
      for (let left = failed; left > 0; left -= AT_ONCE) {
        const some = store.deliveries({ limit: AT_ONCE, failed: true });
        if (some.length === 0) break;
        store.audited(auditLine('delivery-retried', null, `${some.length} of them`), () => {
          for (const one of some) store.retryDelivery(one.id, now);
        });
      }
      context.print(failed === 0 ? 'Nothing was given up.' : `${failed === 1 ? '1 is' : `${failed} are`} tried again.`);
    });
  });
}

function registerRemove(delivery: Command, context: CliContext): void {
  const command = delivery
    .command('remove')
    .description('send it no more')
    .argument('<delivery>', ID)
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline delivery remove d81t2gkqmzv6w4d0s3yn7 --yes').action(
    (id: string, flags: { yes?: boolean }) =>
      context.withStore(async (store) => {
        const found = store.delivery(id);
        if (found === null) throw new Refused(`there is no delivery ${id}: see partyline delivery list`);
        await confirmRemoval(context, command, flags.yes, `the ${found.kind} ${id}, which is not sent then`);
        const line = auditLineIf('delivery-removed', found.bookingId ?? found.accountId, found.kind);
        store.audited(line, () => store.removeDelivery(id));
        context.print(`${id} is removed.`);
      }),
  );
}
