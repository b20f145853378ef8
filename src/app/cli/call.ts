import { InvalidArgumentError, Option, type Command } from 'commander';
import { isKey } from '../../domain/keys.js';
import { NotDiallable, readDialTarget } from '../telephone/dial-target.js';
import { NotKeyable, readKeys } from '../telephone/key-sequence.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CallFlags, Orders } from './call-by-hand.js';
import type { CliContext } from './context.js';

const LONGEST_CALL_S = 86_400;
const LONGEST_PIN = 40;
const DEFAULT_FROM = 'test-telephone';
const KEYS_OF_A_PERSON = 'While the call lasts, 0-9 * and # are sent as keys; q or Ctrl-C hangs up.';

/** `partyline call`: a telephone in the terminal. */
export function registerCall(program: Command, context: CliContext): void {
  const command = program
    .command('call')
    .description('a telephone to try a bridge with: dials, keys a PIN, shows levels, records what it hears')
    .argument('<address>', 'SIP address, such as sip:conference@127.0.0.1:5060')
    .option('--pin <digits>', 'key this PIN when asked for one')
    .addOption(new Option('--say <file>', 'say a WAV file (16-bit PCM, 8 or 16 kHz), over and over').conflicts('tone'))
    .option('--tone <hz>', 'say a tone of 50 to 3500 Hz', numberFrom(50, 3500, 'Hz'))
    .option('--keys <keys>', 'press these keys after the PIN; a comma is a pause of one second')
    .option('--record <file>', 'write what is heard to a WAV file')
    .option('--for <seconds>', 'hang up after so many seconds', numberFrom(0.1, LONGEST_CALL_S, 'seconds'))
    .addOption(
      new Option('--transport <name>', 'of the signalling; udp, or as the address says').choices(['udp', 'tcp']),
    )
    .addOption(
      new Option('--key-method <method>', 'keys as RFC 4733 events, SIP INFO or tones').choices([
        'event',
        'info',
        'inband',
      ]),
    )
    .option('--from <number>', 'caller number to show', callerNumber, DEFAULT_FROM)
    .addOption(jsonOption());
  withExamples(
    command,
    'partyline call sip:conference@127.0.0.1:5060 --pin 123456789',
    'partyline call sip:8000@127.0.0.1 --tone 440 --for 10 --record heard.wav --json',
  )
    .addHelpText('after', `\n${KEYS_OF_A_PERSON}`)
    .action(async (address: string, flags: CallFlags) => {
      const orders = readOrders(command, address, flags);
      // a telephone is half an engine: no other command waits until it is loaded
      const { callByHand } = await import('./call-by-hand.js');
      await callByHand(context, orders, flags, KEYS_OF_A_PERSON);
    });
}

/** Reads the arguments that commander must not read itself: its messages would show a PIN that was mistyped. */
function readOrders(command: Command, address: string, { pin, keys, transport }: CallFlags): Orders {
  try {
    if (pin !== undefined && !isPin(pin))
      command.error(`error: --pin takes 1 to ${LONGEST_PIN} digits and nothing else`);
    return {
      target: readDialTarget(address, transport),
      pin: pin === undefined ? null : Array.from(pin).filter(isKey),
      keys: keys === undefined ? [] : readKeys(keys),
    };
  } catch (error) {
    if (error instanceof NotDiallable) return command.error(`error: ${error.message}`);
    if (error instanceof NotKeyable) return command.error(`error: --keys: ${error.message}`);
    throw error;
  }
}

const isPin = (text: string): boolean => /^[0-9]+$/.test(text) && text.length <= LONGEST_PIN;

function numberFrom(least: number, most: number, unit: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be ${least} to ${most} ${unit}.`);
  };
}

function callerNumber(text: string): string {
  if (!/^\+?[0-9A-Za-z._-]{1,40}$/.test(text)) throw new InvalidArgumentError('It must be a number or a plain name.');
  return text;
}
