import type { CallId } from '../domain/identifiers.js';
import {
  CallGone,
  type PlacedCall,
  type PlaceRequest,
  type Signaling,
  type SignalingCall,
  type Source,
} from '../ports/signaling.js';

/** A call of ours as the calls that come in, from before its INVITE is sent. */
export class PlacedLine implements SignalingCall {
  readonly id: CallId;
  readonly source: Source;
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost: string;
  readonly callerNumber: string | null;
  readonly callerName = null;
  /** The far end's session description comes with its answer. */
  readonly offer = null;
  #call: PlacedCall | null = null;
  #over = false;

  constructor(
    id: CallId,
    number: string,
    { transport, host, port }: PlaceRequest['target'],
    callerNumber: string | null,
  ) {
    this.id = id;
    this.source = { transport, address: host, port };
    this.requestUser = number;
    this.toUser = number;
    this.requestHost = host;
    this.callerNumber = callerNumber;
  }

  get handle(): string | null {
    return this.#call?.handle ?? null;
  }

  get sipCallId(): string {
    return this.#call?.sipCallId ?? '';
  }

  /** Sends the INVITE. @throws {CallGone} hung up before; an Error where nothing can be sent. */
  place(signaling: Signaling, request: Pick<PlaceRequest, 'target' | 'localSdp' | 'credentials'>): void {
    if (this.#over) throw new CallGone('hung up before it was placed');
    const { id, requestUser: user, callerNumber } = this;
    this.#call = signaling.place({ ...request, id, user, callerNumber });
  }

  ring(): void {
    // It is theirs to ring.
  }

  answer(): Promise<string | null> {
    return Promise.reject(new CallGone('a call of ours is answered by the far end'));
  }

  refuse(): void {
    // It is theirs to refuse.
  }

  async hangUp(): Promise<void> {
    this.#over = true;
    await this.#call?.hangUp();
  }

  reoffer(localSdp: string): Promise<string> {
    return this.#call?.reoffer(localSdp) ?? Promise.reject(new CallGone('the call is not placed yet'));
  }

  probe(): Promise<boolean> {
    return this.#call?.probe() ?? Promise.resolve(!this.#over);
  }
}
