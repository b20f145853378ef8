import { describe, expect, it } from 'vitest';
import { headerValues, toTag } from '../../../src/adapters/embedded-sip/headers.js';
import { CallGone } from '../../../src/ports/signaling.js';
import { PEER } from './fake-layer.js';
import { ANSWER, header, OFFER, settle, Stage } from './stage.js';

/** T1 of RFC 3261, milliseconds. */
const T1 = 500;

describe('an INVITE that comes in (RFC 3261 section 13.3)', () => {
  it('is answered 100 at once, without a To tag', async () => {
    const stage = await Stage.open();
    const { invite } = await stage.incoming();
    expect(invite.statuses).toEqual([100]);
    expect(toTag(invite.last)).toBeNull();
  });

  it('rings with 180, To tag, Contact and Record-Route', async () => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming({ lines: ['Record-Route: <sip:203.0.113.1;lr>'] });
    call.ring();
    call.ring();
    expect(invite.statuses).toEqual([100, 180]);
    expect(toTag(invite.last)).not.toBeNull();
    expect(header(invite.last, 'contact')).toBe('<sip:partyline@198.51.100.1:5060>');
    expect(headerValues(invite.last, 'record-route')).toEqual(['<sip:203.0.113.1;lr>']);
  });

  it('rings again every minute, so that no proxy forgets the call', async () => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming();
    call.ring();
    stage.clock.advance(120_000);
    expect(invite.statuses).toEqual([100, 180, 180, 180]);
    call.refuse({ status: 480 });
    stage.clock.advance(120_000);
    expect(stage.clock.pending).toBe(0);
  });

  it('is answered 200 with the same To tag, Contact, Allow, Supported and our SDP', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.ring();
    const tag = toTag(incoming.invite.last);
    const answered = incoming.call.answer(ANSWER);
    const ok = incoming.invite.last;
    expect([ok.status, toTag(ok), ok.body.toString()]).toEqual([200, tag, ANSWER]);
    expect(header(ok, 'content-type')).toBe('application/sdp');
    expect(header(ok, 'allow')).toContain('UPDATE');
    expect(header(ok, 'supported')).toBe('100rel, timer');
    incoming.ack();
    await expect(answered).resolves.toBeNull();
  });

  it('repeats the 200 after T1, doubling up to T2, until the ACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    const answered = incoming.call.answer(ANSWER);
    const counts = [T1, 2 * T1, 4 * T1, 8 * T1, 8 * T1].map((wait) => {
      stage.clock.advance(wait);
      return stage.layer.resent.length;
    });
    expect(counts).toEqual([1, 2, 3, 4, 5]);
    incoming.ack();
    await answered;
    stage.clock.advance(64 * T1);
    expect(stage.layer.resent).toHaveLength(5);
    expect(stage.layer.sent).toEqual([]);
  });

  it('is over after 64*T1 without an ACK: BYE, CallGone, line lost', async () => {
    const stage = await Stage.open();
    const { call } = await stage.incoming();
    const answered = call.answer(ANSWER);
    answered.catch(() => undefined);
    stage.clock.advance(64 * T1 - 1);
    expect(stage.layer.methods()).toEqual([]);
    stage.clock.advance(1);
    expect(stage.layer.methods()).toEqual(['BYE']);
    await expect(answered).rejects.toThrow(CallGone);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: call.id, lineLost: true }]);
    stage.layer.latest('BYE').fail();
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });

  it('takes only the ACK with the CSeq of the INVITE, and only once', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming({ cseq: 5, body: null });
    const answered = incoming.call.answer(ANSWER);
    incoming.ack({ cseq: 4, body: 'v=4' });
    incoming.ack({ cseq: 5, body: OFFER });
    incoming.ack({ cseq: 5, body: 'v=5' });
    await expect(answered).resolves.toBe(OFFER);
  });

  it('resolves with null when the ACK brings no answer to our offer', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming({ body: null });
    const answered = incoming.call.answer(ANSWER);
    incoming.ack();
    await expect(answered).resolves.toBeNull();
  });

  it('takes its SDP out of a multipart body', async () => {
    const stage = await Stage.open();
    const body = `--x\r\nContent-Type: application/sdp\r\n\r\n${OFFER}\r\n--x--\r\n`;
    const { call } = await stage.incoming({ type: 'multipart/mixed;boundary=x', body });
    expect(call.offer).toContain('o=far');
  });

  it('is refused with the status and Retry-After given, and nothing is left', async () => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming();
    call.refuse({ status: 503, retryAfter: 30 });
    call.refuse({ status: 486 });
    expect(invite.statuses).toEqual([100, 503]);
    expect(header(invite.last, 'retry-after')).toBe('30');
    expect(stage.signaling.counts().calls).toBe(0);
    await expect(call.answer(ANSWER)).rejects.toThrow(CallGone);
    expect(stage.clock.pending).toBe(0);
  });

  it('cannot be answered twice', async () => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    await expect(call.answer(ANSWER)).rejects.toThrow('answered already');
  });
});

