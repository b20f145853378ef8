import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { contact, cseq, headerValues, parseVia, routeSet, topVia } from '../../../src/adapters/embedded-sip/headers.js';
import { LIMITS, parseMessage, type ParseResult } from '../../../src/adapters/embedded-sip/parse.js';
import { serialise } from '../../../src/adapters/embedded-sip/serialise.js';

const USUAL = [
  'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1',
  'From: <sip:a@b>;tag=1',
  'To: <sip:c@d>',
  'Call-ID: x@y',
  'CSeq: 1 INVITE',
];

function parse(lines: readonly string[], start = 'INVITE sip:c@d SIP/2.0', body = ''): ParseResult {
  return parseMessage(Buffer.from([start, ...lines, '', body].join('\r\n'), 'utf8'));
}

function parsed(lines: readonly string[], start?: string, body?: string): Extract<ParseResult, { kind: 'parsed' }> {
  const result = parse(lines, start, body);
  if (result.kind !== 'parsed') throw new Error(JSON.stringify(result));
  return result;
}

describe('A datagram', () => {
  test('of line ends only is a keep-alive', () => {
    expect(parseMessage(Buffer.from('\r\n\r\n')).kind).toBe('keepAlive');
    expect(parseMessage(Buffer.alloc(0)).kind).toBe('keepAlive');
  });

  test('may begin with line ends', () => {
    expect(parse(USUAL, '\r\n\r\nINVITE sip:c@d SIP/2.0').kind).toBe('parsed');
  });

  test.each(['GET / HTTP/1.1', 'hello', 'SIP/2.0', 'SIP/2.0 20 OK', 'SIP/2.0 700 What', 'SIP/3.0 200 OK', ' ', 'A B'])(
    'that begins with "%s" is no SIP and gets no answer',
    (start) => {
      expect(parse(USUAL, start).kind).toBe('unreadable');
    },
  );

  test('without Content-Length has its body to the end of the datagram', () => {
    expect(parsed(USUAL, undefined, 'v=0').message.body.toString()).toBe('v=0');
  });

  test('cut short in its headers is refused', () => {
    const result = parseMessage(Buffer.from(['INVITE sip:c@d SIP/2.0', ...USUAL].join('\r\n')));
    expect(result).toMatchObject({ kind: 'refused', status: 400, reason: 'No empty line after the headers' });
  });

  test('larger than 64 KiB is refused', () => {
    expect(parse(USUAL, undefined, 'x'.repeat(LIMITS.message))).toMatchObject({ kind: 'refused', status: 513 });
  });

  test('with more than 128 header fields is refused', () => {
    const many = Array.from({ length: LIMITS.headers - USUAL.length }, (_, index) => `X-${index}: y`);
    expect(parse([...USUAL, ...many]).kind).toBe('parsed');
    expect(parse([...USUAL, ...many, 'X-last: y'])).toMatchObject({ status: 400, reason: 'Too many header fields' });
  });

  test('with a header field too long is refused, folded or not', () => {
    expect(parse([...USUAL, `X: ${'y'.repeat(LIMITS.headerLine)}`])).toMatchObject({ reason: 'Header field too long' });
    const folded = `X: ${'yyyyyyyyyy\r\n '.repeat(LIMITS.headerLine / 10)}`;
    expect(parse([...USUAL, folded])).toMatchObject({ reason: 'Header field too long' });
  });

  test('with a bare CR or LF in a header field is refused, and the field is never repeated', () => {
    for (const line of ['Subject: a\nEvil: b', 'Subject: a\rEvil: b']) {
      const result = parse([...USUAL, line]);
      expect(result).toMatchObject({ kind: 'refused', reason: 'Bare CR or LF in a header field' });
      if (result.kind === 'refused') expect(headerValues(result.request, 'subject')).toEqual([]);
    }
  });

  test('that is a malformed ACK is dropped, since ACK is never answered', () => {
    expect(parse(['Via: SIP/2.0/UDP b', 'CSeq: 1 ACK'], 'ACK sip:c@d SIP/2.0').kind).toBe('unreadable');
  });

  test('that is a malformed response is dropped', () => {
    expect(parse(USUAL.slice(1), 'SIP/2.0 200 OK').kind).toBe('unreadable');
  });

  test('without Via is dropped, since nobody knows whose it is', () => {
    expect(parse(USUAL.slice(1)).kind).toBe('unreadable');
  });

  test.each([
    ['Via', 'Missing Via header field'],
    ['From', 'Missing From header field'],
    ['To', 'Missing To header field'],
    ['Call-ID', 'Missing Call-ID header field'],
    ['CSeq', 'Missing CSeq header field'],
  ])('without %s is faulty', (name, reason) => {
    const result = parse(USUAL.filter((line) => !line.startsWith(`${name}:`)));
    expect(result).toMatchObject({ reason });
  });

  test.each([
    ['Via: SIP/2.0/UDP', 'Malformed Via header field'],
    ['Via: SIP/2.0/UDP b:99999;branch=z9hG4bK1', 'Malformed Via header field'],
    ['Via: SIP/2.0/UDP b;branch=z9hG4bK1,', 'Malformed Via header field'],
    ['Max-Forwards: 256', 'Malformed Max-Forwards header field'],
    ['Max-Forwards: -1', 'Malformed Max-Forwards header field'],
    ['Route: <sip:a@b', 'Malformed Route header field'],
    ['Record-Route: a b c', 'Malformed Record-Route header field'],
    ['Contact: <sip:a@b>, ', 'Malformed Contact header field'],
    ['Content-Type: a/b\r\nContent-Type: c/d', 'Multiple Content-Type header fields'],
    ['no colon here', 'Malformed header field'],
    ['bad name : x', 'Malformed header field'],
    [': x', 'Malformed header field'],
  ])('with "%s" is refused', (line, reason) => {
    expect(parse([...USUAL, line])).toMatchObject({ kind: 'refused', status: 400, reason });
  });

  test('with a request line that only begins well is refused with 400, or 505 for another version', () => {
    expect(parse(USUAL, 'INVITE sip:c@d:x SIP/2.0')).toMatchObject({ status: 400, reason: 'Invalid Request-URI' });
    expect(parse(USUAL, 'INVITE sip:c@d SIP/1.0')).toMatchObject({ status: 505 });
    expect(parse(USUAL, 'INVITE sip:c@d sip/2.0').kind).toBe('parsed');
  });
});

