import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { PhoneNumber } from 'libphonenumber-js/max';
import type { DialInNumber } from '../../ports/store.js';
import type { WayIn } from './invitation.js';

/** Whom numbers are written for, and where SIP goes. */
export interface Reader {
  /** ISO 3166 code of the country the reader is in; `null`: not known. */
  readonly country: string | null;
  /** Domain of SIP addresses, with its port where it has one, e.g. `example.org` or `192.0.2.1:5080`. */
  readonly sipDomain: string;
}

/** What separates the number from the PIN in a `tel:` line: each comma is a pause of two seconds or so. */
const PAUSE = ',,';

/** The ways in, in order; those where a code of so many digits cannot be keyed, because entries end before, are left out. */
export function waysIn(numbers: readonly DialInNumber[], digits: number | null, reader: Reader): readonly WayIn[] {
  return numbers.filter(({ pinLength }) => digits === null || pinLength >= digits).map((one) => wayIn(one, reader));
}

function wayIn({ number, label }: DialInNumber, { country, sipDomain }: Reader): WayIn {
  const parsed = telephoneNumber(number);
  const telephone =
    parsed === undefined
      ? null
      : {
          national: parsed.formatNational(),
          international: parsed.formatInternational(),
          country: parsed.country ?? null,
          isNational: country !== null && isWithin(parsed.country, parsed.countryCallingCode, country),
        };
  return { number, label: label ?? null, telephone, sip: sipUri(number, sipDomain) };
}

/** `undefined`: not of the length and form that numbers of its country have. */
function telephoneNumber(number: string): PhoneNumber | undefined {
  const parsed = number.startsWith('+') ? parsePhoneNumberFromString(number) : undefined;
  return parsed?.isPossible() === true ? parsed : undefined;
}

/** Whether it is a number of the public network, as far as its length tells. */
export const isTelephoneNumber = (number: string): boolean => telephoneNumber(number) !== undefined;

/** Countries that share a calling code share its national numbers only within North America (code 1). */
function isWithin(country: string | undefined, callingCode: string, reader: string): boolean {
  if (country === reader) return true;
  if (callingCode !== '1' || !isSupportedCountry(reader)) return false;
  return NORTH_AMERICA.has(reader);
}

/** Countries of code 1 where ten digits reach the others of them too. */
const NORTH_AMERICA: ReadonlySet<string> = new Set(['US', 'CA']);

/** `sip:` URI of a dial-in number (RFC 3261 section 19.1); user parts are numbers or plain names, so nothing is to be escaped. */
const sipUri = (number: string, domain: string): string => `sip:${number}@${domain}`;

/**
 * What a telephone dials by one tap: the number, two pauses, the code. No `#`, which telephones refuse; the length ends the
 * entry. RFC 3966 knows no pauses, so telephones read this as an extension of theirs; commas need no escape in a URI (RFC 3986,
 * section 2.2: "sub-delims"), and some telephones do not undo one.
 */
export const tapToCall = ({ number }: WayIn, digits: string | null): string =>
  digits === null ? `tel:${number}` : `tel:${number}${PAUSE}${digits}`;

/** The code in groups that can be read aloud: of three digits, with one or two of four at the end where it does not divide. */
export function inGroups(digits: string): string {
  const groups: string[] = [];
  let rest = digits;
  while (rest.length > 4) {
    // 5 is 3 + 2, 8 is 4 + 4
    const size = rest.length === 8 ? 4 : 3;
    groups.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...groups, rest].join(' ');
}

/** The country of a language tag that names one, e.g. `GB` of `en-GB`. @returns `null` where it names none, or is no tag */
export function countryOf(language: string | null): string | null {
  if (language === null) return null;
  try {
    return new Intl.Locale(language).region ?? null;
  } catch {
    return null;
  }
}

/** Whether numbers can be written for readers of that country. */
export const isCountry = (code: string): boolean => isSupportedCountry(code);
