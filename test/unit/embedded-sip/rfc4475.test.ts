import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  callId,
  contact,
  cseq,
  fromAddress,
  headerValues,
  parseVia,
  toAddress,
  topVia,
} from '../../../src/adapters/embedded-sip/headers.js';
import type { SipMessage } from '../../../src/adapters/embedded-sip/message.js';
import { parseMessage } from '../../../src/adapters/embedded-sip/parse.js';
import { serialise } from '../../../src/adapters/embedded-sip/serialise.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/rfc4475/', import.meta.url));

function bytesOf(name: string): Buffer {
  return readFileSync(`${FOLDER}${name}.dat`);
}

function parsed(name: string): SipMessage {
  const result = parseMessage(bytesOf(name));
  if (result.kind !== 'parsed') throw new Error(`${name} is ${result.kind}`);
  return result.message;
}

/** What the message layer makes of each message; the section of RFC 4475 it is explained in. */
const WELL_FORMED: readonly (readonly [name: string, section: string, what: string])[] = [
  ['wsinv', '3.1.1.1', 'a short tortuous INVITE'],
  ['intmeth', '3.1.1.2', 'a wide range of valid characters'],
  ['esc01', '3.1.1.3', 'percent escapes in URIs'],
  ['escnull', '3.1.1.4', 'escaped nulls in URIs'],
  ['esc02', '3.1.1.5', 'percent signs that are no escapes'],
  ['lwsdisp', '3.1.1.6', 'no white space between display name and <'],
  ['longreq', '3.1.1.7', 'long header fields'],
  ['dblreq', '3.1.1.8', 'octets after the message in its datagram'],
  ['semiuri', '3.1.1.9', 'semicolons in the user part'],
  ['transports', '3.1.1.10', 'several and unknown transports'],
  ['mpart01', '3.1.1.11', 'a multipart body with binary content'],
  ['unreason', '3.1.1.12', 'an unusual reason phrase'],
  ['noreason', '3.1.1.13', 'an empty reason phrase'],
  ['baddate', '3.1.2.12', 'a date in another zone, of no interest here'],
  ['badbranch', '3.2.1', 'a branch of nothing but the magic cookie, for RFC 2543 matching'],
  ['unkscm', '3.3.2', 'a Request-URI of unknown scheme, for a 416 by the user agent'],
  ['novelsc', '3.3.3', 'a Request-URI of a known scheme that is not SIP, for a 416 by the user agent'],
  ['unksm2', '3.3.4', 'addresses of unknown schemes'],
  ['bext01', '3.3.5', 'unknown extensions required, for a 420 by the user agent'],
  ['invut', '3.3.6', 'an unknown body type, for a 415 by the user agent'],
  ['regaut01', '3.3.7', 'an unknown authorization scheme'],
  ['bcast', '3.3.10', 'a response to somebody else, for the transactions to drop'],
  ['zeromf', '3.3.11', 'Max-Forwards of zero, which an end point may answer'],
  ['cparam01', '3.3.12', 'an unknown Contact parameter'],
  ['cparam02', '3.3.13', 'an unknown URI parameter'],
  ['regescrt', '3.3.14', 'escaped headers in a Contact URI'],
  ['sdp01', '3.3.15', 'an Accept without application/sdp'],
  ['inv2543', '3.4.1', 'an INVITE of RFC 2543'],
];

const REFUSED: readonly (readonly [name: string, section: string, status: number, reason: string])[] = [
  ['badinv01', '3.1.2.1', 400, 'Malformed Via header field'],
  ['clerr', '3.1.2.2', 400, 'Content-Length larger than the message'],
  ['ncl', '3.1.2.3', 400, 'Invalid Content-Length'],
  ['scalar02', '3.1.2.4', 400, 'Malformed CSeq header field'],
  ['quotbal', '3.1.2.6', 400, 'Malformed To header field'],
  ['ltgtruri', '3.1.2.7', 400, 'Invalid Request-URI'],
  ['lwsruri', '3.1.2.8', 400, 'Invalid Request-URI'],
  ['lwsstart', '3.1.2.9', 400, 'Invalid Request-URI'],
  ['trws', '3.1.2.10', 400, 'White space after the SIP version'],
  ['escruri', '3.1.2.11', 400, 'Invalid Request-URI'],
  ['regbadct', '3.1.2.13', 400, 'Malformed Contact header field'],
  ['badaspec', '3.1.2.14', 400, 'Malformed To header field'],
  ['baddn', '3.1.2.15', 400, 'Malformed From header field'],
  ['badvers', '3.1.2.16', 505, 'Version Not Supported'],
  ['mismatch01', '3.1.2.17', 400, 'CSeq method does not match the request'],
  ['mismatch02', '3.1.2.18', 400, 'CSeq method does not match the request'],
  ['insuf', '3.3.1', 400, 'Missing From header field'],
  ['multi01', '3.3.8', 400, 'Multiple CSeq header fields'],
  ['mcl01', '3.3.9', 400, 'Multiple Content-Length header fields'],
];

const DROPPED: readonly (readonly [name: string, section: string])[] = [
  ['scalarlg', '3.1.2.5'],
  ['bigcode', '3.1.2.19'],
];

