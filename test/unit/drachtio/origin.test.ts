import { describe, expect, it } from 'vitest';
import { Origin } from '../../../src/adapters/drachtio/origin.js';

const sdp = (origin: string, rest = 'c=IN IP4 192.0.2.1'): string => `v=0\r\no=${origin}\r\ns=-\r\n${rest}\r\n`;

describe('the origin line of one dialog (RFC 3264 section 8)', () => {
  it('leaves the first as it is', () => {
    expect(new Origin().continue(sdp('FreeSWITCH 171 172 IN IP4 192.0.2.1'))).toBe(
      sdp('FreeSWITCH 171 172 IN IP4 192.0.2.1'),
    );
  });

  it('keeps session and address when another mixer writes, and counts on', () => {
    const origin = new Origin();
    origin.continue(sdp('FreeSWITCH 171 172 IN IP4 192.0.2.1'));
    const moved = sdp('other 9 5 IN IP6 2001:db8::1', 'c=IN IP6 2001:db8::1');
    expect(origin.continue(moved)).toBe(sdp('FreeSWITCH 171 173 IN IP4 192.0.2.1', 'c=IN IP6 2001:db8::1'));
    expect(origin.continue(moved)).toBe(sdp('FreeSWITCH 171 173 IN IP4 192.0.2.1', 'c=IN IP6 2001:db8::1'));
    expect(origin.continue(sdp('FreeSWITCH 171 172 IN IP4 192.0.2.1'))).toBe(
      sdp('FreeSWITCH 171 174 IN IP4 192.0.2.1'),
    );
  });

  it('counts beyond what fits into a double', () => {
    const origin = new Origin();
    origin.continue(sdp('- 1 18446744073709551614 IN IP4 192.0.2.1'));
    expect(origin.continue(sdp('- 2 1 IN IP4 192.0.2.1'))).toBe(sdp('- 1 18446744073709551615 IN IP4 192.0.2.1'));
  });

  it('leaves alone what has no such line', () => {
    expect(new Origin().continue('nothing of the kind')).toBe('nothing of the kind');
  });
});
