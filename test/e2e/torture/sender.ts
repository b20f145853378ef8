import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';

const LOOPBACK = '127.0.0.1';
/** Where answers go when the Via says no port (UDP and TCP, TLS), and the one port that a message names itself. */
const ANSWER_PORTS = [5060, 5061, 5050];
const ANSWER_LIMIT_MS = 5_000;
const LOOK_MS = 5;

/** A message that came back, with its headers by lower-case name. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Sends datagrams, and hears what comes back wherever it goes: to where they came from, or to the port in Via. */
export class DatagramSender {
  readonly #source: Socket;
  readonly #sockets: readonly Socket[];
  #answers: Answer[] = [];
  /** Calls answered before: an answer whose ACK was of no use comes again for half a minute. */
  readonly #old = new Set<string>();
  readonly #to: number;

  private constructor(sockets: readonly [Socket, ...Socket[]], to: number) {
    this.#source = sockets[0];
    this.#sockets = sockets;
    this.#to = to;
    for (const socket of sockets) {
      socket.on('message', (bytes) => {
        const answer = readAnswer(bytes.toString('latin1'));
        if (answer !== null && !this.#old.has(callOf(answer))) this.#answers.push(answer);
      });
    }
  }

  /**
   * @param from an address of loopback that is nobody else's: whatever answers come there are answers to us
   * @returns `null` when a port that answers go to is taken by somebody else
   */
  static async open(from: string, to: number): Promise<DatagramSender | null> {
    const opened: Socket[] = [];
    try {
      const source = await bound(from, 0);
      opened.push(source);
      for (const port of ANSWER_PORTS) opened.push(await bound(from, port));
      return new DatagramSender([source, ...opened.slice(1)], to);
    } catch {
      for (const socket of opened) socket.close();
      return null;
    }
  }

  send(bytes: Buffer): void {
    for (const answer of this.#answers) this.#old.add(callOf(answer));
    this.#answers = [];
    this.#source.send(bytes, this.#to, LOOPBACK);
  }

  /** Ends the repetitions of a refusal (RFC 3261 section 17.1.1.3). */
  acknowledge(refusal: Answer): void {
    const lines = ['ACK sip:refused@example.com SIP/2.0', `Via: ${refusal.headers.get('via') ?? ''}`];
    this.#source.send(after(refusal, 'ACK', 0, lines), this.#to, LOOPBACK);
  }

  /** Sends a request within the call that the answer accepted. @param step what is added to CSeq */
  within(accepted: Answer, method: 'ACK' | 'BYE', step: number): void {
    const target = /<([^>]*)>/.exec(accepted.headers.get('contact') ?? '')?.[1] ?? 'sip:nobody@example.com';
    const via = `Via: SIP/2.0/UDP ${this.#source.address().address};rport;branch=z9hG4bK${method}${randomUUID()}`;
    this.#source.send(after(accepted, method, step, [`${method} ${target} SIP/2.0`, via]), this.#to, LOOPBACK);
  }

  /** Everything that came since the last `send`, without provisional answers and repetitions. */
  get finals(): readonly Answer[] {
    const seen = new Map(
      this.#answers.map((answer) => [`${answer.status} ${answer.headers.get('cseq') ?? ''} ${callOf(answer)}`, answer]),
    );
    return [...seen.values()].filter(({ status }) => status >= 200);
  }

  /** Waits for so many final answers; fewer when no more come. */
  async answers(count: number): Promise<readonly Answer[]> {
    const deadline = performance.now() + ANSWER_LIMIT_MS;
    while (this.finals.length < count && performance.now() < deadline) await look();
    return this.finals;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }
}

/** Writes bytes into a connection of their own and gives the final answers; `count` of them are waited for. */
export async function sendOverTcp(
  port: number,
  bytes: Buffer,
  count: number,
  meanwhile: () => Promise<void>,
): Promise<readonly Answer[]> {
  const socket = connect(port, LOOPBACK);
  let text = '';
  const connection = { closed: false };
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (connection.closed = true));
  try {
    socket.write(bytes);
    const finals = (): readonly Answer[] =>
      text
        .split(/(?=SIP\/2\.0 \d{3} )/)
        .flatMap((part) => readAnswer(part) ?? [])
        .filter(({ status }) => status >= 200);
    const deadline = performance.now() + ANSWER_LIMIT_MS;
    while (finals().length < count && !connection.closed && performance.now() < deadline) await look();
    await meanwhile();
    return finals();
  } finally {
    socket.destroy();
  }
}

const callOf = ({ headers }: Answer): string => headers.get('call-id') ?? '';

/** A request that follows an answer, in the same dialog or transaction. */
function after(answer: Answer, method: string, step: number, beginning: readonly string[]): Buffer {
  const header = (name: string): string => answer.headers.get(name) ?? '';
  const lines = [
    ...beginning,
    `From: ${header('from')}`,
    `To: ${header('to')}`,
    `Call-ID: ${header('call-id')}`,
    `CSeq: ${Number.parseInt(header('cseq'), 10) + step} ${method}`,
    'Max-Forwards: 70',
    'Content-Length: 0',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function readAnswer(text: string): Answer | null {
  const [first = '', ...lines] = (text.split('\r\n\r\n', 1)[0] ?? '').split('\r\n');
  const status = /^SIP\/2\.0 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
    const key = name?.toLowerCase();
    if (key !== undefined && !headers.has(key)) headers.set(key, value ?? '');
  }
  return { status: Number(status), headers };
}

function bound(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => resolve(socket));
  });
}

const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
