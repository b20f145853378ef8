import { callerDigits } from '../domain/access/callers.js';
import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { AccountId, ConferenceId } from '../domain/identifiers.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { PinHash, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { HeldCode } from './held-code.js';
import type { Log } from './log.js';
import type { WithoutTime } from './without-time.js';

export interface PinLookupParts {
  readonly store: Store;
  readonly log: Log;
  readonly hashPin: (digits: string) => PinHash;
  /** What a conference that runs asks for after the PIN; `null`: none runs, or what the account has counts. */
  readonly heldCode: (conference: ConferenceId) => HeldCode | null;
}

type Caller = Pick<SignalingCall, 'id' | 'callerNumber'>;

/** What the store says of an entered PIN. Never throws. */
export function lookUpPin(
  { store, log, hashPin, heldCode }: PinLookupParts,
  { id, callerNumber }: Caller,
  { lookupId, digits }: Extract<CallEffect, { type: 'LookUpPin' }>,
): WithoutTime<CallEvent> {
  try {
    const match = store.findPin(hashPin(digits));
    if (match === null) return { type: 'PinMissed', lookupId };
    const { account, role, byAccessCode, securityCode } = match;
    const conferenceId = conferenceOf(account.id);
    const held = heldCode(conferenceId);
    const number = callerDigits(callerNumber);
    return {
      type: 'PinMatched',
      lookupId,
      admission: {
        accountId: account.id,
        conferenceId,
        role,
        options: account.options,
        byAccessCode,
        securityCode: held === null ? securityCode : held.hash !== null,
        blocked: number !== null && store.isBlocked(account.id, number),
      },
    };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'PIN could not be looked up');
    return { type: 'PinLookupFailed', lookupId };
  }
}

/** Whether an entered code is the account's own second one, or the one that its conference began with. Never throws. */
export function checkCode(
  parts: PinLookupParts,
  { id }: Caller,
  effect: Extract<CallEffect, { type: 'CheckCode' }>,
): WithoutTime<CallEvent> {
  const { store, log, hashPin } = parts;
  const { lookupId, code, accountId, conferenceId, digits } = effect;
  try {
    const hash = hashPin(digits);
    const matches =
      code === 'moderator'
        ? store.codeMatches(accountId, code, hash)
        : isSecurityCode(parts, { accountId, conferenceId, hash });
    return { type: matches ? 'CodeMatched' : 'PinMissed', lookupId };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'code could not be looked up');
    return { type: 'PinLookupFailed', lookupId };
  }
}

/** Where the code was removed as it was being keyed, whatever is keyed will do: none is asked for any more. */
function isSecurityCode(
  { store, heldCode }: PinLookupParts,
  asked: { readonly accountId: AccountId; readonly conferenceId: ConferenceId; readonly hash: PinHash },
): boolean {
  if (store.account(asked.accountId)?.enabled !== true) return false;
  const { hash } = heldCode(asked.conferenceId) ?? { hash: store.securityCodeOf(asked.accountId) };
  return hash === null || hash === asked.hash;
}

/** An account has one conference; bookings will have their own. */
function conferenceOf(account: string): ConferenceId {
  return `conference-${account}` as ConferenceId;
}
