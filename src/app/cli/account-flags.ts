import { Option } from 'commander';
import type { Command } from 'commander';
import type { Announcement, ConferenceOptions, HostLeaves } from '../../domain/conference-options.js';
import { wholeNumber, wholeNumberOrNone } from './arguments.js';

/** The flags of `account add` and `account set`, as commander gives them. */
export interface ConferenceFlags {
  readonly entry?: Announcement;
  readonly exit?: Announcement;
  readonly hostLeaves?: HostLeaves;
  readonly grace?: number;
  readonly lock?: boolean;
  readonly readmit?: boolean;
  readonly rollCall?: boolean;
  readonly maxCallers?: number | 'none';
  readonly muteGuests?: boolean;
  readonly confirmHangup?: boolean;
  readonly waitLimit?: number;
  readonly reassure?: number;
  readonly aloneLimit?: number;
  readonly durationLimit?: number;
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
    .addOption(choice('--entry <what>', 'what the room hears when someone joins', 'tone', 'none'))
    .addOption(choice('--exit <what>', 'what the room hears when someone leaves', 'tone', 'none'))
    .addOption(choice('--host-leaves <what>', 'what happens when the last host leaves', 'continue', 'end', 'hold'))
    .option('--grace <seconds>', 'how long to wait for a host who left, under hold', seconds);
  yesNo('lock', 'hosts may lock the conference', 'hosts may not lock it');
  yesNo('readmit', 'a guest may return to a locked conference within 5 minutes', 'no guest may return to it');
  yesNo('roll-call', 'hosts may call the roll', 'hosts may not call the roll');
  command.option('--max-callers <number>', 'most callers at once, or none', wholeNumberOrNone(1, MOST_CALLERS));
  yesNo('mute-guests', 'guests come in muted', 'guests come in unmuted');
  yesNo('confirm-hangup', '## wants a third # to confirm', '## ends the conference at once');
  return command
    .option('--wait-limit <seconds>', 'how long callers wait for the first host', seconds)
    .option('--reassure <seconds>', 'time between reassurances while they wait', seconds)
    .option('--alone-limit <seconds>', 'how long the last caller may stay alone', seconds)
    .option('--duration-limit <seconds>', 'how long a conference may last', seconds);
}

/** `options` with what the flags say otherwise. */
export function applyConferenceFlags(options: ConferenceOptions, flags: ConferenceFlags): ConferenceOptions {
  return {
    entry: flags.entry ?? options.entry,
    exit: flags.exit ?? options.exit,
    hostLeaves: flags.hostLeaves ?? options.hostLeaves,
    graceSeconds: flags.grace ?? options.graceSeconds,
    lockAllowed: flags.lock ?? options.lockAllowed,
    readmit: flags.readmit ?? options.readmit,
    rollCall: flags.rollCall ?? options.rollCall,
    maxCallers: flags.maxCallers === 'none' ? null : (flags.maxCallers ?? options.maxCallers),
    muteGuestsOnEntry: flags.muteGuests ?? options.muteGuestsOnEntry,
    confirmHangup: flags.confirmHangup ?? options.confirmHangup,
    waitLimitSeconds: flags.waitLimit ?? options.waitLimitSeconds,
    reassureSeconds: flags.reassure ?? options.reassureSeconds,
    aloneLimitSeconds: flags.aloneLimit ?? options.aloneLimitSeconds,
    durationLimitSeconds: flags.durationLimit ?? options.durationLimitSeconds,
  };
}
