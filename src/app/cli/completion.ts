import { Argument } from 'commander';
import type { Command } from 'commander';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';

/** What may follow one command: the names below it and its flags. */
interface Level {
  /** The command's words after `partyline`, with blanks between; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

export function registerCompletion(program: Command, context: CliContext): void {
  const command = program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']));
  withExamples(
    command,
    'partyline completion bash > /etc/bash_completion.d/partyline',
    'partyline completion fish > ~/.config/fish/completions/partyline.fish',
  ).action((shell: 'bash' | 'zsh' | 'fish') => {
    const levels = levelsOf(program, '');
    context.print(shell === 'fish' ? fishScript(levels) : bashScript(levels, shell));
  });
}

/** Every command with what may follow it, from the commands as they are registered. */
function levelsOf(command: Command, path: string): readonly Level[] {
  const flags = command.options.filter((option) => !option.hidden).flatMap(({ long }) => (long == null ? [] : [long]));
  const names = command.commands.map((below) => below.name());
  const below = command.commands.flatMap((next) =>
    levelsOf(next, path === '' ? next.name() : `${path} ${next.name()}`),
  );
  return [{ path, words: [...names, ...flags, '--help'] }, ...below];
}

/** Names and flags are plain words, so that nothing needs quoting. Zsh runs the same script by its own bash support. */
function bashScript(levels: readonly Level[], shell: 'bash' | 'zsh'): string {
  const cases = levels.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  const paths = levels.map(({ path }) => `'${path}'`).join('|');
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_partyline() {',
    "  local word path='' next words=''",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    next="${path:+$path }$word"',
    `    case "$next" in ${paths}) path="$next" ;; esac`,
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _partyline partyline',
  ].join('\n');
}

function fishScript(levels: readonly Level[]): string {
  const lines = levels.map(({ path, words }) => {
    const seen = path === '' ? [] : path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const depth = levels.filter((level) => level.path.startsWith(path === '' ? '' : `${path} `) && level.path !== path);
    const below = depth
      .map((level) => level.path.slice(path === '' ? 0 : path.length + 1))
      .filter((rest) => !rest.includes(' '));
    const notBelow = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
    const condition = [...seen, ...notBelow].join('; and ');
    return `complete -c partyline -n '${condition === '' ? 'true' : condition}' -a '${words.join(' ')}'`;
  });
  return lines.join('\n');
}
