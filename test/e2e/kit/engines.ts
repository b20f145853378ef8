import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

export type EngineName = 'embedded' | 'freeswitch';

/** Where `serve --engine freeswitch` looks for its servers besides the PATH. */
const USUAL_PLACES = ['/usr/local/freeswitch/bin', '/usr/local/bin'];

const NAMES: Readonly<Record<EngineName, string>> = {
  embedded: 'embedded engine',
  freeswitch: 'drachtio-server and FreeSWITCH',
};

/** Programs an engine needs that are not on this machine. */
export function missingPrograms(engine: EngineName): readonly string[] {
  return engine === 'embedded' ? [] : ['drachtio', 'freeswitch'].filter((program) => !isInstalled(program));
}

/**
 * One suite for every engine, all engines at the same time: the suites mostly wait. An engine whose programs are missing is
 * skipped, visibly.
 * `PARTYLINE_TEST_ENGINES=embedded` (or `freeswitch`) runs one of them alone.
 */
export function forEachEngine(define: (engine: EngineName) => void): void {
  for (const engine of ['embedded', 'freeswitch'] as const) onEngine(engine, () => define(engine));
}

/** A suite that is about one engine alone. */
export function onEngine(engine: EngineName, define: () => void): void {
  const missing = missingPrograms(engine);
  const wanted = process.env['PARTYLINE_TEST_ENGINES']?.split(',') ?? [engine];
  if (missing.length > 0) describe.skip(`${NAMES[engine]} (skipped: no ${missing.join(', no ')} here)`, define);
  else if (!wanted.includes(engine)) describe.skip(`${NAMES[engine]} (skipped: PARTYLINE_TEST_ENGINES)`, define);
  else describe.concurrent(NAMES[engine], define);
}

function isInstalled(program: string): boolean {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...USUAL_PLACES];
  return places.some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
