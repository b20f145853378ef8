import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below the ports for audio, and below those that the system and the test telephones take for themselves: whoever gets a port here
 * binds it seconds later, and nobody else may take it meanwhile.
 */
const FIRST_PORT = 2_000;
const LAST_PORT = 9_999;
/** Ports of these that `fetch` refuses to ask (https://fetch.spec.whatwg.org/#port-blocking). */
const NOT_FOR_FETCH: ReadonlySet<number> = new Set([
  2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
]);

/** Given out by this process: whoever got one may not have bound it yet. */
const given = new Set<number>();

/** A port of 127.0.0.1 that is free for UDP and TCP alike, drawn by chance; none twice. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (NOT_FOR_FETCH.has(port) || given.has(port)) continue;
    if ((await isFreeForUdp(port)) && (await isFreeForTcp(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error('no port of 127.0.0.1 is free for both UDP and TCP');
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const RTP_PORTS = 600;
const FIRST_RTP_PORT = 10_000;
/** Below the ports that the system gives to whoever asks for any. */
const LAST_RTP_PORT = 32_000;

const SLOTS = Math.floor((LAST_RTP_PORT - FIRST_RTP_PORT) / RTP_PORTS);
/** First ports of the ranges not given out by this process, in an order drawn by chance, so that processes seldom share one. */
const ranges = Array.from({ length: SLOTS }, (_, slot) => FIRST_RTP_PORT + slot * RTP_PORTS)
  .map((first) => ({ first, chance: Math.random() }))
  .sort((one, other) => one.chance - other.chance)
  .map(({ first }) => first);

/**
 * A range of audio ports. Those of one process differ until all are given out: two mixers that share one take each other's packets,
 * since FreeSWITCH binds its ports with SO_REUSEADDR.
 */
export function rtpRange(): string {
  const first = ranges.shift() ?? FIRST_RTP_PORT;
  ranges.push(first);
  return `${first}-${first + RTP_PORTS - 1}`;
}