describe('Header fields', () => {
  test('are known by their compact forms and in any case', () => {
    const compact = [
      'v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1',
      'F: <sip:a@b>;tag=1',
      't: <sip:c@d>',
      'I: x@y',
      'CSEQ: 1 INVITE',
      'k: 100rel, timer',
      'm: <sip:a@192.0.2.9>',
      'x: 1800',
    ];
    const names = parsed(compact).message.headers.map(({ name }) => name);
    expect(names).toEqual([
      'via',
      'from',
      'to',
      'call-id',
      'cseq',
      'supported',
      'supported',
      'contact',
      'session-expires',
    ]);
  });

  test('that are lists are split at commas outside quotes and angle brackets', () => {
    const { message } = parsed([
      ...USUAL,
      'Contact: "Doe, \\"J\\", <j>" <sip:a,b@c;x=1,2>;q=1, <sip:d@e>',
      'Date: Sat, 13 Nov 2010 23:29:00 GMT',
      'WWW-Authenticate: Digest realm="a, b", nonce="c"',
    ]);
    expect(headerValues(message, 'contact')).toEqual(['"Doe, \\"J\\", <j>" <sip:a,b@c;x=1,2>;q=1', '<sip:d@e>']);
    expect(headerValues(message, 'date')).toHaveLength(1);
    expect(headerValues(message, 'www-authenticate')).toHaveLength(1);
  });

  test('keep an empty value, which means "none" in Accept and Supported', () => {
    expect(headerValues(parsed([...USUAL, 'Supported:']).message, 'supported')).toEqual(['']);
  });

  test('are written with their usual spelling, and Content-Length from the body', () => {
    const { message } = parsed([...USUAL, 'l: 3', 'x-own-header: 1', 'min-se: 90'], undefined, 'v=0');
    const text = serialise(message).toString();
    expect(text).toContain(
      '\r\nCall-ID: x@y\r\nCSeq: 1 INVITE\r\nX-Own-Header: 1\r\nMin-SE: 90\r\nContent-Length: 3\r\n\r\nv=0',
    );
    expect(text.match(/Content-Length/g)).toHaveLength(1);
  });

  test('of ours cannot end their line', () => {
    const { message } = parsed(USUAL);
    const evil = { ...message, headers: [...message.headers, { name: 'subject', value: 'a\r\nEvil: b' }] };
    expect(serialise(evil).toString()).toContain('Subject: a Evil: b\r\n');
  });

  test('Route and Record-Route are read in order', () => {
    const { message } = parsed([...USUAL, 'Record-Route: <sip:p1;lr>, <sip:p2;lr>', 'Record-Route: <sip:p3;lr>']);
    expect(routeSet(message, 'record-route').map(({ uri }) => uri.host)).toEqual(['p1', 'p2', 'p3']);
  });

  test('Contact * is no address', () => {
    expect(contact(parsed([...USUAL, 'Contact: *']).message)).toBeNull();
  });

  test('Via is read with IPv6, ports and white space', () => {
    expect(parseVia('SIP / 2.0 / tcp  [2001:DB8::9]:5070 ; branch = z9hG4bK1;rport')).toEqual({
      transport: 'TCP',
      host: '[2001:db8::9]',
      port: 5070,
      parameters: new Map([
        ['branch', 'z9hG4bK1'],
        ['rport', null],
      ]),
    });
    expect(parseVia('SIP/2.0/UDP [2001:db8::9')).toBeNull();
    expect(parseVia('SIP/2.0/UDP 192.0.2.9:')).toBeNull();
    expect(parseVia('SIP/2.0/UDP192.0.2.9')).toBeNull();
  });
});

