import { isKey, type Key, type KeyMethod } from '../../domain/keys.js';
import type { DialTarget } from '../telephone/dial-target.js';
import { HandCall, type CallSummary } from '../telephone/hand-call.js';
import type { KeyStep } from '../telephone/key-sequence.js';
import { durationText } from '../telephone/level-meter.js';
import { NoScreen, PlainScreen, TerminalScreen, type Screen } from '../telephone/screen.js';
import { loadSound, Recording, SoundFileUnusable } from '../telephone/sound-files.js';
import { CallRefused, Telephone, type PhoneSource } from '../telephone/telephone.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { printable } from './output.js';

/** Level of `--tone`. */
const TONE_DBFS = -20;

export interface CallFlags {
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

/** What was given on the command line, read. */
export interface Orders {
  readonly target: DialTarget;
  readonly pin: readonly Key[] | null;
  readonly keys: readonly KeyStep[];
}

/** Places the call and says how it went. @param help what the keys do while it lasts @throws {Refused} */
export async function callByHand(context: CliContext, orders: Orders, flags: CallFlags, help: string): Promise<void> {
  try {
    await place(context, orders, flags, help);
  } catch (error) {
    if (error instanceof CallRefused && flags.json === true) {
      context.printJson({ target: orders.target.uri, answered: false, status: error.status, cause: error.message });
    }
    if (error instanceof CallRefused || error instanceof SoundFileUnusable) throw new Refused(error.message);
    throw error;
  }
}

async function place(
  context: CliContext,
  { target, pin, keys }: Orders,
  flags: CallFlags,
  help: string,
): Promise<void> {
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
    if (screen instanceof TerminalScreen) screen.tell(help);
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
