import { describe, expect, it } from 'vitest';
import { NotDiallable, readDialTarget } from '../../../src/app/telephone/dial-target.js';

describe('what is dialled', () => {
  it('is a SIP URI, with port 5060 and UDP where it says nothing else', () => {
    expect(readDialTarget('sip:conference@127.0.0.1')).toEqual({
      uri: 'sip:conference@127.0.0.1',
      host: '127.0.0.1',
      port: 5060,
      transport: 'udp',
    });
  });

  it('may leave out the scheme, and be a name or an IPv6 address', () => {
    expect(readDialTarget('conference@bridge.example:5070')).toMatchObject({ host: 'bridge.example', port: 5070 });
    expect(readDialTarget('bridge.example:5070')).toMatchObject({ host: 'bridge.example', port: 5070 });
    expect(readDialTarget('sip:conference@[::1]:5070')).toMatchObject({ host: '::1', port: 5070 });
  });

  it('goes over the transport of the URI, unless another one is asked for', () => {
    expect(readDialTarget('sip:conference@127.0.0.1;transport=TCP').transport).toBe('tcp');
    expect(readDialTarget('sip:conference@127.0.0.1;transport=tcp', 'udp').transport).toBe('udp');
  });

  it.each([
    ['', /no SIP address/],
    ['sip:', /no SIP address/],
    ['sip:a b@127.0.0.1', /no SIP address/],
    ['sip:conference@127.0.0.1:99999', /no SIP address/],
    ['tel:+442071234567', /tel/],
    ['mailto:mary@example.org', /mailto/],
    ['sips:conference@127.0.0.1', /TLS/],
    ['sip:conference@127.0.0.1;transport=tls', /transport tls/],
  ])('refuses %j in one line', (text, words) => {
    let message = '';
    try {
      readDialTarget(text);
    } catch (error) {
      expect(error).toBeInstanceOf(NotDiallable);
      message = error instanceof Error ? error.message : '';
    }
    expect(message).toMatch(words);
    expect(message).not.toContain('\n');
  });
});
