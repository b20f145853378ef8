/** modesl as the FreeSWITCH adapter uses it: one inbound event socket. */
declare module 'modesl' {
  import type { Socket } from 'node:net';

  export interface EslEvent {
    getHeader(name: string): string | null;
    getBody(): string;
  }

  /** An event emitter with wildcards; `error` without a listener throws. */
  export class Connection {
    constructor(host: string, port: number, password: string, ready?: () => void);
    readonly socket: Socket | null;
    on(event: string, listener: (event: EslEvent) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
    removeAllListeners(event?: string): this;
    subscribe(events: readonly string[], callback?: (reply: EslEvent) => void): void;
    /** Sends a command and its headers; the callback gets the reply to it. */
    sendRecv(command: string, headers: Record<string, string> | null, callback: (reply: EslEvent) => void): void;
    api(command: string, callback: (response: EslEvent) => void): void;
    disconnect(): void;
  }

  const modesl: { readonly Connection: typeof Connection };
  export default modesl;
}