describe('CANCEL (RFC 3261 section 9.2)', () => {
  it.each([false, true])('ends the call with 487 (ringing: %s)', async (ringing) => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming();
    if (ringing) call.ring();
    stage.layer.user.inviteCancelled(invite);
    expect(invite.last.status).toBe(487);
    expect(stage.listener.told).toEqual([{ kind: 'cancelled', id: call.id }]);
    await expect(call.answer(ANSWER)).rejects.toThrow(CallGone);
    await call.hangUp();
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });

  it('changes nothing once the call is answered', async () => {
    const stage = await Stage.open();
    const { invite } = await stage.talking();
    stage.layer.user.inviteCancelled(invite);
    expect(stage.listener.told).toEqual([]);
    expect(stage.signaling.counts().calls).toBe(1);
  });
});

describe('reliable ringing (RFC 3262)', () => {
  const reliable = { lines: ['Require: 100rel'] };

  it('is not used where the caller only supports it', async () => {
    const { invite, call } = await (await Stage.open()).incoming({ lines: ['Supported: 100rel'] });
    call.ring();
    expect(header(invite.last, 'rseq')).toBeNull();
  });

  it('repeats the 180 with RSeq, doubling without bound, until the PRACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming(reliable);
    incoming.call.ring();
    expect(header(incoming.invite.last, 'require')).toBe('100rel');
    const rseq = header(incoming.invite.last, 'rseq') ?? '';
    for (const wait of [1, 2, 4, 8, 16]) stage.clock.advance(wait * T1);
    expect(incoming.invite.statuses).toEqual([100, 180, 180, 180, 180, 180, 180]);
    expect(incoming.receive('PRACK', { lines: [`RAck: ${rseq} 1 INVITE`] }).statuses).toEqual([200]);
    stage.clock.advance(64 * T1);
    expect(incoming.invite.statuses).toHaveLength(7);
  });

  it('answers a PRACK that matches nothing with 481', async () => {
    const incoming = await (await Stage.open()).incoming(reliable);
    incoming.call.ring();
    expect(incoming.receive('PRACK', { lines: ['RAck: 1 1 INVITE'] }).statuses).toEqual([481]);
    expect(incoming.receive('PRACK').statuses).toEqual([481]);
  });

  it('refuses the call with 500 when no PRACK comes within 64*T1', async () => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming(reliable);
    call.ring();
    stage.clock.advance(64 * T1);
    expect(invite.last.status).toBe(500);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: call.id, lineLost: true }]);
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('stops when the call is answered, and still answers the PRACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming(reliable);
    incoming.call.ring();
    const rseq = header(incoming.invite.last, 'rseq') ?? '';
    const answered = incoming.call.answer(ANSWER);
    incoming.ack();
    await answered;
    expect(incoming.receive('PRACK', { lines: [`RAck: ${rseq} 1 INVITE`] }).statuses).toEqual([200]);
    stage.clock.advance(64 * T1);
    expect(stage.listener.told).toEqual([]);
  });

  it('does not ring where the first reliable answer would have to bring an offer', async () => {
    const { invite, call } = await (await Stage.open()).incoming({ ...reliable, body: null });
    call.ring();
    expect(invite.statuses).toEqual([100]);
  });
});

