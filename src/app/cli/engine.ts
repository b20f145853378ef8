import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { renderEngine, type RenderedProgram } from '../compose-engine-render.js';
import { difference, filesIn, foreignFiles, makeDirectory, writeFiles } from '../engine-files.js';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Exit, Refused } from './io.js';

interface RenderFlags {
  readonly out?: string;
  readonly state?: string;
  readonly mixer?: string;
  readonly check?: boolean;
  readonly force?: boolean;
}

export function registerEngine(program: Command, context: CliContext): void {
  const engine = program.command('engine').description('configuration of drachtio-server and of the FreeSWITCH mixers');
  const render = engine
    .command('render')
    .description(
      'write what drachtio-server and every mixer are to be run with, secrets included, and say how to start them',
    )
    .option('--out <directory>', 'where to; default: engine-conf in the data directory')
    .option('--state <directory>', 'where the programs keep logs and databases; default: beside their configuration')
    .option('--mixer <name>', 'this mixer only')
    .option('--check', 'write nothing, and say what differs from the files there; exit status 1 when something does')
    .option('--force', 'overwrite files that were changed by hand, or come from elsewhere');
  withExamples(
    render,
    'partyline engine render --out /etc/partyline/engine --state /var/lib/partyline-engine',
    'partyline engine render --check',
  ).action((flags: RenderFlags) => renderOrCheck(context, flags));
  const secret = engine
    .command('secret <file...>')
    .description('write a fresh secret into each of these files that is not there yet');
  withExamples(secret, 'partyline engine secret /etc/partyline/drachtio.secret /etc/partyline/mixer-a.secret').action(
    (files: readonly string[]) => makeSecrets(context, files),
  );
}

function renderOrCheck(context: CliContext, flags: RenderFlags): void {
  const loaded = context.loadConfig();
  const { workingDirectory } = context.io;
  const directory = resolve(workingDirectory, flags.out ?? join(loaded.config.dataDirectory, 'engine-conf'));
  const state = flags.state === undefined ? directory : resolve(workingDirectory, flags.state);
  const { programs, warnings } = renderEngine(loaded, { directory, state }, flags.mixer ?? null);
  for (const warning of warnings) context.warn(warning);
  if (flags.check === true) {
    check(context, directory, programs);
    return;
  }
  const foreign = programs.flatMap(({ name, files }) => foreignFiles(filesIn(join(directory, name), files)));
  if (foreign.length > 0 && flags.force !== true) {
    throw new Refused(
      `${foreign.join(', ')} ${foreign.length === 1 ? 'was' : 'were'} changed by hand, or not rendered: move away, or overwrite with --force`,
    );
  }
  for (const { name, files, directories } of programs) {
    writeFiles(join(directory, name), filesIn(join(directory, name), files));
    // elsewhere they belong to whoever runs the programs
    if (flags.state === undefined) for (const path of directories) makeDirectory(path);
    context.print(`wrote ${join(directory, name)} (${files.map((file) => file.name).join(', ')})`);
  }
  context.print(
    ['', 'Start them with:', ...programs.map(({ start }) => `  ${start.map(quoted).join(' ')}`)].join('\n'),
  );
  if (flags.state !== undefined) {
    const needed = programs.flatMap(({ directories }) => directories).map((path) => `  ${path}`);
    context.print(['', 'They write into these directories, which must be there:', ...needed].join('\n'));
  }
}

function check(context: CliContext, directory: string, programs: readonly RenderedProgram[]): void {
  const files = programs.flatMap((program) => filesIn(join(directory, program.name), program.files));
  const differences = files.map(difference).filter((line) => line !== null);
  for (const line of differences) context.print(line);
  if (differences.length > 0) throw new Exit(1);
  context.print(`${directory} is as the configuration says (${files.length} files).`);
}

function makeSecrets(context: CliContext, files: readonly string[]): void {
  for (const file of files) {
    const path = resolve(context.io.workingDirectory, file);
    try {
      writeFileSync(path, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
      context.print(`wrote ${path}`);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      context.print(`kept ${path}`);
    }
  }
}

/** As a shell takes it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
