import type { SipRequest } from 'drachtio-srf';
import type { Source } from '../../ports/signaling.js';

/** Where a request really came from, as drachtio-server saw it. */
export function sourceOf(request: SipRequest): Source {
  return {
    transport: transportOf(request.protocol),
    address: plainAddress(request.source_address),
    port: request.source_port,
  };
}

function transportOf(protocol: string): Source['transport'] {
  switch (protocol.toLowerCase()) {
    case 'udp':
      return 'udp';
    case 'tls':
    case 'wss':
      return 'tls';
    default:
      return 'tcp';
  }
}

/** Without brackets, and IPv4 where IPv4 is mapped into IPv6. */
function plainAddress(text: string): string {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)?.[1] ?? bare;
}
