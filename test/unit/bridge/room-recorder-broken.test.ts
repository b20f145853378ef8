import { beforeEach, describe, expect, it } from 'vitest';
import type { RoomRecording } from '../../../src/bridge/room-recording.js';
import { NOT_THEN, RecorderStage, ROOM } from './recorder-stage.js';
import { settle } from './world.js';

let stage: RecorderStage;
beforeEach(async () => {
  stage = new RecorderStage();
  await stage.enter();
});

describe('a recording that broke off', () => {
  const breakOff = async (): Promise<void> => {
    stage.media.roomRecordings.delete(ROOM);
    stage.recorder.brokeOff('the disk is full');
    await settle();
  };

  it('is kept, and goes on in another part at once where it had lasted', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(30_000);
    await breakOff();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(stage.recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(stage.failures).toBe(0);
  });

  it('is tried again more and more slowly, then told', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(30_000);
    stage.recordings.full = true;
    await breakOff();
    const told: number[] = [];
    for (const ms of [250, 500, 1_000, 2_000, 4_000, 8_000]) {
      stage.clock.advance(ms - 1);
      await settle();
      told.push(stage.failures);
      stage.clock.advance(1);
      await settle();
    }
    expect(told).toEqual([0, 0, 0, 0, 0, 0]);
    expect(stage.failures).toBe(1);
    expect(stage.clock.pending).toBe(0);
  });

  it('again and again is given up', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    for (const ms of [250, 500, 1_000, 2_000, 4_000, 8_000]) {
      await breakOff();
      expect(stage.media.roomRecordings.size).toBe(0);
      stage.clock.advance(ms);
      await settle();
      expect(stage.media.roomRecordings.size).toBe(1);
    }
    expect(stage.failures).toBe(0);
    await breakOff();
    expect(stage.failures).toBe(1);
    expect(stage.sealed()).toHaveLength(7);
    expect(stage.clock.pending).toBe(0);
  });

  it('while it was paused goes on when it is resumed', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    stage.recorder.pause();
    await settle();
    await breakOff();
    stage.clock.advance(60_000);
    await settle();
    expect(stage.recordings.begun).toHaveLength(1);
    stage.recorder.resume();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)).toMatchObject({ path: '/dev/shm/r2.wav', paused: false });
  });

  it('with its room, which was empty while it was paused, goes on in another part', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    stage.recorder.pause();
    await settle();
    // the mixer ended the room without a word
    stage.media.roomRecordings.delete(ROOM);
    stage.recorder.resume();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(stage.failures).toBe(0);
  });

  it('is not tried again once it is not wanted any more', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.recordings.full = true;
    await breakOff();
    stage.recorder.stop();
    stage.clock.advance(60_000);
    await settle();
    expect(stage.failures).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });
});

describe('a room that moves to another mixer', () => {
  beforeEach(async () => {
    stage = new RecorderStage();
    stage.media.names = ['a', 'b'];
    stage.media.placeRoom(ROOM, 'a');
    await stage.enter('c1', 'a');
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
  });

  it('goes on in another part there, once, whoever tells it first', async () => {
    stage.media.down.add('a');
    stage.media.roomRecordings.clear();
    stage.media.placeRoom(ROOM);
    await stage.enter('c1', 'b');
    stage.recorder.roomMoved();
    await settle();
    stage.recorder.roomMoved();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.recordings.begun.map(({ part }) => part)).toEqual([1, 2]);
    expect(stage.recorder.memory().mixer).toBe('b');
  });

  it('goes on as soon as the first are there, though its recording broke off before', async () => {
    stage.media.down.add('a');
    await Promise.all(stage.media.open().map((endpoint) => endpoint.close()));
    stage.media.roomRecordings.clear();
    stage.recorder.brokeOff('the mixer was lost');
    await settle();
    expect(stage.media.roomRecordings.size).toBe(0);
    await stage.enter('c1', 'b');
    stage.recorder.roomMoved();
    await settle();
    expect(stage.media.roomRecordings.size).toBe(1);
    stage.recorder.roomMoved();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.recorder.memory()).toMatchObject({ wanted: 'on', mixer: 'b', parts: 2 });
    expect(stage.failures).toBe(0);
  });
});

describe('the death of the process', () => {
  const die = (): void => {
    // as a snapshot has it
    const memory = JSON.parse(JSON.stringify(stage.recorder.memory())) as RoomRecording;
    stage.recorder.handOver();
    stage.recorder = stage.make(memory);
    stage.recorder.takenBack();
  };

  it('ends no recording', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    die();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r1.wav');
    expect(stage.sealed()).toEqual([]);
    stage.recorder.stop();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.recordings.begun).toHaveLength(1);
  });

  it('before the mixer was told loses nothing of what was wanted', async () => {
    stage.recorder.start(NOT_THEN);
    const memory = stage.recorder.memory();
    await settle();
    stage.recorder.handOver();
    // what the dead process began is known to the mixer, not to the snapshot
    stage.recorder = stage.make({ ...memory, open: null, parts: 0 });
    stage.recorder.takenBack();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    expect(stage.failures).toBe(0);
  });

  it('does what it had not come to: a pause, a stop, the sealing', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    const memory = stage.recorder.memory();
    stage.recorder.handOver();
    stage.recorder = stage.make({ ...memory, wanted: 'paused' });
    stage.recorder.takenBack();
    await settle();
    expect(stage.media.roomRecordings.get(ROOM)?.paused).toBe(true);
    stage.recorder.handOver();
    stage.recorder = stage.make({ ...memory, wanted: 'off' });
    stage.recorder.takenBack();
    await settle();
    expect(stage.media.roomRecordings.size).toBe(0);
    expect(stage.sealed()).toEqual(['r1']);
  });

  it('leaves everything to the next one when it is handed over', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.recorder.handOver();
    stage.recorder.stop();
    stage.recorder.brokeOff('late');
    stage.recorder.roomMoved();
    await settle();
    expect(stage.media.roomRecordings.size).toBe(1);
    expect(stage.sealed()).toEqual([]);
    expect(stage.clock.pending).toBe(0);
  });

  it('while it began, handed over, leaves the file to the next one', async () => {
    let fail: (error: Error) => void = () => undefined;
    stage.media.recordRoom = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.recorder.handOver();
    fail(new Error('this process has let go'));
    await settle();
    expect(stage.recordings.abandoned).toEqual([]);
    expect(stage.recorder.memory().open?.id).toBe('r1');
  });

  it('and that of its mixer, which was there again before, is found when the callers are back', async () => {
    stage.recorder.start(NOT_THEN);
    await settle();
    stage.clock.advance(60_000);
    stage.media.roomRecordings.clear();
    die();
    await settle();
    stage.recorder.roomMoved();
    await settle();
    expect(stage.sealed()).toEqual(['r1']);
    expect(stage.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
    stage.recorder.roomMoved();
    await settle();
    expect(stage.recordings.begun).toHaveLength(2);
  });
});
