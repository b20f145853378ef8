import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { DialOutRights } from '../../domain/conference-options.js';
import type { Config } from '../config.js';
import { dialPrefix } from '../config/outbound-trunks.js';
import { wholeNumber } from './arguments.js';
import { Refused } from './io.js';

/** Whether and how far hosts may call someone in, as commander gives it. */
export interface DialOutFlags {
  /** Name of an outbound trunk, or `none`. */
  readonly dialOut?: string;
  readonly dialOutPrefixes?: readonly string[];
  readonly dialOutCalls?: number;
  readonly dialOutAtOnce?: number;
  readonly dialOutMinutes?: number;
}

export function addDialOutFlags(command: Command): void {
  command
    .option('--dial-out <trunk>', 'let hosts call someone in, by this one of dialOut.trunks, or none')
    .option('--dial-out-prefixes <list>', 'what a number they call must begin with, such as 0044,01', prefixes)
    .option('--dial-out-calls <number>', 'calls they may place in an hour', wholeNumber(1, 1_000))
    .option('--dial-out-at-once <number>', 'calls they may have placed at once', wholeNumber(1, 100))
    .option('--dial-out-minutes <number>', 'minutes they may talk by them, in 24 hours', wholeNumber(1, 10_000));
}

function prefixes(text: string): readonly string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const read = parts.flatMap((part) => dialPrefix.fromText(part) ?? []);
  if (read.length === 0 || read.length < parts.length) {
    throw new InvalidArgumentError('It must be prefixes as they are keyed, with commas between them, such as 0044,01.');
  }
  return read;
}

/** The rights as they are with what the flags say otherwise. @throws {Refused} */
export function applyDialOutFlags(
  current: DialOutRights | null,
  flags: DialOutFlags,
  { trunks, guards: usual }: Config['dialOut'],
): DialOutRights | null {
  const { dialOut, dialOutPrefixes, dialOutCalls, dialOutAtOnce, dialOutMinutes } = flags;
  const guards = [dialOutPrefixes, dialOutCalls, dialOutAtOnce, dialOutMinutes];
  const trunk = dialOut === 'none' ? undefined : (dialOut ?? current?.trunk);
  if (trunk === undefined) {
    if (guards.every((guard) => guard === undefined)) return null;
    throw new Refused('hosts of this account are to call nobody, so there is nothing to limit: give --dial-out TRUNK');
  }
  if (dialOut !== undefined && !Object.hasOwn(trunks, trunk))
    throw new Refused(noSuchTrunk(trunk, Object.keys(trunks)));
  const before = current ?? usual;
  const rights = {
    trunk,
    prefixes: dialOutPrefixes ?? before.prefixes,
    callsPerHour: dialOutCalls ?? before.callsPerHour,
    atOnce: dialOutAtOnce ?? before.atOnce,
    minutesPerDay: dialOutMinutes ?? before.minutesPerDay,
  };
  if (rights.prefixes.length > 0) return rights;
  throw new Refused('what numbers hosts may call is not said: give --dial-out-prefixes, such as 0044,01');
}

function noSuchTrunk(trunk: string, known: readonly string[]): string {
  if (known.length === 0) return 'there are no outbound trunks: add one to dialOut.trunks in the configuration';
  return `there is no outbound trunk "${trunk}" in dialOut.trunks: they are ${known.join(', ')}`;
}

/** For people. */
export function describeDialOut(rights: DialOutRights | null): string {
  if (rights === null) return 'no';
  const { trunk, prefixes: allowed, callsPerHour, atOnce, minutesPerDay } = rights;
  return `by ${trunk} to ${allowed.join(', ')}; ${callsPerHour} an hour, ${atOnce} at once, ${minutesPerDay} min a day`;
}
