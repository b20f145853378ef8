import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OwnedSignaling } from '../../../src/adapters/dialog-owner/owned-signaling.js';
import { DialogOwner } from '../../../src/adapters/dialog-owner/owner.js';
import { NotingListener } from '../../conformance/signaling-listener.js';
import { Held } from './held-fakes.js';

/** What goes over sockets is waited for so long, milliseconds. */
const PATIENCE = { timeout: 10_000 };

describe('a control process whose connection to the dialog owner broke', () => {
  let directory: string;
  let held: Held;
  let owner: DialogOwner;
  let between: Server;
  let links: Socket[];
  let signaling: OwnedSignaling;
  let listener: NotingListener;
  let open: boolean;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'partyline-reconnect-'));
    held = new Held();
    owner = new DialogOwner({ signaling: held, socket: join(directory, 'owner.sock'), log: () => undefined });
    await owner.start();
    links = [];
    open = true;
    between = createServer((near) => {
      near.on('error', () => undefined);
      if (!open) return void near.destroy();
      const far = connect(join(directory, 'owner.sock'));
      far.on('error', () => undefined);
      near.pipe(far).pipe(near);
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
      links.push(near);
    });
    await new Promise<void>((resolve) => between.listen(join(directory, 'between.sock'), resolve));
    listener = new NotingListener();
    signaling = new OwnedSignaling({ socket: join(directory, 'between.sock'), sources: () => ['127.0.0.1'] });
    await signaling.start(listener);
    await signaling.takeBack([]);
  });
  afterEach(async () => {
    await signaling.release();
    await owner.stop();
    await new Promise((resolve) => between.close(resolve));
    rmSync(directory, { recursive: true });
  });

  /** An answered call with a leg. */
  const talking = async () => {
    const theirs = held.invite();
    const ours = await listener.call();
    await signaling.legs.place({
      callId: ours.id,
      uri: 'sip:127.0.0.1:5080',
      offer: 'v=0',
      headers: {},
      advertise: null,
    });
    const answering = ours.answer('v=0');
    await vi.waitFor(() => expect(theirs.answeredWith).toBe('v=0'), PATIENCE);
    theirs.acknowledge();
    await answering;
    return { theirs, ours };
  };

  /** Breaks it; what is done meanwhile is done before it can be made again. */
  const broken = async (meanwhile: () => Promise<void> | void): Promise<void> => {
    open = false;
    for (const link of links.splice(0)) link.destroy();
    await vi.waitFor(() => expect(signaling.status().healthy).toBe(false), PATIENCE);
    await meanwhile();
    open = true;
  };

  it('can refuse at once a call that waited meanwhile', async () => {
    await talking();
    const waited: { call: ReturnType<Held['invite']> | null } = { call: null };
    await broken(() => {
      waited.call = held.invite();
    });
    (await listener.call()).refuse({ status: 486 });
    await vi.waitFor(() => expect(waited.call?.refusal).toEqual({ status: 486 }), PATIENCE);
  });

  it('hears what the far end offered meanwhile, and nothing where it did not', async () => {
    const { theirs, ours } = await talking();
    await broken(() => undefined);
    await vi.waitFor(() => expect(signaling.status().healthy).toBe(true), PATIENCE);
    expect(listener.told).toEqual([]);
    await broken(async () => {
      const offered = held.listener.mediaOffered(theirs.id, 'v=0 hold');
      await new Promise((resolve) => setImmediate(resolve));
      held.placed[0]?.answer('v=0');
      await offered;
    });
    expect(await listener.hears('reanswered')).toMatchObject({ id: ours.id, answer: 'v=0 hold' });
  });
});
