import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LegLedger } from '../../../src/adapters/embedded-media/leg-ledger.js';
import { pairIsFree } from '../../../src/adapters/embedded-media/port-range.js';
import type {
  Command,
  FromWorker,
  Request,
  SessionDescriptor,
  WorkerEvent,
} from '../../../src/adapters/embedded-media/protocol.js';
import { WorkerHost } from '../../../src/adapters/embedded-media/worker-host.js';
import { AGREEMENT, order } from './bench.js';

const ADDRESS = '127.0.0.1';

/** A worker's inside in this thread, with the main thread's end of it. */
class Desk {
  readonly events: WorkerEvent[] = [];
  private readonly host = new WorkerHost((message) => this.took(message));
  private readonly waiting = new Map<number, (answer: string) => void>();
  private waits: { readonly type: WorkerEvent['type']; readonly done: () => void }[] = [];
  private numbers = 0;

  /** Resolves with the value, or with why it was refused. */
  ask(request: Request): Promise<string> {
    this.numbers += 1;
    const number = this.numbers;
    return new Promise((resolve) => {
      this.waiting.set(number, resolve);
      this.host.take({ type: 'request', number, request });
    });
  }

  tell(command: Command): void {
    this.host.take({ type: 'command', command });
  }

  event(type: WorkerEvent['type']): Promise<void> {
    return new Promise((done) => this.waits.push({ type, done }));
  }

  private took(message: FromWorker): void {
    if (message.type === 'reply') {
      this.waiting.get(message.number)?.(message.ok ? JSON.stringify(message.value) : message.error);
    } else if (message.type === 'event') {
      const { event } = message;
      this.events.push(event);
      for (const { type, done } of this.waits) if (type === event.type) done();
    }
  }
}

const freePair = async (): Promise<number> => {
  for (;;) {
    const port = 41_000 + 2 * Math.floor(Math.random() * 4_000);
    if (await pairIsFree(ADDRESS, port)) return port;
  }
};

describe('a worker', () => {
  let desk: Desk;
  let descriptor: SessionDescriptor;
  const handle = 1;

  beforeEach(async () => {
    desk = new Desk();
    descriptor = {
      ...{ handle, bindAddress: ADDRESS, rtpPort: await freePair(), ssrc: 1, cname: 'x', latched: null, room: null },
      ...{ agreement: { ...AGREEMENT, remote: { address: ADDRESS, port: 9 }, remoteRtcp: null } },
      ...{ muted: false, hearDb: 0, speakDb: 0, inbandOff: false, silenceMs: 60_000, silenceOnHoldMs: 60_000 },
      ledger: new LegLedger().memory,
    };
  });

  afterEach(async () => {
    await desk.ask({ type: 'close', handle });
  });

  it('carries out what is asked of a leg while its ports are still being opened, in order', async () => {
    const opened = desk.ask({ type: 'open', descriptor, play: null });
    const finished = desk.event('playFinished');
    desk.tell({ type: 'play', handle, play: order('p', new Int16Array(160)) });
    const answers = [
      desk.ask({ type: 'agree', handle, agreement: AGREEMENT }),
      desk.ask({ type: 'join', handle, room: 'r', muted: true }),
      desk.ask({ type: 'mute', handle, muted: false }),
    ];
    expect(await opened).toBe('0');
    expect(await Promise.all(answers)).toEqual(['0', '0', '0']);
    expect(await desk.ask({ type: 'roomSize', room: 'r' })).toBe('1');
    await finished;
    expect(desk.events).toMatchObject([{ type: 'playFinished', handle, playId: 'p', outcome: 'completed' }]);
  });

  it('keeps no port open of a leg that was closed while they were being opened', async () => {
    const opened = desk.ask({ type: 'open', descriptor, play: null });
    expect(await desk.ask({ type: 'close', handle })).toBe('0');
    await opened;
    expect(await pairIsFree(ADDRESS, descriptor.rtpPort)).toBe(true);
  });

  it('mixes what is due before it ends a recording, and begins another afterwards', async () => {
    const clock = vi.spyOn(performance, 'now');
    try {
      const atMs = performance.now();
      clock.mockReturnValue(atMs);
      await desk.ask({ type: 'open', descriptor, play: null });
      await desk.ask({ type: 'join', handle, room: 'r', muted: false });
      const record = { type: 'recordRoom', room: 'r', samples: 8_000, plays: true } as const;
      expect(await desk.ask({ ...record, recording: 1 })).toBe('0');
      clock.mockReturnValue(atMs + 65);
      const stopped = desk.ask({ type: 'stopRoom', room: 'r', recording: 1 });
      const begun = desk.ask({ ...record, recording: 2 });
      expect(await Promise.all([stopped, begun])).toEqual(['0', '0']);
      expect(await desk.ask({ type: 'stopRoom', room: 'r', recording: 2 })).toBe('0');
      const recorded = desk.events.flatMap((event) => (event.type === 'roomRecorded' ? [event] : []));
      expect(recorded.map(({ recording, samples }) => [recording, samples.length])).toEqual([[1, 3 * 160]]);
    } finally {
      clock.mockRestore();
    }
  });

  describe('that hands a leg over', () => {
    let other: Desk;
    const carries = async (one: Desk): Promise<boolean> =>
      (await one.ask({ type: 'mute', handle, muted: false })) === '0';

    beforeEach(async () => {
      other = new Desk();
      await desk.ask({ type: 'open', descriptor, play: null });
    });

    afterEach(async () => {
      vi.useRealTimers();
      await other.ask({ type: 'close', handle });
    });

    it('carries it no more once the other one does', async () => {
      const { port1, port2 } = new MessageChannel();
      const adopted = other.ask({ type: 'adopt', descriptor, from: port1 });
      desk.tell({ type: 'handOver', handle, to: port2 });
      expect(await adopted).toBe('0');
      expect([await carries(desk), await carries(other)]).toEqual([false, true]);
    });

    it('keeps it where the other one takes too long to come, which then does without', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { port1, port2 } = new MessageChannel();
      desk.tell({ type: 'handOver', handle, to: port2 });
      vi.advanceTimersByTime(2_001);
      expect(await other.ask({ type: 'adopt', descriptor, from: port1 })).toContain('stayed');
      expect([await carries(desk), await carries(other)]).toEqual([true, false]);
    });

    it('is not waited for when it has died', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { port1, port2 } = new MessageChannel();
      port2.close();
      expect(await other.ask({ type: 'adopt', descriptor, from: port1 })).toBe('0');
      expect(await carries(other)).toBe(true);
    });

    it('is asked for it in vain when it has none, and the other one begins anew', async () => {
      await desk.ask({ type: 'letGo', handle });
      const { port1, port2 } = new MessageChannel();
      desk.tell({ type: 'handOver', handle, to: port2 });
      expect(await other.ask({ type: 'adopt', descriptor, from: port1 })).toBe('0');
    });
  });
});
