import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PhoneLevels, PhoneSource, PhoneStatistics } from '../../../src/app/telephone/telephone.js';
import {
  HandCall,
  type CallEnding,
  type CallInProgress,
  type CallSummary,
  type HandCallOptions,
  type PressOptions,
} from '../../../src/app/telephone/hand-call.js';
import { readKeys } from '../../../src/app/telephone/key-sequence.js';
import type { Screen } from '../../../src/app/telephone/screen.js';
import { isKey, type Key } from '../../../src/domain/keys.js';

const SPEECH = -20;
const QUIET = -96;

class FakeCall implements CallInProgress {
  readonly ended: Promise<CallEnding>;
  readonly pressed: { readonly at: number; readonly key: string; readonly options: PressOptions | undefined }[] = [];
  said: PhoneSource | null = null;
  inDbfs = QUIET;
  heard = new Int16Array(0);
  end: (ending: CallEnding) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  press(key: string, options?: PressOptions): Promise<void> {
    this.pressed.push({ at: performance.now(), key, options });
    return new Promise((resolve) => setTimeout(resolve, options?.durationMs ?? 0));
  }

  say(source: PhoneSource): void {
    this.said = source;
  }

  takeHeard(): Int16Array {
    const { heard } = this;
    this.heard = new Int16Array(0);
    return heard;
  }

  levels(): PhoneLevels {
    return { inDbfs: this.inDbfs, outDbfs: -30, inOnsetMs: 0, outOnsetMs: 0 };
  }

  statistics(): PhoneStatistics {
    return {
      packetsReceived: 90,
      packetsSent: 100,
      packetsLost: 1,
      rtcpReceived: 0,
      byeReceived: false,
      interArrivalMs: [],
      longestGapMs: 20,
      longestQuietMs: 0,
      samplesHeard: 0,
      lastArrivalMs: 0,
      ssrc: 1,
    };
  }

  hangUp(): Promise<void> {
    this.end({ by: 'us', cause: 'hung up' });
    return Promise.resolve();
  }

  get keys(): string {
    return this.pressed.map(({ key }) => key).join('');
  }
}

class Lines implements Screen {
  readonly told: string[] = [];
  tell(text: string): void {
    this.told.push(text);
  }
  levels(): void {
    // Not looked at here.
  }
  close(): void {
    // Nothing to close.
  }
}

const PIN: readonly Key[] = Array.from('123456789').filter(isKey);

describe('a call by hand', () => {
  let call: FakeCall;
  let lines: Lines;
  let wish: AbortController;

  beforeEach(() => {
    vi.useFakeTimers();
    call = new FakeCall();
    lines = new Lines();
    wish = new AbortController();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const handCall = (options: Partial<HandCallOptions> = {}): HandCall =>
    new HandCall(
      call,
      {
        pin: null,
        keys: [],
        say: { kind: 'silence' },
        record: null,
        limitMs: null,
        keyMethod: null,
        hangUp: wish.signal,
        ...options,
      },
      lines,
    );

  it('keys the PIN and # once the far end speaks, and never shows it', async () => {
    const done = handCall({ pin: PIN }).run();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(call.keys).toBe('');
    call.inDbfs = SPEECH;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(call.keys).toBe('123456789#');
    expect(lines.told.join()).not.toMatch(/[0-9]/);
    wish.abort();
    await done;
  });

  it('keys the PIN all the same when nothing is heard for ten seconds', async () => {
    const done = handCall({ pin: PIN }).run();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(call.keys).toBe('123456789#');
    wish.abort();
    await done;
  });

  it('presses the other keys when the far end has paused, a comma being a second', async () => {
    call.inDbfs = SPEECH;
    const done = handCall({ pin: PIN, keys: readKeys('*,6') }).run();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(call.keys).toBe('123456789#');
    call.inDbfs = QUIET;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(call.keys).toBe('123456789#*6');
    const [star, six] = call.pressed.slice(-2);
    expect((six?.at ?? 0) - (star?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    wish.abort();
    await done;
  });

  it('presses them after eight seconds where the far end never pauses, as on hold music', async () => {
    call.inDbfs = SPEECH;
    const done = handCall({ keys: readKeys('*6') }).run();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(call.keys).toBe('*6');
    wish.abort();
    await done;
  });

  it('sends a typed key at once, behind those under way, by the method asked for', async () => {
    const session = handCall({ keyMethod: 'info' });
    const done = session.run();
    session.type('*');
    session.type('6');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(call.keys).toBe('*6');
    expect(call.pressed.map(({ options }) => options?.method)).toEqual(['info', 'info']);
    expect((call.pressed[1]?.at ?? 0) - (call.pressed[0]?.at ?? 0)).toBeGreaterThanOrEqual(200);
    wish.abort();
    await done;
  });

  it('hands on everything heard, to the last sample', async () => {
    const recorded: number[] = [];
    const done = handCall({ record: (samples) => recorded.push(...samples) }).run();
    call.heard = Int16Array.of(1, 2);
    await vi.advanceTimersByTimeAsync(500);
    call.heard = Int16Array.of(3);
    call.end({ by: 'them', cause: 'far end hung up' });
    await done;
    expect(recorded).toEqual([1, 2, 3]);
  });

  it('hangs up after the time asked for', async () => {
    const done = handCall({ limitMs: 5_000 }).run();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await done).toMatchObject({ durationMs: 5_000, endedBy: 'us' });
  });

  it('presses nothing more when the call is over, and sums it up', async () => {
    call.inDbfs = SPEECH;
    const done = handCall({ pin: PIN }).run();
    await vi.advanceTimersByTimeAsync(1_000);
    call.end({ by: 'line', cause: 'session timer expired' });
    const before = call.keys.length;
    const summary: CallSummary = await done;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(call.keys.length).toBe(before);
    expect(summary).toEqual({
      durationMs: 1_000,
      packetsSent: 100,
      packetsReceived: 90,
      packetsLost: 1,
      loudestInDbfs: -20,
      loudestOutDbfs: -30,
      endedBy: 'line',
      cause: 'session timer expired',
    });
  });
});
