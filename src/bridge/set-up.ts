import type { CallOutcome } from '../domain/outcomes.js';
import type { Clock } from '../ports/clock.js';
import { MediaExhausted, MediaNotAcceptable, type Media, type MediaEndpoint } from '../ports/media.js';
import { CallGone, type Refusal } from '../ports/signaling.js';
import { outcomeBeforeFlow, type Attempt } from './attempt.js';
import { asError, within } from './bounded.js';
import type { Log } from './log.js';
import { ENDPOINT_LIMIT_MS, makeEndpoint } from './make-endpoint.js';
import { release } from './release.js';

/** Endpoints made for one INVITE, at most: their mixers may die meanwhile. */
const MOST_ENDPOINTS = 3;
/** What a refused caller's trunk is told to wait, seconds. */
export const RETRY_AFTER_S = 30;

export interface SetUpParts {
  readonly media: Media;
  readonly clock: Clock;
  readonly log: Log;
  /** The call is about to be answered with this endpoint. */
  readonly answering: (endpoint: MediaEndpoint) => void;
}

/** What came of an INVITE: still to be refused, gone, or answered and acknowledged. */
export type SetUp =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly outcome: CallOutcome }
  | { readonly kind: 'gone'; readonly outcome: CallOutcome }
  | {
      readonly kind: 'answered';
      /** `null`: it was lost after the answer. */
      readonly endpoint: MediaEndpoint | null;
      /** What the far end said last: its offer, or its answer to ours. */
      readonly remoteSdp: string | null;
    };

/** Makes an endpoint for a call, answers, and waits for the ACK. Never rejects; whatever goes wrong leaves no endpoint. */
export async function setUp(attempt: Attempt, parts: SetUpParts): Promise<SetUp> {
  const { call } = attempt;
  let endpoint: MediaEndpoint;
  try {
    endpoint = await livingEndpoint(attempt, parts);
  } catch (error) {
    parts.log.warn({ call: call.id, error: asError(error).message }, 'no endpoint for the call');
    return refusalFor(error);
  }
  if (attempt.cancelled || attempt.letGo) {
    await release(endpoint, parts);
    return { kind: 'gone', outcome: 'cancelled' };
  }
  try {
    parts.answering(endpoint);
    const answer = await call.answer(endpoint.localSdp);
    return await answered(attempt, endpoint, answer, parts);
  } catch (error) {
    const outcome = outcomeBeforeFlow(attempt) ?? outcomeOf(error);
    // The process that comes next goes on with the endpoint.
    if (isLetGo(attempt)) return { kind: 'gone', outcome };
    if (!(error instanceof CallGone)) {
      // It may be answered by now: nobody is to listen to silence.
      void call.hangUp();
      parts.log.warn({ call: call.id, error: asError(error).message }, 'answered call could not be set up');
    }
    await release(endpoint, parts);
    return { kind: 'gone', outcome };
  }
}

/** The ACK is in. An endpoint lost meanwhile does not end the call: it gets another one. */
async function answered(
  attempt: Attempt,
  endpoint: MediaEndpoint,
  answer: string | null,
  parts: SetUpParts,
): Promise<SetUp> {
  const remoteSdp = answer ?? attempt.call.offer;
  try {
    if (answer !== null && !attempt.endpointLost) {
      await within(parts.clock, ENDPOINT_LIMIT_MS, 'taking the answer', endpoint.acceptAnswer(answer));
    }
  } catch (error) {
    if (!attempt.endpointLost) throw error;
  }
  if (!attempt.endpointLost) return { kind: 'answered', endpoint, remoteSdp };
  await release(endpoint, parts);
  return { kind: 'answered', endpoint: null, remoteSdp };
}

/** An endpoint whose mixer lives. */
async function livingEndpoint(attempt: Attempt, parts: SetUpParts): Promise<MediaEndpoint> {
  const { call, label } = attempt;
  for (let made = 1; ; made += 1) {
    attempt.endpointLost = false;
    try {
      const endpoint = await makeEndpoint(
        parts.media,
        { callId: call.id, offer: call.offer, remoteAddress: call.source.address, label },
        parts.clock,
      );
      if (!isLost(attempt)) return endpoint;
      await release(endpoint, parts);
      throw new MediaExhausted('the mixer was lost');
    } catch (error) {
      if (!isLost(attempt) || attempt.cancelled || made >= MOST_ENDPOINTS) throw error;
    }
  }
}

const isLost = ({ endpointLost }: Attempt): boolean => endpointLost;
const isLetGo = ({ letGo }: Attempt): boolean => letGo;

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
