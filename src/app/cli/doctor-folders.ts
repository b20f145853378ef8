import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.js';
import type { Finding } from './doctor-checks.js';

const MEGABYTE = 1024 * 1024;
const FULL_MB = 20;
const NEARLY_FULL_MB = 500;

export function checkDataDirectory({ dataDirectory }: Config): readonly Finding[] {
  const check = 'data directory';
  const { nearest, there, usable, mode } = lookAt(dataDirectory);
  if (!usable) {
    const text = `${nearest} cannot be written: change its owner, or set PARTYLINE_DATA_DIR`;
    return [{ check, status: 'failed', text }];
  }
  const findings: Finding[] = [];
  if (!there) {
    findings.push({ check, status: 'ok', text: `${dataDirectory} does not exist yet; the first command makes it` });
  } else if ((mode & 0o007) !== 0) {
    findings.push({
      check,
      status: 'warning',
      text: `${dataDirectory} is open to everyone: chmod 700 ${dataDirectory}`,
    });
  } else {
    findings.push({ check, status: 'ok', text: dataDirectory });
  }
  return [...findings, checkSpace(nearest)];
}

/** Where names that callers say are kept: without it the bridge does not start. */
export function checkNames({ dataDirectory, namesDirectory }: Config): readonly Finding[] {
  const check = 'names';
  const { nearest, there, usable, mode } = lookAt(namesDirectory);
  const failed = (text: string): readonly Finding[] => [{ check, status: 'failed', text }];
  if (!usable)
    return failed(`${nearest} cannot be written: make it a folder of the bridge's user, or set names.directory`);
  if (!there) return [{ check, status: 'ok', text: `${namesDirectory} does not exist yet; the bridge makes it` }];
  if ((mode & 0o007) !== 0) return failed(`${namesDirectory} is open to everyone: chmod o= ${namesDirectory}`);
  return [{ check, status: 'ok', text: namesDirectory }, ...ownSpace(namesDirectory, dataDirectory)];
}

/** Where sealed recordings are. */
export function checkSealed({ dataDirectory, recordings: { directory } }: Config): readonly Finding[] {
  const check = 'sealed recordings';
  const { nearest, there, usable } = lookAt(directory);
  if (!usable) {
    const text = `${nearest} cannot be written, so that no recording can be sealed: make it a folder of the bridge's user`;
    return [{ check, status: 'failed', text }];
  }
  if (!there) return [{ check, status: 'ok', text: `${directory} does not exist yet; the first recording makes it` }];
  return [{ check, status: 'ok', text: directory }, ...ownSpace(directory, dataDirectory)];
}

interface Looked {
  /** The folder, or the nearest above it that is there. */
  readonly nearest: string;
  readonly there: boolean;
  /** Files can be made in it. */
  readonly usable: boolean;
  readonly mode: number;
}

function lookAt(path: string): Looked {
  const nearest = nearestExisting(path);
  const found = statSync(nearest);
  const looked = { nearest, there: nearest === path, mode: found.mode };
  try {
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK);
    return { ...looked, usable: found.isDirectory() };
  } catch {
    return { ...looked, usable: false };
  }
}

/** Of a file system other than that of the data directory, which is looked at anyhow. */
function ownSpace(path: string, dataDirectory: string): readonly Finding[] {
  return statSync(path).dev === statSync(nearestExisting(dataDirectory)).dev ? [] : [checkSpace(path)];
}

function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}

function checkSpace(path: string): Finding {
  const check = 'disk space';
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / MEGABYTE);
  const text = `${free} MB free at ${path}`;
  if (free < FULL_MB) return { check, status: 'failed', text: `${text}: make room, nothing can be stored soon` };
  return { check, status: free < NEARLY_FULL_MB ? 'warning' : 'ok', text };
}
