import { Command, CommanderError } from 'commander';
import { isStoreRefusal, openExistingStore, openStore } from '../compose-store.js';
import { ConfigError } from '../config.js';
import { RecordingUnreadable } from '../../ports/recordings.js';
import { Duplicate, StoreUnavailable, TooMany } from '../../ports/store.js';
import { VERSION } from '../version.js';
import { registerAccount } from './account.js';
import { registerBlock } from './block.js';
import { registerBooking } from './booking.js';
import { registerCall } from './call.js';
import { registerCompletion } from './completion.js';
import { registerConfig } from './config-command.js';
import { CliContext } from './context.js';
import type { Stores } from './context.js';
import { registerDialogOwner } from './dialog-owner.js';
import { registerDelivery } from './delivery.js';
import { registerDoctor } from './doctor.js';
import { registerEngine } from './engine.js';
import { Exit, Refused } from './io.js';
import type { CliIo } from './io.js';
import { registerInvite } from './invite.js';
import { registerKey } from './key.js';
import { registerMixer } from './mixer.js';
import { registerNumber } from './number.js';
import { registerPin } from './pin.js';
import { registerPrivacy } from './privacy.js';
import { registerRecording } from './recording.js';
import { registerReport } from './report.js';
import { registerServe } from './serve.js';
import { registerTrunk } from './trunk.js';
import { registerWhy } from './why.js';

const DONE = 0;
const REFUSED = 1;
const WRONG_USAGE = 2;

/** The whole command line; it never ends the process and writes only through `io`. */
export function buildProgram(io: CliIo, stores: Stores = { openStore, openExistingStore }): Command {
  const program = new Command('partyline')
    .description('A self-hosted dial-in conference bridge.')
    .version(VERSION)
    .option('--config <file>', 'configuration file (PARTYLINE_CONFIG; else partyline.json in the data directory)')
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      outputError: (text, write) => write(`${inOneLine(text)}\n`),
    });
  program.addHelpText('after', '\nExample:\n  $ partyline account add --name "Mary Murphy" && partyline serve\n');
  const context = new CliContext(program, io, stores);
  registerServe(program, context);
  registerDialogOwner(program, context);
  registerAccount(program, context);
  registerPin(program, context);
  registerKey(program, context);
  registerInvite(program, context);
  registerDelivery(program, context);
  registerBooking(program, context);
  registerNumber(program, context);
  registerTrunk(program, context);
  registerBlock(program, context);
  registerMixer(program, context);
  registerRecording(program, context);
  registerReport(program, context);
  registerWhy(program, context);
  registerPrivacy(program, context);
  registerConfig(program, context);
  registerEngine(program, context);
  registerDoctor(program, context);
  registerCall(program, context);
  registerCompletion(program, context);
  return program;
}

/** What commander says of wrong usage: what it adds on a second line, such as what was meant, stays on the first. */
function inOneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ' ');
  const isBare = /^error: (?:unknown|missing|required|too many)/.test(line) && !line.includes('Did you mean');
  return isBare ? `${line}: see --help of the command` : line;
}

/**
 * Runs one command line.
 * @param args without the names of node and of the program
 * @returns the exit status: 0 done, 1 refused or failed, 2 wrong usage
 */
export async function runCli(args: readonly string[], io: CliIo, stores?: Stores): Promise<number> {
  try {
    await buildProgram(io, stores).parseAsync(args, { from: 'user' });
    return DONE;
  } catch (error) {
    if (error instanceof Exit) return error.status;
    // commander has written its message already; help and version that were asked for are no mistake
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    io.stderr(`error: ${explain(error, io)}\n`);
    return REFUSED;
  }
}

/** Refusals speak for themselves, on one line; anything else is a mistake of ours, and says where when asked to. */
function explain(error: unknown, io: CliIo): string {
  if (!(error instanceof Error)) return String(error);
  const expected =
    error instanceof Refused ||
    error instanceof ConfigError ||
    error instanceof StoreUnavailable ||
    error instanceof Duplicate ||
    error instanceof TooMany ||
    error instanceof RecordingUnreadable ||
    isStoreRefusal(error);
  if (!expected && io.env['PARTYLINE_LOG_LEVEL'] === 'debug') return error.stack ?? error.message;
  const line = error.message.replaceAll(/\s*\n\s*/g, ' ');
  return 'code' in error && error.code === 'ENOSPC' ? `the disk is full: make room (${line})` : line;
}
