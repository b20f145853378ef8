import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';

/** The longest message, characters; the longest real one tells thousands of calls at once. */
const MAX_MESSAGE = 16_000_000;
/** What the other side has not read yet, bytes; beyond it, it hangs, and the connection is closed. */
const MAX_UNREAD = 16_000_000;

/** JSON-RPC 2.0, one message a line. The library's own framing has no bounds. */
export function openWire(socket: Socket): MessageConnection {
  return createMessageConnection(new LineReader(socket), new LineWriter(socket));
}

class LineReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  listen(callback: DataCallback): Disposable {
    const socket = this.#socket;
    const decoder = new StringDecoder('utf8');
    let parts: string[] = [];
    let length = 0;
    const refuse = (): void => void socket.destroy();
    const take = (line: string): void => {
      try {
        callback(JSON.parse(line) as Message);
      } catch {
        refuse();
      }
    };
    const onData = (chunk: Buffer): void => {
      const lines = decoder.write(chunk).split('\n');
      for (const [index, text] of lines.entries()) {
        if (socket.destroyed) return;
        length += text.length;
        if (length > MAX_MESSAGE) return refuse();
        parts.push(text);
        if (index === lines.length - 1) continue;
        const line = parts.join('');
        parts = [];
        length = 0;
        take(line);
      }
    };
    socket.on('data', onData);
    socket.once('close', () => this.fireClose());
    return { dispose: () => void socket.off('data', onData) };
  }
}

class LineWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  write(message: Message): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.reject(new Error('the connection is closed'));
    if (socket.writableLength > MAX_UNREAD) {
      socket.destroy();
      return Promise.reject(new Error('the other side does not read'));
    }
    socket.write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  end(): void {
    this.#socket.end();
  }
}
