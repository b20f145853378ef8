import { describe, expect, it } from 'vitest';
import { ANSWER, header, OFFER, settle, Stage, type Incoming } from './stage.js';
import { MediaOfferRefused, MediaOfferTooSoon } from '../../../src/ports/signaling.js';

const T1 = 500;
const NEW_OFFER = OFFER.replace('1 1', '1 2');
const NEW_ANSWER = ANSWER.replace('1 1', '1 2');
const offer = { body: NEW_OFFER };

async function talking(): Promise<{ stage: Stage; incoming: Incoming }> {
  const stage = await Stage.open();
  stage.listener.answerOffer = () => Promise.resolve(NEW_ANSWER);
  return { stage, incoming: await stage.talking() };
}

/** Lets a test decide later what an offer is answered with. */
function holdOffers(stage: Stage): { answer(sdp: string): void; refuse(error: Error): void } {
  let answer: (sdp: string) => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  stage.listener.answerOffer = () =>
    new Promise((resolve, reject) => {
      answer = resolve;
      refuse = reject;
    });
  return { answer: (sdp) => answer(sdp), refuse: (error) => refuse(error) };
}

describe('re-INVITE of the far end (RFC 3261 section 14.2)', () => {
  it('is answered 100 at once, and 200 with our SDP', async () => {
    const { stage, incoming } = await talking();
    const reinvite = incoming.receive('INVITE', offer);
    expect(reinvite.statuses).toEqual([100]);
    await settle();
    expect([reinvite.last.status, reinvite.last.body.toString()]).toEqual([200, NEW_ANSWER]);
    expect(header(reinvite.last, 'contact')).toBe('<sip:partyline@198.51.100.1:5060>');
    expect(stage.listener.told).toEqual([{ kind: 'offered', id: incoming.call.id, offer: NEW_OFFER }]);
  });

  it('has its 200 repeated until the ACK', async () => {
    const { stage, incoming } = await talking();
    incoming.receive('INVITE', offer);
    await settle();
    stage.clock.advance(3 * T1);
    expect(stage.layer.resent).toHaveLength(2);
    incoming.ack();
    stage.clock.advance(64 * T1);
    expect(stage.layer.resent).toHaveLength(2);
    expect(stage.listener.told).toHaveLength(1);
  });

  it('loses the line when the ACK never comes', async () => {
    const { stage, incoming } = await talking();
    incoming.receive('INVITE', offer);
    await settle();
    stage.clock.advance(64 * T1);
    expect(stage.layer.methods()).toEqual(['BYE']);
    expect(stage.listener.told.at(-1)).toEqual({ kind: 'hungUp', id: incoming.call.id, lineLost: true });
  });

  it('without an offer is answered with one of ours, and its ACK brings the answer', async () => {
    const { stage, incoming } = await talking();
    incoming.receive('INVITE');
    await settle();
    incoming.ack(offer);
    expect(stage.listener.told).toEqual([
      { kind: 'offered', id: incoming.call.id, offer: null },
      { kind: 'reanswered', id: incoming.call.id, answer: NEW_OFFER },
    ]);
  });

  it.each([
    [new MediaOfferRefused('no'), 488],
    [new MediaOfferTooSoon('not yet'), 491],
    [new Error('mixer gone'), 500],
  ])('is refused when the offer is not taken (%s), and the call goes on', async (error, status) => {
    const { stage, incoming } = await talking();
    const held = holdOffers(stage);
    const reinvite = incoming.receive('INVITE', offer);
    held.refuse(error);
    await settle();
    expect(reinvite.statuses).toEqual([100, status]);
    stage.listener.answerOffer = () => Promise.resolve(NEW_ANSWER);
    const again = incoming.receive('INVITE', offer);
    await settle();
    expect(again.last.status).toBe(200);
  });

  it('refreshes the remote target when it is accepted, not when it is refused', async () => {
    const { stage, incoming } = await talking();
    const moved = { ...offer, contact: '<sip:alice@203.0.113.50>' };
    stage.listener.refuseOffers();
    incoming.receive('INVITE', moved);
    await settle();
    void incoming.call.probe();
    expect(stage.layer.latest('OPTIONS').request.uri.host).toBe('203.0.113.7');
    stage.listener.answerOffer = () => Promise.resolve(NEW_ANSWER);
    incoming.receive('INVITE', moved);
    await settle();
    void incoming.call.probe();
    expect(stage.layer.latest('OPTIONS').request.uri.host).toBe('203.0.113.50');
  });

  it('is refused with 500 and Retry-After while another is being decided', async () => {
    const { stage, incoming } = await talking();
    const held = holdOffers(stage);
    const first = incoming.receive('INVITE', offer);
    const second = incoming.receive('INVITE', offer);
    expect([second.last.status, header(second.last, 'retry-after')]).toEqual([500, '5']);
    held.answer(NEW_ANSWER);
    await settle();
    expect(first.last.status).toBe(200);
  });

  it('is refused with 500 and Retry-After while the first INVITE is not answered', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.ring();
    const second = incoming.receive('INVITE', offer);
    expect([second.last.status, header(second.last, 'retry-after')]).toEqual([500, '5']);
    expect(incoming.invite.last.status).toBe(180);
  });

  it('shows that the ACK to the first INVITE was lost, and counts for it', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    const answered = incoming.call.answer(ANSWER);
    const reinvite = incoming.receive('INVITE', offer);
    await expect(answered).resolves.toBeNull();
    await settle();
    expect(reinvite.last.status).toBe(200);
  });

  it('comes before an offer of ours that waited for the lost ACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.answer(ANSWER).catch(() => undefined);
    incoming.call.reoffer(NEW_ANSWER).catch(() => undefined);
    const reinvite = incoming.receive('INVITE', offer);
    await settle();
    expect([reinvite.last.status, stage.layer.methods()]).toEqual([200, []]);
    incoming.ack();
    expect(stage.layer.methods()).toEqual(['INVITE']);
  });

  it('lets an offer of ours go on when it is refused itself', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.answer(ANSWER).catch(() => undefined);
    incoming.call.reoffer(NEW_ANSWER).catch(() => undefined);
    expect(incoming.receive('INVITE', { ...offer, type: 'text/plain' }).statuses).toEqual([415]);
    expect(stage.layer.methods()).toEqual(['INVITE']);
  });

  it('is refused with 481, and asks nobody, when it stands for the ACK that our BYE waited for', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.answer(ANSWER).catch(() => undefined);
    void incoming.call.hangUp();
    expect(incoming.receive('INVITE', offer).statuses).toEqual([481]);
    expect(stage.layer.methods()).toEqual(['BYE']);
    expect(stage.listener.told).toEqual([]);
  });

  it('is refused with 491 while the ACK has to bring the answer to our offer', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming({ body: null });
    incoming.call.answer(ANSWER).catch(() => undefined);
    expect(incoming.receive('INVITE', offer).statuses).toEqual([491]);
  });

  it('is refused with 491 while an offer of ours is out', async () => {
    const { stage, incoming } = await talking();
    const reoffered = incoming.call.reoffer(NEW_ANSWER);
    expect(incoming.receive('INVITE', offer).statuses).toEqual([491]);
    expect(incoming.receive('UPDATE', offer).statuses).toEqual([491]);
    stage.layer.latest('INVITE').answer(200, [{ name: 'content-type', value: 'application/sdp' }], OFFER);
    await reoffered;
  });

  it('is cancelled with 487, and what is decided afterwards goes nowhere', async () => {
    const { stage, incoming } = await talking();
    const held = holdOffers(stage);
    const reinvite = incoming.receive('INVITE', offer);
    stage.layer.user.inviteCancelled(reinvite);
    held.answer(NEW_ANSWER);
    await settle();
    stage.clock.advance(64 * T1);
    expect(reinvite.statuses).toEqual([100, 487]);
    expect(stage.layer.methods()).toEqual([]);
    expect(await probes(stage, incoming)).toBe(true);
  });

  it('is answered 487 when the call ends meanwhile', async () => {
    const { stage, incoming } = await talking();
    const held = holdOffers(stage);
    const reinvite = incoming.receive('INVITE', offer);
    incoming.receive('BYE');
    held.answer(NEW_ANSWER);
    await settle();
    expect(reinvite.statuses).toEqual([100, 487]);
  });

  it('is answered 415, 420 or 422 where it asks for what we cannot, and the call goes on', async () => {
    const { stage, incoming } = await talking();
    expect(incoming.receive('INVITE', { body: 'x', type: 'text/plain' }).statuses).toEqual([415]);
    expect(incoming.receive('INVITE', { ...offer, lines: ['Require: foo'] }).statuses).toEqual([420]);
    const short = incoming.receive('INVITE', { ...offer, lines: ['Supported: timer', 'Session-Expires: 30'] });
    expect(short.statuses).toEqual([422]);
    expect(stage.listener.told).toEqual([]);
    expect(await probes(stage, incoming)).toBe(true);
  });
});

