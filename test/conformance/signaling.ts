import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallRefused, type ClientCall } from '../../src/adapters/embedded-sip/client-call.js';
import type { Invitation } from '../../src/adapters/embedded-sip/invitation.js';
import type { TransactionTimers } from '../../src/adapters/embedded-sip/timers.js';
import {
  CallGone,
  MediaOfferRefused,
  MediaOfferTooSoon,
  ReofferRefused,
  type Refusal,
  type Signaling,
} from '../../src/ports/signaling.js';
import { describePlacedCalls } from './placed-signaling.js';
import { NotingListener } from './signaling-listener.js';
import { sdp, SipCaller } from './sip-caller.js';

export interface SignalingUnderTest {
  /** Listens on 127.0.0.1 over UDP and TCP, ports of its own choice; not yet started. */
  readonly signaling: Signaling;
  /** T1, T2 and T4 it uses, so that the caller uses the same and waits are known. */
  readonly timers: TransactionTimers;
  /** `false`: a second answer of a forked call is acknowledged to nobody, so that it ends by itself after 32 s (RFC 3261 section 13.3.1.4). */
  readonly forks?: boolean;
}

/** What every adapter of the signalling port does, shown over loopback sockets by a caller that speaks SIP. */
export function describeSignaling(name: string, factory: () => SignalingUnderTest): void {
  describe(`signalling: ${name}`, () => {
    let signaling: Signaling;
    let timers: TransactionTimers;
    let listener: NotingListener;
    const callers: SipCaller[] = [];

    const newCaller = async (transport: 'udp' | 'tcp' = 'udp'): Promise<SipCaller> => {
      const bound = signaling.listening().find((address) => address.startsWith(`${transport}:`)) ?? '';
      const port = Number(/:(\d+)$/.exec(bound)?.[1]);
      const caller = new SipCaller({ target: { address: '127.0.0.1', port }, transport, timers });
      await caller.start();
      callers.push(caller);
      return caller;
    };

    /** A call that is answered, seen from both ends. */
    const talking = async (caller: SipCaller, invitation: Partial<Invitation> = {}) => {
      const theirs = await caller.call('conference', invitation);
      const ours = await listener.call();
      await ours.answer(sdp('bridge'));
      await theirs.answered;
      return { theirs, ours };
    };

    const refusalOf = async (call: ClientCall): Promise<number> => {
      const error: unknown = await call.answered.catch((reason: unknown) => reason);
      if (!(error instanceof CallRefused)) throw new Error('the call was not refused');
      return error.status;
    };

    /** Waits until nothing is left: transactions linger for 64*T1 (RFC 3261 section 17). */
    const nothingLeft = async (): Promise<void> => {
      const deadline = Date.now() + 64 * timers.t1 + timers.t4 + 5_000;
      while (Date.now() < deadline) {
        const { calls, transactions } = signaling.counts();
        if (calls === 0 && transactions === 0) return;
        await pause(20);
      }
      expect(signaling.counts()).toEqual({ calls: 0, transactions: 0 });
    };

    beforeEach(async () => {
      ({ signaling, timers } = factory());
      listener = new NotingListener();
      await signaling.start(listener);
      // No call of a process before this one is wanted.
      await signaling.takeBack([]);
    });

    afterEach(async () => {
      await Promise.all(callers.splice(0).map((caller) => caller.stop()));
      try {
        await nothingLeft();
      } finally {
        // Else calls of the next test may come to this one.
        await signaling.stop();
      }
      expect(listener.troubles).toEqual([]);
    });

    it('tells who calls whom from where, with the offer', async () => {
      const caller = await newCaller();
      const call = await caller.call('con%66erence');
      const incoming = await listener.call();
      expect(incoming).toMatchObject({
        sipCallId: call.sipCallId,
        source: { transport: 'udp', address: '127.0.0.1', port: caller.port },
        requestUser: 'conference',
        toUser: 'conference',
        requestHost: '127.0.0.1',
        callerNumber: '442071234567',
        callerName: 'Alice',
        offer: sdp('caller'),
      });
      incoming.refuse({ status: 404 });
      expect(await refusalOf(call)).toBe(404);
    });

    it('names no caller who withholds the number', async () => {
      const caller = await newCaller();
      const call = await caller.call('conference', {
        headers: [
          { name: 'p-asserted-identity', value: '<sip:442071234567@caller.example>' },
          { name: 'privacy', value: 'id' },
        ],
      });
      const incoming = await listener.call();
      expect([incoming.callerNumber, incoming.callerName]).toEqual([null, null]);
      incoming.refuse({ status: 486 });
      await call.ended;
    });

    it.each(['udp', 'tcp'] as const)('answers over %s and resolves when the ACK is in', async (transport) => {
      const caller = await newCaller(transport);
      const call = await caller.call('conference');
      const incoming = await listener.call();
      expect(incoming.source.transport).toBe(transport);
      await expect(incoming.answer(sdp('bridge'))).resolves.toBeNull();
      await expect(call.answered).resolves.toBe(sdp('bridge'));
      await call.bye();
      expect(await listener.hears('hungUp')).toMatchObject({ id: incoming.id, lineLost: false });
    });

    it('makes the offer when the INVITE has none, and resolves with the answer of the ACK', async () => {
      const caller = await newCaller();
      const offered: (string | null)[] = [];
      const call = await caller.call('conference', {
        localSdp: null,
        events: {
          offered: (offer) => {
            offered.push(offer);
            return sdp('caller');
          },
        },
      });
      const incoming = await listener.call();
      expect(incoming.offer).toBeNull();
      await expect(incoming.answer(sdp('bridge'))).resolves.toBe(sdp('caller'));
      expect(offered).toEqual([sdp('bridge')]);
      await call.bye();
    });

    it('rings before it answers', async () => {
      const caller = await newCaller();
      let ring: (status: number) => void = () => undefined;
      const rung = new Promise<number>((resolve) => (ring = resolve));
      const call = await caller.call('conference', { events: { provisional: (status) => ring(status) } });
      const incoming = await listener.call();
      incoming.ring();
      expect(await rung).toBe(180);
      await incoming.answer(sdp('bridge'));
      await call.bye();
    });

    it('rings reliably where the caller requires it', async () => {
      const caller = await newCaller();
      let ring: (status: number) => void = () => undefined;
      const rung = new Promise<number>((resolve) => (ring = resolve));
      const call = await caller.call('conference', {
        headers: [{ name: 'require', value: '100rel' }],
        events: { provisional: (status) => ring(status) },
      });
      const incoming = await listener.call();
      incoming.ring();
      expect(await rung).toBe(180);
      await incoming.answer(sdp('bridge'));
      await call.bye();
    });

    it.each([403, 404, 480, 486, 488, 500, 503] as const)('refuses with %i', async (status) => {
      const caller = await newCaller();
      const call = await caller.call('conference');
      const incoming = await listener.call();
      const refusal: Refusal = status === 503 ? { status, retryAfter: 10 } : { status };
      incoming.refuse(refusal);
      expect(await refusalOf(call)).toBe(status);
      await expect(incoming.answer(sdp('bridge'))).rejects.toThrow(CallGone);
    });

    it('tells of a CANCEL before the answer, and the answer comes too late', async () => {
      const caller = await newCaller();
      const call = await caller.call('conference');
      const incoming = await listener.call();
      call.cancel();
      expect(await listener.hears('cancelled')).toMatchObject({ id: incoming.id });
      expect(await refusalOf(call)).toBe(487);
      await expect(incoming.answer(sdp('bridge'))).rejects.toThrow(CallGone);
      await incoming.hangUp();
      incoming.refuse({ status: 486 });
    });

    it('hangs up an answered call, and may be asked twice', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      await Promise.all([ours.hangUp(), ours.hangUp()]);
      expect(await theirs.ended).toMatchObject({ by: 'them' });
      await ours.hangUp();
      expect(listener.told).toEqual([]);
    });

    it('refuses when it hangs up before the answer', async () => {
      const caller = await newCaller();
      const call = await caller.call('conference');
      const incoming = await listener.call();
      await incoming.hangUp();
      expect(await refusalOf(call)).toBe(480);
      expect(listener.told).toEqual([]);
    });

    it('waits with its BYE for the ACK', async () => {
      const caller = await newCaller();
      const call = await caller.call('conference');
      const incoming = await listener.call();
      const answered = incoming.answer(sdp('bridge'));
      answered.catch(() => undefined);
      await incoming.hangUp();
      await expect(answered).rejects.toThrow(CallGone);
      expect(await call.ended).toMatchObject({ by: 'them' });
    });

    it('tells of the far end hanging up', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      await theirs.bye();
      expect(await listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: false });
      await ours.hangUp();
      await expect(ours.reoffer(sdp('bridge', 2))).rejects.toThrow(CallGone);
    });

    it('hangs up when the ACK never comes, and the answer fails', async () => {
      const caller = await newCaller();
      caller.loseAcks();
      const call = await caller.call('conference');
      const incoming = await listener.call();
      await expect(incoming.answer(sdp('bridge'))).rejects.toThrow(CallGone);
      expect(await call.ended).toMatchObject({ by: 'them' });
      expect(await listener.hears('hungUp')).toMatchObject({ id: incoming.id, lineLost: true });
    });

    it('passes on a re-INVITE and answers it', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      await expect(theirs.reinvite(sdp('caller', 2))).resolves.toBe(sdp('bridge', 2));
      expect(await listener.hears('offered')).toEqual({ kind: 'offered', id: ours.id, offer: sdp('caller', 2) });
      await ours.hangUp();
    });

    it('answers 488 to an offer that is not taken, and the call goes on', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      listener.refuseOffers();
      await expect(theirs.reinvite(sdp('caller', 2))).rejects.toMatchObject({ status: 488 });
      await expect(theirs.update(sdp('caller', 3))).rejects.toMatchObject({ status: 488 });
      expect(await ours.probe()).toBe(true);
      await ours.hangUp();
    });

    it('answers 491 to an offer that comes too soon, and takes it when it comes again', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      const answer = listener.answerOffer;
      listener.answerOffer = () => {
        listener.answerOffer = answer;
        return Promise.reject(new MediaOfferTooSoon('not yet'));
      };
      await expect(theirs.reinvite(sdp('caller', 2))).resolves.toBe(sdp('bridge', 2));
      expect(await listener.hears('offered')).toMatchObject({ offer: sdp('caller', 2) });
      expect(await listener.hears('offered')).toMatchObject({ offer: sdp('caller', 2) });
      await ours.hangUp();
    });

    it('makes the offer when a re-INVITE has none, and passes on the answer of its ACK', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller, { events: { offered: () => sdp('caller', 2) } });
      await theirs.reinvite(null);
      expect(await listener.hears('offered')).toMatchObject({ offer: null });
      const answered = await listener.hears('reanswered');
      expect(answered).toEqual({ kind: 'reanswered', id: ours.id, answer: sdp('caller', 2) });
      await ours.hangUp();
    });

    it('passes on an UPDATE and answers it', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      await expect(theirs.update(sdp('caller', 2))).resolves.toBe(sdp('bridge', 2));
      await expect(theirs.update(null)).resolves.toBeNull();
      expect(listener.told).toEqual([{ kind: 'offered', id: ours.id, offer: sdp('caller', 2) }]);
      await ours.hangUp();
    });

    it('re-offers and resolves with the answer', async () => {
      const caller = await newCaller();
      const offers: (string | null)[] = [];
      const { theirs, ours } = await talking(caller, {
        events: {
          offered: (offer) => {
            offers.push(offer);
            return sdp('caller', 2);
          },
        },
      });
      await expect(ours.reoffer(sdp('bridge', 2))).resolves.toBe(sdp('caller', 2));
      expect(offers).toEqual([sdp('bridge', 2)]);
      await theirs.bye();
    });

    it('goes on when the far end refuses a re-offer', async () => {
      const caller = await newCaller();
      const { ours } = await talking(caller, {
        events: { offered: () => Promise.reject(new MediaOfferRefused('no')) },
      });
      const refused: unknown = await ours.reoffer(sdp('bridge', 2)).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ReofferRefused);
      expect(refused).toMatchObject({ status: 488 });
      expect(await ours.probe()).toBe(true);
      await ours.hangUp();
    });

    it('settles offers that cross each other', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      const both = await Promise.all([ours.reoffer(sdp('bridge', 3)), theirs.reinvite(sdp('caller', 3))]);
      expect(both).toHaveLength(2);
      await ours.hangUp();
    });

    it('tells each key that comes by INFO once', async () => {
      const caller = await newCaller();
      const { theirs, ours } = await talking(caller);
      for (const key of ['1', '*', '#', 'D'] as const) expect(await theirs.info(key)).toBe(200);
      await listener.hearsKey('D');
      expect(listener.told.map((event) => (event.kind === 'key' ? event.key : event.kind))).toEqual([
        '1',
        '*',
        '#',
        'D',
      ]);
      await ours.hangUp();
    });

    it('notices by probing that the far end has gone', async () => {
      const caller = await newCaller();
      const { ours } = await talking(caller);
      expect(await ours.probe()).toBe(true);
      await caller.vanish();
      expect(await ours.probe()).toBe(false);
      expect(await listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: true });
      await ours.hangUp();
    });

    it('refuses callers from unknown sources without telling anyone', async () => {
      const caller = await newCaller();
      listener.known = () => false;
      const call = await caller.call('conference');
      expect(await refusalOf(call)).toBe(403);
      expect(listener.calls).toBe(0);
      listener.known = () => true;
    });

    it('answers OPTIONS of a trunk that asks whether it is there', async () => {
      const caller = await newCaller();
      expect(await caller.client.options(caller.uri('conference'))).toBe(200);
    });

    it('hangs up what is left when it stops', async () => {
      const caller = await newCaller();
      const { theirs } = await talking(caller);
      await signaling.stop();
      expect(await theirs.ended).toMatchObject({ by: 'them' });
      await signaling.start(listener);
    });
  });
  describePlacedCalls(name, factory);
}
