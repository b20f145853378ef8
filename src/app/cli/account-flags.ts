import { Option } from 'commander';
import type { Command } from 'commander';
import type { Announcement, ConferenceOptions, HostLeaves } from '../../domain/conference-options.js';
import type { Config } from '../config.js';
import { wholeNumber, wholeNumberOrNone } from './arguments.js';
import { addCallerFlags, applyCallerFlags } from './caller-flags.js';
import type { CallerFlags } from './caller-flags.js';
import type { CliContext } from './context.js';
import { addDialOutFlags, applyDialOutFlags } from './dial-out-flags.js';
import type { DialOutFlags } from './dial-out-flags.js';
import { applyKeys, keyOption } from './key-flags.js';
import type { KeyChange } from './key-flags.js';

/** The flags of `account add` and `account set`, as commander gives them. */
export interface ConferenceFlags extends DialOutFlags, CallerFlags {
  readonly entry?: Announcement;
  readonly exit?: Announcement;
  readonly nameOnEntry?: boolean;
  readonly nameReview?: boolean;
  readonly namesUpTo?: number;
  readonly hostLeaves?: HostLeaves;
  readonly grace?: number;
  readonly lock?: boolean;
  readonly readmit?: boolean;
  readonly lobby?: boolean;
  readonly rollCall?: boolean;
  readonly maxCallers?: number | 'none';
  readonly muteGuests?: boolean;
  readonly confirmHangup?: boolean;
  readonly recording?: ConferenceOptions['recording'];
  readonly recordBeep?: number | 'none';
  readonly recordAnnouncements?: boolean;
  readonly waitLimit?: number;
  readonly reassure?: number;
  readonly aloneLimit?: number;
  readonly durationLimit?: number;
  readonly key?: readonly KeyChange[];
}

const LONGEST_SECONDS = 604_800;
const MOST_CALLERS = 100_000;

/** Adds the flags to a command. */
export function addConferenceFlags(command: Command): Command {
  const seconds = wholeNumber(1, LONGEST_SECONDS);
  const choice = (flags: string, about: string, ...choices: readonly string[]): Option =>
    new Option(flags, about).choices(choices);
  const yesNo = (name: string, about: string, not: string): void => {
    command.option(`--${name}`, about).option(`--no-${name}`, not);
  };
  command
    .addOption(choice('--entry <what>', 'what the room hears when someone joins', 'tone', 'name', 'none'))
    .addOption(choice('--exit <what>', 'what the room hears when someone leaves', 'tone', 'name', 'none'));
  yesNo('name-on-entry', 'callers say their name before they come in', 'callers are not asked for their name');
  yesNo('name-review', 'their name is played back, to be kept or said again', 'their name is kept as it was said');
  command
    .option('--names-up-to <number>', 'callers in a room up to which names are announced', wholeNumber(0, 1_000))
    .addOption(choice('--host-leaves <what>', 'what happens when the last host leaves', 'continue', 'end', 'hold'))
    .option('--grace <seconds>', 'how long to wait for a host who left, under hold', seconds);
  yesNo('lock', 'hosts may lock the conference', 'hosts may not lock it');
  yesNo('readmit', 'a guest may return to a locked conference within 5 minutes', 'no guest may return to it');
  yesNo('lobby', 'guests wait until a host admits them', 'guests come in by themselves');
  yesNo('roll-call', 'hosts may call the roll', 'hosts may not call the roll');
  command.option('--max-callers <number>', 'most callers at once, or none', wholeNumberOrNone(1, MOST_CALLERS));
  yesNo('mute-guests', 'guests come in muted', 'guests come in unmuted');
  yesNo('confirm-hangup', '## wants a third # to confirm', '## ends the conference at once');
  command
    .addOption(choice('--recording <who>', 'whether hosts may record', 'not-allowed', 'allowed', 'automatic'))
    .option('--record-beep <seconds>', 'time between beeps while it is recorded, or none', wholeNumberOrNone(5, 3_600));
  yesNo('record-announcements', 'what the room hears is recorded too', 'only what callers say is recorded');
  addDialOutFlags(command);
  addCallerFlags(command);
  return command
    .option('--wait-limit <seconds>', 'how long callers wait for the first host', seconds)
    .option('--reassure <seconds>', 'time between reassurances while they wait', seconds)
    .option('--alone-limit <seconds>', 'how long the last caller may stay alone', seconds)
    .option('--duration-limit <seconds>', 'how long a conference may last', seconds)
    .addOption(keyOption());
}

const orNone = (flag: number | 'none' | undefined, otherwise: number | null): number | null =>
  flag === 'none' ? null : (flag ?? otherwise);

/** `options` with what the flags say otherwise. @throws {Refused} */
export function applyConferenceFlags(
  options: ConferenceOptions,
  flags: ConferenceFlags,
  dialOut: Config['dialOut'],
): ConferenceOptions {
  const keys = flags.key === undefined ? options.keyMap : applyKeys(options.keyMap, flags.key);
  return {
    entry: flags.entry ?? options.entry,
    exit: flags.exit ?? options.exit,
    nameOnEntry: flags.nameOnEntry ?? options.nameOnEntry,
    nameReview: flags.nameReview ?? options.nameReview,
    namesUpTo: flags.namesUpTo ?? options.namesUpTo,
    hostLeaves: flags.hostLeaves ?? options.hostLeaves,
    graceSeconds: flags.grace ?? options.graceSeconds,
    lockAllowed: flags.lock ?? options.lockAllowed,
    readmit: flags.readmit ?? options.readmit,
    lobby: flags.lobby ?? options.lobby,
    rollCall: flags.rollCall ?? options.rollCall,
    maxCallers: orNone(flags.maxCallers, options.maxCallers),
    muteGuestsOnEntry: flags.muteGuests ?? options.muteGuestsOnEntry,
    confirmHangup: flags.confirmHangup ?? options.confirmHangup,
    recording: flags.recording ?? options.recording,
    recordBeepSeconds: orNone(flags.recordBeep, options.recordBeepSeconds),
    recordAnnouncements: flags.recordAnnouncements ?? options.recordAnnouncements,
    dialOut: applyDialOutFlags(options.dialOut, flags, dialOut),
    waitLimitSeconds: flags.waitLimit ?? options.waitLimitSeconds,
    reassureSeconds: flags.reassure ?? options.reassureSeconds,
    aloneLimitSeconds: flags.aloneLimit ?? options.aloneLimitSeconds,
    durationLimitSeconds: flags.durationLimit ?? options.durationLimitSeconds,
    ...applyCallerFlags(options, flags),
    ...(keys === undefined || Object.keys(keys).length === 0 ? {} : { keyMap: keys }),
  };
}

/** Says what is probably not meant. */
export function warnIfOdd(context: CliContext, { entry, exit, nameOnEntry }: ConferenceOptions): void {
  if (nameOnEntry || (entry !== 'name' && exit !== 'name')) return;
  context.warn('callers are to be announced by name, but nobody asks for it: add --name-on-entry');
}
