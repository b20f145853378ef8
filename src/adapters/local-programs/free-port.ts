import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const TRIES = 20;

/** A port that is free for TCP and UDP at the address now. @throws Error where none is found. */
export async function freePort(address: string): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = await freeTcpPort(address);
    if (await isFreeUdp(address, port)) return port;
  }
  throw new Error(`no free port at ${address}`);
}

function freeTcpPort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() => {
        if (typeof bound === 'object' && bound !== null) resolve(bound.port);
        else reject(new Error('no port'));
      });
    });
  });
}

function isFreeUdp(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}
