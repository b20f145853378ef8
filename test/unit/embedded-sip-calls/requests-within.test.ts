import { describe, expect, it } from 'vitest';
import { PEER } from './fake-layer.js';
import { ANSWER, header, settle, Stage } from './stage.js';

/** T1 of RFC 3261, milliseconds. */
const T1 = 500;

describe('requests within a call', () => {
  it('refuses a request out of order with 500, and it counts for nothing', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking({ cseq: 10 });
    expect(incoming.receive('BYE', { cseq: 9 }).statuses).toEqual([500]);
    expect(stage.listener.told).toEqual([]);
  });

  it('tells a key once, also when its INFO comes again in another transaction', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    const key = { type: 'application/dtmf-relay', body: 'Signal=11\r\nDuration=160' };
    expect(incoming.receive('INFO', key).statuses).toEqual([200]);
    expect(incoming.receive('INFO', { ...key, cseq: incoming.cseq }).statuses).toEqual([500]);
    expect(stage.listener.told).toEqual([{ kind: 'key', id: incoming.call.id, key: '#' }]);
  });

  it('answers other INFO bodies with 200, 400, 415 or 469, and hears no key', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking();
    const info = (body: string | null, type = 'text/plain', ...lines: string[]) =>
      incoming.receive('INFO', { body, type, lines }).last;
    expect(info(null).status).toBe(200);
    expect(info('Signal=x', 'application/dtmf-relay').status).toBe(400);
    expect(header(info('x', 'application/media_control+xml'), 'accept')).toBe(
      'application/dtmf-relay, application/dtmf',
    );
    expect(info('x', 'text/plain', 'Content-Disposition: render;handling=optional').status).toBe(200);
    expect(info('5', 'application/dtmf', 'Info-Package: nobody').status).toBe(469);
    expect(stage.listener.told).toEqual([]);
  });

  it('answers OPTIONS with what it can, unknown methods with 405, unknown extensions with 420', async () => {
    const incoming = await (await Stage.open()).talking();
    const options = incoming.receive('OPTIONS').last;
    expect([options.status, header(options, 'accept')]).toEqual([200, 'application/sdp, multipart/mixed']);
    expect(header(incoming.receive('REFER').last, 'allow')).toContain('INVITE');
    expect(header(incoming.receive('OPTIONS', { lines: ['Require: foo'] }).last, 'unsupported')).toBe('foo');
  });

  it('never keeps a BYE waiting for an extension', async () => {
    const incoming = await (await Stage.open()).talking();
    expect(incoming.receive('BYE', { lines: ['Require: foo'] }).statuses).toEqual([200]);
  });

  it('probes by OPTIONS: any answer but 408, 481 or silence is a sign of life', async () => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    for (const status of [200, 405, 500]) {
      const alive = call.probe();
      stage.layer.latest('OPTIONS').answer(status);
      expect(await alive).toBe(true);
    }
    expect(stage.listener.told).toEqual([]);
  });

  it.each([
    [481, []],
    [408, ['BYE']],
    ['timeout', ['BYE']],
  ] as const)('takes the line for lost when a probe ends with %s', async (ending, expected) => {
    const stage = await Stage.open();
    const { call } = await stage.talking();
    const alive = call.probe();
    const options = stage.layer.latest('OPTIONS');
    if (typeof ending === 'number') options.answer(ending);
    else options.fail(ending);
    expect(await alive).toBe(false);
    expect(stage.listener.told).toEqual([{ kind: 'hungUp', id: call.id, lineLost: true }]);
    expect(stage.layer.methods().slice(1)).toEqual(expected);
    if (expected.length > 0) stage.layer.latest('BYE').fail();
    await call.hangUp();
    expect(stage.signaling.counts().calls).toBe(0);
    await settle();
  });

  it('sends where the latest request came from when the far end is behind NAT', async () => {
    const stage = await Stage.open();
    const incoming = await stage.talking({ contact: '<sip:alice@192.168.1.5:5060>' });
    incoming.receive('OPTIONS', {}, { ...incoming.invite.peer, port: 33_333 });
    void incoming.call.probe();
    expect(stage.layer.latest('OPTIONS').destination).toMatchObject({
      transport: 'udp',
      address: '203.0.113.7',
      port: 33_333,
    });
  });

  it('sends from the address and port of ours that the far end talks to, and names that port in its Contact', async () => {
    const stage = await Stage.open();
    const second = { ...PEER, localAddress: '198.51.100.2', localPort: 5080 };
    const { call, invite } = await stage.talking({}, second);
    expect(header(invite.last, 'contact')).toBe('<sip:partyline@198.51.100.2:5080>');
    void call.probe();
    expect(stage.layer.latest('OPTIONS').destination.local).toEqual({ address: '198.51.100.2', port: 5080 });
  });
});

describe('a bridge that fails while it is told of the end', () => {
  it('is told as trouble, and the call ends all the same', async () => {
    const stage = await Stage.open();
    stage.listener.hungUp = () => {
      throw new Error('no more');
    };
    const unacknowledged = await stage.incoming();
    unacknowledged.call.answer(ANSWER).catch(() => undefined);
    stage.clock.advance(64 * T1);
    expect(stage.listener.troubles).toEqual(['timer of a call failed: no more']);
    stage.layer.latest('BYE').answer(200);
    const hungUp = await stage.talking({ callId: 'call-2' });
    expect(hungUp.receive('BYE').statuses).toEqual([200]);
    expect(stage.signaling.counts().calls).toBe(0);
  });
});