describe('UPDATE of the far end (RFC 3311 section 5.2)', () => {
  it('is answered with our SDP', async () => {
    const { stage, incoming } = await talking();
    const update = incoming.receive('UPDATE', offer);
    await settle();
    expect(update.statuses).toEqual([200]);
    expect(update.last.body.toString()).toBe(NEW_ANSWER);
    expect(header(update.last, 'contact')).not.toBeNull();
    expect(stage.listener.told).toHaveLength(1);
  });

  it('without an offer is answered 200 at any time, and refreshes the remote target', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.ring();
    expect(incoming.receive('UPDATE', { contact: '<sip:alice@203.0.113.60>' }).statuses).toEqual([200]);
    const answered = incoming.call.answer(ANSWER);
    incoming.ack({ cseq: 1 });
    await answered;
    void incoming.call.hangUp();
    expect(stage.layer.latest('BYE').request.uri.host).toBe('203.0.113.60');
  });

  it('with an offer is refused with 500 and Retry-After before the call is answered', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.ring();
    const update = incoming.receive('UPDATE', offer);
    expect([update.last.status, header(update.last, 'retry-after')]).toEqual([500, '5']);
  });

  it('with an offer is refused with 491 before the ACK', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    incoming.call.answer(ANSWER).catch(() => undefined);
    expect(incoming.receive('UPDATE', offer).statuses).toEqual([491]);
  });

  it('is refused with 500 and Retry-After while another is being decided', async () => {
    const { stage, incoming } = await talking();
    const held = holdOffers(stage);
    incoming.receive('UPDATE', offer);
    const second = incoming.receive('UPDATE');
    expect([second.last.status, header(second.last, 'retry-after')]).toEqual([500, '5']);
    held.answer(NEW_ANSWER);
    await settle();
  });

  it('is refused with 488 when the offer is not taken', async () => {
    const { stage, incoming } = await talking();
    stage.listener.refuseOffers();
    const update = incoming.receive('UPDATE', offer);
    await settle();
    expect(update.statuses).toEqual([488]);
  });
});

async function probes(stage: Stage, incoming: Incoming): Promise<boolean> {
  const alive = incoming.call.probe();
  stage.layer.latest('OPTIONS').answer(200);
  return alive;
}
