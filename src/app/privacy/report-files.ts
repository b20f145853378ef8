import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountId } from '../../domain/identifiers.js';
import type { PrivacyStore } from '../../ports/store-privacy.js';
import type { Config } from '../config.js';

type Reports = Pick<Config, 'hostReport'>;

const PAGE = 1_000;

/** Removes reports to hosts of an account, where they were written as files. @throws Error of the file system */
export const removeReportsOf = ({ hostReport }: Reports, id: AccountId): Promise<void> =>
  rm(join(hostReport.directory, id), { recursive: true, force: true });

/**
 * The same of all accounts that are being erased: the command may have been killed before it came to them, and a report may have been on its
 * way just then. @param goesOn `false` ends it there
 */
export async function removeReportsOfErased(
  store: Pick<PrivacyStore, 'erasures'>,
  config: Reports,
  goesOn: () => boolean,
): Promise<void> {
  for (let after: number | null = 0; after !== null;) {
    const some: ReturnType<PrivacyStore['erasures']> = store.erasures(after, PAGE);
    for (const { accountId } of some) {
      if (!goesOn()) return;
      await removeReportsOf(config, accountId);
    }
    after = some.length < PAGE ? null : (some.at(-1)?.number ?? null);
  }
}
