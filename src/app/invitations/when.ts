import { toText } from 'rrule-temporal/totext';
import type { InvitedBooking, InvitedOccurrence } from './invitation.js';

/** Dates are written out, so that no reader takes the month for the day. */
const LOCALE = 'en-GB';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for each zone: making one takes longer than all that it formats. */
function format(kind: 'day' | 'time' | 'offset', timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(`${kind} ${timeZone}`);
  if (known !== undefined) return known;
  const options: Intl.DateTimeFormatOptions = {
    day: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const,
    time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const,
    offset: { hour: 'numeric', timeZoneName: 'longOffset' } as const,
  }[kind];
  const made = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone });
  formats.set(`${kind} ${timeZone}`, made);
  return made;
}

const dayOf = (at: number, timeZone: string): string => format('day', timeZone).format(at).replace(',', '');
const timeOf = (at: number, timeZone: string): string => format('time', timeZone).format(at);

/** How far the zone is from UTC then, e.g. `GMT+01:00`. */
const offsetOf = (at: number, timeZone: string): string =>
  format('offset', timeZone)
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value ?? '';

/** One occurrence, e.g. `Monday 30 March 2026, 09:00 to 10:00 (Europe/London, GMT+01:00)`. */
export function occurrenceInWords({ startsAt, endsAt }: InvitedOccurrence, timeZone: string): string {
  const [day, lastDay] = [dayOf(startsAt, timeZone), dayOf(endsAt, timeZone)];
  const end = day === lastDay ? timeOf(endsAt, timeZone) : `${lastDay}, ${timeOf(endsAt, timeZone)}`;
  const zone = [timeZone, offsetOf(startsAt, timeZone)].filter((part) => part !== '').join(', ');
  return `${day}, ${timeOf(startsAt, timeZone)} to ${end} (${zone})`;
}

/** Day and start alone, where the zone was said before. */
export const startInWords = ({ startsAt }: InvitedOccurrence, timeZone: string): string =>
  `${dayOf(startsAt, timeZone)}, ${timeOf(startsAt, timeZone)}`;

/** Rules whose words are kept. */
const MOST_RULES = 100;
const rules = new Map<string, string>();

/** A rule in words, e.g. `every week on Monday, 10 times`; `null`: it does not repeat. */
export function ruleInWords({ rule, startsLocal, timeZone }: InvitedBooking): string | null {
  if (rule === null) return null;
  // one message says it up to three times, and a series has one for each invitee
  const key = `${timeZone} ${startsLocal} ${rule}`;
  const known = rules.get(key);
  if (known !== undefined) return known;
  if (rules.size >= MOST_RULES) rules.clear();
  const words = inWords(rule, startsLocal, timeZone);
  rules.set(key, words);
  return words;
}

function inWords(rule: string, startsLocal: string, timeZone: string): string {
  const start = startsLocal.replaceAll(/[-:]/g, '').padEnd(15, '0');
  try {
    const words = toText(`DTSTART;TZID=${timeZone}:${start}\nRRULE:${rule}`, 'en', { excludeTzAbbreviation: true });
    // the time of day is said with the date
    const ownHours = /BYHOUR|BYMINUTE/i.test(rule);
    return (ownHours ? words : words.replace(/ at \d{1,2}(:\d{2})*\s?[AP]M/, '')).replace(
      / for (\d+) times$/,
      ', $1 times',
    );
  } catch {
    // a rule that another version wrote: better bare than not at all
    return rule;
  }
}

/** What is still to come, without what is cancelled. */
export const upcoming = ({ occurrences }: InvitedBooking, now: number): readonly InvitedOccurrence[] =>
  occurrences.filter(({ endsAt, isCancelled }) => endsAt > now && !isCancelled);

/** What was cancelled of a series and would still have come. */
export const missing = ({ occurrences }: InvitedBooking, now: number): readonly InvitedOccurrence[] =>
  occurrences.filter(({ endsAt, isCancelled }) => endsAt > now && isCancelled);