describe('A response of ours', () => {
  const lines = [...USUAL, 'Record-Route: <sip:p1;lr>', 'Timestamp: 54', 'Subject: none'];

  test('repeats Via, From, To, Call-ID and CSeq, and tags To where there is no tag', () => {
    const { message } = parsed(lines);
    if (message.kind !== 'request') throw new Error('not a request');
    expect(makeResponse(message, 486, null, { toTag: 't1' })).toMatchObject({
      status: 486,
      reason: 'Busy Here',
      headers: [
        { name: 'via', value: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1' },
        { name: 'from', value: '<sip:a@b>;tag=1' },
        { name: 'to', value: '<sip:c@d>;tag=t1' },
        { name: 'call-id', value: 'x@y' },
        { name: 'cseq', value: '1 INVITE' },
      ],
    });
  });

  test('repeats Record-Route where it may make a dialog, Timestamp in 100, and leaves a To tag alone', () => {
    const { message } = parsed(lines.map((line) => (line.startsWith('To:') ? `${line};tag=old` : line)));
    if (message.kind !== 'request') throw new Error('not a request');
    const namesOf = (status: number): string[] =>
      makeResponse(message, status, null, { toTag: 'new' }).headers.map(({ name }) => name);
    expect(namesOf(100)).toContain('timestamp');
    expect(namesOf(180)).toContain('record-route');
    expect(namesOf(200)).toContain('record-route');
    expect(namesOf(404)).not.toContain('record-route');
    expect(headerValues(makeResponse(message, 200, null, { toTag: 'new' }), 'to')).toEqual(['<sip:c@d>;tag=old']);
  });
});

describe('Whatever bytes come', () => {
  const folder = fileURLToPath(new URL('../../fixtures/rfc4475/', import.meta.url));
  const corpus = readdirSync(folder)
    .filter((file) => file.endsWith('.dat'))
    .map((file) => readFileSync(`${folder}${file}`));

  const mutation = fc.tuple(
    fc.nat(),
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.constantFrom('"', '<', '>', ';', ',', '\\', '\r\n', ' ', '@', ':', '%', '='),
    ),
    fc.nat({ max: 12 }),
  );

  function mutate(bytes: Buffer, [at, insert, remove]: readonly [number, Uint8Array | string, number]): Buffer {
    const position = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, position), Buffer.from(insert), bytes.subarray(position + remove)]);
  }

  /** Nothing is thrown, what is let through can be read by every getter, and what is refused can be answered. */
  function survives(bytes: Buffer): void {
    const result = parseMessage(bytes);
    if (result.kind === 'parsed') {
      expect(cseq(result.message).number).toBeGreaterThanOrEqual(0);
      expect(topVia(result.message).host).not.toBe('');
      routeSet(result.message, 'route');
      const again = parseMessage(serialise(result.message));
      expect(again.kind).toBe('parsed');
    } else if (result.kind === 'refused') {
      const answer = serialise(makeResponse(result.request, result.status, result.reason, { toTag: 't' })).toString();
      expect(answer.split('\r\n\r\n')).toHaveLength(2);
    }
  }

  test('a mutated message never throws, and what is let through is well-formed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...corpus), fc.array(mutation, { minLength: 1, maxLength: 6 }), (bytes, mutations) =>
        survives(mutations.reduce(mutate, bytes)),
      ),
      { numRuns: 3_000 },
    );
  });

  test('noise never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => survives(Buffer.from(noise))),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['quotes', '"'],
    ['backslashes in quotes', '"\\'],
    ['angle brackets', '<'],
    ['semicolons', ';a'],
    ['commas', '<sip:a@b>,'],
    ['colons', ':'],
    ['at signs', '@'],
    ['spaces', ' '],
    ['percent signs', '%4'],
    ['folds', '\r\n '],
    ['line ends', '\r\n'],
    ['brackets', '['],
    ['equals signs', ';a='],
    ['words', 'a '],
  ])('a message full of %s is judged in the time of any other', (_what, filling) => {
    const long = filling.repeat(Math.floor(60_000 / filling.length));
    const short = filling.repeat(Math.floor(8_000 / filling.length));
    const started = process.cpuUsage();
    for (const line of ['To', 'Contact', 'Via', 'Route', 'CSeq', 'X']) {
      parse([...USUAL, `${line}: ${long}`]);
      parse([...USUAL, `${line}: ${short}`]);
      parse([`${line}: ${short}`, ...USUAL]);
    }
    parse(USUAL, `INVITE sip:${long} SIP/2.0`);
    parse(USUAL, `INVITE sip:${short} SIP/2.0`);
    parse(USUAL, `INVITE ${short}`);
    parse(USUAL, `SIP/2.0 200 ${long}`);
    // Some 500 KB in all: linear is a few milliseconds, quadratic would be minutes. Time that others have the processor does not count.
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(2_000);
  });
});
