import { callerDigits } from '../../domain/access/callers.js';

/** What is no number of anybody who talks: ids, the numbers of the bridge itself, and whom an account allows. */
const NOBODYS = new Set([
  ...['id', 'callId', 'sipCallId', 'handleId', 'dialog', 'endpoint', 'label', 'mixer', 'source', 'requestHost'],
  ...['requestUser', 'toUser', 'allowedCallers', 'hash', 'digits', 'mark', 'version'],
]);

/** Nothing that is stored is as deep. */
const DEEPEST = 40;

/**
 * Whether a telephone number stands in what is stored of a call or conference that is up, as that of somebody in it: whole, in whatever
 * spelling. Parts of longer numbers, times and ids are none.
 * @param data as it is stored
 */
export function holdsNumber(data: string, digits: string): boolean {
  // most hold none of it in any spelling: no need to read them
  if (!data.replaceAll(/[^\d]/g, '').includes(digits)) return false;
  const stored = parsed(data);
  const identity = isObject(stored) ? stored['identity'] : null;
  const wasCalled = isObject(identity) && identity['direction'] === 'out';
  return holds(stored, digits, wasCalled, 0);
}

function holds(value: unknown, digits: string, wasCalled: boolean, depth: number): boolean {
  if (depth > DEEPEST) return false;
  if (typeof value === 'string') {
    if (callerDigits(value) === digits) return true;
    return value.startsWith('{') && holds(parsed(value), digits, wasCalled, depth + 1);
  }
  if (!isObject(value)) return false;
  return Object.entries(value).some(
    ([name, member]) =>
      !NOBODYS.has(name) && (name !== 'dialled' || wasCalled) && holds(member, digits, wasCalled, depth + 1),
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
