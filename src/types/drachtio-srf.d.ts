/**
 * drachtio-srf as the adapters use it. The declarations it ships are wrong in places (callbacks, promises) and lack
 * what is needed here; these were written from its source (5.0) and hold only what is used.
 */
declare module 'drachtio-srf' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export interface SipText {
    /** Header by name, whatever its case; several of one name joined by commas. */
    get(name: string): string | undefined;
    has(name: string): boolean;
    readonly body: string | undefined;
  }

  /** Emits `cancel` (an INVITE before its final response) and `response` (a request we sent). */
  export interface SipRequest extends EventEmitter, SipText {
    readonly method: string;
    readonly uri: string;
    readonly source: 'network' | 'application';
    readonly source_address: string;
    readonly source_port: number;
    readonly protocol: string;
    socket: Socket;
    /** CANCEL of an INVITE of ours. */
    cancel(): void;
  }

  export interface SendOptions {
    readonly headers?: Record<string, string>;
    readonly body?: string;
  }

  export interface SipResponse extends SipText {
    readonly status: number;
    readonly reason: string;
    /** Empty where drachtio-server made the response itself. */
    readonly source_address: string;
    readonly source_port: number;
    readonly finalResponseSent: boolean;
    send(status: number, options?: SendOptions, callback?: (error: unknown) => void): void;
  }

  /** `ack` sends the ACK of a 2xx, with an SDP where the INVITE had none. */
  export type Acknowledge = (options?: { readonly body: string }) => void;

  export interface DialogRequest {
    readonly method: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  }

  /** The connection under a dialog; the callback gets the request as sent, which then emits `response` and `update`. */
  export interface Agent {
    request(
      options: DialogRequest & { readonly stackDialogId: string; readonly _socket: Socket },
      callback: (error: unknown, request?: SipRequest) => void,
    ): void;
  }

  /** Emits `destroy` (request, reason), `ack`, `info`, `update`, `options`, `refer`, `message`, `notify`, `modify`. */
  export interface Dialog extends EventEmitter {
    readonly id: string;
    connected: boolean;
    readonly req: SipRequest;
    /** The 200 that made it. */
    readonly res: SipText;
    readonly sip: { readonly callId: string };
    local: { sdp: string; readonly contact: string };
    remote: { sdp: string };
    readonly agent: Agent;
    /** Takes requests within the dialog. */
    handle(request: SipRequest, response: SipResponse): void;
    /** The callback comes for every response, provisional ones included; for an INVITE with `noAck` a 2xx brings the ACK. */
    request(
      options: DialogRequest & { readonly noAck?: boolean },
      callback: (error: unknown, response?: SipResponse, acknowledge?: Acknowledge) => void,
    ): void;
    /** Sends BYE; rejects with an error or a string when it cannot be sent. */
    destroy(): Promise<unknown>;
    /** What the library remembers dialogs by. */
    readonly srf: { removeDialog(dialog: Dialog): void };
  }

  export interface ConnectOptions {
    readonly host: string;
    readonly port: number;
    readonly secret: string;
    readonly reconnect?: { readonly retryMaxDelay: number };
    readonly enablePing?: boolean;
    /** Milliseconds, 5000 to 300000. */
    readonly pingInterval?: number;
  }

  export interface UasOptions {
    readonly localSdp: string;
    readonly headers?: Record<string, string>;
  }

  export interface UacOptions {
    /** Where to send it, if not to what the URI says. */
    readonly proxy?: string;
    readonly localSdp?: string;
    readonly headers?: Record<string, string>;
  }

  type RequestHandler = (request: SipRequest, response: SipResponse) => void;

  /** Emits `connect` (error or null, addresses), `error`, `close`, `reconnecting`, and `cdr:stop` (source, time, reason, message). */
  export default class Srf extends EventEmitter {
    constructor();
    connect(options: ConnectOptions): void;
    disconnect(): void;
    /** The error is an Error or a plain string. The callback runs as the 200 goes out, before the ACK. */
    createUAS(
      request: SipRequest,
      response: SipResponse,
      options: UasOptions,
      callback: (error: unknown, dialog?: Dialog) => void,
    ): void;
    /** Rejects with an error that has a `status` and the response as `res` for a final response other than 200. An offer of the far end's is acknowledged with silence. */
    createUAC(
      uri: string,
      options: UacOptions,
      progress?: {
        readonly cbRequest: (error: unknown, invite?: SipRequest) => void;
        /** 100 and all others. */
        readonly cbProvisional?: (response: SipResponse) => void;
      },
    ): Promise<Dialog>;
    invite(handler: RequestHandler): void;
    options(handler: RequestHandler): void;
    register(handler: RequestHandler): void;
    message(handler: RequestHandler): void;
    subscribe(handler: RequestHandler): void;
    publish(handler: RequestHandler): void;
    notify(handler: RequestHandler): void;
    info(handler: RequestHandler): void;
    /** The connection under it; nothing of this is public, and only read with care. */
    readonly app: {
      readonly client?: Agent & {
        readonly wp?: {
          closing?: boolean;
          readonly socket?: Socket;
          readonly reconnectVars?: { retryTimer: NodeJS.Timeout | null };
          /** @returns the name of the message, which its response bears. */
          send(socket: Socket, message: string): string;
        };
        readonly mapServer?: Map<
          Socket,
          {
            readonly pendingNetworkInvites: Map<string, unknown>;
            /** What is done when the response to a message comes, by the name of the message. */
            readonly pendingRequests: Map<string, () => void>;
          }
        >;
      };
    };
  }
}
