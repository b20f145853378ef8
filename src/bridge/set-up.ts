import type { DialIn } from '../domain/access/dial-in.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Clock } from '../ports/clock.js';
import { MediaExhausted, MediaNotAcceptable, type Media, type MediaEndpoint } from '../ports/media.js';
import { CallGone, type Refusal, type SignalingCall } from '../ports/signaling.js';
import { outcomeBeforeFlow, type Attempt } from './attempt.js';
import { asError, TookTooLong, within } from './bounded.js';
import type { Log } from './log.js';
import { release } from './release.js';

/** Longest wait for the media engine to make or change an endpoint, milliseconds. */
export const ENDPOINT_LIMIT_MS = 8_000;
/** What a refused caller's trunk is told to wait, seconds. */
export const RETRY_AFTER_S = 30;

export interface SetUpParts {
  readonly media: Media;
  readonly clock: Clock;
  readonly log: Log;
}

/** What came of an INVITE: still to be refused, gone, or answered and acknowledged. */
export type SetUp =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly outcome: CallOutcome }
  | { readonly kind: 'gone'; readonly outcome: CallOutcome }
  | { readonly kind: 'answered'; readonly endpoint: MediaEndpoint };

/** Makes an endpoint for a call, answers, and waits for the ACK. Never rejects; whatever goes wrong leaves no endpoint. */
export async function setUp(attempt: Attempt, number: DialIn, parts: SetUpParts): Promise<SetUp> {
  const { call } = attempt;
  let endpoint: MediaEndpoint;
  try {
    endpoint = await makeEndpoint(call, number, parts);
  } catch (error) {
    parts.log.warn({ call: call.id, error: asError(error).message }, 'no endpoint for the call');
    return refusalFor(error);
  }
  if (attempt.cancelled) {
    await release(endpoint, parts);
    return { kind: 'gone', outcome: 'cancelled' };
  }
  try {
    const answer = await call.answer(endpoint.localSdp);
    if (answer !== null) {
      await within(parts.clock, ENDPOINT_LIMIT_MS, 'taking the answer', endpoint.acceptAnswer(answer));
    }
    return { kind: 'answered', endpoint };
  } catch (error) {
    const outcome = outcomeBeforeFlow(attempt) ?? outcomeOf(error);
    if (!(error instanceof CallGone)) {
      // It may be answered by now: nobody is to listen to silence.
      void call.hangUp();
      parts.log.warn({ call: call.id, error: asError(error).message }, 'answered call could not be set up');
    }
    await release(endpoint, parts);
    return { kind: 'gone', outcome };
  }
}

async function makeEndpoint(call: SignalingCall, number: DialIn, { media, clock }: SetUpParts): Promise<MediaEndpoint> {
  const making = media.createEndpoint({
    callId: call.id,
    offer: call.offer,
    remoteAddress: call.source.address,
    label: number.number,
  });
  try {
    return await within(clock, ENDPOINT_LIMIT_MS, 'making an endpoint', making);
  } catch (error) {
    // An endpoint that comes after nobody waits for it any more is released.
    if (error instanceof TookTooLong) making.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
}

function refusalFor(error: unknown): SetUp {
  if (error instanceof MediaNotAcceptable) {
    return { kind: 'refused', refusal: { status: 488 }, outcome: 'not-acceptable' };
  }
  if (error instanceof MediaExhausted) {
    return { kind: 'refused', refusal: { status: 503, retryAfter: RETRY_AFTER_S }, outcome: 'overloaded' };
  }
  return { kind: 'refused', refusal: { status: 500 }, outcome: 'failed' };
}

/** Of a call whose answer came to nothing. No ACK at all: the line is lost. */
function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof CallGone) return 'line-lost';
  return error instanceof MediaNotAcceptable ? 'not-acceptable' : 'failed';
}
