import { beforeEach, describe, expect, it } from 'vitest';
import { NOT_THEN, RecorderStage, ROOM } from './recorder-stage.js';
import { settle } from './world.js';

let stage: RecorderStage;
beforeEach(async () => {
  stage = new RecorderStage();
  await stage.enter();
});

describe('a room', () => {
  it('is recorded from its start to its stop, in one part that is sealed', async () => {
    stage.recorder.start({ announcements: true });
    await settle();
    expect(stage.recordings.begun).toMatchObject([
      { conferenceId: ROOM, accountId: 'a1', conferenceRecordId: 4, part: 1 },
    ]);
    expect(stage.media.roomRecordings.get(ROOM)).toEqual({ path: '/dev/shm/r1.wav', plays: true, paused: false });
    expect(stage.sealed()).toEqual([]);
    stage.recorder.stop();
    await settle();
    expect(stage.media.roomRecordings.size).toBe(0);
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.recorder.memory()).toMatchObject({ wanted: 'off', open: null, parts: 1 });
    expect(stage.failures).toBe(0);
  });

  it('is recorded in another part when it is started again', async () => {
    for (let time = 0; time < 2; time += 1) {
      stage.recorder.start(NOT_THEN);
      await settle();
      stage.recorder.stop();
      await settle();
    }
    expect(stage.recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(stage.sealed()).toEqual(['r1', 'r2']);
  });

  it('is recorded as wanted last, however quickly that changes', async () => {
    stage.recorder.start(NOT_THEN);
    stage.recorder.stop();
    stage.recorder.start(NOT_THEN);
    stage.recorder.pause();
    stage.recorder.resume();
    stage.recorder.pause();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.paused).toBe(true);
    expect(stage.recordings.begun).toHaveLength(1);
    stage.recorder.resume();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.paused).toBe(false);
    stage.recorder.stop();
    stage.recorder.stop();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
  });

  it('is not recorded where pause or resume come without a start', async () => {
    stage.recorder.pause();
    stage.recorder.resume();
    stage.recorder.stop();
    await settle();
    expect(stage.recordings.begun).toEqual([]);
  });

  it('ends with its recording sealed', async () => {
    stage.recorder.start(NOT_THEN);
    await stage.recorder.close();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    stage.recorder.start(NOT_THEN);
    await settle();
    expect(stage.recordings.begun).toHaveLength(1);
  });
});

describe('a room that another conference was recorded in just before', () => {
  it('is recorded when the mixer has ended that, lest the end of the one ends the other', async () => {
    let free: () => void = () => undefined;
    stage.roomFree = new Promise((resolve) => {
      free = resolve;
    });
    stage.recorder.start(NOT_THEN);
    await settle();
    expect(stage.recordings.begun).toEqual([]);
    free();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r1.wav');
  });

  it('is not recorded any more where that was not wanted meanwhile', async () => {
    let free: () => void = () => undefined;
    stage.roomFree = new Promise((resolve) => {
      free = resolve;
    });
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.recorder.stop();
    free();
    await settle();
    expect(stage.recordings.begun).toEqual([]);
  });
});

describe('a room that is empty for a while', () => {
  const leave = async (): Promise<void> => {
    stage.recorder.occupied(false);
    await Promise.all(stage.media.open().map((endpoint) => endpoint.leave()));
    // the mixer ends the room without a word
    stage.media.roomRecordings.delete(ROOM);
    await settle();
  };

  const comeBack = async (): Promise<void> => {
    await stage.enter('c2');
    stage.recorder.occupied(true);
    await settle();
  };

  it('is recorded in another part once somebody is in again', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(1_000);
    await leave();
    stage.clock.advance(60_000);
    await settle();
    await comeBack();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect([stage.failures, stage.counted, stage.clock.pending]).toEqual([0, 0, 0]);
  });

  it('is not tried in vain until its recording is given up', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    await leave();
    stage.recorder.brokeOff('the mixer was lost');
    await settle();
    for (let second = 0; second < 60; second += 1) {
      stage.clock.advance(1_000);
      await settle();
    }
    expect(stage.sealed()).toEqual(['r1']);
    await comeBack();
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(stage.failures).toBe(0);
  });

  it('is not recorded where it is paused when somebody is in again, until it goes on', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    stage.recorder.pause();
    await settle();
    await leave();
    await comeBack();
    expect(stage.media.roomRecordings.size).toBe(0);
    stage.recorder.resume();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.media.roomRecordings.get(ROOM)).toMatchObject({ path: '/dev/shm/r2.wav', paused: false });
  });
});

describe('a recording that cannot be sealed', () => {
  it('is logged and stage.counted, and the conference is not told: it may be sealed later', async () => {
    stage.recordings.seal = () => Promise.reject(new Error('the disk is full'));
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.recorder.stop();
    await settle();
    expect(stage.lines.at(-1)).toMatch(/^a recording could not be sealed .*r1.*the disk is full/);
    expect([stage.failures, stage.counted]).toEqual([0, 1]);
  });
});

describe('a recording that cannot begin', () => {
  it('is told once, with a clear line, and leaves nothing, where there is no memory', async () => {
    stage.recordings.full = true;
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    await settle();
    expect(stage.failures).toBe(1);
    expect(stage.lines).toEqual([expect.stringMatching(/^the conference is not recorded .*no memory for a recording/)]);
    expect(stage.recorder.memory()).toMatchObject({ wanted: 'off', open: null, parts: 0 });
  });

  it('is told once where the mixer refuses, and its place is given back', async () => {
    stage.media.refuseRecording = true;
    stage.recorder.start(NOT_THEN);
    await settle();
    expect(stage.failures).toBe(1);
    expect(stage.recordings.abandoned.map(({ id }) => id)).toEqual(['r1']);
    expect(stage.sealed()).toEqual([]);
    stage.media.refuseRecording = false;
    stage.recorder.start(NOT_THEN);
    await settle();
    expect(stage.failures).toBe(1);
    expect(stage.recordings.begun.map(({ part }) => part)).toEqual([1, 1]);
  });

  it('is told where the mixer gives no answer', async () => {
    stage.media.recordRoom = () => new Promise(() => undefined);
    stage.recorder.start(NOT_THEN);
    await settle();
    expect(stage.failures).toBe(0);
    stage.clock.advance(6_000);
    await settle();
    expect(stage.failures).toBe(1);
  });
});
