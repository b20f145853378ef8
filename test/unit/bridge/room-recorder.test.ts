import { beforeEach, describe, expect, it } from 'vitest';
import { RoomRecorder } from '../../../src/bridge/room-recorder.js';
import { NOT_RECORDED, type RoomRecording } from '../../../src/bridge/room-recording.js';
import { accountId, callId, conferenceId } from '../../../src/domain/identifiers.js';
import { FakeMedia } from '../../fakes/fake-media.js';
import { FakeRecordings } from '../../fakes/fake-recordings.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { settle } from './world.js';

const ROOM = conferenceId('a1');
const NOT_THEN = { announcements: false };

let clock: ManualClock;
let media: FakeMedia;
let recordings: FakeRecordings;
let lines: string[];
let failures: number;
let counted: number;
let recorder: RoomRecorder;
let roomFree: Promise<void> | null;

/** A recorder as one process has it. */
function make(memory: RoomRecording = NOT_RECORDED): RoomRecorder {
  const line = (fields: unknown, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return new RoomRecorder(memory, {
    ...{ clock, media, recordings },
    conferenceId: ROOM,
    accountId: accountId('a1'),
    recordId: () => 4,
    log: { debug: line, info: line, warn: line, error: line },
    changed: () => undefined,
    failed: () => {
      failures += 1;
    },
    recordingFailed: () => {
      counted += 1;
    },
    roomFree: () => roomFree,
  });
}

async function enter(name = 'c1', mixer?: string): Promise<void> {
  const label = { offer: 'v=0', remoteAddress: '192.0.2.1', label: '' };
  const endpoint = await media.createEndpoint({
    callId: callId(name),
    ...label,
    ...(mixer === undefined ? {} : { mixer }),
  });
  await endpoint.join(ROOM, { muted: false });
}

const sealed = (): readonly string[] => recordings.sealed.map(({ id }) => id);

beforeEach(async () => {
  clock = new ManualClock();
  media = new FakeMedia();
  recordings = new FakeRecordings();
  lines = [];
  failures = 0;
  counted = 0;
  roomFree = null;
  recorder = make();
  await enter();
});

describe('a room', () => {
  it('is recorded from its start to its stop, in one part that is sealed', async () => {
    recorder.start({ announcements: true });
    await settle();
    expect(recordings.begun).toMatchObject([{ conferenceId: ROOM, accountId: 'a1', conferenceRecordId: 4, part: 1 }]);
    expect(media.roomRecordings.get(ROOM)).toEqual({ path: '/dev/shm/r1.wav', plays: true, paused: false });
    expect(sealed()).toEqual([]);
    recorder.stop();
    await settle();
    expect(media.roomRecordings.size).toBe(0);
    expect(sealed()).toEqual(['r1']);
    expect(recorder.memory()).toMatchObject({ wanted: 'off', open: null, parts: 1 });
    expect(failures).toBe(0);
  });

  it('is recorded in another part when it is started again', async () => {
    for (let time = 0; time < 2; time += 1) {
      recorder.start(NOT_THEN);
      await settle();
      recorder.stop();
      await settle();
    }
    expect(recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(sealed()).toEqual(['r1', 'r2']);
  });

  it('is recorded as wanted last, however quickly that changes', async () => {
    recorder.start(NOT_THEN);
    recorder.stop();
    recorder.start(NOT_THEN);
    recorder.pause();
    recorder.resume();
    recorder.pause();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.paused).toBe(true);
    expect(recordings.begun).toHaveLength(1);
    recorder.resume();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.paused).toBe(false);
    recorder.stop();
    recorder.stop();
    await settle();
    expect(sealed()).toEqual(['r1']);
  });

  it('is not recorded where pause or resume come without a start', async () => {
    recorder.pause();
    recorder.resume();
    recorder.stop();
    await settle();
    expect(recordings.begun).toEqual([]);
  });

  it('ends with its recording sealed', async () => {
    recorder.start(NOT_THEN);
    await recorder.close();
    await settle();
    expect(sealed()).toEqual(['r1']);
    recorder.start(NOT_THEN);
    await settle();
    expect(recordings.begun).toHaveLength(1);
  });
});

describe('a room that another conference was recorded in just before', () => {
  it('is recorded when the mixer has ended that, lest the end of the one ends the other', async () => {
    let free: () => void = () => undefined;
    roomFree = new Promise((resolve) => {
      free = resolve;
    });
    recorder.start(NOT_THEN);
    await settle();
    expect(recordings.begun).toEqual([]);
    free();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r1.wav');
  });

  it('is not recorded any more where that was not wanted meanwhile', async () => {
    let free: () => void = () => undefined;
    roomFree = new Promise((resolve) => {
      free = resolve;
    });
    recorder.start(NOT_THEN);
    await settle();
    recorder.stop();
    free();
    await settle();
    expect(recordings.begun).toEqual([]);
  });
});

