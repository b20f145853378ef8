import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldCalls } from '../../../src/adapters/dialog-owner/held-calls.js';
import type { Control, HeldSignaling } from '../../../src/adapters/dialog-owner/held-ports.js';
import type { OwnerNotices } from '../../../src/adapters/dialog-owner/protocol.js';
import { callId } from '../../../src/domain/identifiers.js';
import type { MixerLegs } from '../../../src/ports/mixer-legs.js';
import { FakeSignaling } from '../../fakes/fake-signaling.js';

const NO_LEGS: MixerLegs = {
  place: () => Promise.reject(new Error('no mixer')),
  takeBack: () => Promise.resolve(null),
};

class Held extends FakeSignaling implements HeldSignaling {
  readonly legs = NO_LEGS;
  who(): null {
    return null;
  }
}

/** A control process that notes what it is told. */
class Noting implements Control {
  readonly open = true;
  readonly told: { readonly method: string; readonly params: unknown }[] = [];
  ask(): Promise<string> {
    return Promise.resolve('v=0');
  }
  tell<M extends keyof OwnerNotices>(method: M, params: OwnerNotices[M]): void {
    this.told.push({ method, params });
  }
}

describe('calls held without a control process', () => {
  let signaling: Held;
  let calls: HeldCalls;

  beforeEach(async () => {
    vi.useFakeTimers();
    signaling = new Held();
    calls = new HeldCalls(signaling, 'this one', () => undefined);
    await signaling.start(calls);
    calls.serve(['127.0.0.1']);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets 200 INVITEs wait for 4 s, and refuses more at once', async () => {
    const waiting = Array.from({ length: 200 }, () => signaling.invite());
    const refusal = { status: 503, retryAfter: 5 };
    expect(signaling.invite().refusal).toEqual(refusal);
    await vi.advanceTimersByTimeAsync(3_990);
    expect(waiting.every((call) => call.refusal === null)).toBe(true);
    await vi.advanceTimersByTimeAsync(20);
    expect(waiting.every((call) => call.refusal?.status === 503)).toBe(true);
    expect(signaling.invite().refusal).toBeNull();
  });

  it('tells those that still wait once a control process has taken its calls back', async () => {
    const call = signaling.invite();
    const control = new Noting();
    expect(await calls.takeBack(control, [])).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(control.told).toMatchObject([{ method: 'incomingCall', params: { id: call.id } }]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(call.refusal).toBeNull();
  });

  it('refuses those whose source the control process does not serve', async () => {
    const call = signaling.invite();
    calls.serve(['192.0.2.1']);
    const control = new Noting();
    await calls.takeBack(control, []);
    await vi.advanceTimersByTimeAsync(10);
    expect(call.refusal).toEqual({ status: 403 });
    expect(control.told).toEqual([]);
  });

  it('remembers an end that a control process was told just before it died, not one it has read', async () => {
    const control = new Noting();
    await calls.takeBack(control, []);
    const read = signaling.invite();
    calls.hungUp(read.id, { lineLost: false, cause: 'BYE' });
    await vi.advanceTimersByTimeAsync(11_000);
    const unread = signaling.invite();
    calls.hungUp(unread.id, { lineLost: true, cause: 'no answer' });
    calls.detach();
    const handle = JSON.stringify({ owner: 'this one', call: '' });
    const taken = await calls.takeBack(new Noting(), [
      { id: read.id, handle },
      { id: unread.id, handle },
    ]);
    expect(taken).toMatchObject([
      { kind: 'ended', cause: 'ended meanwhile', at: null },
      { kind: 'ended', lineLost: true, cause: 'no answer' },
    ]);
  });

  it('takes a handle that cannot be read for that of a call that is over', async () => {
    const taken = await calls.takeBack(new Noting(), [{ id: callId('nobody'), handle: 'no handle of ours' }]);
    expect(taken).toMatchObject([{ kind: 'ended', at: null, call: { id: 'nobody', sipCallId: '' } }]);
  });
});
