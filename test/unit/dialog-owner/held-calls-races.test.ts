import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldCalls } from '../../../src/adapters/dialog-owner/held-calls.js';
import type { Control } from '../../../src/adapters/dialog-owner/held-ports.js';
import { ConnectionLost } from '../../../src/adapters/dialog-owner/port-errors.js';
import type { OwnerNotices } from '../../../src/adapters/dialog-owner/protocol.js';
import { callId } from '../../../src/domain/identifiers.js';
import { Held } from './held-fakes.js';

class Noting implements Control {
  open = true;
  readonly told: { readonly method: string; readonly params: unknown }[] = [];
  ask(): Promise<string> {
    return Promise.resolve('v=0');
  }
  tell<M extends keyof OwnerNotices>(method: M, params: OwnerNotices[M]): void {
    this.told.push({ method, params });
  }
}

const HANDLE = JSON.stringify({ owner: 'this one', call: '' });
const LEG = { uri: 'sip:127.0.0.1:5080', offer: 'v=0', headers: {}, advertise: null };

describe('a control process that dies at a bad moment', () => {
  let signaling: Held;
  let calls: HeldCalls;
  let control: Noting;

  beforeEach(async () => {
    vi.useFakeTimers();
    signaling = new Held();
    calls = new HeldCalls(signaling, 'this one', () => undefined);
    await signaling.start(calls);
    calls.serve(['127.0.0.1']);
    control = new Noting();
    await calls.takeBack(control, []);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const dies = (): void => {
    control.open = false;
    calls.detach();
  };

  /** An answered call with a leg. */
  const talking = async (acknowledged = true) => {
    const call = signaling.invite();
    await calls.legs.place({ ...LEG, callId: call.id }, () => true);
    const answering = calls.answer(call.id, 'v=0');
    if (acknowledged) {
      call.acknowledge();
      await answering;
    }
    return { call, answering };
  };

  it('as a caller offers, before its connection is seen to end: the leg answers', async () => {
    const { call } = await talking();
    control.ask = () => Promise.reject(new ConnectionLost('the connection is closed'));
    const offered = calls.mediaOffered(call.id, 'v=0 hold');
    await vi.advanceTimersByTimeAsync(0);
    signaling.placed[0]?.answer('v=0 held');
    await expect(offered).resolves.toBe('v=0 held');
  });

  it('while its calls are looked for: new calls wait for the next one', async () => {
    const { call } = await talking();
    dies();
    // An offer that is being answered keeps the next one waiting, which dies over it.
    const offered = calls.mediaOffered(call.id, 'v=0 hold');
    const next = new Noting();
    const taking = calls.takeBack(next, [{ id: call.id, handle: HANDLE }]);
    taking.catch(() => undefined);
    next.open = false;
    calls.detach();
    signaling.placed[0]?.answer('v=0');
    await offered;
    await taking.catch(() => undefined);

    const waiting = signaling.invite();
    expect(next.told).toEqual([]);
    const third = new Noting();
    const [taken] = await calls.takeBack(third, [{ id: call.id, handle: HANDLE }]);
    expect(taken).toMatchObject({ kind: 'live', remoteSdp: 'v=0 hold' });
    await vi.advanceTimersByTimeAsync(10);
    expect(third.told).toMatchObject([{ method: 'incomingCall', params: { id: waiting.id } }]);
  });

  it('while a call of its is hung up: the next one hears that it is over', async () => {
    const { call } = await talking();
    let gone: () => void = () => undefined;
    call.hangUp = () => new Promise((resolve) => (gone = resolve));
    const hangingUp = calls.hangUp(call.id);
    dies();
    const next = new Noting();
    const [taken] = await calls.takeBack(next, [{ id: call.id, handle: HANDLE }]);
    expect(taken).toMatchObject({ kind: 'ended', lineLost: false });
    gone();
    await hangingUp;
  });

  it('before the ACK: the answer that it brings is told to the next one', async () => {
    const { call, answering } = await talking(false);
    dies();
    const next = new Noting();
    await calls.takeBack(next, [{ id: call.id, handle: HANDLE }]);
    call.acknowledge('v=0 answer');
    await answering;
    expect(next.told).toEqual([{ method: 'mediaAnswered', params: { id: call.id, answer: 'v=0 answer' } }]);
  });

  it('before the ACK of an offer made without it: the answer goes to the leg, and the next one hears of it', async () => {
    const { call } = await talking();
    dies();
    const offering = calls.mediaOffered(call.id, null);
    await vi.advanceTimersByTimeAsync(0);
    signaling.placed[0]?.answer('v=0');
    await offering;
    const next = new Noting();
    await calls.takeBack(next, [{ id: call.id, handle: HANDLE }]);
    calls.mediaAnswered(call.id, 'v=0 answer');
    expect(signaling.placed[0]?.acknowledged).toEqual(['v=0 answer']);
    expect(next.told).toEqual([{ method: 'mediaAnswered', params: { id: call.id, answer: 'v=0 answer' } }]);
  });
});

it('an id nobody knows is that of a call that is over', async () => {
  const calls = new HeldCalls(new Held(), 'this one', () => undefined);
  const taken = await calls.takeBack(new Noting(), [{ id: callId('nobody'), handle: HANDLE }]);
  expect(taken).toMatchObject([{ kind: 'ended', at: null }]);
});
