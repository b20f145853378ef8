import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

export interface PortRangeOptions {
  /** Both ends included; RTP takes the even port, RTCP the odd one above (RFC 3550 section 11). */
  readonly min: number;
  readonly max: number;
  /** Milliseconds a freed pair rests, so that late packets of an old call reach no new one. */
  readonly restMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A whole number from 0 to below `limit`. */
  readonly random: (limit: number) => number;
}

/** Which pairs of ports are in use; pure book-keeping. */
export class PortRange {
  private readonly first: number;
  private readonly pairs: number;
  private next: number;
  private readonly used = new Set<number>();
  private readonly resting = new Map<number, number>();
  private readonly options: PortRangeOptions;

  /** @throws Error when the range holds no pair. */
  constructor(options: PortRangeOptions) {
    const { min, max } = options;
    this.options = options;
    this.first = min + (min % 2);
    this.pairs = Math.floor((max - this.first + 1) / 2);
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max > 65_535 || this.pairs < 1) {
      throw new Error(`the RTP port range ${min} to ${max} holds no even and odd pair`);
    }
    this.next = options.random(this.pairs);
  }

  get inUse(): number {
    return this.used.size;
  }

  /** The next free even port, now in use; `null` when all are taken or resting. */
  take(): number | null {
    const now = this.options.now();
    for (let tries = 0; tries < this.pairs; tries++) {
      const port = this.first + 2 * this.next;
      this.next = (this.next + 1) % this.pairs;
      if (this.used.has(port)) continue;
      const rested = this.resting.get(port);
      if (rested !== undefined && now < rested) continue;
      this.resting.delete(port);
      this.used.add(port);
      return port;
    }
    return null;
  }

  /** Gives a pair back; it rests first. */
  free(port: number): void {
    if (this.used.delete(port)) this.resting.set(port, this.options.now() + this.options.restMs);
  }
}

/** Whether no other program holds either port of the pair: bound for a moment without sharing. */
export async function pairIsFree(address: string, port: number): Promise<boolean> {
  return (await portIsFree(address, port)) && (await portIsFree(address, port + 1));
}

function portIsFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', ipv6Only: isIP(address) === 6 });
    socket.once('error', () => {
      socket.close(() => resolve(false));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
}
