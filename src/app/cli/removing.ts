import type { AccountId } from '../../domain/identifiers.js';
import { auditLineIf } from '../audit-line.js';
import { removeRecordingsOf } from '../compose-recordings.js';
import type { WholeStore } from '../compose-store.js';
import type { Config } from '../config.js';
import { clearFiles, finishErasing } from '../privacy/erasing.js';
import { removeReportsOf } from '../privacy/report-files.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';

/** How often to try again where somebody reads or writes, with a short wait each: some five seconds. */
const PATIENCE = 25;

/** Removes an account, with its records or leaving them to nobody; its PINs open nothing from the first moment on. @throws {Refused} */
export async function removeAccount(
  context: CliContext,
  store: WholeStore,
  config: Config,
  { id, records }: { readonly id: AccountId; readonly records: 'keep' | 'erase' },
): Promise<void> {
  store.audited(auditLineIf(records === 'erase' ? 'account-erased' : 'account-removed', id), () =>
    store.beginErasure(id, records),
  );
  await removeRecordingsOf(config, store, id);
  await removeReportsOf(config, id);
  const { state } = await finishErasing(store);
  if (state === 'live') {
    context.warn(
      'a conference of the account goes on, or waits to be taken over: what its calls leave behind is removed by the bridge when they have ended',
    );
  }
  await clear(store);
}

/** Takes what was erased out of the files. @throws {Refused} where somebody keeps the database busy */
export async function clear(store: WholeStore): Promise<void> {
  if (await clearFiles(store, PATIENCE)) return;
  throw new Refused(
    'it is erased, but what was erased can still be found in the files of the database, since another program reads or writes it all the time: run partyline privacy purge when that has ended',
  );
}
