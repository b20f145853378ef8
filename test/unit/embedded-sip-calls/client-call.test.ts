import { describe, expect, it } from 'vitest';
import type { ClientCall } from '../../../src/adapters/embedded-sip/client-call.js';
import type { Invitation } from '../../../src/adapters/embedded-sip/invitation.js';
import { SipClient } from '../../../src/adapters/embedded-sip/client.js';
import { headerValues, toTag } from '../../../src/adapters/embedded-sip/headers.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { FakeLayer, FakeRandomness, PEER, request, type FakeClient, type FakeServer } from './fake-layer.js';
import { ANSWER, header, OFFER, settle } from './stage.js';

const CONTACT = { name: 'contact', value: '<sip:bridge@203.0.113.7:5060>' };
const WITH_SDP = [CONTACT, { name: 'content-type', value: 'application/sdp' }];

/** A client on a manual clock; the test is the bridge. */
class Phone {
  readonly clock = new ManualClock();
  readonly layer = new FakeLayer();
  readonly client: SipClient;

  constructor() {
    const { clock, layer } = this;
    this.client = new SipClient({
      transport: 'udp',
      clock,
      randomness: new FakeRandomness(),
      transactionLayer: () => layer,
    });
  }

  async call(invitation: Partial<Invitation> = {}): Promise<{ call: ClientCall; invite: FakeClient }> {
    await this.client.start();
    const target = 'sip:conference@203.0.113.7:5060';
    const call = await this.client.invite({ target, localSdp: OFFER, ...invitation });
    return { call, invite: this.layer.latest('INVITE') };
  }

  async talking(invitation: Partial<Invitation> = {}): Promise<{ call: ClientCall; invite: FakeClient }> {
    const made = await this.call(invitation);
    made.invite.answer(200, WITH_SDP, ANSWER);
    await made.call.answered;
    return made;
  }

  /** A request of the bridge's within the dialog. */
  receive(invite: FakeClient, method: string, cseq: number, body = ''): FakeServer {
    const swap = (name: string): string => header(invite.request, name) ?? '';
    const message = request(
      [
        `${method} sip:partyline@198.51.100.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKb${cseq}`,
        'Max-Forwards: 70',
        `From: ${swap('to')};tag=far`,
        `To: ${swap('from')}`,
        `Call-ID: ${swap('call-id')}`,
        `CSeq: ${cseq} ${method}`,
        'Contact: <sip:bridge@203.0.113.7:5060>',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
      ],
      body,
    );
    return this.layer.receive(message);
  }
}

