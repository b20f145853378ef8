import type { MessagePort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Leg } from '../../../src/adapters/embedded-media/leg.js';
import type { AnswerTo, Command, Request } from '../../../src/adapters/embedded-media/protocol.js';
import { RoomRegistry } from '../../../src/adapters/embedded-media/room-registry.js';
import { makeOffer, newLocalSession } from '../../../src/adapters/embedded-media/sdp.js';
import { SoundShelf } from '../../../src/adapters/embedded-media/sound-shelf.js';
import { WorkerGone, WorkerRefused } from '../../../src/adapters/embedded-media/worker-link.js';
import type { WorkerSlot } from '../../../src/adapters/embedded-media/worker-team.js';
import { callId, conferenceId, playId } from '../../../src/domain/identifiers.js';

/** A worker that answers when the test says so. */
class FakeLink {
  alive = true;
  readonly told: Command['type'][] = [];
  readonly asked: Request['type'][] = [];
  /** How requests of a type end; those of others succeed at once. */
  readonly answers = new Map<Request['type'], Promise<number>>();
  private readonly ports: MessagePort[] = [];

  command(command: Command): void {
    this.told.push(command.type);
    if ('to' in command) this.ports.push(command.to);
  }

  request<R extends Request>(request: R): Promise<AnswerTo<R>> {
    this.asked.push(request.type);
    if ('from' in request) request.from.close();
    if (!this.alive) return Promise.reject(new WorkerGone('gone'));
    return (this.answers.get(request.type) ?? Promise.resolve(0)) as Promise<AnswerTo<R>>;
  }
}

class Place implements WorkerSlot {
  readonly healthy = true;
  link = new FakeLink();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Something that ends when the test says so. */
const pending = () => {
  let end = (): void => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<number>((resolve, reject) => {
    end = () => resolve(0);
    fail = reject;
  });
  return { promise, end, fail };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ROOM = conferenceId('r');

const bench = () => {
  const rooms = new RoomRegistry();
  const [here, there] = [new Place('here'), new Place('there')];
  const events: string[] = [];
  const listener = {
    keyPressed: () => undefined,
    playFinished: (_: unknown, play: string, outcome: string) => events.push(`${play} ${outcome}`),
    roomPlayFinished: () => undefined,
    audioMissing: () => undefined,
    roomLeft: () => undefined,
    endpointLost: () => events.push('lost'),
    spokeWhileMuted: () => undefined,
    roomRecordingFailed: () => undefined,
    trouble: () => undefined,
  };
  const leg = new Leg(
    {
      ...{ callId: callId('c'), handle: 1, bindAddress: '127.0.0.1', rtpPort: 20_000, ssrc: 1, cname: 'x' },
      ...{ silenceMs: 60_000, silenceOnHoldMs: 60_000 },
    },
    makeOffer(newLocalSession({ sessionId: 1, address: '127.0.0.1', rtpPort: 20_000 })),
    null,
    here,
    { listener, rooms, sounds: new SoundShelf(() => 0), closed: () => events.push('closed') },
  );
  /** The room lives with the other worker. */
  const elsewhere = (): void => {
    rooms.enter(ROOM, {}, there);
  };
  return { rooms, here, there, events, leg, elsewhere };
};

describe('a leg that is closed', () => {
  it('on its way from one room to another leaves no trace of itself in either', async () => {
    const { rooms, here, leg, events } = bench();
    await leg.join(conferenceId('before'), { muted: false });
    const leave = pending();
    here.link.answers.set('leave', leave.promise);
    const joined = leg.join(ROOM, { muted: false });
    await turn();
    const closed = leg.close();
    leave.end();
    await Promise.all([joined, closed]);
    expect(rooms.find(conferenceId('before'))).toBeNull();
    expect(rooms.find(ROOM)).toBeNull();
    expect(events).toEqual(['closed']);
  });

  it('while it moves to the room’s worker is closed there', async () => {
    const { there, leg, elsewhere } = bench();
    elsewhere();
    const adoption = pending();
    there.link.answers.set('adopt', adoption.promise);
    const joined = leg.join(ROOM, { muted: false });
    await turn();
    const closed = leg.close();
    adoption.end();
    await Promise.all([joined, closed]);
    expect(there.link.asked.at(-1)).toBe('close');
  });
});

describe('a leg that cannot move to the room’s worker', () => {
  const refused = async () => {
    const all = bench();
    all.elsewhere();
    const adoption = pending();
    all.there.link.answers.set('adopt', adoption.promise);
    const joined = all.leg.join(ROOM, { muted: false });
    await turn();
    return { ...all, joined, refuse: () => adoption.fail(new WorkerRefused('EMFILE')) };
  };

  it('goes on where it was', async () => {
    const { leg, here, joined, refuse } = await refused();
    refuse();
    await expect(joined).rejects.toThrow('EMFILE');
    expect(leg.isOn(here)).toBe(true);
  });

  it('plays there what was asked for meanwhile', async () => {
    const { leg, here, there, joined, refuse } = await refused();
    leg.play(playId('p'), []);
    expect(there.link.told).toEqual(['play']);
    refuse();
    await expect(joined).rejects.toThrow();
    expect(here.link.told).toEqual(['handOver', 'play']);
  });

  it('is opened again there when its old worker was replaced meanwhile', async () => {
    const { here, joined, refuse } = await refused();
    here.link = new FakeLink();
    refuse();
    await expect(joined).rejects.toThrow();
    expect(here.link.asked).toContain('open');
  });

  it('is lost when its old worker is gone for good', async () => {
    const { here, joined, refuse, events } = await refused();
    here.link.alive = false;
    refuse();
    await expect(joined).rejects.toThrow();
    await turn();
    expect(events).toContain('lost');
  });

  it('because that worker is gone for good does not try to', async () => {
    const { leg, here, there, elsewhere, rooms } = bench();
    elsewhere();
    there.link.alive = false;
    await expect(leg.join(ROOM, { muted: false })).rejects.toThrow();
    expect(leg.isOn(here)).toBe(true);
    expect(here.link.told).toEqual([]);
    expect(rooms.find(ROOM)).toBe(there);
  });
});

describe('a leg whose new worker dies as it takes it over', () => {
  it('is let go by the old one without a goodbye, since it goes on', async () => {
    const { leg, here, there, elsewhere } = bench();
    elsewhere();
    const adoption = pending();
    there.link.answers.set('adopt', adoption.promise);
    const joined = leg.join(ROOM, { muted: false });
    await turn();
    there.link = new FakeLink();
    adoption.fail(new WorkerGone('gone'));
    void leg.recover();
    await joined;
    expect(here.link.asked).toEqual(['letGo']);
    expect(there.link.asked).toEqual(['open', 'join']);
  });
});
