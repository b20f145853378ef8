import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { auditLine, auditLineIf } from '../audit-line.js';
import { networksOverlap, parseNetwork, showNetwork } from '../../domain/access/sources.js';
import type { Network } from '../../domain/access/sources.js';
import { Duplicate } from '../../ports/store.js';
import type { Store, Trunk } from '../../ports/store.js';
import { confirmRemoval, jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { isoTime, localTime } from './output.js';

/** The bridge's own trunk, by which this machine may call. */
const BUILT_IN = 'local';

export function registerTrunk(program: Command, context: CliContext): void {
  const trunk = program.command('trunk').description('peers that calls may come from: a PBX, a carrier');
  registerAdd(trunk, context);
  registerList(trunk, context);
  registerRemove(trunk, context);
}

function trunkName(text: string): string {
  if (!/^[\w.-]{1,64}$/.test(text)) {
    throw new InvalidArgumentError('It must be 1 to 64 letters, digits, dots, - and _.');
  }
  return text;
}

/** Gathers the sources of repeated flags and of lists with commas. */
function addSource(text: string, before: readonly Network[] = []): readonly Network[] {
  const networks = text.split(',').map((part) => {
    const reading = parseNetwork(part.trim());
    if (!reading.ok) throw new InvalidArgumentError(`${reading.problem}.`);
    return reading.network;
  });
  return [...before, ...networks];
}

/** @throws {Refused} when another trunk has one of the addresses: a call could come by either */
function refuseOverlap(store: Store, networks: readonly Network[]): void {
  for (const trunk of store.trunks()) {
    for (const text of trunk.sources) {
      const other = parseNetwork(text);
      const overlap = other.ok ? networks.find((network) => networksOverlap(network, other.network)) : undefined;
      if (overlap !== undefined) {
        throw new Refused(
          `${showNetwork(overlap)} overlaps ${text} of the trunk ${trunk.name}: a call from there could be either's`,
        );
      }
    }
  }
}

function registerAdd(trunk: Command, context: CliContext): void {
  const command = trunk
    .command('add')
    .description('take calls from these addresses')
    .argument('<name>', 'name of the trunk, as it stands in the records', trunkName)
    .requiredOption('--source <address>', 'IP address or network; several with commas, or repeated', addSource);
  withExamples(
    command,
    'partyline trunk add pbx --source 192.0.2.10',
    'partyline trunk add carrier --source 198.51.100.0/24,2001:db8:5::/48',
  ).action((name: string, flags: { source: readonly Network[] }) => {
    return context.withNewStore(({ store, clock }) => {
      if (name.toLowerCase() === BUILT_IN) {
        throw new Refused(`the trunk ${BUILT_IN} is the bridge's own: choose another name`);
      }
      refuseOverlap(store, flags.source);
      const sources = [...new Set(flags.source.map(showNetwork))];
      try {
        store.audited(auditLine('trunk-added'), () =>
          store.addTrunk({ name, sources, enabled: true, createdAt: clock.wall() }),
        );
      } catch (error) {
        if (!(error instanceof Duplicate)) throw error;
        throw new Refused(`there is a trunk ${name} already: remove it first to change it`);
      }
      context.print(`Calls from ${sources.join(', ')} come by the trunk ${name}.`);
      const open = flags.source.find(({ prefix }) => prefix === 0);
      if (open !== undefined) context.warn(`${showNetwork(open)} is the whole internet: anyone can call and try PINs`);
    });
  });
}

/** What programs see of a trunk. */
function toJson({ name, sources, enabled, createdAt }: Trunk): unknown {
  return { name, sources, enabled, createdAt: isoTime(createdAt) };
}

function registerList(trunk: Command, context: CliContext): void {
  const command = trunk.command('list').description('list the trunks').addOption(jsonOption());
  withExamples(command, 'partyline trunk list').action((flags: { json?: boolean }) =>
    context.withStore((store) => {
      const trunks = store.trunks();
      if (flags.json === true) {
        context.printJson(trunks.map(toJson));
      } else if (trunks.length === 0) {
        context.print(
          'No trunks yet, so only this machine can call: add one with partyline trunk add NAME --source IP',
        );
      } else {
        const rows = trunks.map((one) => [one.name, one.sources.join(', '), localTime(one.createdAt)]);
        context.printTable(['NAME', 'SOURCES', 'CREATED'], rows);
      }
    }),
  );
}

function registerRemove(trunk: Command, context: CliContext): void {
  const command = trunk
    .command('remove')
    .description('take no more calls from a trunk; calls that are up go on')
    .argument('<name>', 'name of the trunk')
    .option('--yes', 'do not ask');
  withExamples(command, 'partyline trunk remove carrier --yes').action((name: string, flags: { yes?: boolean }) =>
    context.withStore(async (store) => {
      const found = store.trunks().find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (found === undefined) throw new Refused(`there is no trunk ${name}: see partyline trunk list`);
      await confirmRemoval(context, command, flags.yes, `the trunk ${found.name}`);
      store.audited(auditLineIf('trunk-removed'), () => store.removeTrunk(found.name));
      context.print(`${found.name} is removed.`);
    }),
  );
}
