import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { profileTrouble } from '../src/adapters/freeswitch/event-socket.js';
import { findDrachtio, startLocalDrachtio, type LocalDrachtio } from '../src/adapters/local-programs/drachtio.js';
import {
  findFreeSwitch,
  startLocalFreeSwitch,
  type LocalFreeSwitch,
  type LocalFreeSwitchOptions,
} from '../src/adapters/local-programs/freeswitch.js';

/** Starts a FreeSWITCH; what is left out of the options is chosen. */
export const startMixer = (options: MixerOptions): Promise<LocalFreeSwitch> =>
  startLocalFreeSwitch({ trouble: profileTrouble, ...options });

export type MixerOptions = Omit<LocalFreeSwitchOptions, 'trouble'>;

/** One more FreeSWITCH, of another version: `PARTYLINE_OTHER_FREESWITCH`, else where one of 1.10 may be. @returns its path, or `null`. */
export function otherFreeSwitch(): string | null {
  const named = process.env['PARTYLINE_OTHER_FREESWITCH'] ?? '';
  const places = ['/usr/local/freeswitch-1.10/bin/freeswitch', '/opt/freeswitch-1.10/bin/freeswitch'];
  return (named === '' ? places : [named]).find((path) => existsSync(path)) ?? null;
}

/** Whether both programs are on this machine. */
const hasProduction = findDrachtio() !== null && findFreeSwitch() !== null;

/** A suite on the real programs; skipped, with a visible line, where they are missing. */
export function describeProduction(title: string, define: () => void): void {
  if (hasProduction) {
    describe(title, define);
    return;
  }
  console.warn('production engine skipped: drachtio-server / FreeSWITCH not found');
  describe.skip(`${title} (production engine skipped: drachtio-server / FreeSWITCH not found)`, define);
}

/** A directory of the suite's own, gone afterwards. */
export function productionDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'partyline-production-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A drachtio-server for the suite, on loopback and ports of its own; stopped afterwards, whatever happened. */
export function useDrachtio(directory: string): () => LocalDrachtio {
  let server: LocalDrachtio | null = null;
  beforeAll(async () => {
    server = await startLocalDrachtio({ directory: join(directory, 'drachtio') });
  }, 30_000);
  afterAll(() => server?.stop(), 15_000);
  return () => {
    if (server === null) throw new Error('drachtio-server does not run');
    return server;
  };
}

/** The same for a FreeSWITCH. */
export function useFreeSwitch(directory: string, options: Partial<MixerOptions> = {}): () => LocalFreeSwitch {
  let server: LocalFreeSwitch | null = null;
  beforeAll(async () => {
    server = await startMixer({ directory: join(directory, 'freeswitch'), ...options });
  }, 40_000);
  afterAll(() => server?.stop(), 15_000);
  return () => {
    if (server === null) throw new Error('FreeSWITCH does not run');
    return server;
  };
}
