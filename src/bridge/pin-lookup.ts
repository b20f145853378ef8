import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { CallId, ConferenceId } from '../domain/identifiers.js';
import type { PinHash, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';
import type { WithoutTime } from './without-time.js';

export interface PinLookupParts {
  readonly store: Store;
  readonly log: Log;
  readonly hashPin: (digits: string) => PinHash;
}

/** What the store says of an entered PIN. Never throws. */
export function lookUpPin(
  { store, log, hashPin }: PinLookupParts,
  call: CallId,
  { lookupId, digits }: Extract<CallEffect, { type: 'LookUpPin' }>,
): WithoutTime<CallEvent> {
  try {
    const match = store.findPin(hashPin(digits));
    if (match === null) return { type: 'PinMissed', lookupId };
    const { account, role } = match;
    return {
      type: 'PinMatched',
      lookupId,
      admission: { accountId: account.id, conferenceId: conferenceOf(account.id), role, options: account.options },
    };
  } catch (error) {
    log.error({ call, error: asError(error).message }, 'PIN could not be looked up');
    return { type: 'PinLookupFailed', lookupId };
  }
}

/** An account has one conference; bookings will have their own. */
function conferenceOf(account: string): ConferenceId {
  return `conference-${account}` as ConferenceId;
}
