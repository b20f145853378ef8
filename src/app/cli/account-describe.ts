import type { ConferenceOptions } from '../../domain/conference-options.js';
import type { Account, AccountCodes, Store } from '../../ports/store.js';
import { describeAllowed } from './caller-flags.js';
import { describeDialOut } from './dial-out-flags.js';
import { describeKeys } from './key-flags.js';
import { block, isoTime, localTime } from './output.js';

/** What programs see of an account; its PINs and codes are not known to the store. */
export function accountJson(account: Account, codes: AccountCodes): object {
  const { id, name, enabled, createdAt, options, email = null, timeZone = null, language = null } = account;
  return { id, name, email, timeZone, language, enabled, createdAt: isoTime(createdAt), ...codes, options };
}

/** No account without codes; one that was removed this moment has none. */
export const codesOf = (store: Store, { id }: Account): AccountCodes =>
  store.codesOf(id) ?? { accessCode: false, securityCode: false };

export const stateOf = ({ enabled }: Account): string => (enabled ? 'enabled' : 'disabled');

const allowed = (yes: boolean): string => (yes ? 'yes' : 'no');

/** An account for people. */
export function describeAccount(account: Account, codes: AccountCodes): string {
  const { options } = account;
  return block([
    ['Account', account.name],
    ['Id', account.id],
    ['E-mail', account.email ?? 'none'],
    ['Time zone', account.timeZone ?? "the bridge's"],
    ['Language', account.language ?? "the bridge's"],
    ['State', stateOf(account)],
    ['Created', localTime(account.createdAt)],
    ['Way in', codes.accessCode ? 'access code, moderator PIN' : 'host PIN, guest PIN'],
    ['Security code', allowed(codes.securityCode)],
    ['Entry, exit', `${options.entry}, ${options.exit}`],
    ['Name on entry', options.nameOnEntry && options.nameReview ? 'yes, with review' : allowed(options.nameOnEntry)],
    ['Names announced', `up to ${options.namesUpTo} callers`],
    ['Last host leaves', options.hostLeaves + (options.hostLeaves === 'hold' ? ` for ${options.graceSeconds} s` : '')],
    ['Lock allowed', allowed(options.lockAllowed)],
    ['Readmit when locked', allowed(options.readmit)],
    ['Lobby', allowed(options.lobby)],
    ['Roll call', allowed(options.rollCall)],
    ['Callers at most', options.maxCallers === null ? 'no limit' : String(options.maxCallers)],
    ['Guests come in muted', allowed(options.muteGuestsOnEntry)],
    ['Confirm hang-up (##)', allowed(options.confirmHangup)],
    ['Recording', describeRecording(options)],
    ['Allowed callers', describeAllowed(options.allowedCallers)],
    ['Report', options.hostReport ?? 'as the bridge is set (report.host)'],
    ['Dial out', describeDialOut(options.dialOut)],
    ['Wait for the host', `${options.waitLimitSeconds} s, reassured every ${options.reassureSeconds} s`],
    ['Alone at most', `${options.aloneLimitSeconds} s`],
    ['Duration at most', `${options.durationLimitSeconds} s`],
    ['Keys', describeKeys(options.keyMap)],
  ]);
}

function describeRecording({ recording, recordBeepSeconds, recordAnnouncements }: ConferenceOptions): string {
  if (recording === 'not-allowed') return recording;
  return [
    recording,
    ...(recordBeepSeconds === null ? [] : [`a beep every ${recordBeepSeconds} s`]),
    ...(recordAnnouncements ? ['with announcements'] : []),
  ].join(', ');
}
