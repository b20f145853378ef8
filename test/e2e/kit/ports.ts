import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that is free for UDP and TCP alike. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = await freeUdpPort();
    if (await isFreeForTcp(port)) return port;
  }
  throw new Error('no port of 127.0.0.1 is free for both UDP and TCP');
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
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

/** A range of audio ports, drawn by chance so that bridges on one machine seldom share one. */
export function rtpRange(): string {
  const slots = Math.floor((LAST_RTP_PORT - FIRST_RTP_PORT) / RTP_PORTS);
  const first = FIRST_RTP_PORT + Math.floor(Math.random() * slots) * RTP_PORTS;
  return `${first}-${first + RTP_PORTS - 1}`;
}
