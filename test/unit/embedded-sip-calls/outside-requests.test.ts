import { describe, expect, it } from 'vitest';
import { toTag } from '../../../src/adapters/embedded-sip/headers.js';
import type { KnownSource } from '../../../src/adapters/embedded-sip/signaling.js';
import { FakeLayer, PEER } from './fake-layer.js';
import { header, settle, Stage } from './stage.js';

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK';

describe('requests outside a dialog (RFC 3261 section 8.2)', () => {
  it('answers OPTIONS with what it can', async () => {
    const { last } = (await Stage.open()).receive({ method: 'OPTIONS' });
    expect(last.status).toBe(200);
    expect(header(last, 'allow')).toBe(ALLOW);
    expect(header(last, 'accept')).toBe('application/sdp, multipart/mixed');
    expect(header(last, 'supported')).toBe('100rel, timer');
    expect(header(last, 'server')).toBe('Partyline');
    expect(toTag(last)).not.toBeNull();
  });

  it.each(['MESSAGE', 'SUBSCRIBE', 'REGISTER', 'NOTIFY', 'REFER', 'PUBLISH', 'FOO'])(
    'answers %s with 405',
    async (method) => {
      const { last } = (await Stage.open()).receive({ method });
      expect(last.status).toBe(405);
      expect(header(last, 'allow')).toBe(ALLOW);
    },
  );

  it.each(['BYE', 'INFO', 'UPDATE', 'PRACK'])('answers %s without a dialog with 481', async (method) => {
    expect((await Stage.open()).receive({ method }).statuses).toEqual([481]);
  });

  it.each(['INVITE', 'BYE', 'OPTIONS'])('answers %s of a dialog it does not know with 481', async (method) => {
    const to = '<sip:conference@198.51.100.1>;tag=gone';
    expect((await Stage.open()).receive({ method, to }).statuses).toEqual([481]);
  });

  it('answers an unknown URI scheme with 416', async () => {
    const stage = await Stage.open();
    expect(stage.receive({ uri: 'nobody:conference@198.51.100.1' }).statuses).toEqual([416]);
    expect(stage.receive({ method: 'OPTIONS', uri: 'nobody:x' }).statuses).toEqual([416]);
  });

  it('takes calls to tel: URIs', async () => {
    const { call } = await (await Stage.open()).incoming({ uri: 'tel:+442071234567' });
    expect([call.requestUser, call.requestHost]).toEqual(['+442071234567', '']);
  });

  it('answers required extensions it has not with 420, naming them', async () => {
    const { last } = (await Stage.open()).receive({ lines: ['Require: timer, foo', 'Require: bar'] });
    expect([last.status, header(last, 'unsupported')]).toEqual([420, 'foo, bar']);
  });

  it('answers a body it does not understand with 415, naming what it does', async () => {
    const { last } = (await Stage.open()).receive({ type: 'application/isup' });
    expect([last.status, header(last, 'accept')]).toEqual([415, 'application/sdp, multipart/mixed']);
  });

  it('answers an INVITE without Contact with 400', async () => {
    const stage = await Stage.open();
    expect(stage.receive({ contact: null }).statuses).toEqual([100, 400]);
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('answers a session interval below 90 s with 422 and Min-SE', async () => {
    const { last } = (await Stage.open()).receive({ lines: ['Supported: timer', 'Session-Expires: 60'] });
    expect([last.status, header(last, 'min-se')]).toEqual([422, '90']);
  });

  it('turns calls away with 503 when too many are in setup, and takes them again afterwards', async () => {
    const stage = await Stage.open({ limits: { callsInSetup: 2 } });
    const first = await stage.incoming({ callId: 'a' });
    await stage.incoming({ callId: 'b' });
    const { last } = stage.receive({ callId: 'c' });
    expect([last.status, header(last, 'retry-after')]).toEqual([503, '10']);
    const answered = first.call.answer('v=0');
    first.ack();
    await answered;
    await stage.incoming({ callId: 'd' });
  });

  it('turns calls away with 503 while it stops', async () => {
    const stage = await Stage.open();
    await stage.talking();
    const stopped = stage.signaling.stop();
    expect(stage.receive({ callId: 'late' }).statuses).toEqual([503]);
    stage.layer.latest('BYE').answer(200);
    await stopped;
  });

  it('stops in bounded time although nobody answers its BYE', async () => {
    const stage = await Stage.open();
    await stage.talking();
    const stopped = stage.signaling.stop();
    stage.clock.advance(4_000);
    await stopped;
    expect(stage.signaling.counts().calls).toBe(0);
  });

  it('leaves nothing running when it stops, not even the wait for an ACK', async () => {
    const stage = await Stage.open();
    const { call } = await stage.incoming();
    const answered = call.answer('v=0');
    answered.catch(() => undefined);
    const stopped = stage.signaling.stop();
    stage.clock.advance(4_000);
    await stopped;
    await expect(answered).rejects.toThrow('hung up');
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });

  it('does not answer ACK or CANCEL', async () => {
    const stage = await Stage.open();
    expect(stage.receive({ method: 'CANCEL' }).statuses).toEqual([]);
    stage.layer.user.ackReceived(stage.outside({ method: 'ACK' }), PEER);
  });

  it('refuses the call with 500 when whoever is told of it fails, and says so without numbers', async () => {
    const stage = await Stage.open();
    stage.listener.incomingCall = () => {
      throw new Error('bridge broke');
    };
    expect(stage.receive().statuses).toEqual([100, 500]);
    expect(stage.signaling.counts().calls).toBe(0);
    expect(stage.listener.troubles).toEqual(['INVITE failed: bridge broke']);
  });

  it('serves known sources, and requests of its dialogs wherever they come from', async () => {
    let known: KnownSource = () => false;
    const layer = new FakeLayer();
    const stage = await Stage.open({
      transactionLayer: (isKnownSource) => {
        known = isKnownSource;
        return layer;
      },
    });
    stage.listener.known = ({ address }) => address === '203.0.113.7';
    const stranger = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const;
    expect(known({ ...stranger, address: '::ffff:203.0.113.7' }, stage.outside())).toBe(true);
    expect(known(stranger, stage.outside())).toBe(false);
    expect(known(stranger)).toBe(false);

    const invite = layer.receive(stage.outside());
    (await stage.listener.call()).ring();
    const to = `<sip:conference@198.51.100.1>;tag=${toTag(invite.last) ?? ''}`;
    expect(known(stranger, stage.outside({ method: 'BYE', to }))).toBe(true);
    expect(known(stranger, stage.outside({ method: 'BYE', to: `${to}x` }))).toBe(false);
    await settle();
  });

  it('writes the advertised address into Contact, with the port it listens on where none is named', async () => {
    const asked: unknown[] = [];
    const stage = await Stage.open({
      advertise: (...about) => {
        asked.push(about);
        return '192.0.2.80';
      },
    });
    const { call, invite } = await stage.incoming({}, { ...PEER, transport: 'tcp', connection: 'c1' });
    call.ring();
    expect(header(invite.last, 'contact')).toBe('<sip:partyline@192.0.2.80:5062;transport=tcp>');
    expect(asked).toEqual([['203.0.113.7', 'tcp']]);
  });

  it('writes a sips: Contact where the call came to a sips: URI', async () => {
    const stage = await Stage.open({ advertise: () => ({ host: '192.0.2.80', port: 5061 }) });
    const { call, invite } = await stage.incoming(
      { uri: 'sips:conference@198.51.100.1' },
      { ...PEER, transport: 'tls' },
    );
    call.ring();
    expect(header(invite.last, 'contact')).toBe('<sips:partyline@192.0.2.80:5061>');
  });
});
