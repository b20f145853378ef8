import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../src/adapters/dialog-owner/peer.js';
import { ConnectionLost } from '../../../src/adapters/dialog-owner/port-errors.js';
import { LegRefused } from '../../../src/ports/mixer-legs.js';
import {
  CallGone,
  DialogLost,
  MediaOfferRefused,
  MediaOfferTooSoon,
  ReofferRefused,
} from '../../../src/ports/signaling.js';

interface Requests {
  readonly ask: { params: { readonly what: string }; result: string };
}
interface Notices {
  readonly note: { readonly text: string };
}
type TestPeer = Peer<Requests, Notices, Requests, Notices>;

describe('the connection between control process and dialog owner', () => {
  let directory: string;
  let server: Server;
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'partyline-wire-'));
    const path = join(directory, 'socket');
    const accepted = new Promise<Socket>((resolve) => (server = createServer(resolve).listen(path)));
    await new Promise((resolve) => server.once('listening', resolve));
    near = connect(path);
    far = await accepted;
  });
  afterEach(async () => {
    near.destroy();
    far.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  const peer = (
    socket: Socket,
    answer: (what: string) => Promise<string> = (what) => Promise.resolve(what),
    noted: (text: string) => void = () => undefined,
    closed: () => void = () => undefined,
  ): TestPeer => new Peer(socket, { ask: ({ what }) => answer(what) }, { note: ({ text }) => noted(text) }, closed);

  it('carries text of any kind, in order', async () => {
    const told: string[] = [];
    peer(
      far,
      (what) => Promise.resolve(`${what}!`),
      (text) => told.push(text),
    );
    const ours = peer(near);
    ours.tell('note', { text: 'first\nsecond ü 😀' });
    ours.tell('note', { text: 'x'.repeat(200_000) });
    expect(await ours.ask('ask', { what: 'last' })).toBe('last!');
    expect(told).toEqual(['first\nsecond ü 😀', 'x'.repeat(200_000)]);
  });

  it.each([
    new CallGone('gone'),
    new DialogLost('lost'),
    new MediaOfferRefused('no'),
    new MediaOfferTooSoon('not yet'),
    new ReofferRefused(491),
    new LegRefused(503),
    new Error('anything'),
  ])('brings the error back as it was thrown: %s', async (error) => {
    peer(far, () => Promise.reject(error));
    const caught: unknown = await peer(near)
      .ask('ask', { what: '' })
      .catch((reason: unknown) => reason);
    expect(caught).toEqual(error);
    expect(caught).toBeInstanceOf(error.constructor);
  });

  it('fails what is asked when the connection ends', async () => {
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    peer(far, () => {
      asked();
      return new Promise(() => undefined);
    });
    const ours = peer(near);
    const answer = ours.ask('ask', { what: '' });
    answer.catch(() => undefined);
    await arrived;
    far.destroy();
    await expect(answer).rejects.toBeInstanceOf(ConnectionLost);
    expect(ours.open).toBe(false);
    await expect(ours.ask('ask', { what: '' })).rejects.toBeInstanceOf(ConnectionLost);
    ours.tell('note', { text: 'to nobody' });
  });

  const closing = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

  it.each([
    ['what is not JSON', 'GET / HTTP/1.1\r\n'],
    ['a line without end', 'x'.repeat(17_000_000)],
  ])('closes on %s', async (_what, text) => {
    const closed = new Promise<void>((resolve) => peer(far, undefined, undefined, resolve));
    const ended = closing(near);
    near.on('error', () => undefined);
    near.write(text);
    await closed;
    await ended;
  });

  it('closes when the other side does not read', async () => {
    const closed = new Promise<void>((resolve) => {
      const ours = peer(far, undefined, undefined, resolve);
      near.pause();
      // 20 MB; what fits into the socket itself does not count.
      for (let count = 0; count < 200; count++) ours.tell('note', { text: 'x'.repeat(100_000) });
      expect(ours.open).toBe(true);
    });
    await closed;
  });
});