describe('the end of a call (RFC 3261 section 15)', () => {
  it('answers the far end BYE with 200 and tells of it', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    expect(incoming.receive('BYE').statuses).toEqual([200]);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: false }]);
    expect(stage.signaling.counts().calls).toBe(0);
    expect(incoming.receive('BYE').statuses).toEqual([481]);
    await incoming.call.hangUp();
    expect(stage.layer.methods()).toEqual([]);
    expect(stage.clock.pending).toBe(0);
  });

  it('takes a BYE instead of the ACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    const answered = incoming.call.answer(ANSWER);
    incoming.receive('BYE');
    await expect(answered).rejects.toThrow(CallGone);
    stage.clock.advance(64 * T1);
    expect(stage.layer.resent).toEqual([]);
    expect(stage.listener.told).toHaveLength(1);
  });

  it('takes a BYE while it rings, and answers the INVITE 487', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.ring();
    expect(incoming.receive('BYE').statuses).toEqual([200]);
    expect(incoming.invite.last.status).toBe(487);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: false }]);
  });

  it('sends BYE to the Contact, and is over with its answer', async () => {
    const stage = await Stage.open();
    const { call } = await stage.talking({ contact: '<sip:alice@203.0.113.8:5070>' });
    const ended = call.hangUp();
    const bye = stage.layer.latest('BYE');
    expect(bye.destination).toMatchObject({ transport: 'udp', address: '203.0.113.8', port: 5070 });
    expect(bye.request.uri.raw).toBe('sip:alice@203.0.113.8:5070');
    expect(stage.signaling.counts().calls).toBe(1);
    bye.answer(200);
    await ended;
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.listener.told).toEqual([]);
  });

  it.each([481, 408, 500, 'timeout', 'transport'] as const)('is over when its BYE ends with %s', async (ending) => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    const ended = call.hangUp();
    if (typeof ending === 'number') stage.layer.latest('BYE').answer(ending);
    else stage.layer.latest('BYE').fail(ending);
    await ended;
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.listener.told).toEqual([]);
  });

  it('waits with its BYE for the ACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    const answered = incoming.call.answer(ANSWER);
    const ended = incoming.call.hangUp();
    await expect(answered).rejects.toThrow(CallGone);
    expect(stage.layer.methods()).toEqual([]);
    incoming.ack();
    stage.layer.latest('BYE').answer(200);
    await ended;
  });

  it('waits with its BYE for the ACK no longer than 64*T1, and tells nobody', async () => {
    const stage = await Stage.open();
    const { call } = await stage.incoming();
    call.answer(ANSWER).catch(() => undefined);
    void call.hangUp();
    stage.clock.advance(64 * T1);
    expect(stage.layer.methods()).toEqual(['BYE']);
    expect(stage.listener.told).toEqual([]);
  });

  it('answers a BYE that crosses its own, and tells nobody', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    const ended = incoming.call.hangUp();
    expect(incoming.receive('INFO').statuses).toEqual([481]);
    expect(incoming.receive('BYE').statuses).toEqual([200]);
    await ended;
    expect(stage.listener.told).toEqual([]);
    stage.layer.latest('BYE').answer(481);
  });

  it('sends one BYE however often it is asked to hang up', async () => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    const ended = Promise.all([call.hangUp(), call.hangUp()]);
    expect(stage.layer.methods()).toEqual(['BYE']);
    stage.layer.latest('BYE').answer(200);
    await ended;
  });

  it('refuses with 480 when it hangs up before the answer', async () => {
    const stage = await Stage.open();
    const { invite, call } = await stage.incoming();
    await call.hangUp();
    expect(invite.statuses).toEqual([100, 480]);
  });
});

