import type { Command } from 'commander';
import { ConfigError } from '../config.js';
import type { LoadedConfig } from '../config.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { checkNode, checkPorts, checkPrompts, checkStore } from './doctor-checks.js';
import type { Finding } from './doctor-checks.js';
import { checkDataDirectory, checkNames } from './doctor-folders.js';
import { checkRecordings } from './doctor-recordings.js';
import { Exit } from './io.js';

const MARKS = { ok: 'ok', warning: 'warning', failed: 'FAILED' } as const;

export function registerDoctor(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .description('look for whatever keeps the bridge from working; exit status 1 when something does')
    .addOption(jsonOption());
  withExamples(command, 'partyline doctor', 'partyline doctor --json').action(async (flags: { json?: boolean }) => {
    const findings = await examine(context);
    if (flags.json === true) {
      context.printJson(findings);
    } else {
      context.printTable(
        [],
        findings.map(({ check, status, text }) => [MARKS[status], check, text]),
      );
    }
    if (findings.some(({ status }) => status === 'failed')) throw new Exit(1);
  });
}

async function examine(context: CliContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [checkNode(process.versions.node)];
  let loaded: LoadedConfig;
  try {
    loaded = context.loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...findings, { check: 'configuration', status: 'failed', text: error.message }];
  }
  const { config, file } = loaded;
  findings.push({ check: 'configuration', status: 'ok', text: file ?? 'no file, only defaults and environment' });
  findings.push(...checkDataDirectory(config));
  findings.push(...(await checkStore(context, config)));
  findings.push(...checkNames(config));
  findings.push(...(await checkRecordings(context, config)));
  findings.push(checkPrompts(config));
  const { checkEngine } = await import('./doctor-engine.js');
  findings.push(...(await checkEngine(config)));
  findings.push(...(await checkPorts(config)));
  return findings;
}