describe('a room that is empty for a while', () => {
  const leave = async (): Promise<void> => {
    recorder.occupied(false);
    await Promise.all(media.open().map((endpoint) => endpoint.leave()));
    // the mixer ends the room without a word
    media.roomRecordings.delete(ROOM);
    await settle();
  };

  const comeBack = async (): Promise<void> => {
    await enter('c2');
    recorder.occupied(true);
    await settle();
  };

  it('is recorded in another part once somebody is in again', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(1_000);
    await leave();
    clock.advance(60_000);
    await settle();
    await comeBack();
    expect(sealed()).toEqual(['r1']);
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect([failures, counted, clock.pending]).toEqual([0, 0, 0]);
  });

  it('is not tried in vain until its recording is given up', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    await leave();
    recorder.brokeOff('the mixer was lost');
    await settle();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1_000);
      await settle();
    }
    expect(sealed()).toEqual(['r1']);
    await comeBack();
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(failures).toBe(0);
  });

  it('is not recorded where it is paused when somebody is in again, until it goes on', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    recorder.pause();
    await settle();
    await leave();
    await comeBack();
    expect(media.roomRecordings.size).toBe(0);
    recorder.resume();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(media.roomRecordings.get(ROOM)).toMatchObject({ path: '/dev/shm/r2.wav', paused: false });
  });
});

describe('a recording that cannot be sealed', () => {
  it('is logged and counted, and the conference is not told: it may be sealed later', async () => {
    recordings.seal = () => Promise.reject(new Error('the disk is full'));
    recorder.start(NOT_THEN);
    await settle();
    recorder.stop();
    await settle();
    expect(lines.at(-1)).toMatch(/^a recording could not be sealed .*r1.*the disk is full/);
    expect([failures, counted]).toEqual([0, 1]);
  });
});

describe('a recording that cannot begin', () => {
  it('is told once, with a clear line, and leaves nothing, where there is no memory', async () => {
    recordings.full = true;
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    await settle();
    expect(failures).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^the conference is not recorded .*no memory for a recording/)]);
    expect(recorder.memory()).toMatchObject({ wanted: 'off', open: null, parts: 0 });
  });

  it('is told once where the mixer refuses, and its place is given back', async () => {
    media.refuseRecording = true;
    recorder.start(NOT_THEN);
    await settle();
    expect(failures).toBe(1);
    expect(recordings.abandoned.map(({ id }) => id)).toEqual(['r1']);
    expect(sealed()).toEqual([]);
    media.refuseRecording = false;
    recorder.start(NOT_THEN);
    await settle();
    expect(failures).toBe(1);
    expect(recordings.begun.map(({ part }) => part)).toEqual([1, 1]);
  });

  it('is told where the mixer gives no answer', async () => {
    media.recordRoom = () => new Promise(() => undefined);
    recorder.start(NOT_THEN);
    await settle();
    expect(failures).toBe(0);
    clock.advance(6_000);
    await settle();
    expect(failures).toBe(1);
  });
});

