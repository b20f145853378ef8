import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNameAddress } from '../../../src/adapters/embedded-sip/headers.js';
import { formatUri, hasUriHeaders, makeUri, parseUri } from '../../../src/adapters/embedded-sip/uri.js';

describe('A URI', () => {
  test.each([
    ['sip:1234@bridge.example.com', 'sip', '1234', 'bridge.example.com', null],
    ['SIP:Bridge.Example.COM:5070', 'sip', '', 'bridge.example.com', 5070],
    ['sips:a%40b@[2001:DB8::1]:5061', 'sips', 'a@b', '[2001:db8::1]', 5061],
    ['sip:user:secret@192.0.2.1', 'sip', 'user', '192.0.2.1', null],
    ['sip:*86#@192.0.2.1', 'sip', '*86#', '192.0.2.1', null],
    ['sip:+49%2089;phone-context=x@192.0.2.1;user=phone', 'sip', '+49 89;phone-context=x', '192.0.2.1', null],
    ['tel:+1-201-555-0123', 'tel', '+12015550123', '', null],
    ['tel:7042;phone-context=example.com', 'tel', '7042', '', null],
    ['urn:service:sos', 'urn', '', '', null],
  ])('%s is read', (text, scheme, user, host, port) => {
    expect(parseUri(text)).toMatchObject({ scheme, user, host, port, raw: text });
  });

  test('has its parameters in lower case, decoded, the first of each name', () => {
    const uri = parseUri('sip:a@b;Transport=TCP;LR;x=%41;x=2?Subject=y');
    expect([...(uri?.parameters ?? [])]).toEqual([
      ['transport', 'TCP'],
      ['lr', null],
      ['x', 'A'],
    ]);
    expect(uri !== null && hasUriHeaders(uri)).toBe(true);
  });

  test('may have "=" within the value of a parameter, as proxies write that keep base64 there', () => {
    expect(parseUri('sip:p1.example;lr;state=YQ==;x=1=2')?.parameters.get('state')).toBe('YQ==');
  });

  test('with a question mark in its user part has no headers', () => {
    const uri = parseUri('sip:who?@b');
    expect(uri?.user).toBe('who?');
    expect(uri !== null && hasUriHeaders(uri)).toBe(false);
  });

  test.each([
    '',
    'sip',
    'sip:',
    ':a@b',
    'sip:@b',
    'sip:a@',
    'sip:a@b@c',
    'sip:a b@c',
    'sip:a@b:port',
    'sip:a@b:65536',
    'sip:a@b:',
    'sip:a@[::1',
    'sip:a@b;',
    'sip:a@b;=x',
    'sip:%zz@b',
    'sip:%4@b',
    'sip::secret@b',
    'sip:a@b\u0000',
    'sip:a@"b"',
    '<sip:a@b>',
    'tel:',
    'tel:hello',
    '1sip:a@b',
  ])('"%s" is none', (text) => {
    expect(parseUri(text)).toBeNull();
  });

  test('that was made is read back as it was, whatever its user part holds', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', 'x'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        fc.constantFrom('example.com', '192.0.2.1', '2001:db8::1'),
        fc.option(fc.integer({ min: 1, max: 65_535 })),
        fc.dictionary(name, fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })), { maxKeys: 3 }),
        (user, host, port, given) => {
          const lower = Object.entries(given).map(([key, value]) => [key.toLowerCase(), value] as const);
          const made = makeUri({ user, host, port, parameters: new Map(lower) });
          expect(parseUri(formatUri(made))).toEqual(made);
        },
      ),
    );
  });
});

describe('An address', () => {
  test.each([
    ['<sip:a@b>', null, 'sip:a@b', []],
    ['sip:a@b;tag=1', null, 'sip:a@b', [['tag', '1']]],
    ['Alice <sip:a@b>;tag=1', 'Alice', 'sip:a@b', [['tag', '1']]],
    ['Alice B. Carol<sip:a@b>', 'Alice B. Carol', 'sip:a@b', []],
    ['"A \\"quoted\\" <name>" <sip:a@b;x=1>;y="z;<"', 'A "quoted" <name>', 'sip:a@b;x=1', [['y', 'z;<']]],
    ['"" <sip:a@b>', '', 'sip:a@b', []],
    ['Zoë <sip:z@b>', 'Zoë', 'sip:z@b', []],
    ['sip:a@b;note="<sip:c@d>"', null, 'sip:a@b', [['note', '<sip:c@d>']]],
    ['<tel:+4930123456>', null, 'tel:+4930123456', []],
  ])('%s is read', (text, displayName, raw, parameters) => {
    const address = parseNameAddress(text);
    expect(address).toMatchObject({ displayName, uri: { raw } });
    expect([...(address?.parameters ?? [])]).toEqual(parameters);
  });

  test.each([
    '',
    '<',
    '<sip:a@b',
    'sip:a@b>',
    '"Alice <sip:a@b>',
    '"Alice" sip:a@b',
    'Al,ice <sip:a@b>',
    '<sip:a@b> trailing',
    '<sip:a@b>;',
    '<sip:a@b>;x="',
    '< sip:a@b >',
    'sip:a@b?x=y',
    'Alice',
  ])('"%s" is none', (text) => {
    expect(parseNameAddress(text)).toBeNull();
  });
});
