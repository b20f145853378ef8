import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EventSocket } from '../../src/adapters/freeswitch/event-socket.js';
import { callId } from '../../src/domain/identifiers.js';
import { LegRefused } from '../../src/ports/mixer-legs.js';
import { CallGone, MediaOfferRefused } from '../../src/ports/signaling.js';
import { describeProduction } from '../production.js';
import { sdp } from './sip-caller.js';
import { useOwnedCalls } from './owned-calls.js';

describeProduction('calls that outlive the control process, at a dialog owner', () => {
  const { control, freshControl, vanish, newCaller, legFor, talking, channels, originOf, refusalOf, held, mixer } =
    useOwnedCalls();

  it('places a leg, with its channel and the address to be advertised, and ends it', async () => {
    const side = await freshControl();
    const leg = await legFor(side, { id: callId('alone'), offer: sdp('caller') });
    expect(leg.channel).toMatch(/^[0-9a-f-]{36}$/);
    expect(leg.sdp).toMatch(/^c=IN IP4 192\.0\.2\.7\r$/m);
    expect(originOf(leg.sdp).address).toBe('192.0.2.7');
    expect(await channels(1)).toBe(1);
    expect(await leg.renegotiate(held(2))).toMatch(/^a=recvonly\r$/m);
    await expect(leg.renegotiate(sdp('caller', 3).replace('RTP/AVP 0', 'RTP/AVP 96'))).rejects.toThrow(LegRefused);
    await leg.end();
    expect(await channels(0)).toBe(0);
  });

  it('places a leg without an offer, and completes it with the answer as an offer', async () => {
    const side = await freshControl();
    const leg = await legFor(side, { id: callId('offerless'), offer: null });
    expect(leg.sdp).toMatch(/^m=audio \d+ RTP\/AVP .*\b0\b/m);
    expect(await leg.renegotiate(sdp('caller'))).toMatch(/^m=audio \d+ RTP\/AVP 0/m);
    await leg.end();
  });

  it('tells that a mixer ended a leg, and leaves the call alone', async () => {
    const side = await freshControl();
    const { ours, leg } = await talking(side);
    const ended = new Promise<string>((resolve) => leg.onEnded(resolve));
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(mixer().eventSocket, nobody, 2_000);
    await socket.api(`uuid_kill ${leg.channel}`);
    socket.close();
    await ended;
    expect(await ours.probe()).toBe(true);
    await leg.end();
    await ours.hangUp();
  });

  it('says within seconds that no mixer is there, and leaves nothing', async () => {
    const side = await freshControl();
    const request = { callId: callId('nowhere'), offer: sdp('caller'), headers: {}, advertise: null };
    await expect(side.signaling.legs.place({ ...request, uri: 'sip:127.0.0.1:9' })).rejects.toThrow(/mixer/);
    // The mixer's dialplan refuses what names no call.
    const uri = `sip:${mixer().sipAddress}:${mixer().sipPort}`;
    await expect(side.signaling.legs.place({ ...request, uri })).rejects.toBeInstanceOf(LegRefused);
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    const nobody = `sip:127.0.0.1:${silent.address().port}`;
    await expect(side.signaling.legs.place({ ...request, uri: nobody, withinMs: 300 })).rejects.toThrow(
      'the mixer did not answer in time',
    );
    silent.close();
  });

  it('answers for the control process: hold, resume, refresh, offerless re-INVITE, OPTIONS, keys', async () => {
    const first = await freshControl();
    const { theirs, ours, leg, answer } = await talking(first, {
      events: { offered: () => sdp('caller', 5) },
    });
    const { id, handle } = ours;
    await vanish(first);

    const onHold = await theirs.reinvite(held(2));
    expect(onHold).toMatch(/^a=recvonly\r$/m);
    expect(onHold).toMatch(/^c=IN IP4 192\.0\.2\.7\r$/m);
    const resumed = await theirs.reinvite(sdp('caller', 3));
    expect(resumed).not.toMatch(/^a=recvonly\r$/m);
    expect(await theirs.update(sdp('caller', 4))).toMatch(/^m=audio/m);
    expect(await theirs.update(null)).toBeNull();
    expect(await theirs.reinvite(null)).toMatch(/^m=audio/m);
    await expect(theirs.reinvite(sdp('caller', 6).replace('RTP/AVP 0', 'RTP/AVP 96'))).rejects.toMatchObject({
      status: 488,
    });
    expect(await theirs.ask('OPTIONS')).toBe(200);
    expect(await theirs.info('5')).toBe(200);
    for (const text of [onHold, resumed]) {
      expect(originOf(text)).toMatchObject({ session: originOf(answer).session, address: '192.0.2.7' });
    }
    expect(originOf(onHold).version).toBe(originOf(answer).version + 1n);
    expect(originOf(resumed).version).toBe(originOf(answer).version + 2n);

    const second = await control();
    const [taken] = await second.signaling.takeBack([{ id, handle: handle ?? '' }]);
    expect(taken).toMatchObject({ kind: 'live', remoteSdp: sdp('caller', 5) });
    expect(taken?.call).toMatchObject({ id, handle, sipCallId: ours.sipCallId, requestUser: 'conference' });
    const back = await second.signaling.legs.takeBack(leg.handle);
    expect(back?.channel).toBe(leg.channel);
    expect(first.listener.told).toEqual([]);

    // Everything is told again, and nothing of before.
    expect(await theirs.info('6')).toBe(200);
    await second.listener.hearsKey('6');
    expect(second.listener.told).toEqual([{ kind: 'key', id, key: '6' }]);
    await expect(taken?.call.reoffer(leg.sdp)).resolves.toBe(sdp('caller', 5));
    await back?.end();
    await taken?.call.hangUp();
    expect(await theirs.ended).toMatchObject({ by: 'them' });
    expect(second.signaling.counts()).toEqual({ calls: 0, transactions: 0 });
  });

  it('notes who hung up meanwhile, and ends the leg', async () => {
    const first = await freshControl();
    const { theirs, ours, leg } = await talking(first);
    await vanish(first);
    const before = Date.now();
    await theirs.bye();
    expect(await channels(0)).toBe(0);

    const second = await control();
    const { id, handle } = ours;
    const [taken, forgotten] = await second.signaling.takeBack([
      { id, handle: handle ?? '' },
      { id: callId('long-ago'), handle: handle ?? '' },
    ]);
    if (taken?.kind !== 'ended') throw new Error('not told as ended');
    expect(taken).toMatchObject({ lineLost: false, cause: 'BYE' });
    expect(taken.at).toBeGreaterThanOrEqual(before);
    expect(taken.call).toMatchObject({ id, sipCallId: ours.sipCallId, callerNumber: '442071234567' });
    expect(forgotten).toMatchObject({ kind: 'ended', at: null, call: { id: 'long-ago', sipCallId: ours.sipCallId } });
    expect(await second.signaling.legs.takeBack(leg.handle)).toBeNull();
    await expect(taken.call.reoffer(sdp('bridge'))).rejects.toThrow(CallGone);
    await taken.call.hangUp();
  });

  it('hangs up the calls nobody asks for', async () => {
    const first = await freshControl();
    const { theirs } = await talking(first);
    await vanish(first);
    await freshControl();
    expect(await theirs.ended).toMatchObject({ by: 'them' });
    expect(await channels(0)).toBe(0);
  });

  it('tells an INVITE that waited, and one that the control process before had not answered, as new', async () => {
    const first = await freshControl();
    const offered = await (await newCaller()).call('conference');
    const before = await first.listener.call();
    await legFor(first, before);
    await vanish(first);
    expect(await channels(0)).toBe(0);
    const waiting = await (await newCaller()).call('waiting');

    const second = await control();
    await pause(100);
    expect(second.listener.calls).toBe(0);
    expect(await second.signaling.takeBack([])).toEqual([]);
    const told = [await second.listener.call(), await second.listener.call()];
    expect(told.map(({ requestUser }) => requestUser)).toEqual(['conference', 'waiting']);
    expect(told[0]?.id).not.toBe(before.id);
    await told[0]?.answer(sdp('bridge'));
    await expect(offered.answered).resolves.toBe(sdp('bridge'));
    told[1]?.refuse({ status: 486 });
    expect(await refusalOf(waiting)).toBe(486);
    await offered.bye();
    expect(await second.listener.hears('hungUp')).toMatchObject({ id: told[0]?.id });
  });

  it('refuses an INVITE with 503 when no control process comes', async () => {
    const begun = Date.now();
    const call = await (await newCaller()).call('conference');
    expect(await refusalOf(call)).toBe(503);
    expect(Date.now() - begun).toBeGreaterThan(3_500);
    expect(Date.now() - begun).toBeLessThan(6_000);
  });

  it('keeps to the sources it was told last', async () => {
    let sources = ['192.0.2.0/24'];
    const first = await control(() => sources);
    await first.signaling.takeBack([]);
    expect(await refusalOf(await (await newCaller()).call('conference'))).toBe(403);
    sources = ['192.0.2.0/24', '127.0.0.1'];
    await pause(1_500);
    await vanish(first);
    const call = await (await newCaller()).call('conference');
    await freshControl().then(async ({ listener }) => (await listener.call()).refuse({ status: 486 }));
    expect(await refusalOf(call)).toBe(486);
    expect(first.listener.calls).toBe(0);
  });

  it('finishes an offer that the control process died over', async () => {
    const first = await freshControl();
    const { theirs, ours } = await talking(first);
    first.listener.answerOffer = () => new Promise(() => undefined);
    const answer = theirs.reinvite(held(2));
    await first.listener.hears('offered');
    await vanish(first);
    expect(await answer).toMatch(/^a=recvonly\r$/m);
    const second = await control();
    const taken = await second.signaling.takeBack([{ id: ours.id, handle: ours.handle ?? '' }]);
    expect(taken).toMatchObject([{ kind: 'live', remoteSdp: held(2) }]);
  });

  it('passes a refused offer of the caller on as 488', async () => {
    const side = await freshControl();
    const { theirs } = await talking(side);
    side.listener.answerOffer = () => Promise.reject(new MediaOfferRefused('no'));
    await expect(theirs.reinvite(sdp('caller', 2))).rejects.toMatchObject({ status: 488 });
  });
});
