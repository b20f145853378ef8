import { lookAtMemoryFolder, recordingsAside } from '../compose-recordings.js';
import { checkBridgeKey, hasDatabase } from '../compose-store.js';
import type { Config } from '../config.js';
import type { CliContext } from './context.js';
import type { Finding } from './doctor-checks.js';
import { checkSealed } from './doctor-folders.js';

/** Where recordings are written in plain and sealed, and the key they are sealed under. Without them conferences go on, unrecorded. */
export async function checkRecordings(context: CliContext, config: Config): Promise<readonly Finding[]> {
  return [
    memoryFinding(config),
    ...(await checkAside(config)),
    ...checkSealed(config),
    ...(await checkKey(context, config)),
  ];
}

function memoryFinding(config: Config): Finding {
  const check = 'recordings';
  const { path, freeMb, problem } = lookAtMemoryFolder(config);
  if (problem !== null) return { check, status: 'warning', text: `nothing can be recorded: ${problem}` };
  const free = `${freeMb} MB free, an hour of one conference takes 58`;
  return config.recordings.allowDisk
    ? { check, status: 'warning', text: `plain audio may reach a disk (recordings.allowDisk): ${path}; ${free}` }
    : { check, status: 'ok', text: `in plain only in memory, ${path}; ${free}` };
}

/** What a mixer wrote in a format that is not known. */
async function checkAside(config: Config): Promise<readonly Finding[]> {
  const check = 'kept aside';
  const aside = await recordingsAside(config).catch(() => []);
  const [first] = aside;
  if (first === undefined) return [];
  const until = new Date(first.dueAt).toISOString();
  const more = aside.length === 1 ? '' : ` and ${aside.length - 1} more`;
  const text = `what a mixer recorded cannot be read: ${first.path}${more}, in plain until ${until}; copy it to keep it, remove it when it is done with`;
  return [{ check, status: 'warning', text }];
}

async function checkKey(context: CliContext, config: Config): Promise<readonly Finding[]> {
  const check = 'bridge key';
  let problem: string | null;
  try {
    problem = hasDatabase(config)
      ? await context.withStore((store) => checkBridgeKey(config, store))
      : checkBridgeKey(config, null);
  } catch {
    // the look at the database tells it
    return [];
  }
  if (problem !== null) return [{ check, status: 'failed', text: problem }];
  return [
    { check, status: 'ok', text: 'opens recordings and guest PINs; made where it is missing and nothing needs it' },
  ];
}
