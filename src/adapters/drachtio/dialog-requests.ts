import type { Acknowledge, Dialog, DialogRequest, SipRequest, SipResponse } from 'drachtio-srf';

/** Final response to a request within a dialog, or that there was none. */
export type Outcome =
  | {
      readonly kind: 'response';
      readonly response: SipResponse;
      /** The ACK owed for the 2xx of an INVITE without SDP. */
      readonly acknowledge: Acknowledge | null;
    }
  /** drachtio-server no longer knows the dialog, or the connection to it is down. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /** Neither a response nor an error came in time. */
  | { readonly kind: 'silence' };

/** As much of a dialog as a request needs. */
export type DialogAtServer = Pick<Dialog, 'id' | 'agent' | 'handle'> & { readonly req: Pick<SipRequest, 'socket'> };

/** 64*T1 and what drachtio-server needs to say so, milliseconds: after it requests end with 408 by themselves. */
export const TRANSACTION_MS = 34_000;

/** What a request that was challenged is to be sent again with, or `null`: the answer stands. One for each request. */
export type Authorize = (response: SipResponse, request: SipRequest) => Record<string, string> | null;

/**
 * Sends a request within a dialog and waits for its final response. An INVITE is acknowledged, but for one without SDP.
 *
 * Not by the library's own `request()` and `modify()`: the one settles at a provisional response, the other hangs for ever
 * after one refused re-INVITE, neither settles when the connection is lost, and an UPDATE that comes meanwhile is given to
 * nobody.
 * @param timeoutMs milliseconds.
 * @param late takes the ACK owed for a 2xx that came after that.
 * @param authorize answers a 401 or 407 (RFC 3261 section 22); without it, it is an answer as any other.
 */
export function requestWithin(
  dialog: DialogAtServer,
  request: DialogRequest,
  timeoutMs: number,
  late: (acknowledge: Acknowledge) => void = () => undefined,
  authorize: Authorize = () => null,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      resolve({ kind: 'silence' });
    }, timeoutMs).unref();
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const send = (authorization: Record<string, string>): void => {
      const headers = { ...request.headers, ...authorization };
      const options = { ...request, headers, stackDialogId: dialog.id, _socket: dialog.req.socket };
      dialog.agent.request(options, (error, sent) => {
        if (sent === undefined) {
          settle({ kind: 'unsent', reason: reasonOf(error) });
          return;
        }
        sent.on('update', (theirs: SipRequest, response: SipResponse) => dialog.handle(theirs, response));
        sent.on('response', (response: SipResponse, acknowledge: Acknowledge) => {
          if (response.status < 200) return;
          const owed = request.method === 'INVITE' && request.body === undefined && response.status < 300;
          if (request.method === 'INVITE' && !owed) acknowledge();
          const added = over ? null : authorize(response, sent);
          if (added !== null) {
            again({ ...authorization, ...added });
            return;
          } else if (owed && over) late(acknowledge);
          settle({ kind: 'response', response, acknowledge: owed ? acknowledge : null });
        });
      });
    };
    const again = (authorization: Record<string, string>): void => {
      try {
        send(authorization);
      } catch (error) {
        settle({ kind: 'unsent', reason: reasonOf(error) });
      }
    };
    again({});
  });
}

/** As {@link sayGoodbye}, where the far end may want a password for it: the library knows MD5 alone. */
export async function sayGoodbyeAuthorized(dialog: Dialog, timeoutMs: number, authorize: Authorize): Promise<void> {
  await requestWithin(dialog, { method: 'BYE' }, timeoutMs, undefined, authorize);
  dialog.srf.removeDialog(dialog);
  dialog.removeAllListeners();
}

/** Sends BYE and waits for the answer; never rejects. */
export async function sayGoodbye(dialog: Dialog, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs).unref();
  });
  const bye = new Promise<void>((resolve) => {
    try {
      dialog.destroy().then(
        () => resolve(),
        () => resolve(),
      );
    } catch {
      resolve();
    }
  });
  await Promise.race([bye, bound]);
  clearTimeout(timer);
}

/** Errors of the library are sometimes plain strings. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'unknown reason';
}
