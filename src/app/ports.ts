import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Config } from './config.js';
import type { PortRange, SipListen } from './config/kinds.js';
import { environmentName } from './config/settings.js';

/** Ports cannot be listened on: one line that names them and the setting. */
export class PortsTaken extends Error {
  override readonly name = 'PortsTaken';
}

/** Audio ports are bound on every address. */
const ANY_ADDRESS = '0.0.0.0';

/** Tries to listen there and lets go again: `null` when that works, else why not (`EADDRINUSE`...). */
export function whyNotFree(transport: 'udp' | 'tcp', host: string, port: number): Promise<string | null> {
  return transport === 'udp' ? udpTaken(host, port) : tcpTaken(host, port);
}

/** Why an address cannot be listened on, in words. */
export function portTrouble(code: string): string {
  if (code === 'EADDRINUSE') return 'another program has it';
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address';
  if (code === 'EACCES') return 'this user may not open ports below 1024';
  return code;
}

/** What is amiss with the number of audio ports, or `null`: each call needs two. */
export function tooFewAudioPorts({ media, maximumCalls }: Pick<Config, 'media' | 'maximumCalls'>): string | null {
  const { first, last } = media.rtpPorts;
  const room = Math.floor((last + 1 - (first + (first % 2))) / 2);
  if (room >= maximumCalls) return null;
  return `${first}-${last} has room for ${room} calls, and maximumCalls is ${maximumCalls}: widen rtp.ports, or lower it`;
}

/**
 * Looks at every port before anything is started, so that a refusal leaves nothing behind.
 * @param sip the SIP addresses that this process, or a program started by it, will listen on
 * @throws {PortsTaken}
 */
export async function refuseTakenPorts(
  { http, media }: Pick<Config, 'http' | 'media'>,
  sip: readonly SipListen[],
): Promise<void> {
  for (const { transport, host, port } of sip) {
    await refuseTaken('SIP', transport, host, port, environmentName('sip.listen'));
  }
  if (http !== null) await refuseTaken('HTTP', 'tcp', http.host, http.port, environmentName('http.listen'));
  if (sip.length > 0) await refuseWithoutAudio(media.rtpPorts);
}

async function refuseTaken(
  what: string,
  transport: 'udp' | 'tcp',
  host: string,
  port: number,
  setting: string,
): Promise<void> {
  const code = port === 0 ? null : await whyNotFree(transport, host, port);
  if (code === null) return;
  const remedy = code === 'EADDRINUSE' ? `end it, or set ${setting}` : `set ${setting}`;
  throw new PortsTaken(`cannot listen for ${what} on ${transport}:${host}:${port}: ${portTrouble(code)}; ${remedy}`);
}

/** Some ports of a range may be taken by others; all of them may not. */
async function refuseWithoutAudio({ first, last }: PortRange): Promise<void> {
  for (let rtp = first + (first % 2); rtp < last; rtp += 2) {
    if ((await udpTaken(ANY_ADDRESS, rtp)) === null && (await udpTaken(ANY_ADDRESS, rtp + 1)) === null) return;
  }
  throw new PortsTaken(
    `no UDP port of ${first}-${last} is free for audio: other programs have them; set ${environmentName('rtp.ports')} to another range`,
  );
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message;

function udpTaken(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(codeOf(error));
    });
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.close(() => resolve(null));
    });
  });
}

function tcpTaken(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => resolve(null));
    });
  });
}
