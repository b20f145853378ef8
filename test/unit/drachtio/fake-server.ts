import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a drachtio-server says to a control connection, as far as one that takes no calls needs it. */
export class FakeDrachtioServer {
  /** What it was told, each without its name, in order. */
  readonly told: string[] = [];
  /** Whether it answers pings; one before 0.8.2 does not. */
  readonly #pongs: boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];

  private constructor(server: Server, pongs: boolean) {
    this.#server = server;
    this.#pongs = pongs;
    server.on('connection', (socket) => this.#connected(socket));
  }

  static async start(pongs = true): Promise<FakeDrachtioServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeDrachtioServer(server, pongs);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Waits until it was told so. */
  async hears(words: string): Promise<void> {
    while (!this.told.includes(words)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Cuts every connection; takes new ones. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
      for (let sign = text.indexOf('#'); sign > 0; sign = text.indexOf('#')) {
        const end = sign + 1 + Number(text.slice(0, sign));
        if (text.length < end) return;
        this.#read(socket, text.slice(sign + 1, end));
        text = text.slice(end);
      }
    });
  }

  /** As the real one: in order, each done before it is answered. */
  #read(socket: Socket, message: string): void {
    const [name = '', ...words] = message.split('|');
    const [verb] = words;
    this.told.push(verb === 'authenticate' ? verb : words.join('|'));
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (verb === 'ping' && !this.#pongs) return;
    const more = verb === 'authenticate' ? '|udp/127.0.0.1:5060|v0.9.0|' : '';
    const answer = `x|response|${name}|OK${more}`;
    socket.write(`${answer.length}#${answer}`);
  }
}
