import { describe, expect, it } from 'vitest';
import { sessionBody } from '../../../src/adapters/embedded-sip/session-body.js';
import { OFFER, Stage } from './stage.js';

const stage = new Stage();
const read = (type: string, body: string, ...lines: string[]) => sessionBody(stage.outside({ type, body, lines }));

const multipart = (...parts: string[]): string =>
  `preamble\r\n${parts.map((part) => `--b1\r\n${part}\r\n`).join('')}--b1--\r\n`;

const SDP_PART = `Content-Type: application/sdp\r\n\r\n${OFFER}`;

describe('session description in a body', () => {
  it('is none where there is no body', () => {
    expect(sessionBody(stage.outside({ body: null }))).toEqual({ kind: 'none' });
  });

  it('is the body of type application/sdp, whatever the case and parameters', () => {
    expect(read('Application/SDP; charset=utf-8', OFFER)).toEqual({ kind: 'sdp', sdp: OFFER });
  });

  it('is found in a multipart body among other parts', () => {
    const body = multipart(
      'Content-Type: application/isup;version=x\r\nContent-Disposition: signal\r\n\r\nabc',
      SDP_PART,
    );
    expect(read('multipart/mixed;boundary=b1', body)).toEqual({ kind: 'sdp', sdp: OFFER.trimEnd() + '\r\n' });
    expect(read('multipart/mixed; boundary="b1"', body)).toMatchObject({ kind: 'sdp' });
  });

  it('is found at the very beginning of a multipart body', () => {
    const body = `--b1\r\n${SDP_PART}\r\n--b1--`;
    expect(read('multipart/mixed;boundary=b1', body)).toMatchObject({ kind: 'sdp' });
  });

  it('is not taken when another part must be understood', () => {
    const body = multipart(
      SDP_PART,
      'Content-Type: application/isup\r\nContent-Disposition: signal;handling=required\r\n\r\nx',
    );
    expect(read('multipart/mixed;boundary=b1', body)).toMatchObject({ kind: 'unsupported' });
  });

  it('names what is accepted when the type is unknown', () => {
    expect(read('application/isup', 'abc')).toEqual({
      kind: 'unsupported',
      name: 'accept',
      value: 'application/sdp, multipart/mixed',
    });
    expect(read('multipart/mixed;boundary=b1', 'nothing')).toMatchObject({ kind: 'unsupported' });
    expect(read('multipart/mixed', SDP_PART)).toMatchObject({ kind: 'unsupported' });
  });

  it('ignores an unknown body whose handling is optional', () => {
    expect(read('application/isup', 'abc', 'Content-Disposition: signal;handling=optional')).toEqual({ kind: 'none' });
  });

  it('asks for identity when the body is encoded', () => {
    expect(read('application/sdp', 'abc', 'Content-Encoding: gzip')).toEqual({
      kind: 'unsupported',
      name: 'accept-encoding',
      value: 'identity',
    });
  });

  it('does not take SDP of another purpose for the session', () => {
    expect(read('application/sdp', OFFER, 'Content-Disposition: early-session;handling=optional')).toEqual({
      kind: 'none',
    });
  });

  it('ends with bounded work when parts nest without end', () => {
    const nested = (depth: number): string =>
      depth === 0
        ? SDP_PART
        : `Content-Type: multipart/mixed;boundary=n${depth}\r\n\r\n--n${depth}\r\n${nested(depth - 1)}\r\n--n${depth}--`;
    expect(read('multipart/mixed;boundary=b1', multipart(nested(30)))).toMatchObject({ kind: 'unsupported' });
  });
});
