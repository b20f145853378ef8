/**
 * SIP messages as data (RFC 3261 section 7). The parser fills these in, the serialiser writes them; everything between
 * transport and dialog speaks only in these types. Header names are kept in lower case and in their long form.
 */

/** A `name=value` parameter list; `null` for a parameter without a value. Names in lower case. */
export type Parameters = ReadonlyMap<string, string | null>;

/** sip:, sips: and tel: URIs (RFC 3261 section 19.1, RFC 3966); others keep only `scheme` and `raw`. */
export interface SipUri {
  readonly scheme: string;
  /** Decoded user part, or the number of a tel: URI; empty where there is none. */
  readonly user: string;
  /** Host in lower case, IPv6 with its brackets; empty for tel:. */
  readonly host: string;
  readonly port: number | null;
  readonly parameters: Parameters;
  /** The URI exactly as it came. */
  readonly raw: string;
}

/** From, To, Contact, Route, Record-Route, P-Asserted-Identity (RFC 3261 section 20.10). */
export interface NameAddress {
  readonly displayName: string | null;
  readonly uri: SipUri;
  readonly parameters: Parameters;
}

/** RFC 3261 section 20.42. */
export interface Via {
  /** `UDP`, `TCP`, `TLS`, in upper case. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
  readonly parameters: Parameters;
}

interface MessageCommon {
  /** Every header in order of arrival; one entry per comma-separated value where the header allows lists. */
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
}

export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

export interface SipRequest extends MessageCommon {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: SipUri;
}

export interface SipResponse extends MessageCommon {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

/** Where a message came from or goes to. `connection` names the TCP/TLS connection so that answers return on it. */
export interface Peer {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
  /** The address and port of ours that it came to or shall leave from. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly connection?: string;
}
