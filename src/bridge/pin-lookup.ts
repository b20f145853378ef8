import { callerDigits } from '../domain/access/callers.js';
import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceId } from '../domain/identifiers.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { PinHash, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';
import type { WithoutTime } from './without-time.js';

export interface PinLookupParts {
  readonly store: Store;
  readonly log: Log;
  readonly hashPin: (digits: string) => PinHash;
}

type Caller = Pick<SignalingCall, 'id' | 'callerNumber'>;

/** What the store says of an entered PIN. Never throws. */
export function lookUpPin(
  { store, log, hashPin }: PinLookupParts,
  { id, callerNumber }: Caller,
  { lookupId, digits }: Extract<CallEffect, { type: 'LookUpPin' }>,
): WithoutTime<CallEvent> {
  try {
    const match = store.findPin(hashPin(digits));
    if (match === null) return { type: 'PinMissed', lookupId };
    const { account, role, byAccessCode, securityCode } = match;
    const number = callerDigits(callerNumber);
    return {
      type: 'PinMatched',
      lookupId,
      admission: {
        accountId: account.id,
        conferenceId: conferenceOf(account.id),
        role,
        options: account.options,
        byAccessCode,
        securityCode,
        blocked: number !== null && store.isBlocked(account.id, number),
      },
    };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'PIN could not be looked up');
    return { type: 'PinLookupFailed', lookupId };
  }
}

/** Whether an entered code is the account's own second one. Never throws. */
export function checkCode(
  { store, log, hashPin }: PinLookupParts,
  { id }: Caller,
  { lookupId, code, accountId, digits }: Extract<CallEffect, { type: 'CheckCode' }>,
): WithoutTime<CallEvent> {
  try {
    const matches = store.codeMatches(accountId, code, hashPin(digits));
    return { type: matches ? 'CodeMatched' : 'PinMissed', lookupId };
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'code could not be looked up');
    return { type: 'PinLookupFailed', lookupId };
  }
}

/** An account has one conference; bookings will have their own. */
function conferenceOf(account: string): ConferenceId {
  return `conference-${account}` as ConferenceId;
}
