import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Destination } from './sdp-session.js';

export interface PacketHandlers {
  rtp(packet: Buffer, from: RemoteInfo): void;
  rtcp(packet: Buffer, from: RemoteInfo): void;
}

/** Room for the packets of a stall, octets. */
const RECEIVE_BUFFER_OCTETS = 256 * 1024;

/**
 * An even and odd pair of UDP ports. Bound as shared (with address reuse), another thread of ours can open the same
 * pair and take it over: the latest to bind gets the packets, until it closes.
 */
export class RtpSockets {
  private readonly rtp: Socket;
  private readonly rtcp: Socket;
  private open = true;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.rtp = rtp;
    this.rtcp = rtcp;
  }

  /**
   * @param shared whether another socket of ours may be, or come, beside it.
   * @throws Error of the system, e.g. EADDRINUSE; then nothing stays open.
   */
  static async bind(address: string, port: number, shared: boolean, handlers: PacketHandlers): Promise<RtpSockets> {
    const rtp = await bound(address, port, shared, (packet, from) => handlers.rtp(packet, from));
    try {
      return new RtpSockets(rtp, await bound(address, port + 1, shared, (packet, from) => handlers.rtcp(packet, from)));
    } catch (error) {
      rtp.close();
      throw error;
    }
  }

  sendRtp(packet: Buffer, length: number, to: Destination): void {
    if (this.open) this.rtp.send(packet, 0, length, to.port, to.address, ignore);
  }

  sendRtcp(packet: Buffer, to: Destination, multiplexed: boolean): void {
    if (!this.open) return;
    (multiplexed ? this.rtp : this.rtcp).send(packet, 0, packet.length, to.port, to.address, ignore);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.rtp.close();
    this.rtcp.close();
  }
}

/** A packet that cannot be sent (no route, port closed) is lost like any other; the silence is noticed elsewhere. */
function ignore(): void {
  return;
}

function bound(
  address: string,
  port: number,
  shared: boolean,
  onMessage: (packet: Buffer, from: RemoteInfo) => void,
): Promise<Socket> {
  const family = isIP(address) === 6 ? 6 : 4;
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      reuseAddr: shared,
      // Addresses are literals: no resolver on the way of a packet.
      lookup: (host, _options, done) => done(null, host, family),
    });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.on('message', onMessage);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
      resolve(socket);
    });
  });
}
