import { describe, expect, it } from 'vitest';
import type { FakeClient } from './fake-layer.js';
import { ANSWER, header, OFFER, settle, Stage, type Incoming } from './stage.js';
import { CallGone, ReofferRefused } from '../../../src/ports/signaling.js';

const NEW_OFFER = ANSWER.replace('1 1', '1 2');
const SDP = [{ name: 'content-type', value: 'application/sdp' }];

async function reoffering(): Promise<{
  stage: Stage;
  incoming: Incoming;
  reoffered: Promise<string>;
  invite: FakeClient;
}> {
  const stage = await Stage.open();
  const incoming = await stage.talking();
  const reoffered = incoming.call.reoffer(NEW_OFFER);
  reoffered.catch(() => undefined);
  return { stage, incoming, reoffered, invite: stage.layer.latest('INVITE') };
}

describe('re-INVITE of ours (RFC 3261 section 14.1)', () => {
  it('carries our offer, Contact and Allow, and brings the answer', async () => {
    const { stage, reoffered, invite } = await reoffering();
    expect(invite.request.body.toString()).toBe(NEW_OFFER);
    expect(header(invite.request, 'contact')).toBe('<sip:partyline@198.51.100.1:5060>');
    expect(header(invite.request, 'allow')).toContain('UPDATE');
    invite.answer(100);
    invite.answer(200, SDP, OFFER);
    await expect(reoffered).resolves.toBe(OFFER);
    expect(stage.layer.acks.map(({ ack }) => header(ack, 'cseq'))).toEqual(['1 ACK']);
  });

  it('has every 2xx acknowledged, the repeated ones too, also after the call', async () => {
    const { stage, incoming, reoffered, invite } = await reoffering();
    const ok = invite.answer(200, SDP, OFFER);
    await reoffered;
    invite.repeat(ok);
    incoming.receive('BYE');
    invite.repeat(ok);
    expect(stage.layer.acks).toHaveLength(3);
  });

  it('sends its ACK to the Contact of the answer', async () => {
    const { stage, invite } = await reoffering();
    invite.answer(200, [...SDP, { name: 'contact', value: '<sip:alice@203.0.113.77:5099>' }], OFFER);
    expect(stage.layer.acks[0]?.destination).toMatchObject({ address: '203.0.113.77', port: 5099 });
  });

  it.each([488, 486, 606, 401])('is refused with %i, and the call goes on', async (status) => {
    const { stage, incoming, reoffered, invite } = await reoffering();
    invite.answer(status);
    await expect(reoffered).rejects.toMatchObject({ name: 'ReofferRefused', status });
    expect(stage.listener.told).toEqual([]);
    void incoming.call.reoffer(NEW_OFFER).catch(() => undefined);
    expect(stage.layer.methods()).toEqual(['INVITE', 'INVITE']);
  });

  it('is refused when the 2xx has no answer in it', async () => {
    const { stage, reoffered, invite } = await reoffering();
    invite.answer(200);
    await expect(reoffered).rejects.toThrow(ReofferRefused);
    expect(stage.layer.acks).toHaveLength(1);
  });

  it.each([
    ['0', 0],
    ['9', 2_000],
  ])(
    'waits after a 491 between 0 and 2 s, as whoever did not make the Call-ID (random %s: %i ms)',
    async (digit, wait) => {
      const { stage, reoffered, invite } = await reoffering();
      stage.randomness.digit = digit;
      invite.answer(491);
      stage.clock.advance(wait === 0 ? 0 : wait - 10);
      expect(stage.layer.sent).toHaveLength(wait === 0 ? 2 : 1);
      stage.clock.advance(10);
      stage.layer.latest('INVITE').answer(200, SDP, OFFER);
      await expect(reoffered).resolves.toBe(OFFER);
    },
  );

  it('lets the far end have its turn while it waits after a 491', async () => {
    const { stage, incoming, invite } = await reoffering();
    invite.answer(491);
    const theirs = incoming.receive('INVITE', { body: OFFER });
    await settle();
    expect(theirs.last.status).toBe(200);
    stage.clock.advance(2_000);
    expect(stage.layer.sent).toHaveLength(1);
    incoming.ack();
    expect(stage.layer.sent).toHaveLength(2);
  });

  it('waits as long as a 500 asks for', async () => {
    const { stage, invite } = await reoffering();
    invite.answer(500, [{ name: 'retry-after', value: '7' }]);
    stage.clock.advance(6_999);
    expect(stage.layer.sent).toHaveLength(1);
    stage.clock.advance(1);
    expect(stage.layer.sent).toHaveLength(2);
  });

  it('does not try again after a 500 that does not ask for it, or asks for too long', async () => {
    for (const headers of [[], [{ name: 'retry-after', value: '3600' }]]) {
      const { reoffered, invite } = await reoffering();
      invite.answer(500, headers);
      await expect(reoffered).rejects.toMatchObject({ status: 500 });
    }
  });

  it('gives up after eight tries', async () => {
    const { stage, reoffered } = await reoffering();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      stage.layer.latest('INVITE').answer(491);
      stage.clock.advance(2_000);
    }
    await expect(reoffered).rejects.toMatchObject({ status: 491 });
    expect(stage.layer.sent).toHaveLength(8);
  });

  it.each([481, 408, 'timeout', 'transport'] as const)('loses the line with %s', async (ending) => {
    const { stage, incoming, reoffered, invite } = await reoffering();
    if (typeof ending === 'number') invite.answer(ending);
    else invite.fail(ending);
    await expect(reoffered).rejects.toThrow(CallGone);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: true }]);
  });

  it('fails with CallGone when the call ends before the answer', async () => {
    const { incoming, reoffered } = await reoffering();
    incoming.receive('BYE');
    await expect(reoffered).rejects.toThrow(CallGone);
    await expect(incoming.call.reoffer(NEW_OFFER)).rejects.toThrow(CallGone);
  });

  it('is given up when the call ends before its final answer, so that nothing waits for it without end', async () => {
    const { incoming, invite } = await reoffering();
    invite.answer(180);
    incoming.receive('BYE');
    expect(invite.cancelled).toBe(true);
  });

  it('is not cancelled once it has its final answer', async () => {
    const { stage, incoming, invite } = await reoffering();
    invite.answer(200, SDP, OFFER);
    incoming.receive('BYE');
    expect(invite.cancelled).toBe(false);
    expect(stage.clock.pending).toBe(0);
  });

  it('waits for the answer to the one before', async () => {
    const { stage, incoming, invite } = await reoffering();
    const second = incoming.call.reoffer(ANSWER);
    expect(stage.layer.sent).toHaveLength(1);
    invite.answer(200, SDP, OFFER);
    expect(stage.layer.sent).toHaveLength(2);
    stage.layer.latest('INVITE').answer(200, SDP, 'v=2');
    await expect(second).resolves.toBe('v=2');
  });

  it('waits for the ACK of the first INVITE', async () => {
    const stage = await Stage.open();
    const incoming = await stage.incoming();
    const answered = incoming.call.answer(ANSWER);
    incoming.call.reoffer(NEW_OFFER).catch(() => undefined);
    expect(stage.layer.sent).toEqual([]);
    incoming.ack();
    await answered;
    expect(stage.layer.methods()).toEqual(['INVITE']);
  });

  it('is cancelled when nobody answers it for a minute', async () => {
    const { stage, reoffered, invite } = await reoffering();
    invite.answer(180);
    stage.clock.advance(60_000);
    expect(invite.cancelled).toBe(true);
    invite.answer(487);
    await expect(reoffered).rejects.toMatchObject({ status: 487 });
  });
});