describe('The torture messages of RFC 4475', () => {
  test('are all 49 there, each judged once', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.dat'));
    const judged = [...WELL_FORMED, ...REFUSED, ...DROPPED].map(([name]) => `${name}.dat`);
    expect(judged.toSorted()).toEqual(files.toSorted());
    expect(judged).toHaveLength(49);
  });

  test.each(WELL_FORMED)('%s (%s) is let through: %s', (name) => {
    const message = parsed(name);
    const again = parseMessage(serialise(message));
    expect(again.kind).toBe('parsed');
    if (again.kind !== 'parsed') return;
    const withoutLength = (all: SipMessage): unknown => all.headers.filter((entry) => entry.name !== 'content-length');
    expect(withoutLength(again.message)).toEqual(withoutLength(message));
    expect(again.message.body).toEqual(message.body);
  });

  test.each(REFUSED)('%s (%s) is refused with %i %s', (name, _section, status, reason) => {
    const result = parseMessage(bytesOf(name));
    expect(result).toMatchObject({ kind: 'refused', status, reason });
  });

  test.each(DROPPED)('%s (%s), a response, is dropped', (name) => {
    expect(parseMessage(bytesOf(name)).kind).toBe('unreadable');
  });
});

describe('What the torture messages say', () => {
  test('wsinv: folded lines, white space everywhere, lists taken apart', () => {
    const message = parsed('wsinv');
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE' });
    expect(toAddress(message)).toMatchObject({ displayName: null, uri: { user: 'vivekg' } });
    expect(toAddress(message).parameters.get('tag')).toBe('1918181833n');
    expect(fromAddress(message).displayName).toBe('J Rosenberg \\"');
    expect(fromAddress(message).parameters.get('tag')).toBe('98asjd8');
    expect(cseq(message)).toEqual({ number: 9, method: 'INVITE' });
    expect(headerValues(message, 'subject')).toEqual(['']);
    expect(headerValues(message, 'newfangledheader')).toEqual(['newfangled value continued newfangled value']);
    expect(headerValues(message, 'unknownheaderwithunusualvalue')).toEqual([';;,,;;,;']);
    const vias = headerValues(message, 'via').map((value) => parseVia(value));
    expect(vias.map((via) => [via?.transport, via?.host, via?.parameters.get('branch')])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect(contact(message)?.displayName).toBe('Quoted string ""');
    expect([...(contact(message)?.parameters ?? [])]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', null],
      ['q', '0.33'],
    ]);
    expect(message.body).toHaveLength(150);
  });

  test('intmeth: every character a method, a user part and a quoted string may hold', () => {
    const message = parsed('intmeth');
    expect(message).toMatchObject({ method: "!interesting-Method0123456789_*+`.%indeed'~" });
    expect(message).toMatchObject({ uri: { user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*" } });
    expect(toAddress(message).displayName).toBe('BEL:\u0007 NUL:\u0000 DEL:\u007f');
    expect(callId(message)).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(fromAddress(message).parameters.get("fromparam''~+*_!.-%")).toBe('работающий');
  });

  test('esc01 and escnull: escapes in user parts are decoded', () => {
    expect(parsed('esc01')).toMatchObject({ uri: { user: 'sips:user@example.com', host: 'example.net' } });
    expect(toAddress(parsed('esc01')).uri.user).toBe('user');
    expect(contact(parsed('esc01'))?.uri.parameters.get('lr')).toBeNull();
    expect(contact(parsed('esc01'))?.uri.parameters.get('name')).toBe('value%41');
    expect(fromAddress(parsed('escnull')).uri.user).toBe('null-\u0000-null');
    expect(headerValues(parsed('escnull'), 'contact')).toHaveLength(2);
  });

  test('esc02: percent signs in methods and header names are no escapes', () => {
    const message = parsed('esc02');
    expect(message).toMatchObject({ method: 'RE%47IST%45R' });
    expect(toAddress(message).displayName).toBe('%Z%45');
    expect(headerValues(message, 'contact')).toHaveLength(2);
    expect(headerValues(message, 'c%6fntact')).toHaveLength(1);
  });

  test('dblreq: the second request in the datagram is ignored', () => {
    expect(parsed('dblreq')).toMatchObject({ method: 'REGISTER', body: Buffer.alloc(0) });
  });

  test('semiuri: a semicolon before the @ belongs to the user part', () => {
    expect(parsed('semiuri')).toMatchObject({ uri: { user: 'user;par=u@example.net', host: 'example.com' } });
    expect(headerValues(parsed('semiuri'), 'accept')).toHaveLength(6);
  });

  test('transports: every transport name is read', () => {
    const vias = headerValues(parsed('transports'), 'via').map((value) => parseVia(value)?.transport);
    expect(vias).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
  });

  test('longreq: 34 Via headers in every spelling', () => {
    expect(headerValues(parsed('longreq'), 'via')).toHaveLength(34);
    expect(topVia(parsed('longreq')).host).toBe('sip33.example.com');
  });

  test('mpart01: the binary body comes through byte for byte', () => {
    const bytes = bytesOf('mpart01');
    expect(parsed('mpart01').body).toEqual(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));
    expect(parsed('mpart01').body).toHaveLength(553);
  });

  test('cparam01 and cparam02: without angle brackets a parameter belongs to the header, within to the URI', () => {
    expect([...(contact(parsed('cparam01'))?.parameters.keys() ?? [])]).toEqual(['unknownparam']);
    expect([...(contact(parsed('cparam02'))?.uri.parameters.keys() ?? [])]).toEqual(['unknownparam']);
  });

  test('multi01: of headers that came twice the refusal repeats the first', () => {
    const result = parseMessage(bytesOf('multi01'));
    if (result.kind !== 'refused') throw new Error('not refused');
    expect(callId(result.request)).toBe('multi01.98asdh@192.0.2.1');
    expect(headerValues(result.request, 'to')).toEqual(['sip:user@example.com']);
    expect(cseq(result.request).number).toBe(5);
  });
});
