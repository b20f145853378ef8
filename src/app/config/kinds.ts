import { z } from 'zod';
import { parseNetwork } from '../../domain/access/sources.js';
import { isTimeZone } from '../bookings/wall-time.js';
import { Secret } from './secret.js';

/** What is wrong inside a value that has parts: the rest of a line that begins with the setting's name. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/** What a setting may be: how it is read from the file (JSON) and from an environment variable (text), and how the allowed values are named. */
export interface Kind<T> {
  readonly allowed: string;
  /** The word for `null`, where that is allowed. */
  readonly word?: string;
  /** The value, or `undefined` when it is not allowed; a value with parts may throw {@link NotAllowed}. */
  readonly fromJson: (value: unknown) => T | undefined;
  readonly fromText: (text: string) => T | undefined;
  /** How the value is shown and written in the file. */
  show(value: T): unknown;
}

/** One address to listen on for SIP. */
export interface SipListen {
  readonly transport: 'udp' | 'tcp';
  /** IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** UDP ports for RTP and RTCP, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

function kindOf<T>(schema: z.ZodType<T>, allowed: string, reader: (text: string) => unknown): Kind<T> {
  const read = (value: unknown): T | undefined => schema.safeParse(value).data;
  return { allowed, fromJson: read, fromText: (text) => read(reader(text.trim())), show: (value) => value };
}

/** A kind that is written as one line of text in either place. */
export function textKind<T>(
  allowed: string,
  read: (text: string) => T | undefined,
  show: (value: T) => unknown,
): Kind<T> {
  return {
    allowed,
    fromJson: (value) => (typeof value === 'string' ? read(value.trim()) : undefined),
    fromText: (text) => read(text.trim()),
    show,
  };
}

const numeric = (text: string): unknown => (/^\d{1,15}$/.test(text) ? Number(text) : text);

export const wholeNumber = (least: number, most: number): Kind<number> =>
  kindOf(z.int().min(least).max(most), `a whole number from ${least} to ${most}`, numeric);

export const yesOrNo: Kind<boolean> = kindOf(z.boolean(), 'true or false', (text) =>
  text === 'true' ? true : text === 'false' ? false : text,
);

export function oneOf<const T extends string>(...values: readonly T[]): Kind<T> {
  const allowed = values.length === 2 ? values.join(' or ') : values.join(', ').replace(/, ([^,]+)$/, ' or $1');
  return kindOf(z.enum(values), allowed, (text) => text);
}

/** IANA name; an offset is none, as it knows no daylight saving. */
export const timeZone: Kind<string> = textKind(
  'a time zone such as Europe/London',
  (text) => (isTimeZone(text) ? text : undefined),
  (value) => value,
);

/** Adds `null`, written `null` in the file or as `word` in either place. */
export function orNull<T>(word: string, kind: Kind<T>): Kind<T | null> {
  return {
    allowed: `${kind.allowed}, or ${word}`,
    word,
    fromJson: (value) => (value === null || value === word ? null : kind.fromJson(value)),
    fromText: (text) => (text.trim() === word ? null : kind.fromText(text)),
    show: (value) => (value === null ? null : kind.show(value)),
  };
}

/** A list in the file, or text with commas in either place. */
export function listOf<T>(item: Kind<T>, least = 0): Kind<readonly T[]> {
  const every = (values: readonly unknown[], read: (value: unknown) => T | undefined): readonly T[] | undefined => {
    const items = values.map(read).filter((value) => value !== undefined);
    return items.length === values.length && items.length >= least ? items : undefined;
  };
  const fromText = (text: string): readonly T[] | undefined =>
    every(
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
      (part) => item.fromText(String(part)),
    );
  return {
    allowed: `a list of ${item.allowed}`,
    fromJson: (value) =>
      Array.isArray(value) ? every(value, item.fromJson) : typeof value === 'string' ? fromText(value) : undefined,
    fromText,
    show: (values) => values.map((value) => item.show(value)),
  };
}

const identity = (text: string): string => text;

export const path: Kind<string> = textKind(
  'a path',
  (text) => (text === '' || text.includes('\0') ? undefined : text),
  identity,
);

const PLAIN_NAME = /^[\w-]{1,64}$/;

/** A short name as used in file names. */
export const plainName: Kind<string> = textKind(
  'a name of letters, digits, - and _',
  (text) => (PLAIN_NAME.test(text) ? text : undefined),
  identity,
);

/** Paths by name: an object in the file, `NAME=PATH,NAME=PATH` in the environment. */
export const namedPaths: Kind<Readonly<Record<string, string>>> = {
  allowed: 'an object of paths by name (in the environment NAME=PATH,NAME=PATH)',
  fromJson: (value) => z.record(z.string().regex(PLAIN_NAME), z.string().min(1)).safeParse(value).data,
  fromText: (text) => {
    const pairs = text.split(',').map((pair) => /^([^=]+)=(.+)$/.exec(pair.trim()));
    const entries = pairs.map((match) => [match?.[1] ?? '', match?.[2] ?? ''] as const);
    return entries.every(([name, file]) => PLAIN_NAME.test(name) && file !== '')
      ? Object.fromEntries(entries)
      : undefined;
  },
  show: (paths) => paths,
};

export const ipAddress: Kind<string> = textKind(
  'an IP address',
  (text) => (parseNetwork(text).ok && !text.includes('/') ? text : undefined),
  identity,
);

export const network: Kind<string> = textKind(
  'IP addresses or networks such as 10.0.0.0/8',
  (text) => (parseNetwork(text).ok ? text : undefined),
  identity,
);

export const isHost = (text: string): boolean =>
  parseNetwork(text).ok || /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i.test(text);

export const host: Kind<string> = textKind(
  'a host name or IP address',
  (text) => (isHost(text) && !text.includes('/') ? text : undefined),
  identity,
);

function readHostAndPort(text: string, leastPort: number): HostAndPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text);
  const name = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return name !== undefined && isHost(name) && port >= leastPort && port <= 65_535 ? { host: name, port } : undefined;
}

