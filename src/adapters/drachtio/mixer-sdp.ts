/**
 * Puts an address into a mixer's SDP: a mixer advertises one, callers from elsewhere may need another, and the machine's own
 * that it writes into the origin is nobody's business. `null`: the one it advertises.
 */
export function withAddress(sdp: string, wanted: string | null): string {
  const address = wanted ?? /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  if (address === undefined) return sdp;
  const family = address.includes(':') ? 'IP6' : 'IP4';
  return sdp
    .replace(/^c=IN IP[46] \S+/gm, `c=IN ${family} ${address}`)
    .replace(/^(a=rtcp:\d+) IN IP[46] \S+/gm, `$1 IN ${family} ${address}`)
    .replace(/^(o=\S+ \S+ \S+) IN IP[46] \S+/m, `$1 IN ${family} ${address}`);
}
