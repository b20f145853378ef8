import type { ConferenceOptions, DialOutRights } from '../../domain/conference-options.js';
import type { TrunkTarget } from './outbound-trunks.js';
import { ConfigError } from './read-settings.js';
import type { Settings } from './read-settings.js';
import { Secret } from './secret.js';

/** Where calls that hosts place are sent. */
export interface OutboundTrunk {
  readonly target: TrunkTarget;
  readonly credentials: { readonly username: string; readonly password: Secret } | null;
  /** What the called see; `null`: nothing. */
  readonly callerNumber: string | null;
}

/** What an account gets whose creator said nothing else. @throws {ConfigError} */
export function buildConference(settings: Settings): ConferenceOptions {
  const keyMap = settings['conference.keyMap'];
  return {
    entry: settings['conference.entry'],
    exit: settings['conference.exit'],
    hostLeaves: settings['conference.hostLeaves'],
    graceSeconds: settings['conference.graceSeconds'],
    lockAllowed: settings['conference.lockAllowed'],
    readmit: settings['conference.readmit'],
    rollCall: settings['conference.rollCall'],
    maxCallers: settings['conference.maxCallers'],
    muteGuestsOnEntry: settings['conference.muteGuestsOnEntry'],
    confirmHangup: settings['conference.confirmHangup'],
    waitLimitSeconds: settings['conference.waitLimitSeconds'],
    reassureSeconds: settings['conference.reassureSeconds'],
    aloneLimitSeconds: settings['conference.aloneLimitSeconds'],
    durationLimitSeconds: settings['conference.durationLimitSeconds'],
    nameOnEntry: settings['conference.nameOnEntry'],
    nameReview: settings['conference.nameReview'],
    namesUpTo: settings['conference.namesUpTo'],
    lobby: settings['conference.lobby'],
    recording: settings['conference.recording'],
    recordBeepSeconds: settings['conference.recordBeepSeconds'],
    recordAnnouncements: settings['conference.recordAnnouncements'],
    dialOut: buildDialOut(settings),
    ...(Object.keys(keyMap).length === 0 ? {} : { keyMap }),
  };
}

export const dialOutGuards = (settings: Settings): Omit<DialOutRights, 'trunk'> => ({
  prefixes: settings['conference.dialOut.prefixes'],
  callsPerHour: settings['conference.dialOut.callsPerHour'],
  atOnce: settings['conference.dialOut.atOnce'],
  minutesPerDay: settings['conference.dialOut.minutesPerDay'],
});

function buildDialOut(settings: Settings): DialOutRights | null {
  const trunk = settings['conference.dialOut.trunk'];
  if (trunk === null) return null;
  const known = Object.keys(settings['dialOut.trunks']);
  if (!known.includes(trunk)) {
    const named = known.length === 0 ? 'there are none' : `they are ${known.join(', ')}`;
    throw new ConfigError(
      `conference.dialOut.trunk is "${trunk}", but must be one of dialOut.trunks (${named}), or none`,
    );
  }
  const guards = dialOutGuards(settings);
  if (guards.prefixes.length === 0) {
    throw new ConfigError(
      'conference.dialOut.trunk is set, so conference.dialOut.prefixes must name at least one prefix',
    );
  }
  return { trunk, ...guards };
}

/** @throws {ConfigError} */
export function buildTrunks(
  settings: Settings,
  readSecret: (path: string) => string,
): Readonly<Record<string, OutboundTrunk>> {
  const trunks = Object.entries(settings['dialOut.trunks']).map(([name, trunk]): [string, OutboundTrunk] => {
    const { target, username, passwordFile, callerNumber } = trunk;
    if (username === null || passwordFile === null) return [name, { target, credentials: null, callerNumber }];
    const password = readSecret(passwordFile);
    if (password === '') {
      throw new ConfigError(`the file ${passwordFile} (dialOut.trunks.${name}.passwordFile) must hold a password`);
    }
    return [name, { target, credentials: { username, password: new Secret(password) }, callerNumber }];
  });
  return Object.fromEntries(trunks);
}
