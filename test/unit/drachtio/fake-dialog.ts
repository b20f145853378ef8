import { EventEmitter } from 'node:events';
import type { Dialog, SipRequest, SipResponse } from 'drachtio-srf';

/** A request or response as the library gives it, as far as it is looked at. */
export class FakeDialog extends EventEmitter {
  readonly id = 'dialog';
  readonly local = { uri: '', sdp: 'v=0 ours', contact: '<sip:127.0.0.1>' };
  readonly remote = { uri: '', sdp: 'v=0 theirs' };
  readonly sip = { callId: 'call' };
  readonly req = { socket: null };
  /** What we sent within it; a test answers it with `emit('response', ...)`. */
  readonly sent: { readonly options: Record<string, unknown>; readonly request: EventEmitter }[] = [];
  readonly agent = {
    request: (options: Record<string, unknown>, told: (error: unknown, request: EventEmitter) => void): void => {
      const request = new EventEmitter();
      this.sent.push({ options, request });
      told(null, request);
    },
  };
  readonly handled: SipRequest[] = [];
  handle(request: SipRequest, response: SipResponse): void {
    this.handled.push(request);
    response.send(500);
  }
  destroy(): Promise<void> {
    return Promise.resolve();
  }
  get dialog(): Dialog {
    return this as unknown as Dialog;
  }
}

/** A re-INVITE of the far end's. @returns the status and header fields it is answered with. */
export async function reinvite(
  dialog: FakeDialog,
  body: string,
): Promise<{ readonly status: number; readonly headers: Record<string, string> }> {
  const request = { method: 'INVITE', body, get: () => undefined } as unknown as SipRequest;
  return new Promise((resolve) => {
    const response = {
      send: (status: number, { headers = {} }: { headers?: Record<string, string> } = {}) =>
        resolve({ status, headers }),
    } as unknown as SipResponse;
    dialog.handle(request, response);
  });
}
