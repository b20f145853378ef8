import type { Command } from 'commander';
import { auditLineIf } from '../audit-line.js';
import type { Store } from '../../ports/store.js';
import type { Config } from '../config.js';
import { readRunningNote } from '../running-file.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { bridgeStatus } from './probes.js';

/** What programs see of a mixer; `null` where no bridge runs to tell it. */
interface ListedMixer {
  readonly name: string;
  readonly healthy: boolean | null;
  readonly draining: boolean;
  readonly calls: number | null;
  readonly conferences: number | null;
  readonly limit: number | null;
  readonly version: string | null;
}

export function registerMixer(program: Command, context: CliContext): void {
  const mixer = program.command('mixer').description('the FreeSWITCH mixers, which are named in the configuration');
  registerList(mixer, context);
  registerDrain(mixer, context);
  registerUndrain(mixer, context);
}

interface Look {
  /** Engine of the bridge that runs, or of the configuration. */
  readonly engine: string;
  readonly mixers: readonly ListedMixer[];
}

/** The mixers as the running bridge tells them, else as they are configured. */
async function lookAt(config: Config, store: Store): Promise<Look> {
  const address = readRunningNote(config.dataDirectory)?.http ?? null;
  const status = address === null ? null : await bridgeStatus(address);
  if (status !== null) {
    const { engine } = status;
    const mixers = status.mixers.map(({ name, healthy, draining, endpoints, rooms, limit, version }) => {
      return { name, healthy, draining, calls: endpoints, conferences: rooms, limit, version };
    });
    return { engine, mixers };
  }
  const drained = store.drainedMixers();
  const unknown = { calls: null, conferences: null, limit: null, version: null };
  const mixers = config.mixers.map(({ name, drain }) => {
    return { name, healthy: null, draining: drain || drained.includes(name), ...unknown };
  });
  return { engine: config.engine, mixers };
}

const stateOf = ({ healthy, draining }: ListedMixer): string => {
  const health = healthy === null ? 'not known' : healthy ? 'healthy' : 'not reachable';
  return draining ? `${health}, draining` : health;
};

const shown = (value: number | string | null): string => (value === null ? '-' : String(value));

function registerList(mixer: Command, context: CliContext): void {
  const command = mixer
    .command('list')
    .description('list the mixers, with what the running bridge knows of them')
    .addOption(jsonOption());
  withExamples(command, 'partyline mixer list', 'partyline mixer list --json').action((flags: { json?: boolean }) =>
    context.withStore(async (store, config) => {
      const { mixers } = await lookAt(config, store);
      if (flags.json === true) {
        context.printJson(mixers);
      } else if (mixers.length === 0) {
        context.print('No mixers are configured (mixers).');
      } else {
        const rows = mixers.map((one) => [
          one.name,
          stateOf(one),
          shown(one.calls),
          shown(one.limit),
          shown(one.conferences),
          shown(one.version),
        ]);
        context.printTable(['NAME', 'STATE', 'CALLS', 'LIMIT', 'CONFERENCES', 'VERSION'], rows);
      }
    }),
  );
}

/** @throws {Refused} when neither the configuration nor the running bridge knows the name as one of a FreeSWITCH */
function refuseUnknown(name: string, config: Config, { engine, mixers }: Look): void {
  const names = [...config.mixers, ...(engine === 'freeswitch' ? mixers : [])].map((one) => one.name);
  if (names.includes(name)) return;
  const why = names.length === 0 ? 'no FreeSWITCH is configured (mixers)' : 'see partyline mixer list';
  throw new Refused(`there is no mixer ${name}: ${why}`);
}

function registerDrain(mixer: Command, context: CliContext): void {
  const command = mixer
    .command('drain')
    .description('give a mixer no new calls and conferences, so that it can be stopped when the last has ended')
    .argument('<name>', 'name of the mixer');
  withExamples(command, 'partyline mixer drain a', 'partyline mixer list').action((name: string) =>
    context.withNewStore(async ({ store }, config) => {
      const look = await lookAt(config, store);
      refuseUnknown(name, config, look);
      store.audited(auditLineIf('mixer-drained'), () => store.setMixerDrained(name, true));
      context.print(`${name} gets no new calls and conferences; those it has go on (partyline mixer list).`);
      if (look.mixers.every((one) => one.draining || one.name === name)) {
        context.warn('no other mixer takes calls: new ones are refused');
      }
    }),
  );
}

function registerUndrain(mixer: Command, context: CliContext): void {
  const command = mixer
    .command('undrain')
    .description('give a mixer new calls and conferences again')
    .argument('<name>', 'name of the mixer');
  withExamples(command, 'partyline mixer undrain a').action((name: string) =>
    context.withNewStore(async ({ store }, config) => {
      // a mixer that was taken out of the configuration may have been left drained
      if (!store.drainedMixers().includes(name)) refuseUnknown(name, config, await lookAt(config, store));
      if (config.mixers.some((one) => one.name === name && one.drain)) {
        throw new Refused(`${name} is drained by the configuration: set its drain to false there`);
      }
      store.audited(auditLineIf('mixer-undrained'), () => store.setMixerDrained(name, false));
      context.print(`${name} gets new calls and conferences.`);
    }),
  );
}
