import { createHmac } from 'node:crypto';
import { MessageRefused, ReceiverAway } from '../../ports/messages.js';
import type { Message, MessageChannel } from '../../ports/messages.js';

export interface WebhookOptions {
  /** What requests are signed with; `whsec_` and base64, or any text. */
  readonly secret: string;
  /** The URL, and what is posted to it as JSON. */
  readonly request: (address: string, message: Message) => { readonly url: string; readonly body: object };
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** Longest wait for the answer, milliseconds. */
  readonly timeoutMs?: number;
}

const USUAL_TIMEOUT_MS = 20_000;
/** Of an answer, which nobody reads; a connection whose rest is longer is closed. */
const MOST_ANSWER_BYTES = 65_536;
const SECRET_PREFIX = 'whsec_';

/**
 * Posts JSON, signed as by the Standard Webhooks convention: HMAC-SHA-256 (RFC 2104) over identifier, time and body, so that a receiver knows who
 * sent it, that nothing was changed and, by the time, that it is not an old one sent again.
 */
export class WebhookChannel implements MessageChannel {
  readonly #options: WebhookOptions;
  readonly #key: Buffer;

  constructor(options: WebhookOptions) {
    this.#options = options;
    const { secret } = options;
    this.#key = secret.startsWith(SECRET_PREFIX)
      ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
      : Buffer.from(secret, 'utf8');
  }

  async send(address: string, message: Message): Promise<void> {
    const { request, now, timeoutMs = USUAL_TIMEOUT_MS } = this.#options;
    const { url, body } = request(address, message);
    const text = JSON.stringify(body);
    const timestamp = String(Math.floor(now() / 1000));
    const signature = createHmac('sha256', this.#key).update(`${message.id}.${timestamp}.${text}`).digest('base64');
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        body: text,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Partyline',
          'webhook-id': message.id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
      });
    } catch (error) {
      throw new ReceiverAway(unreachable(error));
    }
    await passOver(response);
    judge(response.status);
  }
}

/** RFC 9110 section 15: what may pass is tried again, what the receiver means is not. */
function judge(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    throw new Error(`the receiver does not take it now (HTTP ${status})`);
  }
  const why =
    status >= 300 && status < 400
      ? 'the receiver is elsewhere, and redirects are not followed'
      : 'the receiver refuses it';
  throw new MessageRefused(`${why} (HTTP ${status})`);
}

/** The rest of the answer, so that the connection can be used again, or closed where it is long. */
async function passOver({ body }: Response): Promise<void> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let bytes = 0;
  try {
    while (bytes <= MOST_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
    }
    await reader.cancel();
  } catch {
    // the status has come, which is all that counts
  }
}

/** Without the address, which the library's message may have. */
function unreachable(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'the receiver took too long';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'network error';
  return `the receiver cannot be reached (${code})`;
}
