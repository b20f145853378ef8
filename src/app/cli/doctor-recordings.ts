import { checkBridgeKey, lookAtMemoryFolder } from '../compose-recordings.js';
import { hasDatabase } from '../compose-store.js';
import type { Config } from '../config.js';
import type { CliContext } from './context.js';
import type { Finding } from './doctor-checks.js';

/** Where recordings are written in plain, and the key they are sealed under. Without them conferences go on, unrecorded. */
export async function checkRecordings(context: CliContext, config: Config): Promise<readonly Finding[]> {
  const { path, problem } = lookAtMemoryFolder(config);
  const folder: Finding =
    problem === null
      ? { check: 'recordings', status: config.recordings.allowDisk ? 'warning' : 'ok', text: folderText(config, path) }
      : { check: 'recordings', status: 'warning', text: `nothing can be recorded: ${problem}` };
  return [folder, ...(await checkKey(context, config))];
}

function folderText({ recordings: { allowDisk } }: Config, path: string): string {
  return allowDisk
    ? `plain audio may reach a disk (recordings.allowDisk): ${path}`
    : `in plain only in memory, ${path}`;
}

async function checkKey(context: CliContext, config: Config): Promise<readonly Finding[]> {
  const check = 'bridge key';
  let needed: boolean;
  try {
    needed = hasDatabase(config) && (await context.withStore((store) => store.recordings({ limit: 1 }).length > 0));
  } catch {
    // the look at the database tells it
    return [];
  }
  const problem = checkBridgeKey(config, needed);
  if (problem === null)
    return [{ check, status: 'ok', text: needed ? 'can be read by its owner alone' : 'made with the first recording' }];
  return [{ check, status: 'failed', text: problem }];
}
