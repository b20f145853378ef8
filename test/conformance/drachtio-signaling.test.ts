import { readFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startLocalDrachtio, type LocalDrachtio } from '../../src/adapters/local-programs/drachtio.js';
import { DrachtioSignaling } from '../../src/adapters/drachtio/signaling.js';
import { DialogLost, type Signaling } from '../../src/ports/signaling.js';
import { describeProduction, productionDirectory, useDrachtio } from '../production.js';
import { NotingListener } from './signaling-listener.js';
import { describeSignaling } from './signaling.js';
import { sdp, SipCaller } from './sip-caller.js';

// drachtio-server keeps to the times of RFC 3261: an ACK is missed after 32 s.
const timers = { t1: 500, t2: 4_000, t4: 5_000 };

describeProduction('drachtio-server', () => {
  const server = useDrachtio(productionDirectory());
  describeSignaling('drachtio', () => {
    const { host, port, secret } = server();
    return { signaling: new DrachtioSignaling({ host, port, secret }), timers, forks: false };
  });
});

describeProduction('drachtio-server, its connection and its log', () => {
  const directory = productionDirectory();
  const callers: SipCaller[] = [];
  let server: LocalDrachtio;
  let proxy: Server;
  const links: Socket[] = [];
  const signalings: Signaling[] = [];

  /** Signalling that ends with the test: what stays connected gets calls of the next one. */
  const signalingAt = (place: Pick<LocalDrachtio, 'host' | 'port' | 'secret'>): Signaling => {
    const signaling = new DrachtioSignaling({ host: place.host, port: place.port, secret: place.secret });
    signalings.push(signaling);
    return signaling;
  };

  /** A caller of the signalling under test, on a socket of its own. */
  const newCaller = async (): Promise<SipCaller> => {
    const caller = new SipCaller({ target: { address: server.sipAddress, port: server.sipPort }, timers });
    await caller.start();
    callers.push(caller);
    return caller;
  };

  const heard = async (listener: NotingListener, words: RegExp): Promise<void> => {
    const until = Date.now() + 10_000;
    while (Date.now() < until) {
      if (listener.troubles.some((line) => words.test(line))) return;
      await pause(20);
    }
    throw new Error(`never told: ${words.source}`);
  };

  const throughProxy = (): Signaling =>
    signalingAt({ host: '127.0.0.1', port: (proxy.address() as AddressInfo).port, secret: server.secret });

  beforeAll(async () => {
    server = await startLocalDrachtio({ directory: join(directory, 'drachtio') });
    proxy = createServer((near) => {
      const far = connect(server.port, server.host);
      for (const socket of [near, far]) socket.on('error', () => undefined);
      links.push(near, far);
      near.pipe(far);
      far.pipe(near);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    await Promise.all(callers.splice(0).map((caller) => caller.stop()));
    await Promise.all(signalings.splice(0).map((signaling) => signaling.stop()));
  });

  afterAll(async () => {
    for (const link of links) link.destroy();
    proxy.close();
    await server.stop();
  });

  it('says in one line that the secret is wrong', async () => {
    const { host, port } = server;
    const signaling = signalingAt({ host, port, secret: 'not the secret of this one' });
    await expect(signaling.start(new NotingListener())).rejects.toThrow(
      `drachtio-server at ${host}:${port} refused our secret`,
    );
  });

  it('says in one line within 5 s that nobody answers', async () => {
    const begun = Date.now();
    const signaling = signalingAt({ host: '127.0.0.1', port: 1, secret: server.secret });
    await expect(signaling.start(new NotingListener())).rejects.toThrow(
      /^drachtio-server does not answer at 127\.0\.0\.1:1: .*ECONNREFUSED.*$/,
    );
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('refuses a secret that everyone knows, and starts nothing', async () => {
    const known = { directory: join(directory, 'known'), secret: 'cymru' };
    await expect(startLocalDrachtio(known)).rejects.toThrow('the secret of drachtio-server is known to everyone');
  });

  it('says in one line that a port is taken, and leaves nothing running', async () => {
    const taken = { directory: join(directory, 'taken'), sipPort: server.sipPort };
    await expect(startLocalDrachtio(taken)).rejects.toThrow(
      /^drachtio-server did not start \(.*\); see .*drachtio\.log$/,
    );
  });

  it('connects again when the connection breaks, and keeps the calls', async () => {
    const listener = new NotingListener();
    const signaling = throughProxy();
    await signaling.start(listener);
    const caller = await newCaller();
    const theirs = await caller.call('conference', { events: { offered: () => sdp('caller', 2) } });
    const ours = await listener.call();
    await ours.answer(sdp('bridge'));

    for (const link of links.splice(0)) link.destroy();
    await heard(listener, /^connection to drachtio-server lost .* running calls go on$/);
    await heard(listener, /^connected to drachtio-server again$/);
    expect(signaling.counts().calls).toBe(1);
    expect(listener.told).toEqual([]);

    // We can still speak within the call, and others can call.
    await expect(ours.reoffer(sdp('bridge', 2))).resolves.toBe(sdp('caller', 2));
    expect(await ours.probe()).toBe(true);
    const other = await (await newCaller()).call('conference');
    (await listener.call()).refuse({ status: 486 });
    await expect(other.answered).rejects.toMatchObject({ status: 486 });

    // The caller's BYE belongs to the connection that is gone; it is heard of all the same.
    await theirs.bye();
    expect(await listener.hears('hungUp')).toMatchObject({ id: ours.id, lineLost: false });
    await signaling.stop();
  });

  it('hangs up after the connection broke', async () => {
    const listener = new NotingListener();
    const signaling = throughProxy();
    await signaling.start(listener);
    const theirs = await (await newCaller()).call('conference');
    const ours = await listener.call();
    await ours.answer(sdp('bridge'));
    for (const link of links.splice(0)) link.destroy();
    await heard(listener, /again$/);
    await ours.hangUp();
    expect(await theirs.ended).toMatchObject({ by: 'them' });
    expect(signaling.counts()).toEqual({ calls: 0, transactions: 0 });
    await signaling.stop();
  });

  it.each([
    ['the far end', 'uac', 'uas'],
    ['we', 'uas', 'uac'],
  ])('keeps the session timer when we re-offer, where %s refresh', async (_who, first, then) => {
    const listener = new NotingListener();
    const signaling = signalingAt(server);
    await signaling.start(listener);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const send = (lines: readonly string[], body = ''): void => {
      const rest = [`Content-Length: ${body.length}`, '', body];
      socket.send([...lines, ...rest].join('\r\n'), server.sipPort, server.sipAddress);
    };
    const dialog = (cseq: string, to = ''): string[] => [
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${cseq.replace(' ', '')}${port}`,
      'Max-Forwards: 70',
      `From: <sip:442071234567@127.0.0.1>;tag=far${port}`,
      `To: <sip:conference@127.0.0.1>${to}`,
      `Call-ID: timer-${port}`,
      `CSeq: ${cseq}`,
      `Contact: <sip:442071234567@127.0.0.1:${port}>`,
    ];
    const sdpType = 'Content-Type: application/sdp';
    const reinvited = new Promise<string>((resolve) => {
      socket.on('message', (bytes) => {
        const text = bytes.toString();
        const tag = /^To:.*(;tag=\S+)/im.exec(text)?.[1] ?? '';
        if (/^SIP\/2.0 200 [^]*CSeq: 1 INVITE/i.test(text)) {
          send([`ACK sip:conference@${server.sipAddress}:${server.sipPort} SIP/2.0`, ...dialog('1 ACK', tag)]);
        } else if (text.startsWith('INVITE ')) {
          const copied = text.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
          const contact = `Contact: <sip:442071234567@127.0.0.1:${port}>`;
          send(['SIP/2.0 200 OK', ...copied, contact, sdpType], sdp('caller', 2));
          resolve(text);
        } else if (text.startsWith('BYE ')) {
          send(['SIP/2.0 200 OK', ...text.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line))]);
        }
      });
    });
    try {
      const timer = ['Supported: timer', `Session-Expires: 600;refresher=${first}`];
      const invite = `INVITE sip:conference@${server.sipAddress}:${server.sipPort} SIP/2.0`;
      send([invite, ...dialog('1 INVITE'), ...timer, sdpType], sdp('caller'));
      const ours = await listener.call();
      await ours.answer(sdp('bridge'));
      await ours.reoffer(sdp('bridge', 2));
      const text = await reinvited;
      expect(/^Session-Expires:\s*(.*)$/im.exec(text)?.[1]).toMatch(new RegExp(`^600; *refresher=${then}$`));
      expect(/^Supported:\s*(.*)$/im.exec(text)?.[1]).toContain('timer');
      await ours.hangUp();
    } finally {
      socket.close();
      await signaling.stop();
    }
  });

  it('says that drachtio-server was restarted, and takes new calls', async () => {
    const own = join(directory, 'restarted');
    const first = await startLocalDrachtio({ directory: join(own, 'first') });
    const { host, port, secret, sipAddress, sipPort } = first;
    const listener = new NotingListener();
    const signaling = signalingAt({ host, port, secret });
    await signaling.start(listener);
    const target = { address: sipAddress, port: sipPort };
    const caller = new SipCaller({ target, timers });
    await caller.start();
    callers.push(caller);
    await caller.call('conference');
    const forgotten = await listener.call();
    await forgotten.answer(sdp('bridge'));
    await first.kill();
    await heard(listener, /^connection to drachtio-server lost/);
    expect(signaling.status()).toMatchObject({ healthy: false });
    expect(signaling.status().detail).toMatch(/^connection to drachtio-server at \S+ lost \(.*\), connecting again$/);
    await expect(forgotten.reoffer(sdp('bridge', 2))).rejects.toThrow(DialogLost);

    const again = { directory: join(own, 'second'), adminPort: port, secret, sipPort };
    const second = await startLocalDrachtio(again);
    await heard(listener, /^drachtio-server was restarted and forgot 1 calls/);
    expect(signaling.status().healthy).toBe(true);
    expect(signaling.status().detail).toMatch(/forgot 1 calls, whose audio goes on$/);
    await expect(forgotten.reoffer(sdp('bridge', 2))).rejects.toThrow(DialogLost);
    const theirs = await caller.call('conference');
    const fresh = await listener.call();
    await fresh.answer(sdp('bridge'));
    await fresh.hangUp();
    expect(await theirs.ended).toMatchObject({ by: 'them' });

    // Asked for when there is no audio either: then it is over.
    expect(await forgotten.probe()).toBe(false);
    expect(await listener.hears('hungUp')).toMatchObject({ id: forgotten.id, lineLost: true });
    expect(signaling.counts()).toEqual({ calls: 0, transactions: 0 });
    await signaling.stop();
    await second.stop();
  });

  it('writes no key of a caller to its log', async () => {
    const listener = new NotingListener();
    const signaling = throughProxy();
    await signaling.start(listener);
    const theirs = await (await newCaller()).call('conference');
    const ours = await listener.call();
    await ours.answer(sdp('bridge'));
    for (const key of ['4', '7', '1', '1'] as const) await theirs.info(key);
    await ours.hangUp();
    await signaling.stop();
    expect(listener.told.filter(({ kind }) => kind === 'key')).toHaveLength(4);
    const log = readFileSync(server.logFile, 'utf8');
    expect(log).not.toMatch(/signal|dtmf|INFO sip/i);
    expect(log).not.toContain(server.secret);
  });
});
