/** drachtio-fsmrf as the FreeSWITCH adapter uses it: legs and their SIP dialogs, nothing of its conferences. */
declare module 'drachtio-fsmrf' {
  import type { EventEmitter } from 'node:events';
  import type { Dialog, UacOptions } from 'drachtio-srf';

  /** Emits `destroy` with the reason, or without one when its socket was lost. */
  export interface Endpoint extends EventEmitter {
    readonly uuid: string;
    readonly local: { readonly sdp: string };
    readonly dialog: Dialog;
    readonly conn: FsmrfConnection | null;
  }

  interface FsmrfConnection {
    on(event: string, listener: (...values: unknown[]) => void): void;
    removeAllListeners(event?: string): void;
    send(command: string): void;
    closing?: boolean;
    readonly reconnectVars?: { retryTimer: NodeJS.Timeout | null };
  }

  /** Emits `end` when its event socket is lost. */
  export interface MediaServer extends EventEmitter {
    readonly conn: FsmrfConnection;
    closing?: boolean;
    createEndpoint(options: {
      readonly remoteSdp?: string;
      readonly headers?: Record<string, string>;
    }): Promise<Endpoint>;
    disconnect(): void;
  }

  export default class Mrf {
    constructor(srf: { createUAC(uri: string, options: UacOptions): Promise<Dialog> });
    connect(options: {
      readonly address: string;
      readonly port: number;
      readonly secret: string;
      /** Where FreeSWITCH connects back to for each leg. */
      readonly listenAddress: string;
      readonly listenPort: number;
      /** Name of the SIP profile. */
      readonly profile: string;
    }): Promise<MediaServer>;
  }
}