describe('a recording that broke off', () => {
  const breakOff = async (): Promise<void> => {
    media.roomRecordings.delete(ROOM);
    recorder.brokeOff('the disk is full');
    await settle();
  };

  it('is kept, and goes on in another part at once where it had lasted', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(30_000);
    await breakOff();
    expect(sealed()).toEqual(['r1']);
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(failures).toBe(0);
  });

  it('is tried again more and more slowly, then told', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(30_000);
    recordings.full = true;
    await breakOff();
    const told: number[] = [];
    for (const ms of [250, 500, 1_000, 2_000, 4_000, 8_000]) {
      clock.advance(ms - 1);
      await settle();
      told.push(failures);
      clock.advance(1);
      await settle();
    }
    expect(told).toEqual([0, 0, 0, 0, 0, 0]);
    expect(failures).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('again and again is given up', async () => {
    recorder.start(NOT_THEN);
    await settle();
    for (const ms of [250, 500, 1_000, 2_000, 4_000, 8_000]) {
      await breakOff();
      expect(media.roomRecordings.size).toBe(0);
      clock.advance(ms);
      await settle();
      expect(media.roomRecordings.size).toBe(1);
    }
    expect(failures).toBe(0);
    await breakOff();
    expect(failures).toBe(1);
    expect(sealed()).toHaveLength(7);
    expect(clock.pending).toBe(0);
  });

  it('while it was paused goes on when it is resumed', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    recorder.pause();
    await settle();
    await breakOff();
    clock.advance(60_000);
    await settle();
    expect(recordings.begun).toHaveLength(1);
    recorder.resume();
    await settle();
    expect(media.roomRecordings.get(ROOM)).toMatchObject({ path: '/dev/shm/r2.wav', paused: false });
  });

  it('with its room, which was empty while it was paused, goes on in another part', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    recorder.pause();
    await settle();
    // the mixer ended the room without a word
    media.roomRecordings.delete(ROOM);
    recorder.resume();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(failures).toBe(0);
  });

  it('is not tried again once it is not wanted any more', async () => {
    recorder.start(NOT_THEN);
    await settle();
    recordings.full = true;
    await breakOff();
    recorder.stop();
    clock.advance(60_000);
    await settle();
    expect(failures).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe('a room that moves to another mixer', () => {
  beforeEach(async () => {
    media = new FakeMedia();
    media.names = ['a', 'b'];
    recorder = make();
    media.placeRoom(ROOM, 'a');
    await enter('c1', 'a');
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
  });

  it('goes on in another part there, once, whoever tells it first', async () => {
    media.down.add('a');
    media.roomRecordings.clear();
    media.placeRoom(ROOM);
    await enter('c1', 'b');
    recorder.roomMoved();
    await settle();
    recorder.roomMoved();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(recorder.memory().mixer).toBe('b');
  });

  it('goes on as soon as the first are there, though its recording broke off before', async () => {
    media.down.add('a');
    await Promise.all(media.open().map((endpoint) => endpoint.close()));
    media.roomRecordings.clear();
    recorder.brokeOff('the mixer was lost');
    await settle();
    expect(media.roomRecordings.size).toBe(0);
    await enter('c1', 'b');
    recorder.roomMoved();
    await settle();
    expect(media.roomRecordings.size).toBe(1);
    recorder.roomMoved();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(recorder.memory()).toMatchObject({ wanted: 'on', mixer: 'b', parts: 2 });
    expect(failures).toBe(0);
  });
});

describe('the death of the process', () => {
  const die = (): void => {
    // as a snapshot has it
    const memory = JSON.parse(JSON.stringify(recorder.memory())) as RoomRecording;
    recorder.handOver();
    recorder = make(memory);
    recorder.takenBack();
  };

  it('ends no recording', async () => {
    recorder.start(NOT_THEN);
    await settle();
    die();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r1.wav');
    expect(sealed()).toEqual([]);
    recorder.stop();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(recordings.begun).toHaveLength(1);
  });

  it('before the mixer was told loses nothing of what was wanted', async () => {
    recorder.start(NOT_THEN);
    const memory = recorder.memory();
    await settle();
    recorder.handOver();
    // what the dead process began is known to the mixer, not to the snapshot
    recorder = make({ ...memory, open: null, parts: 0 });
    recorder.takenBack();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(failures).toBe(0);
  });

  it('does what it had not come to: a pause, a stop, the sealing', async () => {
    recorder.start(NOT_THEN);
    await settle();
    const memory = recorder.memory();
    recorder.handOver();
    recorder = make({ ...memory, wanted: 'paused' });
    recorder.takenBack();
    await settle();
    expect(media.roomRecordings.get(ROOM)?.paused).toBe(true);
    recorder.handOver();
    recorder = make({ ...memory, wanted: 'off' });
    recorder.takenBack();
    await settle();
    expect(media.roomRecordings.size).toBe(0);
    expect(sealed()).toEqual(['r1']);
  });

  it('leaves everything to the next one when it is handed over', async () => {
    recorder.start(NOT_THEN);
    await settle();
    recorder.handOver();
    recorder.stop();
    recorder.brokeOff('late');
    recorder.roomMoved();
    await settle();
    expect(media.roomRecordings.size).toBe(1);
    expect(sealed()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('while it began, handed over, leaves the file to the next one', async () => {
    let fail: (error: Error) => void = () => undefined;
    media.recordRoom = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    recorder.start(NOT_THEN);
    await settle();
    recorder.handOver();
    fail(new Error('this process has let go'));
    await settle();
    expect(recordings.abandoned).toEqual([]);
    expect(recorder.memory().open?.id).toBe('r1');
  });

  it('and that of its mixer, which was there again before, is found when the callers are back', async () => {
    recorder.start(NOT_THEN);
    await settle();
    clock.advance(60_000);
    media.roomRecordings.clear();
    die();
    await settle();
    recorder.roomMoved();
    await settle();
    expect(sealed()).toEqual(['r1']);
    expect(media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    recorder.roomMoved();
    await settle();
    expect(recordings.begun).toHaveLength(2);
  });
});
