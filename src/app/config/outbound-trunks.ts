import { resolve } from 'node:path';
import { keyedForm } from '../../domain/access/dial-out.js';
import { host, NotAllowed, path, plainName } from './kinds.js';
import type { Kind } from './kinds.js';
import { Members } from './members.js';

/** Where calls that hosts place are sent, as it is configured. */
export interface OutboundTrunkSetting {
  readonly target: TrunkTarget;
  /** For a 401 or 407; both or neither. */
  readonly username: string | null;
  readonly passwordFile: string | null;
  /** What the called see; `null`: nothing. */
  readonly callerNumber: string | null;
}

/** The trunk's own address, or that of its proxy. */
export interface TrunkTarget {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
}

export type OutboundTrunks = Readonly<Record<string, OutboundTrunkSetting>>;

const MOST_TRUNKS = 100;
const SIP_PORT = 5060;
const MOST_DIGITS = 20;
const SHAPE =
  '{"carrier": {"target": "udp:sip.example.net:5060", "username": "me", "passwordFile": "carrier.secret", "callerNumber": "+442071234567"}}';

function line<T>(allowed: string, read: (text: string) => T | undefined, show: (value: T) => unknown): Kind<T> {
  return {
    allowed,
    fromJson: (value) => (typeof value === 'string' ? read(value.trim()) : undefined),
    fromText: (text) => read(text.trim()),
    show,
  };
}

const showTarget = ({ transport, host: name, port }: TrunkTarget): string =>
  `${transport}:${name.includes(':') ? `[${name}]` : name}:${port}`;

const target: Kind<TrunkTarget> = line(
  'TRANSPORT:HOST:PORT such as udp:sip.example.net:5060 (udp or tcp; the port may be left out)',
  (text) => {
    const match = /^(udp|tcp):(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/i.exec(text);
    const name = host.fromText(match?.[2] ?? match?.[3] ?? '');
    const port = match?.[4] === undefined ? SIP_PORT : Number(match[4]);
    if (match === null || name === undefined || port < 1 || port > 65_535) return undefined;
    return { transport: match[1]?.toLowerCase() === 'tcp' ? 'tcp' : 'udp', host: name, port };
  },
  showTarget,
);

const userName: Kind<string> = line(
  'a user name of 1 to 64 characters without quotes, blanks and control characters',
  (text) => (/^[!#-[\]-~]{1,64}$/.test(text) ? text : undefined),
  (text) => text,
);

const callerNumber: Kind<string> = line(
  `a number of at most ${MOST_DIGITS} digits, + allowed first`,
  (text) => (/^\+?\d+$/.test(text) && text.length <= MOST_DIGITS ? text : undefined),
  (text) => text,
);

/** What a number that hosts call must begin with; kept as it is keyed. */
export const dialPrefix: Kind<string> = line(
  'prefixes as they are keyed, such as 0044 (or +44) or 01',
  (text) => keyedForm(text) ?? undefined,
  (text) => text,
);

function readTrunk(value: unknown, at: string): OutboundTrunkSetting {
  const trunk = new Members(value, at, ['target', 'username', 'passwordFile', 'callerNumber']);
  const username = trunk.takeOrNull('username', userName);
  const passwordFile = trunk.takeOrNull('passwordFile', path);
  if ((username === null) !== (passwordFile === null)) {
    throw new NotAllowed(`${at} needs ${username === null ? 'username' : 'passwordFile'} too, or neither of them`);
  }
  return {
    target: trunk.take('target', target),
    username,
    passwordFile,
    callerNumber: trunk.takeOrNull('callerNumber', callerNumber),
  };
}

function readTrunks(value: unknown): OutboundTrunks {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NotAllowed(` must be an object of trunks by name such as ${SHAPE}`);
  }
  const entries = Object.entries(value);
  if (entries.length > MOST_TRUNKS) {
    throw new NotAllowed(` has ${entries.length} trunks, but must not have more than ${MOST_TRUNKS}`);
  }
  return Object.fromEntries(
    entries.map(([name, trunk]: [string, unknown]) => {
      if (plainName.fromText(name) !== name) {
        throw new NotAllowed(
          ` has a trunk ${JSON.stringify(name).slice(0, 80)}, but its name must be ${plainName.allowed}`,
        );
      }
      return [name, readTrunk(trunk, `.${name}`)];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotAllowed(` is not valid JSON; it must be an object of trunks by name such as ${SHAPE}`);
  }
}

/** The trunks by name: an object in the file, the same as JSON text in the environment. */
export const outboundTrunks: Kind<OutboundTrunks> = {
  allowed: `an object of trunks by name such as ${SHAPE}, in the environment as JSON text`,
  fromJson: readTrunks,
  fromText: (text) => readTrunks(parsed(text)),
  show: (trunks) =>
    Object.fromEntries(
      Object.entries(trunks).map(([name, trunk]) => [name, { ...trunk, target: showTarget(trunk.target) }]),
    ),
};

/** Password files are relative to the file the trunks stand in, or to the working directory. */
export function trunksFrom(trunks: OutboundTrunks, base: string): OutboundTrunks {
  const settled = Object.entries(trunks).map(([name, { passwordFile, ...trunk }]) => {
    return [name, { ...trunk, passwordFile: passwordFile === null ? null : resolve(base, passwordFile) }] as const;
  });
  return Object.fromEntries(settled);
}
