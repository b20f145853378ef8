import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallRequests } from '../../../src/adapters/drachtio/call-requests.js';
import { DrachtioLeg } from '../../../src/adapters/drachtio/leg.js';
import { Origin } from '../../../src/adapters/drachtio/origin.js';
import { callId } from '../../../src/domain/identifiers.js';
import { NotingListener } from '../../conformance/signaling-listener.js';
import { FakeDialog, reinvite } from './fake-dialog.js';

describe('dialogs at drachtio-server', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a caller whose ACK of a re-INVITE without offer is lost may offer again after 64*T1, not before', async () => {
    const dialog = new FakeDialog();
    new CallRequests(callId('call'), new NotingListener(), new Origin(), () => true).attach(dialog.dialog);
    expect(await reinvite(dialog, '')).toMatchObject({ status: 200 });
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await reinvite(dialog, 'v=0')).toMatchObject({ status: 500 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reinvite(dialog, 'v=0')).toMatchObject({ status: 200 });
  });

  it("acknowledges a mixer's offer that comes when nobody waits for it any more, with the answer before", async () => {
    const dialog = new FakeDialog();
    const leg = new DrachtioLeg({ ended: () => undefined, track: (work) => work }, dialog.dialog, {
      handle: 'leg',
      channel: 'channel',
      advertise: null,
    });
    const offering = leg.renegotiate(null);
    const failed = expect(offering).rejects.toThrow('the mixer did not answer an offer');
    await vi.advanceTimersByTimeAsync(6_000);
    await failed;
    const acknowledge = vi.fn();
    dialog.sent[0]?.request.emit('response', { status: 200, body: 'v=0 late' }, acknowledge);
    expect(acknowledge).toHaveBeenCalledExactlyOnceWith({ body: 'v=0 ours' });
  });
});