describe('requests within a call', () => {
  it('refuses a request out of order with 500, and it counts for nothing', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking({ cseq: 10 });
    expect(incoming.receive('BYE', { cseq: 9 }).statuses).toEqual([500]);
    expect(stage.listener.told).toEqual([]);
  });

  it('tells a key once, also when its INFO comes again in another transaction', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    const key = { type: 'application/dtmf-relay', body: 'Signal=11\r\nDuration=160' };
    expect(incoming.receive('INFO', key).statuses).toEqual([200]);
    expect(incoming.receive('INFO', { ...key, cseq: incoming.cseq }).statuses).toEqual([500]);
    expect(stage.listener.told).toEqual([{ kind: 'key', id: incoming.call.id, key: '#' }]);
  });

  it('answers other INFO bodies with 200, 400, 415 or 469, and hears no key', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    const info = (body: string | null, type = 'text/plain', ...lines: string[]) =>
      incoming.receive('INFO', { body, type, lines }).last;
    expect(info(null).status).toBe(200);
    expect(info('Signal=x', 'application/dtmf-relay').status).toBe(400);
    expect(header(info('x', 'application/media_control+xml'), 'accept')).toBe(
      'application/dtmf-relay, application/dtmf',
    );
    expect(info('x', 'text/plain', 'Content-Disposition: render;handling=optional').status).toBe(200);
    expect(info('5', 'application/dtmf', 'Info-Package: nobody').status).toBe(469);
    expect(stage.listener.told).toEqual([]);
  });

  it('answers OPTIONS with what it can, unknown methods with 405, unknown extensions with 420', async () => {
    const incoming = await (await Stage.open()).talking();
    const options = incoming.receive('OPTIONS').last;
    expect([options.status, header(options, 'accept')]).toEqual([200, 'application/sdp, multipart/mixed']);
    expect(header(incoming.receive('REFER').last, 'allow')).toContain('INVITE');
    expect(header(incoming.receive('OPTIONS', { lines: ['Require: foo'] }).last, 'unsupported')).toBe('foo');
  });

  it('never keeps a BYE waiting for an extension', async () => {
    const incoming = await (await Stage.open()).talking();
    expect(incoming.receive('BYE', { lines: ['Require: foo'] }).statuses).toEqual([200]);
  });

  it('probes by OPTIONS: any answer but 408, 481 or silence is a sign of life', async () => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    for (const status of [200, 405, 500]) {
      const alive = call.probe();
      stage.layer.latest('OPTIONS').answer(status);
      expect(await alive).toBe(true);
    }
    expect(stage.listener.told).toEqual([]);
  });

  it.each([
    [481, []],
    [408, ['BYE']],
    ['timeout', ['BYE']],
  ] as const)('takes the line for lost when a probe ends with %s', async (ending, expected) => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    const alive = call.probe();
    const options = stage.layer.latest('OPTIONS');
    if (typeof ending === 'number') options.answer(ending);
    else options.fail(ending);
    expect(await alive).toBe(false);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: call.id, lineLost: true }]);
    expect(stage.layer.methods().slice(1)).toEqual(expected);
    if (expected.length > 0) stage.layer.latest('BYE').fail();
    await call.hangUp();
    expect(stage.signaling.counts().calls).toBe(0);
    await settle();
  });

  it('sends where the latest request came from when the far end is behind NAT', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking({ contact: '<sip:alice@192.168.1.5:5060>' });
    incoming.receive('OPTIONS', {}, { ...incoming.invite.peer, port: 33_333 });
    void incoming.call.probe();
    expect(stage.layer.latest('OPTIONS').destination).toMatchObject({
      transport: 'udp',
      address: '203.0.113.7',
      port: 33_333,
    });
  });

  it('sends from the address and port of ours that the far end talks to, and names that port in its Contact', async () => {
    const stage = await Stage.open();
    const second = { ...PEER, localAddress: '198.51.100.2', localPort: 5080 };
    const { call, invite } = await stage.talking({}, second);
    expect(header(invite.last, 'contact')).toBe('<sip:partyline@198.51.100.2:5080>');
    void call.probe();
    expect(stage.layer.latest('OPTIONS').destination.local).toEqual({ address: '198.51.100.2', port: 5080 });
  });
});

describe('a bridge that fails while it is told of the end', () => {
  it('is told as trouble, and the call ends all the same', async () => {
    const stage = await Stage.open();
    stage.listener.hungUp = () => {
      throw new Error('no more');
    };
    const unacknowledged = await stage.incoming();
    unacknowledged.call.answer(ANSWER).catch(() => undefined);
    stage.clock.advance(64 * T1);
    expect(stage.listener.troubles).toEqual(['timer of a call failed: no more']);
    stage.layer.latest('BYE').answer(200);
    const hungUp = await stage.talking({ callId: 'call-2' });
    expect(hungUp.receive('BYE').statuses).toEqual([200]);
    expect(stage.signaling.counts().calls).toBe(0);
  });
});
