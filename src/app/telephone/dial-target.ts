import type { SipUri } from '../../adapters/embedded-sip/message.js';
import { parseUri } from '../../adapters/embedded-sip/uri.js';

/** Whom to dial, and over what. */
export interface DialTarget {
  /** The request URI, as dialled. */
  readonly uri: string;
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** What was given cannot be dialled; the message is one line that says why and what to write instead. */
export class NotDiallable extends Error {
  override readonly name = 'NotDiallable';
}

const EXAMPLE = 'write for example sip:conference@127.0.0.1:5060';
const DEFAULT_PORT = 5060;

/**
 * Reads what a person dials: a SIP URI, `sip:` may be left out. The transport is the one asked for, else that of the URI
 * (RFC 3261 section 19.1.1), else UDP.
 * @throws {NotDiallable}
 */
export function readDialTarget(text: string, wanted?: 'udp' | 'tcp'): DialTarget {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
  const trimmed = text.trim();
  const uri = parseUri(/^[a-z][a-z0-9+.-]*:(?!\d+(?:$|;))/i.test(trimmed) ? trimmed : `sip:${trimmed}`);
  if (uri === null) throw new NotDiallable(`${shown} is no SIP address: ${EXAMPLE}`);
  if (uri.scheme === 'sips')
    throw new NotDiallable(`${shown} asks for TLS, which this telephone does not speak: ${EXAMPLE}`);
  if (uri.scheme !== 'sip') throw new NotDiallable(`${shown} is no SIP address but ${uri.scheme}: ${EXAMPLE}`);
  const transport = wanted ?? transportOf(uri, shown);
  return { uri: uri.raw, host: uri.host.replace(/^\[|\]$/g, ''), port: uri.port ?? DEFAULT_PORT, transport };
}

function transportOf(uri: SipUri, shown: string): 'udp' | 'tcp' {
  const named = uri.parameters.get('transport')?.toLowerCase() ?? 'udp';
  if (named === 'udp' || named === 'tcp') return named;
  throw new NotDiallable(`${shown} asks for the transport ${named}: this telephone speaks udp and tcp`);
}
