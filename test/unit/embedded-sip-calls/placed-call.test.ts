import { describe, expect, it } from 'vitest';
import type { KnownSource } from '../../../src/adapters/embedded-sip/signaling.js';
import { callId } from '../../../src/domain/identifiers.js';
import type { PlacedCall, PlaceRequest } from '../../../src/ports/signaling.js';
import { FakeLayer, type FakeClient } from './fake-layer.js';
import { ANSWER, header, OFFER, settle, Stage } from './stage.js';

const CONTACT = { name: 'contact', value: '<sip:far@203.0.113.7:5060>' };
const WITH_SDP = [CONTACT, { name: 'content-type', value: 'application/sdp' }];
const HALF_HOUR = { name: 'session-expires', value: '1800;refresher=uac' };

const place = async (
  stage: Stage,
  request: Partial<PlaceRequest> = {},
): Promise<{ ours: PlacedCall; invite: FakeClient }> => {
  const ours = stage.signaling.place({
    id: callId('placed-1'),
    target: { transport: 'udp', host: '203.0.113.7', port: 5060 },
    user: '02079460000',
    callerNumber: null,
    localSdp: OFFER,
    credentials: null,
    ...request,
  });
  await settle();
  return { ours, invite: stage.layer.latest('INVITE') };
};

describe('a call we place', () => {
  it('is given up after 3 minutes without an answer, however long it rings', async () => {
    const stage = await Stage.open();
    const { invite } = await place(stage);
    invite.answer(180, [CONTACT]);
    stage.clock.advance(179_000);
    invite.answer(180, [CONTACT]);
    expect(invite.cancelled).toBe(false);
    stage.clock.advance(1_000);
    expect(invite.cancelled).toBe(true);
    expect(stage.listener.told.map(({ kind }) => kind)).toEqual(['progressed', 'progressed']);
    invite.answer(487);
    expect(stage.listener.told.at(-1)).toEqual({ kind: 'notAnswered', id: 'placed-1', status: 408 });
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('is not given up once it is answered', async () => {
    const stage = await Stage.open();
    const { ours, invite } = await place(stage);
    invite.answer(200, WITH_SDP, ANSWER);
    stage.clock.advance(200_000);
    expect(stage.listener.told).toEqual([{ kind: 'answered', id: 'placed-1', sdp: ANSWER }]);
    void ours.hangUp();
    stage.layer.latest('BYE').answer(200);
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('asks for a longer session timer where the one it named is too short, and refreshes what was agreed', async () => {
    const stage = await Stage.open();
    const { invite } = await place(stage);
    expect(header(invite.request, 'session-expires')).toBe('1800');
    expect(header(invite.request, 'supported')).toBe('timer');
    invite.answer(422, [{ name: 'min-se', value: '3600' }]);
    const again = stage.layer.latest('INVITE');
    expect(again).not.toBe(invite);
    expect(header(again.request, 'session-expires')).toBe('3600');
    expect(header(again.request, 'min-se')).toBe('3600');
    expect(header(again.request, 'cseq')).toBe('2 INVITE');
    again.answer(200, [...WITH_SDP, HALF_HOUR, { name: 'allow', value: 'INVITE, UPDATE' }], ANSWER);
    stage.clock.advance(900_000);
    expect(header(stage.layer.latest('UPDATE').request, 'session-expires')).toBe('1800;refresher=uac');
  });

  it('does not follow one who always asks for more', async () => {
    const stage = await Stage.open();
    await place(stage);
    for (const longest of ['2000', '3000', '4000']) {
      stage.layer.latest('INVITE').answer(422, [{ name: 'min-se', value: longest }]);
    }
    expect(stage.layer.sent.filter(({ request }) => request.method === 'INVITE')).toHaveLength(3);
    expect(stage.listener.told).toEqual([{ kind: 'notAnswered', id: 'placed-1', status: 422 }]);
  });

  it('answers no more than four challenges', async () => {
    const stage = await Stage.open();
    await place(stage, { credentials: { username: 'a', password: 'b' } });
    for (let nonce = 1; nonce <= 6; nonce += 1) {
      const value = `Digest realm="r", nonce="${nonce}", stale=true`;
      stage.layer.latest('INVITE').answer(401, [{ name: 'www-authenticate', value }]);
    }
    expect(stage.layer.sent.filter(({ request }) => request.method === 'INVITE')).toHaveLength(5);
    expect(stage.listener.told).toEqual([{ kind: 'notAnswered', id: 'placed-1', status: 401 }]);
  });

  describe('to a trunk that challenges every request', () => {
    const credentials = { username: 'a', password: 'b' };
    const challenge = (nonce: string, stale = false) => ({
      name: 'proxy-authenticate',
      value: `Digest realm="r", nonce="${nonce}", qop="auth", algorithm=SHA-256${stale ? ', stale=true' : ''}`,
    });
    const answered = (request: FakeClient['request']): string | null => header(request, 'proxy-authorization');
    const live = async (stage: Stage): Promise<PlacedCall> => {
      const { ours, invite } = await place(stage, { credentials });
      invite.answer(407, [challenge('1')]);
      stage.layer.latest('INVITE').answer(200, WITH_SDP, ANSWER);
      return ours;
    };

    it('repeats in the ACK what the INVITE answered (RFC 3261 section 22.1)', async () => {
      const stage = await Stage.open();
      await live(stage);
      const invite = stage.layer.latest('INVITE').request;
      expect(answered(invite)).toContain('nonce="1"');
      expect(stage.layer.acks.map(({ ack }) => answered(ack))).toEqual([answered(invite)]);
    });

    it('is hung up all the same: the BYE is sent again with the password, and once more where the nonce was too old', async () => {
      const stage = await Stage.open();
      const ours = await live(stage);
      const over = ours.hangUp();
      const bye = stage.layer.latest('BYE');
      bye.answer(407, [challenge('2')]);
      const again = stage.layer.latest('BYE');
      expect(again).not.toBe(bye);
      expect(answered(again.request)).toMatch(/nonce="2", uri="[^"]+", response="[0-9a-f]{64}"/);
      expect(stage.signaling.counts().calls).toBe(1);
      again.answer(407, [challenge('3', true)]);
      const last = stage.layer.latest('BYE');
      expect(answered(last.request)).toContain('nonce="3"');
      const [first, second, third] = [bye, again, last].map(({ request }) =>
        parseInt(header(request, 'cseq') ?? '', 10),
      );
      expect([second, third]).toEqual([(first ?? 0) + 1, (first ?? 0) + 2]);
      last.answer(200);
      await over;
      expect(stage.signaling.counts().calls).toBe(0);
    });

    it('does not ask without end where the password is wrong', async () => {
      const stage = await Stage.open();
      const ours = await live(stage);
      void ours.hangUp();
      stage.layer.latest('BYE').answer(407, [challenge('2')]);
      stage.layer.latest('BYE').answer(407, [challenge('3')]);
      expect(stage.layer.sent.filter(({ request }) => request.method === 'BYE')).toHaveLength(2);
      expect(stage.signaling.counts().calls).toBe(0);
    });

    it('is re-offered to', async () => {
      const stage = await Stage.open();
      const ours = await live(stage);
      const offering = ours.reoffer(OFFER);
      stage.layer.latest('INVITE').answer(407, [challenge('2')]);
      const again = stage.layer.latest('INVITE');
      expect(answered(again.request)).toContain('nonce="2"');
      expect(again.request.body.toString()).toBe(OFFER);
      again.answer(200, WITH_SDP, ANSWER);
      expect(await offering).toBe(ANSWER);
      expect(answered(stage.layer.acks.at(-1)?.ack ?? again.request)).toContain('nonce="2"');
      expect(header(stage.layer.acks.at(-1)?.ack ?? again.request, 'cseq')).toBe(
        (header(again.request, 'cseq') ?? '').replace('INVITE', 'ACK'),
      );
    });

    it('is hung up where its answer crosses the CANCEL', async () => {
      const stage = await Stage.open();
      const { ours, invite } = await place(stage, { credentials });
      invite.answer(407, [challenge('1')]);
      const again = stage.layer.latest('INVITE');
      void ours.hangUp();
      again.answer(200, WITH_SDP, ANSWER);
      stage.layer.latest('BYE').answer(407, [challenge('2')]);
      expect(answered(stage.layer.latest('BYE').request)).toContain('nonce="2"');
      stage.layer.latest('BYE').answer(200);
      expect(stage.signaling.counts().calls).toBe(0);
    });
  });

  it('keeps apart no more than 20 branches', async () => {
    const stage = await Stage.open();
    const { invite } = await place(stage);
    for (let branch = 0; branch < 40; branch += 1) invite.answer(180, [CONTACT], '', `branch-${branch}`);
    for (let branch = 40; branch < 60; branch += 1) invite.answer(200, WITH_SDP, ANSWER, `branch-${branch}`);
    expect(stage.listener.told.filter(({ kind }) => kind === 'answered')).toEqual([]);
    for (let branch = 0; branch < 5; branch += 1) invite.answer(200, WITH_SDP, ANSWER, `branch-${branch}`);
    expect(stage.listener.told.filter(({ kind }) => kind === 'answered')).toHaveLength(1);
    expect(stage.layer.sent.filter(({ request }) => request.method === 'BYE')).toHaveLength(4);
    expect(stage.layer.acks).toHaveLength(5);
  });

  it('that cannot be sent says so: no transport, no such name', async () => {
    const stage = await Stage.open();
    Object.assign(stage.layer, { listening: () => [] });
    stage.signaling.place({
      id: callId('nowhere'),
      target: { transport: 'tcp', host: '203.0.113.7', port: 5060 },
      user: '1',
      callerNumber: null,
      localSdp: OFFER,
      credentials: null,
    });
    expect(await stage.listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: 'nowhere', status: 503 });
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('lets its far end connect to us as long as it lasts, and no longer; nobody may call by that', async () => {
    let isKnown: KnownSource = () => false;
    const layer = new FakeLayer();
    const stage = await Stage.open({
      transactionLayer: (known) => {
        isKnown = known;
        return layer;
      },
    });
    stage.listener.known = () => false;
    const far = { transport: 'tcp', address: '203.0.113.7', port: 40_000 } as const;
    expect(isKnown(far)).toBe(false);
    const ours = stage.signaling.place({
      id: callId('placed-1'),
      target: { transport: 'tcp', host: '203.0.113.7', port: 5060 },
      user: '1',
      callerNumber: null,
      localSdp: OFFER,
      credentials: null,
    });
    await settle();
    expect(isKnown(far)).toBe(true);
    expect(isKnown({ ...far, address: '203.0.113.8' })).toBe(false);
    expect(isKnown(far, stage.outside())).toBe(false);
    layer.latest('INVITE').answer(486);
    await ours.hangUp();
    expect(isKnown(far)).toBe(false);
  });
});
