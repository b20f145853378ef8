import { isCountry } from '../invitations/numbers.js';
import { isHost, textKind } from './kinds.js';
import type { Kind } from './kinds.js';

const identity = (text: string): string => text;

/** One mailbox and nothing else: what has quotes, commas or line ends in it could name others. */
const MAILBOX = /^[^\s@<>(),:;"[\]\\]{1,64}@(?!-)[a-z0-9.-]{1,253}$/i;

/** Whether it is an address that mail can be sent to. */
export const isMailAddress = (text: string): boolean => MAILBOX.test(text) && text.length <= 254;

/** A mail address with or without a name, e.g. `Conferences <conferences@example.org>`. */
export interface Mailbox {
  readonly name: string | null;
  readonly address: string;
}

function readMailbox(text: string): Mailbox | undefined {
  const match = /^"?([^"<>@\p{Cc}]{1,100}?)"?\s*<([^<>]+)>$/u.exec(text);
  const address = (match?.[2] ?? text).trim();
  if (!isMailAddress(address)) return undefined;
  return { name: match?.[1]?.trim() ?? null, address };
}

export const mailbox: Kind<Mailbox> = textKind(
  'a mail address such as conferences@example.org or Conferences <conferences@example.org>',
  readMailbox,
  ({ name, address }) => (name === null ? address : `${name} <${address}>`),
);

export const mailUser: Kind<string> = textKind(
  'a user name of 1 to 254 characters without blanks and control characters',
  (text) => (/^[^\s\p{Cc}]{1,254}$/u.test(text) ? text : undefined),
  identity,
);

/** Whether it may be posted to; what has a name and password in it would be shown in lists. */
export function isHttpUrl(text: string): boolean {
  if (text.length > 2_000 || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

export const httpUrl: Kind<string> = textKind(
  'a URL that begins with https:// or http://, without a user name',
  (text) => (isHttpUrl(text) ? text : undefined),
  identity,
);

export const country: Kind<string> = textKind(
  'two letters of a country such as GB',
  (text) => (isCountry(text.toUpperCase()) ? text.toUpperCase() : undefined),
  identity,
);

/** `host`, or `host:port`; IPv6 in brackets. */
export const sipDomain: Kind<string> = textKind(
  'a domain or address such as sip.example.org or 192.0.2.1:5080',
  (text) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/.exec(text);
    const name = match?.[1] ?? match?.[2] ?? '';
    const port = match?.[3] === undefined ? 1 : Number(match[3]);
    return isHost(name) && !name.includes('/') && port >= 1 && port <= 65_535 ? text : undefined;
  },
  identity,
);

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_LEAD_MS = 28 * UNITS.d;

/** How long before something, milliseconds. */
export const leadTime: Kind<number> = textKind(
  'times such as 15m, 24h or 7d, at most 28d',
  (text) => {
    const match = /^(\d{1,5})([mhd])$/.exec(text);
    const ms = Number(match?.[1]) * UNITS[(match?.[2] ?? 'm') as keyof typeof UNITS];
    return ms >= UNITS.m && ms <= LONGEST_LEAD_MS ? ms : undefined;
  },
  (ms) =>
    ms % UNITS.d === 0 && ms > UNITS.d
      ? `${ms / UNITS.d}d`
      : ms % UNITS.h === 0
        ? `${ms / UNITS.h}h`
        : `${ms / UNITS.m}m`,
);
