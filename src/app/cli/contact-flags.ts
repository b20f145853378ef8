import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Account } from '../../ports/store.js';

/** How to reach whose account it is, as commander gives it; `none` where it is to be removed. */
export interface ContactFlags {
  readonly email?: string;
  readonly timeZone?: string;
  readonly language?: string;
}

/** Takes away what there was. */
const NONE = 'none';
/** RFC 5321 section 4.5.3.1.3, without the angle brackets. */
const LONGEST_ADDRESS = 254;
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u;

export function emailAddress(text: string): string {
  const address = text.trim();
  if (address.length > LONGEST_ADDRESS || !ADDRESS.test(address)) {
    throw new InvalidArgumentError('It must be an e-mail address such as mary@example.org.');
  }
  return address;
}

export function timeZoneName(text: string): string {
  try {
    // an offset is none: it knows no daylight saving
    if (!/^[A-Za-z]/.test(text)) throw new RangeError('no name');
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('It must be an IANA time zone such as Europe/Dublin.');
  }
}

export function languageTag(text: string): string {
  try {
    const [tag] = Intl.getCanonicalLocales(text);
    if (tag !== undefined) return tag;
  } catch {
    // said below
  }
  throw new InvalidArgumentError('It must be a language tag (BCP 47) such as en or en-IE.');
}

const orNone =
  (read: (text: string) => string): ((text: string) => string) =>
  (text) =>
    text === NONE ? text : read(text);

/** Adds the flags to a command. */
export function addContactFlags(command: Command): Command {
  return command
    .option('--email <address>', 'where the host reads mail, or none', orNone(emailAddress))
    .option('--time-zone <name>', 'the time zone of the host, IANA, or none', orNone(timeZoneName))
    .option('--language <tag>', 'the language of the host, BCP 47, or none', orNone(languageTag));
}

/** What the flags say of a new account. */
export const contactOf = ({ email, timeZone, language }: ContactFlags): Pick<Account, keyof ContactFlags> => ({
  ...(email === undefined || email === NONE ? {} : { email }),
  ...(timeZone === undefined || timeZone === NONE ? {} : { timeZone }),
  ...(language === undefined || language === NONE ? {} : { language }),
});

/** What the flags say otherwise of one that is there. */
export function contactChange(flags: ContactFlags): { readonly [Name in keyof ContactFlags]?: string | null } {
  const named = (['email', 'timeZone', 'language'] as const).filter((name) => flags[name] !== undefined);
  return Object.fromEntries(named.map((name) => [name, flags[name] === NONE ? null : flags[name]]));
}
