import type { CallId } from '../../domain/identifiers.js';
import {
  CallGone,
  DialogLost,
  ReofferRefused,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../../ports/signaling.js';
import type { CallHandle } from './call-handle.js';
import { requestWithin, TRANSACTION_MS, type DialogAtServer, type Outcome } from './dialog-requests.js';
import { contentHeaders } from './headers.js';

/** What a lost call needs of the signalling it belongs to. */
export interface LostHost {
  readonly listener: SignalingListener;
  /** The dialog as the connection of now reaches it; `null`: not connected. */
  dialog(name: string): DialogAtServer | null;
  ended(call: LostCall): void;
  track<T>(work: Promise<T>): Promise<T>;
}

/**
 * A call that a process before this one answered. drachtio-server passes on what we send in its dialog, as long as it has not been
 * restarted itself, but tells the far end's requests to nobody.
 */
export class LostCall implements SignalingCall {
  readonly id: CallId;
  readonly handle: string;
  readonly sipCallId: string;
  readonly source: Source;
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost: string;
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  readonly offer = null;
  readonly #host: LostHost;
  readonly #dialog: string;
  #over = false;

  constructor(host: LostHost, id: CallId, text: string, { dialog, facts }: CallHandle) {
    this.#host = host;
    this.#dialog = dialog;
    this.id = id;
    this.handle = text;
    this.sipCallId = facts.sipCallId;
    this.source = facts.source;
    this.requestUser = facts.requestUser;
    this.toUser = facts.toUser;
    this.requestHost = facts.requestHost;
    this.callerNumber = facts.callerNumber;
    this.callerName = facts.callerName;
  }

  ring(): void {
    // It was answered long ago.
  }

  answer(): Promise<string | null> {
    return Promise.reject(new CallGone('the call was answered by another process'));
  }

  refuse(): void {
    // It was answered long ago.
  }

  async hangUp(): Promise<void> {
    if (this.#over) return;
    this.#end();
    await this.#request({ method: 'BYE' });
  }

  async reoffer(localSdp: string): Promise<string> {
    if (this.#over) throw new CallGone('the call is over');
    const outcome = await this.#request({ method: 'INVITE', body: localSdp, headers: contentHeaders });
    if (outcome.kind !== 'response') throw new DialogLost('drachtio-server does not know the dialog any more');
    const { status, body } = outcome.response;
    if (status < 300) return body ?? '';
    throw new ReofferRefused(status);
  }

  async probe(): Promise<boolean> {
    if (this.#over) return false;
    const outcome = await this.#request({ method: 'OPTIONS' });
    const there =
      outcome.kind === 'response' &&
      ![408, 481].includes(outcome.response.status) &&
      outcome.response.source_address !== '';
    if (!there) this.endedUnheard('no answer to OPTIONS', true);
    return there;
  }

  /** drachtio-server tells that the far end said BYE, or nobody answers any more. */
  endedUnheard(cause: string, lineLost = false): void {
    if (this.#over) return;
    this.#end();
    this.#host.listener.hungUp(this.id, { lineLost, cause });
  }

  #end(): void {
    this.#over = true;
    this.#host.ended(this);
  }

  async #request(request: Parameters<typeof requestWithin>[1]): Promise<Outcome> {
    const dialog = this.#host.dialog(this.#dialog);
    if (dialog === null) return { kind: 'unsent', reason: 'not connected to drachtio-server' };
    return this.#host.track(requestWithin(dialog, request, TRANSACTION_MS));
  }
}
