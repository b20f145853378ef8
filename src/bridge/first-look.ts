import type { DialIn } from '../domain/access/dial-in.js';
import { callerDigits } from '../domain/access/callers.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Refusal, SignalingCall } from '../ports/signaling.js';
import { asError } from './bounded.js';
import type { BridgeParts } from './bridge-parts.js';
import { RETRY_AFTER_S } from './set-up.js';

interface LookParts extends Pick<BridgeParts, 'dialIn' | 'store' | 'log'> {
  readonly draining: boolean;
  /** There are as many calls as there may be. */
  readonly full: boolean;
  /** Numbers that are blocked bridge-wide are not answered. */
  readonly refuseBlocked: boolean;
}

type Look =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly outcome: CallOutcome }
  | { readonly kind: 'taken'; readonly number: DialIn };

/** Whether a new call is answered at all, before anything is set up for it. @param trunk it came from; `null`: unknown source */
export function lookAtCall(call: SignalingCall, trunk: string | null, parts: LookParts): Look {
  const { dialIn, draining, full } = parts;
  if (trunk === null) return refused({ status: 403 }, 'unknown-source');
  if (draining) return refused({ status: 503, retryAfter: RETRY_AFTER_S }, 'draining');
  if (full) return refused({ status: 503, retryAfter: RETRY_AFTER_S }, 'overloaded');
  const number = dialIn(call.requestUser) ?? dialIn(call.toUser);
  if (number === null) return refused({ status: 404 }, 'unknown-number');
  // 6xx, so that the carrier does not try its next way to us (RFC 3261 section 16.7, step 5)
  if (isBlocked(call, parts)) return refused({ status: 603 }, 'blocked');
  return { kind: 'taken', number };
}

const refused = (refusal: Refusal, outcome: CallOutcome): Look => ({ kind: 'refused', refusal, outcome });

/** Bridge-wide, where such calls are not answered. A store that fails keeps nobody out. */
function isBlocked({ id, callerNumber }: SignalingCall, { store, log, refuseBlocked }: LookParts): boolean {
  const number = callerDigits(callerNumber);
  if (!refuseBlocked || number === null) return false;
  try {
    return store.isBlocked(null, number);
  } catch (error) {
    log.error({ call: id, error: asError(error).message }, 'whether the number is blocked cannot be read');
    return false;
  }
}
