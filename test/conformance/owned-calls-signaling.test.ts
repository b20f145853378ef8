import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { OwnedSignaling } from '../../src/adapters/dialog-owner/owned-signaling.js';
import { CallRefused, type ClientCall } from '../../src/adapters/embedded-sip/client-call.js';
import type { Invitation } from '../../src/adapters/embedded-sip/invitation.js';
import { EventSocket } from '../../src/adapters/freeswitch/event-socket.js';
import { callId } from '../../src/domain/identifiers.js';
import { LegRefused, type MixerLeg } from '../../src/ports/mixer-legs.js';
import { CallGone, MediaOfferRefused, type PlacedCall, type SignalingCall } from '../../src/ports/signaling.js';
import { describeProduction, productionDirectory, useDrachtio, useFreeSwitch } from '../production.js';
import { DialogOwnerProcess } from './dialog-owner-process.js';
import { NotingListener } from './signaling-listener.js';
import { sdp, SipCaller } from './sip-caller.js';
import { SipCallee } from './sip-callee.js';

const timers = { t1: 500, t2: 4_000, t4: 5_000 };

/** What a control process is to the dialog owner. */
interface ControlSide {
  readonly signaling: OwnedSignaling;
  readonly listener: NotingListener;
}

describeProduction('calls that outlive the control process, at a dialog owner', () => {
  const directory = productionDirectory();
  const server = useDrachtio(directory);
  const mixer = useFreeSwitch(directory);
  const callers: SipCaller[] = [];
  const callees: SipCallee[] = [];
  const controls: ControlSide[] = [];
  let owner: DialogOwnerProcess;

  beforeAll(() => {
    owner = new DialogOwnerProcess(join(directory, 'owner'), server());
  });
  beforeEach(() => owner.start());
  afterEach(async () => {
    await Promise.all(controls.splice(0).map(({ signaling }) => signaling.stop()));
    await owner.end('SIGTERM');
    await Promise.all(callers.splice(0).map((caller) => caller.stop()));
    await Promise.all(callees.splice(0).map((callee) => callee.stop()));
    // Nothing stays behind at the mixer, however a call ended.
    expect(await channels(0)).toBe(0);
  });
  afterAll(() => owner.end('SIGKILL'));

  const control = async (sources: () => readonly string[] = () => ['127.0.0.1']): Promise<ControlSide> => {
    const side = { signaling: new OwnedSignaling({ socket: owner.socket, sources }), listener: new NotingListener() };
    controls.push(side);
    await side.signaling.start(side.listener);
    return side;
  };

  /** A control process without calls. */
  const freshControl = async (): Promise<ControlSide> => {
    const side = await control();
    expect(await side.signaling.takeBack([])).toEqual([]);
    return side;
  };

  /** Its connection ends as that of a process that is killed: without a word. */
  const vanish = async ({ signaling }: ControlSide): Promise<void> => {
    await signaling.release();
  };

  const newCaller = async (): Promise<SipCaller> => {
    const { sipAddress: address, sipPort: port } = server();
    const caller = new SipCaller({ target: { address, port }, timers });
    await caller.start();
    callers.push(caller);
    return caller;
  };

  const legFor = ({ signaling }: ControlSide, call: Pick<SignalingCall, 'id' | 'offer'>): Promise<MixerLeg> =>
    signaling.legs.place({
      callId: call.id,
      uri: `sip:${mixer().sipAddress}:${mixer().sipPort}`,
      offer: call.offer,
      headers: { 'X-Partyline-Call': call.id },
      advertise: '192.0.2.7',
    });

  /** A call that is answered with a leg's SDP. */
  const talking = async (side: ControlSide, invitation: Partial<Invitation> = {}) => {
    const caller = await newCaller();
    const theirs = await caller.call('conference', invitation);
    const ours = await side.listener.call();
    const leg = await legFor(side, ours);
    await ours.answer(leg.sdp);
    const answer = await theirs.answered;
    return { caller, theirs, ours, leg, answer: answer ?? '' };
  };

  /** How many channels the mixer has; waits a little for the number wanted. */
  const channels = async (wanted: number): Promise<number> => {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(mixer().eventSocket, nobody, 2_000);
    try {
      for (let tries = 1; ; tries++) {
        const count = Number(/^(\d+) total/m.exec(await socket.api('show channels count'))?.[1] ?? NaN);
        if (count === wanted || tries === 100) return count;
        await pause(50);
      }
    } finally {
      socket.close();
    }
  };

  const originOf = (text: string): { readonly session: string; readonly version: bigint; readonly address: string } => {
    const [, session = '', version = '0', address = ''] = /^o=\S+ (\S+) (\d+) IN IP4 (\S+)/m.exec(text) ?? [];
    return { session, version: BigInt(version), address };
  };

  const refusalOf = async (call: ClientCall): Promise<number> => {
    const error: unknown = await call.answered.catch((reason: unknown) => reason);
    if (!(error instanceof CallRefused)) throw new Error('the call was not refused');
    return error.status;
  };

  const held = (version: number): string => `${sdp('caller', version)}a=sendonly\r\n`;

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

  it('serves one control process, and refuses a second with a clear line', async () => {
    const first = await freshControl();
    const second = control();
    await expect(second).rejects.toThrow('the dialog owner serves another control process already');
    const { ours } = await talking(first);
    expect(await ours.probe()).toBe(true);
  });

  it('refuses a control process of another version with a clear line', async () => {
    const socket = connect(owner.socket);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    const params = { version: 99, sources: [] };
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'hello', params })}\n`);
    expect(await answer).toMatch(/dialog owner speaks version 2 of the protocol, the control process 99/);
    socket.destroy();
  });

  it('keeps its socket to its user, and does not take over that of a living one', async () => {
    expect(statSync(owner.socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(owner.socket)).mode & 0o777).toBe(0o700);
    const second = new DialogOwnerProcess(join(directory, 'owner'), server());
    await expect(second.start()).rejects.toThrow(/error: a dialog owner runs at \S+ already\n/);
    await freshControl();
  });

  it('says clearly that there is none', async () => {
    await owner.end('SIGTERM');
    await expect(control()).rejects.toThrow(
      /^no dialog owner at \S+ \(ENOENT\): start `partyline dialog-owner` first$/,
    );
  });

  it('hangs everyone up on SIGTERM, and says so', async () => {
    const side = await freshControl();
    const { theirs, ours } = await talking(side);
    await owner.end('SIGTERM');
    expect(await theirs.ended).toMatchObject({ by: 'them' });
    expect(await side.listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: true });
    expect(await channels(0)).toBe(0);
  });

  it('killed and started again: new calls come, lost ones can be re-offered and hung up', async () => {
    const side = await freshControl();
    const { signaling, listener } = side;
    const lost = await talking(side, { events: { offered: () => sdp('caller', 2) } });
    const left = await talking(side);
    const asked = await (await newCaller()).call('unanswered');
    const unanswered = await listener.call();
    await owner.end('SIGKILL');
    await listener.hearsTrouble(/^connection to the dialog owner lost, connecting again/);
    expect(signaling.status()).toMatchObject({ healthy: false });
    expect(signaling.status().detail).toMatch(/dialog owner at \S+ lost/);
    await expect(lost.ours.reoffer(lost.leg.sdp)).rejects.toThrow('not connected to the dialog owner');

    // The socket that was left behind is replaced.
    await owner.start();
    await listener.hearsTrouble(
      /^connected to the dialog owner again; it was restarted, and the dialogs of 2 calls are lost/,
    );
    expect(await listener.hears('cancelled')).toMatchObject({ id: unanswered.id });
    expect(signaling.status().healthy).toBe(true);
    expect(signaling.status().detail).toMatch(/2 calls lost their dialogs/);
    expect(signaling.counts().calls).toBe(2);

    expect(await lost.ours.reoffer(lost.leg.sdp)).toBe(sdp('caller', 2));
    expect(await lost.ours.probe()).toBe(true);
    const fresh = await talking(side);
    // Its BYE reaches nobody, but drachtio-server tells that the call is over.
    await left.theirs.bye();
    expect(await listener.hears('hungUp')).toMatchObject({ id: left.ours.id });
    await lost.ours.hangUp();
    expect(await lost.theirs.ended).toMatchObject({ by: 'them' });
    await fresh.ours.hangUp();
    expect(signaling.counts()).toEqual({ calls: 0, transactions: 0 });
    // The legs' dialogs are lost as well: the mixer's side ends them.
    expect(await signaling.legs.takeBack(lost.leg.handle)).toBeNull();
    await hangUpAll();
    asked.cancel();
  });

  /** Ends the channels at the mixer, as the media do for legs that cannot be ended by SIP. */
  const hangUpAll = async (): Promise<void> => {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(mixer().eventSocket, nobody, 2_000);
    await socket.api('hupall');
    socket.close();
  };

  it('frozen and thawed: found within 15 s, and its calls and legs go on', async () => {
    const side = await freshControl();
    const { signaling, listener } = side;
    const { theirs, ours, leg } = await talking(side);
    const gone = await talking(side);
    process.kill(owner.pid, 'SIGSTOP');
    try {
      await listener.hearsTrouble(/^connection to the dialog owner lost/);
      expect(signaling.status().healthy).toBe(false);
      // We hang up while there is nobody to tell.
      await gone.ours.hangUp();
    } finally {
      process.kill(owner.pid, 'SIGCONT');
    }
    await listener.hearsTrouble(/^connected to the dialog owner again$/);
    expect(await gone.theirs.ended).toMatchObject({ by: 'them' });
    expect(await ours.probe()).toBe(true);
    expect(await leg.renegotiate(held(2))).toMatch(/^a=recvonly\r$/m);
    expect(await theirs.info('9')).toBe(200);
    await listener.hearsKey('9');
    await leg.end();
    await ours.hangUp();
    await gone.leg.end();
    expect(signaling.counts()).toEqual({ calls: 0, transactions: 0 });
  });

  it('a control process that comes after the dialog owner died finds its calls unreachable', async () => {
    const first = await freshControl();
    const { theirs, ours } = await talking(first);
    await vanish(first);
    await owner.end('SIGKILL');
    await owner.start();
    const second = await control();
    const [taken] = await second.signaling.takeBack([{ id: ours.id, handle: ours.handle ?? '' }]);
    expect(taken).toMatchObject({ kind: 'unreachable', call: { id: ours.id, sipCallId: ours.sipCallId } });
    await taken?.call.hangUp();
    expect(await theirs.ended).toMatchObject({ by: 'them' });
    await hangUpAll();
  });

  const newCallee = async (): Promise<SipCallee> => {
    const callee = new SipCallee(timers);
    await callee.start();
    callees.push(callee);
    return callee;
  };

  const place = ({ signaling }: ControlSide, callee: SipCallee): PlacedCall =>
    signaling.place({
      id: callId(randomUUID()),
      target: callee.target(),
      user: '442079460000',
      callerNumber: null,
      localSdp: sdp('bridge'),
      credentials: null,
    });

  it('gives up a call that is not answered when the control process that placed it is gone', async () => {
    const side = await freshControl();
    const callee = await newCallee();
    const ours = place(side, callee);
    const theirs = await callee.call();
    theirs.ring(180);
    expect(await side.listener.hears('progressed')).toMatchObject({ id: ours.id });
    expect(ours.handle).toBeNull();
    await vanish(side);
    await theirs.until(() => theirs.cancelled);
  });

  it('gives an answered call to the control process that comes next, with what was offered meanwhile', async () => {
    const first = await freshControl();
    const callee = await newCallee();
    const ours = place(first, callee);
    const theirs = await callee.call();
    const leg = await legFor(first, { id: ours.id, offer: theirs.offer });
    await theirs.accept();
    await first.listener.hears('answered');
    const { id, handle, sipCallId } = ours;
    expect(sipCallId).toBe(theirs.header('call-id'));
    if (handle === null) throw new Error('an answered call has no handle');
    await vanish(first);

    // Held by the far end while nobody is there: its leg answers.
    const held = await theirs.ask('INVITE', `${sdp('far', 2)}a=sendonly\r\n`);
    expect(held.status).toBe(200);
    const next = await control();
    const [taken] = await next.signaling.takeBack([{ id, handle }]);
    expect(taken).toMatchObject({ kind: 'live', remoteSdp: expect.stringContaining('a=sendonly') as string });
    expect(taken?.call).toMatchObject({ id, sipCallId, requestUser: '442079460000', offer: null });
    await expect(taken?.call.reoffer(leg.sdp)).resolves.toBe(sdp('far', 2));
    expect((await theirs.ask('BYE')).status).toBe(200);
    expect(await next.listener.hears('hungUp')).toMatchObject({ id, lineLost: false });
    await leg.end();
  });

  it('hangs up an answered call that the control process that comes next does not know', async () => {
    const first = await freshControl();
    const callee = await newCallee();
    place(first, callee);
    const theirs = await callee.call();
    await theirs.accept();
    await first.listener.hears('answered');
    await vanish(first);
    await freshControl();
    await theirs.until(() => theirs.byes.length > 0);
  });

  it('says that a call came to nothing when the dialog owner dies', async () => {
    const side = await freshControl();
    const callee = await newCallee();
    const ours = place(side, callee);
    (await callee.call()).ring(180);
    await side.listener.hears('progressed');
    await owner.end('SIGKILL');
    expect(await side.listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status: 503 });
    const other = place(side, callee);
    await side.listener.hearsTrouble(/dialog owner lost/);
    expect(await other.probe()).toBe(false);
    expect(side.signaling.counts().calls).toBe(0);
  });
});