describe('a call of ours (RFC 3261 section 13.2)', () => {
  it('sends an INVITE with From tag, Contact, Allow, Supported and the offer', async () => {
    const { invite } = await new Phone().call({
      from: '"Alice" <sip:alice@example.org>',
      headers: [{ name: 'privacy', value: 'id' }],
    });
    const { request: message } = invite;
    expect(message.uri.raw).toBe('sip:conference@203.0.113.7:5060');
    expect(header(message, 'from')).toMatch(/^"Alice" <sip:alice@example.org>;tag=t\d+$/);
    expect(header(message, 'to')).toBe('<sip:conference@203.0.113.7:5060>');
    expect(header(message, 'contact')).toBe('<sip:partyline@198.51.100.1:5060>');
    expect(header(message, 'supported')).toBe('100rel, timer');
    expect(header(message, 'privacy')).toBe('id');
    expect(message.body.toString()).toBe(OFFER);
    expect(invite.destination).toEqual({ transport: 'udp', address: '203.0.113.7', port: 5060 });
  });

  it('tells of ringing and early media', async () => {
    const heard: unknown[] = [];
    const { invite } = await new Phone().call({ events: { provisional: (...what) => heard.push(what) } });
    invite.answer(100);
    invite.answer(180);
    invite.answer(183, WITH_SDP, ANSWER);
    expect(heard).toEqual([
      [180, null],
      [183, ANSWER],
    ]);
  });

  it('acknowledges reliable provisional answers with PRACK, each once', async () => {
    const phone = new Phone();
    const heard: number[] = [];
    const { invite } = await phone.call({ events: { provisional: (status) => heard.push(status) } });
    const reliable = (rseq: number) => [
      CONTACT,
      { name: 'require', value: '100rel' },
      { name: 'rseq', value: String(rseq) },
    ];
    const ringing = invite.answer(180, reliable(7));
    invite.repeat(ringing);
    invite.answer(183, reliable(9));
    expect(phone.layer.methods()).toEqual(['INVITE', 'PRACK']);
    invite.answer(183, reliable(8));
    expect(header(phone.layer.latest('PRACK').request, 'rack')).toBe('8 1 INVITE');
    expect(header(phone.layer.latest('PRACK').request, 'cseq')).toBe('3 PRACK');
    expect(heard).toEqual([180, 183]);
  });

  it('acknowledges the 200 to its Contact along its route, and every repetition', async () => {
    const phone = new Phone();
    const { call, invite } = await phone.call();
    const headers = [...WITH_SDP, { name: 'record-route', value: '<sip:203.0.113.1;lr>' }];
    const ok = invite.answer(200, headers, ANSWER);
    await expect(call.answered).resolves.toBe(ANSWER);
    invite.repeat(ok);
    expect(phone.layer.acks).toHaveLength(2);
    const [first] = phone.layer.acks;
    expect(first?.destination.address).toBe('203.0.113.1');
    expect(first?.ack.uri.raw).toBe('sip:bridge@203.0.113.7:5060');
    expect(headerValues(first?.ack ?? invite.request, 'route')).toEqual(['<sip:203.0.113.1;lr>']);
    expect(first === undefined ? null : toTag(first.ack)).toBe('far');
  });

  it('answers the offer of a 200 in the ACK', async () => {
    const phone = new Phone();
    const { call, invite } = await phone.call({ localSdp: null, events: { offered: () => Promise.resolve(OFFER) } });
    expect(header(invite.request, 'content-type')).toBeNull();
    const ok = invite.answer(200, WITH_SDP, ANSWER);
    invite.repeat(ok);
    expect(phone.layer.acks).toEqual([]);
    await expect(call.answered).resolves.toBe(ANSWER);
    expect(phone.layer.acks.map(({ ack }) => ack.body.toString())).toEqual([OFFER]);
    expect(phone.layer.sent).toHaveLength(1);
  });

  it.each([404, 486, 503])('is refused with %i', async (status) => {
    const phone = new Phone();
    const { call, invite } = await phone.call();
    invite.answer(status);
    await expect(call.answered).rejects.toMatchObject({ name: 'CallRefused', status });
    expect((await call.ended).by).toBe('them');
    expect(phone.client.counts().calls).toBe(0);
  });

  it('fails with 408 when nobody answers, with 503 when nobody can be reached', async () => {
    for (const [cause, status] of [
      ['timeout', 408],
      ['transport', 503],
    ] as const) {
      const { call, invite } = await new Phone().call();
      invite.fail(cause);
      await expect(call.answered).rejects.toMatchObject({ status });
      expect((await call.ended).by).toBe('line');
    }
  });

  it('cancels before the answer', async () => {
    const { call, invite } = await new Phone().call();
    const over = call.hangUp();
    expect(invite.cancelled).toBe(true);
    invite.answer(487);
    await over;
    expect((await call.ended).by).toBe('us');
    await expect(call.answered).rejects.toMatchObject({ status: 487 });
  });

  it('hangs up an answer that crosses its CANCEL', async () => {
    const phone = new Phone();
    const { call, invite } = await phone.call();
    call.cancel();
    invite.answer(200, WITH_SDP, ANSWER);
    expect(phone.layer.acks).toHaveLength(1);
    phone.layer.latest('BYE').answer(200);
    await expect(call.answered).rejects.toMatchObject({ status: 487 });
    expect(phone.client.counts().calls).toBe(0);
  });

  it('hangs up the other branches of a forked call', async () => {
    const phone = new Phone();
    const { invite } = await phone.talking();
    invite.answer(200, WITH_SDP, ANSWER, 'fork');
    expect(phone.layer.acks).toHaveLength(2);
    const bye = phone.layer.latest('BYE');
    expect(toTag(bye.request)).toBe('fork');
    bye.answer(200);
    expect(phone.client.counts().calls).toBe(1);
  });

  it('hangs up by BYE', async () => {
    const phone = new Phone();
    const { call } = await phone.talking();
    const over = call.bye();
    phone.layer.latest('BYE').answer(200);
    await over;
    expect((await call.ended).by).toBe('us');
    expect(phone.clock.pending).toBe(0);
  });

  it('is hung up by the far end', async () => {
    const phone = new Phone();
    const { call, invite } = await phone.talking();
    expect(phone.receive(invite, 'BYE', 1).statuses).toEqual([200]);
    expect((await call.ended).by).toBe('them');
    expect(phone.client.counts().calls).toBe(0);
  });

  it('sends keys by INFO', async () => {
    const phone = new Phone();
    const { call } = await phone.talking();
    const sent = call.info('#', 200);
    const info = phone.layer.latest('INFO');
    expect(header(info.request, 'content-type')).toBe('application/dtmf-relay');
    expect(info.request.body.toString()).toBe('Signal=#\r\nDuration=200\r\n');
    info.answer(200);
    expect(await sent).toBe(200);
  });

  it('answers offers of the far end by its events, or with its last SDP', async () => {
    const phone = new Phone();
    const own = await phone.talking({ events: { offered: (offer) => `answer to ${offer ?? 'nothing'}` } });
    const first = phone.receive(own.invite, 'INVITE', 1, 'v=1');
    const other = new Phone();
    const { invite } = await other.talking();
    const second = other.receive(invite, 'UPDATE', 1, 'v=1');
    await settle();
    expect(first.last.body.toString()).toBe('answer to v=1');
    expect(second.last.body.toString()).toBe(OFFER);
  });

  it('sends re-INVITE and UPDATE', async () => {
    const phone = new Phone();
    const { call } = await phone.talking();
    const reinvited = call.reinvite(OFFER);
    phone.layer.latest('INVITE').answer(200, WITH_SDP, 'v=2');
    expect(await reinvited).toBe('v=2');
    const updated = call.update(OFFER);
    phone.layer.latest('UPDATE').answer(200, WITH_SDP, 'v=3');
    expect(await updated).toBe('v=3');
  });

  it('waits 2.1 to 4 s after a 491, as whoever made the Call-ID', async () => {
    const phone = new Phone();
    const { call } = await phone.talking();
    call.reinvite(OFFER).catch(() => undefined);
    phone.layer.latest('INVITE').answer(491);
    phone.clock.advance(2_090);
    expect(phone.layer.sent).toHaveLength(2);
    phone.clock.advance(1_910);
    expect(phone.layer.sent).toHaveLength(3);
  });

  it('refreshes the session where the far end leaves it to the caller', async () => {
    const phone = new Phone();
    const { invite } = await phone.call();
    const allow = { name: 'allow', value: 'INVITE, UPDATE' };
    invite.answer(200, [...WITH_SDP, allow, { name: 'session-expires', value: '90;refresher=uac' }], ANSWER);
    phone.clock.advance(45_000);
    expect(phone.layer.methods()).toEqual(['INVITE', 'UPDATE']);
  });

  it('takes no calls itself', async () => {
    const phone = new Phone();
    await phone.client.start();
    const received = (method: string): number[] =>
      phone.layer.receive(
        request([
          `${method} sip:partyline@198.51.100.1 SIP/2.0`,
          'Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1',
          'Max-Forwards: 70',
          'From: <sip:x@example.org>;tag=1',
          'To: <sip:partyline@198.51.100.1>',
          'Call-ID: x',
          `CSeq: 1 ${method}`,
        ]),
        PEER,
      ).statuses;
    expect([received('INVITE'), received('OPTIONS'), received('MESSAGE')]).toEqual([[480], [200], [405]]);
  });

  it('dials SIP URIs only', async () => {
    const phone = new Phone();
    await expect(phone.client.invite({ target: 'tel:+44207', localSdp: OFFER })).rejects.toThrow('not a sip: URI');
  });
});

describe('re-INVITE without an offer', () => {
  it('asks for one answer to the offer of the 2xx, however often that comes, and ACKs with it', async () => {
    const phone = new Phone();
    let answer: (sdp: string) => void = () => undefined;
    let asked = 0;
    const offered = (): Promise<string> => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    };
    const { call } = await phone.talking({ events: { offered } });
    const before = phone.layer.acks.length;
    const reoffered = call.reinvite(null);
    const invite = phone.layer.latest('INVITE');
    const ok = invite.answer(200, WITH_SDP, ANSWER);
    invite.repeat(ok);
    expect([asked, phone.layer.acks.length - before]).toEqual([1, 0]);
    answer(OFFER);
    await expect(reoffered).resolves.toBe(ANSWER);
    invite.repeat(ok);
    expect(phone.layer.acks.slice(before).map(({ ack }) => ack.body.toString())).toEqual([OFFER, OFFER]);
  });
});
