import type { SignalingCall } from '../../ports/signaling.js';

/** Who called, and where: what is known of a call from its INVITE on, but for the offer. */
export type CallFacts = Pick<
  SignalingCall,
  'sipCallId' | 'source' | 'requestUser' | 'toUser' | 'requestHost' | 'callerNumber' | 'callerName'
>;

/** What a call is found by at drachtio-server after the process that answered it has died. */
export interface CallHandle {
  /** Name of the dialog at drachtio-server. */
  readonly dialog: string;
  readonly facts: CallFacts;
}

/** Version of the text; another one is not read. */
const VERSION = 1;

export function showHandle({ dialog, facts }: CallHandle): string {
  const { sipCallId, source, requestUser, toUser, requestHost, callerNumber, callerName } = facts;
  return JSON.stringify({
    version: VERSION,
    dialog,
    facts: { sipCallId, source, requestUser, toUser, requestHost, callerNumber, callerName },
  });
}

/** `null`: not a handle of ours. */
export function readHandle(text: string): CallHandle | null {
  try {
    const value = JSON.parse(text) as Partial<CallHandle & { version: number }> | null;
    if (value?.version !== VERSION || typeof value.dialog !== 'string' || typeof value.facts !== 'object') return null;
    return { dialog: value.dialog, facts: value.facts };
  } catch {
    return null;
  }
}
