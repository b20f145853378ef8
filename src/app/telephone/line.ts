import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CallRefused, type ClientCall } from '../../adapters/embedded-sip/client-call.js';
import { SipClient } from '../../adapters/embedded-sip/client.js';
import { SipTransactionLayer } from '../../adapters/embedded-sip/sip-transaction-layer.js';
import { SystemClock } from '../../adapters/system/clock.js';
import { SystemRandomness } from '../../adapters/system/randomness.js';

/** Longest wait for the answer to a BYE or CANCEL: a far end that is gone holds nobody up. */
export const GOODBYE_MS = 4_000;

/** The SIP side of one telephone. */
export interface Line {
  readonly client: SipClient;
  readonly layer: SipTransactionLayer;
}

/** A SIP side of its own, on any free port of `address`. */
export async function openLine(transport: 'udp' | 'tcp', address: string): Promise<Line> {
  const clock = new SystemClock();
  const randomness = new SystemRandomness();
  const layer = new SipTransactionLayer({
    listen: [{ transport, address, port: 0 }],
    clock,
    randomness,
    isKnownSource: () => true,
  });
  const client = new SipClient({
    transport,
    local: { address, port: 0 },
    clock,
    randomness,
    transactionLayer: () => layer,
  });
  await client.start();
  return { client, layer };
}

/** @throws {CallRefused} 503: no such host */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch {
    throw new CallRefused(503, `${host} is not found`);
  }
}

/** The answer's SDP. @throws {CallRefused} the final answer, or 487 when `signal` gave up */
export async function answerUnlessGivenUp(call: ClientCall, signal: AbortSignal | undefined): Promise<string | null> {
  if (signal === undefined) return call.answered;
  let givenUp: () => void = () => undefined;
  const tooLong = new Promise<never>((_, reject) => {
    givenUp = () => {
      call.cancel();
      void within(GOODBYE_MS, call.ended).then(() => reject(new CallRefused(487, 'given up')));
    };
  });
  if (signal.aborted) givenUp();
  signal.addEventListener('abort', givenUp, { once: true });
  try {
    return await Promise.race([call.answered, tooLong]);
  } finally {
    signal.removeEventListener('abort', givenUp);
  }
}

/** Whether it came to its end within `ms` milliseconds. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
