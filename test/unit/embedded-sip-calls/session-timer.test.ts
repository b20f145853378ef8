import { describe, expect, it } from 'vitest';
import { ANSWER, header, OFFER, settle, Stage, type Incoming } from './stage.js';

const SDP = [{ name: 'content-type', value: 'application/sdp' }];
const asks = (value: string, ...lines: string[]) => ({
  lines: ['Supported: timer', `Session-Expires: ${value}`, ...lines],
});
const seconds = (count: number): number => count * 1_000;

async function talking(...lines: string[]): Promise<{ stage: Stage; incoming: Incoming }> {
  const stage = await Stage.open();
  return { stage, incoming: await stage.talking({ lines }) };
}

describe('session timers (RFC 4028)', () => {
  it('are offered at 1800 s, refreshed by us, where the caller supports them and asks for none', async () => {
    const { incoming } = await talking('Supported: timer');
    const ok = incoming.invite.last;
    expect([header(ok, 'session-expires'), header(ok, 'require')]).toEqual(['1800;refresher=uas', null]);
  });

  it('are not mentioned where the caller knows nothing of them', async () => {
    const { stage, incoming } = await talking();
    const ok = incoming.invite.last;
    expect([header(ok, 'session-expires'), header(ok, 'require')]).toEqual([null, null]);
    expect(stage.clock.pending).toBe(0);
  });

  it('hang up shortly before the end when the caller does not refresh', async () => {
    const { stage, incoming } = await talking(...asks('1800;refresher=uac').lines);
    stage.clock.advance(seconds(1_768) - 1);
    expect(stage.layer.sent).toEqual([]);
    stage.clock.advance(1);
    expect(stage.layer.methods()).toEqual(['BYE']);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: true }]);
  });

  it.each(['UPDATE', 'INVITE'])('start again with a refresh by %s', async (method) => {
    const { stage, incoming } = await talking(...asks('90').lines);
    stage.clock.advance(seconds(50));
    const refresh = incoming.receive(method, { ...asks('90;refresher=uac'), body: method === 'INVITE' ? OFFER : null });
    await settle();
    expect(header(refresh.last, 'session-expires')).toBe('90;refresher=uac');
    if (method === 'INVITE') incoming.ack();
    stage.clock.advance(seconds(59));
    expect(stage.layer.sent).toEqual([]);
    stage.clock.advance(seconds(1));
    expect(stage.layer.methods()).toEqual(['BYE']);
  });

  it('are refreshed by us at half time with an UPDATE that has no body, if the caller allows UPDATE', async () => {
    const { stage } = await talking(...asks('600;refresher=uas').lines, 'Allow: INVITE, UPDATE, BYE');
    stage.clock.advance(seconds(300) - 1);
    expect(stage.layer.sent).toEqual([]);
    stage.clock.advance(1);
    const update = stage.layer.latest('UPDATE');
    expect(update.request.body).toHaveLength(0);
    expect(header(update.request, 'session-expires')).toBe('600;refresher=uac');
    update.answer(200, [{ name: 'session-expires', value: '600;refresher=uac' }]);
    stage.clock.advance(seconds(300));
    expect(stage.layer.methods()).toEqual(['UPDATE', 'UPDATE']);
  });

  it('stand in the way of no offer of the far end while our UPDATE without one is out', async () => {
    const { stage, incoming } = await talking(...asks('600;refresher=uas').lines, 'Allow: INVITE, UPDATE, BYE');
    stage.clock.advance(seconds(300));
    const reinvite = incoming.receive('INVITE', { body: OFFER });
    await settle();
    expect([stage.layer.methods(), reinvite.last.status]).toEqual([['UPDATE'], 200]);
  });

  it('are refreshed by us with a re-INVITE and the same SDP where UPDATE is not allowed', async () => {
    const { stage } = await talking(...asks('600;refresher=uas').lines, 'Allow: INVITE, BYE');
    stage.clock.advance(seconds(300));
    const invite = stage.layer.latest('INVITE');
    expect(invite.request.body.toString()).toBe(ANSWER);
    invite.answer(200, SDP, OFFER);
    expect(stage.layer.acks).toHaveLength(1);
    // The answer said nothing of timers; who refreshes keeps doing so.
    stage.clock.advance(seconds(300));
    expect(stage.layer.methods()).toEqual(['INVITE', 'INVITE']);
  });

  it.each([405, 501])('fall back to a re-INVITE when the UPDATE is answered %i', async (status) => {
    const { stage } = await talking(...asks('600;refresher=uas').lines, 'Allow: UPDATE');
    stage.clock.advance(seconds(300));
    stage.layer.latest('UPDATE').answer(status);
    expect(stage.layer.latest('INVITE').request.body.toString()).toBe(ANSWER);
  });

  it('are asked for again with the Min-SE of a 422', async () => {
    const { stage } = await talking(...asks('600;refresher=uas').lines, 'Allow: UPDATE');
    stage.clock.advance(seconds(300));
    stage.layer.latest('UPDATE').answer(422, [{ name: 'min-se', value: '900' }]);
    stage.clock.advance(0);
    const { request } = stage.layer.latest('UPDATE');
    expect(stage.layer.sent).toHaveLength(2);
    expect([header(request, 'session-expires'), header(request, 'min-se')]).toEqual(['900;refresher=uac', '900']);
  });

  it('are tried again when a refresh is refused, and end the call only when time is up', async () => {
    const { stage, incoming } = await talking(...asks('600;refresher=uas').lines, 'Allow: UPDATE');
    stage.clock.advance(seconds(300));
    stage.layer.latest('UPDATE').answer(503);
    await settle();
    expect(stage.listener.told).toEqual([]);
    stage.clock.advance(seconds(100));
    expect(stage.layer.methods()).toEqual(['UPDATE', 'UPDATE']);
    stage.layer.latest('UPDATE').answer(503);
    await settle();
    stage.clock.advance(seconds(168));
    expect(stage.layer.methods().at(-1)).toBe('BYE');
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: true }]);
  });

  it('are refreshed later when an offer of ours is under way at half time and then refused', async () => {
    const { stage, incoming } = await talking(...asks('600;refresher=uas').lines, 'Allow: UPDATE');
    stage.clock.advance(seconds(299));
    const reoffered = incoming.call.reoffer(ANSWER);
    stage.clock.advance(seconds(1));
    expect(stage.layer.methods()).toEqual(['INVITE']);
    stage.layer.latest('INVITE').answer(488);
    await expect(reoffered).rejects.toMatchObject({ status: 488 });
    stage.clock.advance(seconds(100));
    expect(stage.layer.methods()).toEqual(['INVITE', 'UPDATE']);
  });

  it.each([481, 408, 'timeout'] as const)('lose the line when a refresh ends with %s', async (ending) => {
    const { stage, incoming } = await talking(...asks('600;refresher=uas').lines, 'Allow: UPDATE');
    stage.clock.advance(seconds(300));
    if (typeof ending === 'number') stage.layer.latest('UPDATE').answer(ending);
    else stage.layer.latest('UPDATE').fail(ending);
    await settle();
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: incoming.call.id, lineLost: true }]);
    expect(stage.listener.troubles).toEqual([]);
  });

  it('are refreshed by a re-offer of ours too', async () => {
    const { stage, incoming } = await talking(...asks('600;refresher=uac').lines);
    stage.clock.advance(seconds(500));
    const reoffered = incoming.call.reoffer(ANSWER);
    expect(header(stage.layer.latest('INVITE').request, 'session-expires')).toBe('600;refresher=uas');
    stage.layer.latest('INVITE').answer(200, [...SDP, { name: 'session-expires', value: '600;refresher=uas' }], OFFER);
    await reoffered;
    stage.clock.advance(seconds(500));
    expect(stage.listener.told).toEqual([]);
  });

  it('end with the call', async () => {
    const { stage, incoming } = await talking(...asks('600;refresher=uas').lines);
    incoming.receive('BYE');
    expect(stage.clock.pending).toBe(0);
  });
});
