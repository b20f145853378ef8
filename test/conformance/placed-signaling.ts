import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header } from '../../src/adapters/embedded-sip/headers.js';
import type { SipRequest } from '../../src/adapters/embedded-sip/message.js';
import { callId } from '../../src/domain/identifiers.js';
import {
  CallGone,
  ReofferRefused,
  type PlacedCall,
  type PlaceRequest,
  type Signaling,
} from '../../src/ports/signaling.js';
import { NotingListener } from './signaling-listener.js';
import type { SignalingUnderTest } from './signaling.js';
import { sdp } from './sip-caller.js';
import { SipCallee, type Called } from './sip-callee.js';

const CREDENTIALS = { username: 'bridge', password: 'Open, Sesame "9"' };

/** What every adapter does with calls it places, shown over loopback sockets by a far end that speaks SIP. */
export function describePlacedCalls(name: string, factory: () => SignalingUnderTest): void {
  describe(`placed calls: ${name}`, () => {
    let signaling: Signaling;
    let listener: NotingListener;
    let callee: SipCallee;
    let forks: boolean;

    const place = (request: Partial<PlaceRequest> = {}): PlacedCall =>
      signaling.place({
        id: callId(randomUUID()),
        target: callee.target(),
        user: '+442079460000',
        callerNumber: '442071234567',
        localSdp: sdp('bridge'),
        credentials: null,
        ...request,
      });

    /** A call that was answered, seen from both ends. */
    const talking = async (request: Partial<PlaceRequest> = {}): Promise<{ ours: PlacedCall; theirs: Called }> => {
      const ours = place(request);
      const theirs = await callee.call();
      await theirs.accept();
      expect(await listener.hears('answered')).toEqual({ kind: 'answered', id: ours.id, sdp: sdp('far') });
      return { ours, theirs };
    };

    beforeEach(async () => {
      const under = factory();
      signaling = under.signaling;
      listener = new NotingListener();
      // The far end of a placed call is none that may call.
      listener.known = () => false;
      ({ forks = true } = under);
      callee = new SipCallee(under.timers);
      await callee.start();
      await signaling.start(listener);
      await signaling.takeBack([]);
    });

    afterEach(async () => {
      const { calls } = signaling.counts();
      await signaling.stop();
      await callee.stop();
      expect(calls).toBe(0);
      expect([...listener.troubles, ...callee.troubles]).toEqual([]);
    });

    it.each(['udp', 'tcp'] as const)('rings, is answered and hung up by us over %s', async (transport) => {
      const ours = place({ target: callee.target(transport) });
      const theirs = await callee.call();
      expect(theirs.invite.peer.transport).toBe(transport);
      expect(theirs.invite.request.uri).toMatchObject({ user: '+442079460000', host: '127.0.0.1' });
      expect(theirs.header('to')).toMatch(/<sip:\+442079460000@127\.0\.0\.1/);
      expect(theirs.header('from')).toMatch(/<sip:442071234567@127\.0\.0\.1[^>]*>;tag=/);
      expect(theirs.offer).toBe(sdp('bridge'));
      theirs.ring(180);
      expect(await listener.hears('progressed')).toEqual({ kind: 'progressed', id: ours.id, status: 180, sdp: null });
      expect(theirs.header('call-id')).toBe(ours.sipCallId);
      await theirs.accept();
      expect(await listener.hears('answered')).toEqual({ kind: 'answered', id: ours.id, sdp: sdp('far') });
      await Promise.all([ours.hangUp(), ours.hangUp()]);
      expect(theirs.byes).toEqual(['far']);
      expect(listener.told.map(({ kind }) => kind)).toEqual(['progressed', 'answered']);
    });

    it('lets the far end give up by itself where we cannot say so any more (RFC 3261 section 13.2.1)', async () => {
      const ours = place();
      const theirs = await callee.call();
      expect(theirs.header('expires')).toBe('180');
      theirs.refuse(487);
      expect(await listener.hears('notAnswered')).toMatchObject({ id: ours.id, status: 487 });
    });

    it('says no number of ours where there is none', async () => {
      const ours = place({ callerNumber: null });
      const theirs = await callee.call();
      expect(theirs.header('from')).toMatch(/^"?Anonymous"? ?<sip:anonymous@anonymous\.invalid>;tag=/i);
      expect(theirs.header('privacy')).toBe('id');
      theirs.refuse(486);
      expect(await listener.hears('notAnswered')).toMatchObject({ id: ours.id });
    });

    it('tells of early media, and of what the answer changes in it', async () => {
      const ours = place();
      const theirs = await callee.call();
      theirs.ring(183, sdp('announcement'));
      expect(await listener.hears('progressed')).toEqual({
        kind: 'progressed',
        id: ours.id,
        status: 183,
        sdp: sdp('announcement'),
      });
      await theirs.accept();
      expect(await listener.hears('answered')).toMatchObject({ sdp: sdp('far') });
      await ours.hangUp();
    });

    it('takes the early media for the answer where the 200 brings none', async () => {
      const ours = place();
      const theirs = await callee.call();
      theirs.ring(183, sdp('announcement'));
      await listener.hears('progressed');
      await theirs.accept(null);
      expect(await listener.hears('answered')).toMatchObject({ sdp: sdp('announcement') });
      await ours.hangUp();
    });

    it('ends a call whose answer has no session description at all', async () => {
      const ours = place();
      const theirs = await callee.call();
      await theirs.accept(null);
      expect(await listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status: 488 });
      await theirs.until(() => theirs.byes.includes('far'));
      await ours.hangUp();
    });

    it.each([302, 404, 480, 486, 503, 603])('tells of a refusal with %i', async (status) => {
      const ours = place();
      const theirs = await callee.call();
      theirs.ring(180);
      theirs.refuse(status, status === 302 ? [{ name: 'contact', value: '<sip:900@127.0.0.1:1>' }] : []);
      expect(await listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status });
      await ours.hangUp();
      expect(await ours.probe()).toBe(false);
      await expect(ours.reoffer(sdp('bridge', 2))).rejects.toThrow(CallGone);
    });

    it('tells of a far end that is not there', async () => {
      const nobody = new SipCallee({ t1: 500, t2: 4_000, t4: 5_000 });
      await nobody.start();
      const target = nobody.target('tcp');
      await nobody.stop();
      const ours = place({ target });
      const end = await listener.hears('notAnswered');
      expect(end.id).toBe(ours.id);
      expect([408, 480, 503]).toContain(end.status);
    });

    it.each([0, 1, 20, 100])('cancels a call %i ms after it was placed', async (ms) => {
      const ours = place();
      const ringing = callee.call().then((theirs) => {
        theirs.ring(180);
        return theirs;
      });
      if (ms > 0) await pause(ms);
      await ours.hangUp();
      expect(listener.told.filter(({ kind }) => kind !== 'progressed')).toEqual([]);
      // An INVITE that left is cancelled; one that did not leave needs nothing.
      const theirs = await Promise.race([ringing, pause(300).then(() => null)]);
      if (theirs !== null) await theirs.until(() => theirs.cancelled || theirs.byes.length > 0);
      else expect(ms).toBeLessThan(100);
    });

    it('cancels while it rings', async () => {
      const ours = place();
      const theirs = await callee.call();
      theirs.ring(180);
      await listener.hears('progressed');
      await ours.hangUp();
      expect(theirs.cancelled).toBe(true);
      expect(listener.told.map(({ kind }) => kind)).toEqual(['progressed']);
    });

    it('ends a call whose answer crosses the CANCEL', async () => {
      const ours = place();
      const theirs = await callee.call();
      theirs.onCancel = () => void theirs.accept();
      theirs.ring(180);
      await listener.hears('progressed');
      await ours.hangUp();
      await theirs.until(() => theirs.acknowledged.includes('far') && theirs.byes.includes('far'));
      expect(listener.told.map(({ kind }) => kind)).toEqual(['progressed']);
    });

    it('takes the first answer of a forked call and ends the other', async () => {
      const ours = place();
      const theirs = await callee.call();
      theirs.ring(183, sdp('one'), 'one');
      theirs.ring(180, null, 'two');
      const first = theirs.accept(sdp('two'), 'two');
      const second = theirs.accept(sdp('one'), 'one');
      await first;
      expect(await listener.hears('answered')).toMatchObject({ id: ours.id, sdp: sdp('two') });
      if (forks) {
        await second;
        await theirs.until(() => theirs.byes.includes('one'));
      }
      expect(await ours.probe()).toBe(true);
      await ours.hangUp();
      expect(theirs.byes.toSorted()).toEqual(forks ? ['one', 'two'] : ['two']);
      expect(listener.told.filter(({ kind }) => kind === 'answered')).toHaveLength(1);
    });

    describe('asked for a password', () => {
      const hash = (algorithm: string, text: string): string =>
        createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
          .update(text)
          .digest('hex');

      /** Whether the INVITE proves to know the password. */
      const proves = (theirs: Called, name: string, algorithm: string, password: string): boolean =>
        shows(theirs.invite.request, name, algorithm, password);

      /** Whether the request does, by the formula of RFC 7616 section 3.4.1. */
      const shows = (asked: SipRequest, name: string, algorithm: string, password: string): boolean => {
        const text = header(asked, name) ?? '';
        const field = (key: string): string => new RegExp(`\\b${key}="?([^",]*)"?`).exec(text)?.[1] ?? '';
        const user = hash(algorithm, `${CREDENTIALS.username}:trunk:${password}`);
        const request = hash(algorithm, `${asked.method}:${asked.uri.raw}`);
        const middle = `${field('nonce')}:${field('nc')}:${field('cnonce')}:auth`;
        expect(field('uri')).toBe(asked.uri.raw);
        return field('response') === hash(algorithm, `${user}:${middle}:${request}`);
      };

      const challenge = (name: string, algorithm: string, nonce: string, more = '') => [
        { name, value: `Digest realm="trunk", nonce="${nonce}", qop="auth,auth-int", algorithm=${algorithm}${more}` },
      ];

      it.each([
        [401, 'www-authenticate', 'authorization', 'MD5'],
        [407, 'proxy-authenticate', 'proxy-authorization', 'MD5'],
        [401, 'www-authenticate', 'authorization', 'SHA-256'],
        [407, 'proxy-authenticate', 'proxy-authorization', 'SHA-256'],
      ])('answers %i (%s) in %s with %s', async (status, asks, answers, algorithm) => {
        const ours = place({ credentials: CREDENTIALS });
        const first = await callee.call();
        first.refuse(status, challenge(asks, algorithm, 'n1'), 'asks');
        const second = await callee.call();
        expect(second.header('call-id')).toBe(first.header('call-id'));
        expect(second.header('from')).toBe(first.header('from'));
        expect(Number.parseInt(second.header('cseq') ?? '', 10)).toBe(
          Number.parseInt(first.header('cseq') ?? '', 10) + 1,
        );
        expect(second.offer).toBe(sdp('bridge'));
        expect(proves(second, answers, algorithm, CREDENTIALS.password)).toBe(true);
        expect(proves(second, answers, algorithm, 'another')).toBe(false);
        await second.accept();
        expect(await listener.hears('answered')).toMatchObject({ id: ours.id });
        expect(await ours.probe()).toBe(true);
        await ours.hangUp();
        expect(second.byes).toEqual(['far']);
      });

      it('answers a proxy and the far end behind it', async () => {
        const ours = place({ credentials: CREDENTIALS });
        (await callee.call()).refuse(407, challenge('proxy-authenticate', 'MD5', 'n1'), 'proxy');
        (await callee.call()).refuse(401, challenge('www-authenticate', 'SHA-256', 'n2'), 'asks');
        const third = await callee.call();
        expect(proves(third, 'proxy-authorization', 'MD5', CREDENTIALS.password)).toBe(true);
        expect(proves(third, 'authorization', 'SHA-256', CREDENTIALS.password)).toBe(true);
        await third.accept();
        await listener.hears('answered');
        await ours.hangUp();
      });

      it('answers once more when its nonce was stale, and gives up when the password is wrong', async () => {
        const ours = place({ credentials: CREDENTIALS });
        (await callee.call()).refuse(401, challenge('www-authenticate', 'MD5', 'n1'), 'asks');
        (await callee.call()).refuse(401, challenge('www-authenticate', 'MD5', 'n2', ', stale=true'), 'asks');
        const third = await callee.call();
        expect(proves(third, 'authorization', 'MD5', CREDENTIALS.password)).toBe(true);
        third.refuse(401, challenge('www-authenticate', 'MD5', 'n3'), 'asks');
        expect(await listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status: 401 });
      });

      it('is refused without a password', async () => {
        const ours = place();
        (await callee.call()).refuse(401, challenge('www-authenticate', 'MD5', 'n1'), 'asks');
        expect(await listener.hears('notAnswered')).toEqual({ kind: 'notAnswered', id: ours.id, status: 401 });
      });

      it('answers within the call too, and is hung up', async () => {
        const { ours, theirs } = await talking({ credentials: CREDENTIALS });
        let nonces = 0;
        const asked: string[] = [];
        theirs.refusal = (request) => {
          asked.push(request.method);
          if (header(request, 'proxy-authorization') === null) {
            nonces += 1;
            return { status: 407, headers: challenge('proxy-authenticate', 'SHA-256', `n${nonces}`) };
          }
          expect(shows(request, 'proxy-authorization', 'SHA-256', CREDENTIALS.password)).toBe(true);
          return null;
        };
        await expect(ours.reoffer(sdp('bridge', 2))).resolves.toBe(sdp('far', 2));
        expect(await ours.probe()).toBe(true);
        await ours.hangUp();
        expect(asked).toEqual(['INVITE', 'INVITE', 'OPTIONS', 'OPTIONS', 'BYE', 'BYE']);
        expect(theirs.byes).toEqual(['far']);
      });

      it('can be cancelled after that', async () => {
        const ours = place({ credentials: CREDENTIALS });
        (await callee.call()).refuse(401, challenge('www-authenticate', 'MD5', 'n1'), 'asks');
        const second = await callee.call();
        second.ring(180);
        await listener.hears('progressed');
        await ours.hangUp();
        expect(second.cancelled).toBe(true);
      });
    });

    it('tells of the far end hanging up, wherever it comes from', async () => {
      const { ours, theirs } = await talking();
      expect((await theirs.ask('BYE')).status).toBe(200);
      expect(await listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: false });
      await ours.hangUp();
      expect(theirs.byes).toEqual([]);
    });

    it('takes hold and resume of the far end, keys and questions', async () => {
      const { ours, theirs } = await talking();
      const hold = `${sdp('far', 2)}a=sendonly\r\n`;
      const held = await theirs.ask('INVITE', hold);
      expect(held.status).toBe(200);
      expect(held.body.toString()).toBe(sdp('bridge', 2));
      expect(listener.told).toContainEqual({ kind: 'offered', id: ours.id, offer: hold });
      expect((await theirs.ask('UPDATE', sdp('far', 3))).status).toBe(200);
      expect((await theirs.ask('OPTIONS')).status).toBe(200);
      const relay = { name: 'content-type', value: 'application/dtmf-relay' };
      expect((await theirs.ask('INFO', 'Signal=5\r\nDuration=160\r\n', [relay])).status).toBe(200);
      // The 200 may be here before what the listener is told.
      expect(await listener.hears('key')).toEqual({ kind: 'key', id: ours.id, key: '5' });
      await ours.hangUp();
    });

    it('re-offers, and goes on when that is refused', async () => {
      const { ours, theirs } = await talking();
      await expect(ours.reoffer(sdp('bridge', 2))).resolves.toBe(sdp('far', 2));
      expect(theirs.requests.map(({ method, body }) => [method, body.toString()])).toEqual([
        ['INVITE', sdp('bridge', 2)],
      ]);
      theirs.answerOffer = () => 488;
      await expect(ours.reoffer(sdp('bridge', 3))).rejects.toThrow(ReofferRefused);
      expect(await ours.probe()).toBe(true);
      await ours.hangUp();
    });

    it('notices by probing that the far end has gone', async () => {
      const { ours } = await talking();
      await callee.stop();
      expect(await ours.probe()).toBe(false);
      expect(await listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: true });
      await ours.hangUp();
    });

    it('hangs up what is left when it stops', async () => {
      const ringing = place();
      const first = await callee.call();
      first.ring(180);
      const { theirs } = await talking();
      await signaling.stop();
      await theirs.until(() => theirs.byes.length > 0);
      await first.until(() => first.cancelled);
      expect(listener.told.some((told) => told.kind === 'notAnswered' && told.id === ringing.id)).toBe(false);
      await signaling.start(listener);
      await signaling.takeBack([]);
    });
  });
}