/** `host:port`, IPv6 in brackets. */
const showHostAndPort = ({ host: name, port }: HostAndPort): string =>
  name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;

/** Port 0 lets the system choose one. */
export const listenAddress: Kind<HostAndPort> = textKind(
  'HOST:PORT such as 127.0.0.1:8060',
  (text) => readHostAndPort(text, 0),
  showHostAndPort,
);

export const ipAndPort: Kind<HostAndPort> = textKind(
  'IP-ADDRESS:PORT such as 10.0.0.7:5080',
  (text) => {
    const address = readHostAndPort(text, 1);
    return address !== undefined && parseNetwork(address.host).ok ? address : undefined;
  },
  showHostAndPort,
);

export const sipListen: Kind<SipListen> = textKind(
  'TRANSPORT:ADDRESS:PORT such as udp:0.0.0.0:5060 (udp or tcp)',
  (text) => {
    const match = /^(udp|tcp):(.+)$/i.exec(text);
    const address = readHostAndPort(match?.[2] ?? '', 0);
    if (match === null || address === undefined || !parseNetwork(address.host).ok) return undefined;
    return { transport: match[1]?.toLowerCase() === 'tcp' ? 'tcp' : 'udp', ...address };
  },
  (listen) => `${listen.transport}:${showHostAndPort(listen)}`,
);

export const portRange: Kind<PortRange> = textKind(
  'FIRST-LAST, ports from 1024 to 65535 with at least 4 of them, such as 20000-29999',
  (text) => {
    const match = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(text);
    const [first, last] = [Number(match?.[1]), Number(match?.[2])];
    return first >= 1024 && last <= 65_535 && last - first >= 3 ? { first, last } : undefined;
  },
  ({ first, last }) => `${first}-${last}`,
);

export const secret: Kind<Secret> = textKind(
  'a password of at least 8 characters, not the one the program is shipped with',
  (text) => (text.length >= 8 && !SHIPPED_PASSWORDS.has(text.toLowerCase()) ? new Secret(text) : undefined),
  () => '(hidden)',
);

/** Everyone knows these: FreeSWITCH, drachtio-server and their images come with them. */
const SHIPPED_PASSWORDS = new Set(['cluecon', 'cymru', 'jambonzr0ck$', 'jambonzr0cks', 'password', 'changeme']);
