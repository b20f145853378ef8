import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { callId } from '../../src/domain/identifiers.js';
import type { PlacedCall } from '../../src/ports/signaling.js';
import { describeProduction } from '../production.js';
import { DialogOwnerProcess } from './dialog-owner-process.js';
import { sdp } from './sip-caller.js';
import { SipCallee } from './sip-callee.js';
import { timers, useOwnedCalls, type ControlSide } from './owned-calls.js';

describeProduction('a dialog owner, its control process, and what dies', () => {
  const {
    control,
    freshControl,
    vanish,
    newCaller,
    legFor,
    talking,
    channels,
    hangUpAll,
    held,
    server,
    directory,
    callees,
    owner,
  } = useOwnedCalls();

  it('serves one control process, and refuses a second with a clear line', async () => {
    const first = await freshControl();
    const second = control();
    await expect(second).rejects.toThrow('the dialog owner serves another control process already');
    const { ours } = await talking(first);
    expect(await ours.probe()).toBe(true);
  });

  it('refuses a control process of another version with a clear line', async () => {
    const socket = connect(owner().socket);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    const params = { version: 99, sources: [] };
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'hello', params })}\n`);
    expect(await answer).toMatch(/dialog owner speaks version 2 of the protocol, the control process 99/);
    socket.destroy();
  });

  it('keeps its socket to its user, and does not take over that of a living one', async () => {
    expect(statSync(owner().socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(owner().socket)).mode & 0o777).toBe(0o700);
    const second = new DialogOwnerProcess(join(directory, 'owner'), server());
    await expect(second.start()).rejects.toThrow(/error: a dialog owner runs at \S+ already\n/);
    await freshControl();
  });

  it('says clearly that there is none', async () => {
    await owner().end('SIGTERM');
    await expect(control()).rejects.toThrow(
      /^no dialog owner at \S+ \(ENOENT\): start `partyline dialog-owner` first$/,
    );
  });

  it('hangs everyone up on SIGTERM, and says so', async () => {
    const side = await freshControl();
    const { theirs, ours } = await talking(side);
    await owner().end('SIGTERM');
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
    await owner().end('SIGKILL');
    await listener.hearsTrouble(/^connection to the dialog owner lost, connecting again/);
    expect(signaling.status()).toMatchObject({ healthy: false });
    expect(signaling.status().detail).toMatch(/dialog owner at \S+ lost/);
    await expect(lost.ours.reoffer(lost.leg.sdp)).rejects.toThrow('not connected to the dialog owner');

    // The socket that was left behind is replaced.
    await owner().start();
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

  it('frozen and thawed: found within 15 s, and its calls and legs go on', async () => {
    const side = await freshControl();
    const { signaling, listener } = side;
    const { theirs, ours, leg } = await talking(side);
    const gone = await talking(side);
    process.kill(owner().pid, 'SIGSTOP');
    try {
      await listener.hearsTrouble(/^connection to the dialog owner lost/);
      expect(signaling.status().healthy).toBe(false);
      // We hang up while there is nobody to tell.
      await gone.ours.hangUp();
    } finally {
      process.kill(owner().pid, 'SIGCONT');
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
    await owner().end('SIGKILL');
    await owner().start();
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
    await owner().end('SIGKILL');
    expect(await side.listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status: 503 });
    const other = place(side, callee);
    await side.listener.hearsTrouble(/dialog owner lost/);
    expect(await other.probe()).toBe(false);
    expect(side.signaling.counts().calls).toBe(0);
  });
});
