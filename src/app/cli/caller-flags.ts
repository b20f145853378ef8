import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { callerPattern } from '../../domain/access/caller-patterns.js';
import { HOST_REPORTS } from '../../domain/conference-options.js';
import type { ConferenceOptions, HostReport } from '../../domain/conference-options.js';

/** Numbers and patterns that one account may allow: each caller is looked for in all of them. */
const MOST_ALLOWED = 1_000;
const WRONG_PATTERN = 'It must be any, or numbers and patterns with commas between them, such as +442071234567,+4420*';

/** Flags of an account about who may call, and what the host is told afterwards. */
export interface CallerFlags {
  readonly allow?: readonly string[] | 'any';
  readonly report?: HostReport | 'default';
}

function readAllowed(text: string): readonly string[] | 'any' {
  if (text.trim() === 'any') return 'any';
  const given = text.split(/[,;\n]/).filter((one) => one.trim() !== '');
  const patterns = given.map((one) => {
    const pattern = callerPattern(one);
    if (pattern === null) throw new InvalidArgumentError(`${WRONG_PATTERN}, and "${one.trim()}" is none.`);
    return pattern;
  });
  if (patterns.length === 0) throw new InvalidArgumentError(`${WRONG_PATTERN}.`);
  if (patterns.length > MOST_ALLOWED) throw new InvalidArgumentError(`It may have ${MOST_ALLOWED} at most.`);
  return [...new Set(patterns)];
}

export const addCallerFlags = (command: Command): Command =>
  command
    .option(
      '--allow <list>',
      'numbers and patterns of the only callers who are let in, hosts too, and nobody who withholds the number; or any',
      readAllowed,
    )
    .addOption(
      new Option('--report <where>', 'what becomes of the report after a conference; default: report.host').choices([
        ...HOST_REPORTS,
        'default',
      ]),
    );

/** What the flags and the options before say together. */
export function applyCallerFlags(
  { allowedCallers, hostReport }: ConferenceOptions,
  { allow, report }: CallerFlags,
): Pick<ConferenceOptions, 'allowedCallers' | 'hostReport'> {
  const allowed = allow === 'any' ? undefined : (allow ?? allowedCallers);
  const where = report === 'default' ? undefined : (report ?? hostReport);
  return {
    ...(allowed === undefined ? {} : { allowedCallers: allowed }),
    ...(where === undefined ? {} : { hostReport: where }),
  };
}

/** For people, who are shown so many. */
const MOST_SHOWN = 10;

export function describeAllowed(allowed: readonly string[] | undefined): string {
  if (allowed === undefined) return 'any caller';
  const more = allowed.length - MOST_SHOWN;
  return [...allowed.slice(0, MOST_SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
