import { describe, expect, it } from 'vitest';
import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { Dialog, NoDialog } from '../../../src/adapters/embedded-sip/dialog.js';
import { header, headerValues } from '../../../src/adapters/embedded-sip/headers.js';
import { Stage } from './stage.js';

const stage = new Stage();
const invite = (...lines: string[]) => stage.outside({ lines, cseq: 7 });

describe('dialog of a server (RFC 3261 section 12.1.1)', () => {
  it('puts our tag and address into From and the caller into To', () => {
    const bye = Dialog.ofServer(invite(), 'near').request('BYE');
    expect(header(bye, 'from')).toBe('<sip:conference@198.51.100.1>;tag=near');
    expect(header(bye, 'to')).toBe('"Alice" <sip:alice@example.org>;tag=far');
    expect(header(bye, 'call-id')).toBe('call-1');
    expect(bye.uri.raw).toBe('sip:alice@203.0.113.7:5060');
  });

  it('counts its own requests from 1, apart from the far end', () => {
    const dialog = Dialog.ofServer(invite(), 'near');
    expect(header(dialog.request('INFO'), 'cseq')).toBe('1 INFO');
    expect(header(dialog.request('BYE'), 'cseq')).toBe('2 BYE');
  });

  it('takes the route set from Record-Route in order', () => {
    const dialog = Dialog.ofServer(invite('Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>'), 'near');
    const bye = dialog.request('BYE');
    expect(headerValues(bye, 'route')).toEqual(['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    expect(bye.uri.raw).toBe('sip:alice@203.0.113.7:5060');
    expect(dialog.nextHop.host).toBe('p1.example');
  });

  it('writes each Route as it came in Record-Route, with all its parameters', () => {
    const dialog = Dialog.ofServer(
      invite('Record-Route: "P, 1" <sip:p1.example;lr=on;ftag=a>;key=b==;note="x;y"'),
      'near',
    );
    const route = '"P, 1" <sip:p1.example;lr=on;ftag=a>;key=b==;note="x;y"';
    expect(headerValues(dialog.request('BYE'), 'route')).toEqual([route]);
  });

  it('strips from a Contact what a request URI may not hold, and follows none that is no SIP URI', () => {
    const dialog = Dialog.ofServer(
      stage.outside({ contact: '<sip:alice@203.0.113.7;method=INVITE;ob?Subject=x>' }),
      'near',
    );
    expect(dialog.request('BYE').uri.raw).toBe('sip:alice@203.0.113.7;ob');
    dialog.refreshTarget(stage.outside({ contact: '<mailto:alice@example.org>' }));
    expect(dialog.request('BYE').uri.raw).toBe('sip:alice@203.0.113.7;ob');
  });

  it('puts a strict router into the request URI and the remote target last into Route', () => {
    const bye = Dialog.ofServer(invite('Record-Route: <sip:p1.example>, <sip:p2.example;lr>'), 'near').request('BYE');
    expect(bye.uri.raw).toBe('sip:p1.example');
    expect(headerValues(bye, 'route')).toEqual(['<sip:p2.example;lr>', '<sip:alice@203.0.113.7:5060>']);
  });

  it('strips from a strict router what a request URI may not hold', () => {
    const bye = Dialog.ofServer(invite('Record-Route: <sip:p1.example;method=INVITE?x=y>'), 'near').request('BYE');
    expect(bye.uri.raw).toBe('sip:p1.example');
  });

  it('follows a target refresh, and keeps the target when there is no Contact', () => {
    const dialog = Dialog.ofServer(invite(), 'near');
    dialog.refreshTarget(stage.outside({ contact: '<sip:alice@203.0.113.8>' }));
    expect(dialog.request('BYE').uri.raw).toBe('sip:alice@203.0.113.8');
    dialog.refreshTarget(stage.outside({ contact: null }));
    expect(dialog.request('BYE').uri.raw).toBe('sip:alice@203.0.113.8');
  });

  it('accepts rising CSeq numbers with gaps, and none twice or lower', () => {
    const dialog = Dialog.ofServer(invite(), 'near');
    expect([8, 12, 12, 9, 13].map((number) => dialog.acceptCseq(number))).toEqual([true, true, false, false, true]);
  });

  it('is not made without a Contact that is a SIP URI', () => {
    expect(() => Dialog.ofServer(stage.outside({ contact: null }), 'near')).toThrow(NoDialog);
    expect(() => Dialog.ofServer(stage.outside({ contact: '<tel:+44207>' }), 'near')).toThrow(NoDialog);
  });
});

describe('dialog of a client (RFC 3261 section 12.1.2)', () => {
  const answer = (...recordRoute: string[]) =>
    makeResponse(stage.outside({ cseq: 3 }), 200, null, {
      toTag: 'remote',
      headers: [
        { name: 'contact', value: '<sip:bridge@198.51.100.9>' },
        ...recordRoute.map((value) => ({ name: 'record-route', value })),
      ],
    });

  it('takes the route set from the answer in reverse order', () => {
    const dialog = Dialog.ofClient(stage.outside({ cseq: 3 }), answer('<sip:p1.example;lr>', '<sip:p2.example;lr>'));
    expect(headerValues(dialog.request('BYE'), 'route')).toEqual(['<sip:p2.example;lr>', '<sip:p1.example;lr>']);
  });

  it('goes on with the CSeq of its INVITE, and ACKs with it', () => {
    const dialog = Dialog.ofClient(stage.outside({ cseq: 3 }), answer());
    expect(header(dialog.request('BYE'), 'cseq')).toBe('4 BYE');
    expect(header(dialog.ack(3), 'cseq')).toBe('3 ACK');
    expect(header(dialog.ack(3), 'to')).toContain(';tag=remote');
  });

  it('keeps counting where the early dialog stopped', () => {
    const early = Dialog.ofClient(stage.outside({ cseq: 3 }), answer());
    early.request('PRACK');
    const confirmed = Dialog.ofClient(stage.outside({ cseq: 3 }), answer(), early);
    expect(header(confirmed.request('BYE'), 'cseq')).toBe('5 BYE');
  });
});
