import { InvalidArgumentError, Option, type Command } from 'commander';
import { isKey, type Key, type KeyMethod } from '../../domain/keys.js';
import { NotDiallable, readDialTarget, type DialTarget } from '../telephone/dial-target.js';
import { HandCall, type CallSummary } from '../telephone/hand-call.js';
import { NotKeyable, readKeys, type KeyStep } from '../telephone/key-sequence.js';
import { durationText } from '../telephone/level-meter.js';
import { NoScreen, PlainScreen, TerminalScreen, type Screen } from '../telephone/screen.js';
import { loadSound, Recording, SoundFileUnusable } from '../telephone/sound-files.js';
import { CallRefused, Telephone, type PhoneSource } from '../telephone/telephone.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { printable } from './output.js';

interface CallFlags {
  readonly pin?: string;
  readonly say?: string;
  readonly tone?: number;
  readonly keys?: string;
  readonly record?: string;
  readonly for?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly keyMethod?: KeyMethod;
  readonly from: string;
  readonly json?: boolean;
}

/** Level of `--tone`. */
const TONE_DBFS = -20;
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
      try {
        await callByHand(context, orders, flags);
      } catch (error) {
        if (error instanceof CallRefused && flags.json === true) {
          context.printJson({ target: orders.target.uri, answered: false, status: error.status, cause: error.message });
        }
        if (error instanceof CallRefused || error instanceof SoundFileUnusable) throw new Refused(error.message);
        throw error;
      }
    });
}

/** What was given on the command line, read. */
interface Orders {
  readonly target: DialTarget;
  readonly pin: readonly Key[] | null;
  readonly keys: readonly KeyStep[];
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

async function callByHand(context: CliContext, { target, pin, keys }: Orders, flags: CallFlags): Promise<void> {
  const hangUp = new AbortController();
  const wish = (): void => hangUp.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const say = sourceOf(flags);
  const recording = flags.record === undefined ? null : await Recording.begin(flags.record);
  const screen = openScreen(context, flags);
  for (const signal of signals) process.on(signal, wish);
  try {
    screen.tell(`calling ${target.uri} over ${target.transport}`);
    const telephone = await Telephone.dial({ target, from: flags.from, signal: hangUp.signal });
    screen.tell('answered');
    if (screen instanceof TerminalScreen) screen.tell(KEYS_OF_A_PERSON);
    const call = new HandCall(
      telephone,
      {
        pin,
        keys,
        say,
        record: recording === null ? null : (samples) => recording.write(samples),
        limitMs: flags.for === undefined ? null : flags.for * 1000,
        keyMethod: flags.keyMethod ?? null,
        hangUp: hangUp.signal,
      },
      screen,
    );
    const release = listenToKeyboard((key) => call.type(key), wish);
    let summary: CallSummary;
    try {
      summary = await call.run();
    } finally {
      release();
      screen.close();
    }
    await recording?.finish();
    report(context, target, summary, flags);
  } catch (error) {
    screen.close();
    await recording?.abandon();
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, wish);
  }
}

function sourceOf(flags: CallFlags): PhoneSource {
  if (flags.say !== undefined) return { kind: 'samples', samples: loadSound(flags.say), loop: true };
  if (flags.tone !== undefined) return { kind: 'tone', hz: flags.tone, dbfs: TONE_DBFS };
  return { kind: 'silence' };
}

function openScreen({ io }: CliContext, flags: CallFlags): Screen {
  if (flags.json === true) return new NoScreen();
  const { stdout } = process;
  const output = {
    get columns(): number {
      return stdout.columns;
    },
    write: (text: string) => io.stdout(text),
  };
  return stdout.isTTY ? new TerminalScreen(output) : new PlainScreen(output);
}

/** Keys typed on a terminal, one by one; elsewhere nothing is listened to. @returns what gives the terminal back */
function listenToKeyboard(pressed: (key: Key) => void, hangUp: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const typed = (data: Buffer): void => {
    for (const character of data.toString('latin1').toUpperCase()) {
      // In raw mode Ctrl-C and Ctrl-D are characters.
      if (character === 'Q' || character === '\u0003' || character === '\u0004') hangUp();
      else if (/[0-9*#]/.test(character) && isKey(character)) pressed(character);
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', typed);
  stdin.resume();
  return () => {
    stdin.off('data', typed);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function report(context: CliContext, target: DialTarget, summary: CallSummary, flags: CallFlags): void {
  if (flags.json === true) {
    context.printJson({ target: target.uri, answered: true, ...summary, recording: flags.record ?? null });
    return;
  }
  const level = (dbfs: number | null): string => (dbfs === null ? 'silence' : `${dbfs} dBFS`);
  const { packetsSent, packetsReceived, packetsLost, loudestInDbfs, loudestOutDbfs } = summary;
  context.print(`${endedInWords(summary)} after ${durationText(summary.durationMs)}`);
  context.print(`packets  ${packetsSent} sent, ${packetsReceived} received, ${packetsLost} lost`);
  context.print(`loudest  in ${level(loudestInDbfs)}, out ${level(loudestOutDbfs)}`);
  if (flags.record !== undefined) context.print(`recorded ${flags.record}`);
}

function endedInWords({ endedBy, cause }: CallSummary): string {
  switch (endedBy) {
    case 'us':
      return 'hung up';
    case 'them':
      return 'the far end hung up';
    default:
      return `the line was lost (${printable(cause)})`;
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
