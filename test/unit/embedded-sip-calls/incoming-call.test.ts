import { describe, expect, it } from 'vitest';
import { headerValues, toTag } from '../../../src/adapters/embedded-sip/headers.js';
import { CallGone } from '../../../src/ports/signaling.js';
import { ANSWER, header, OFFER, Stage } from './stage.js';

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
