import { beforeEach, describe, expect, it } from 'vitest';
import { conferenceId } from '../../../src/domain/identifiers.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const ROOM = conferenceId('conference-a1');

let world: World;
let host: FakeCall;
let guest: FakeCall;

const press = async (call: FakeCall, keys: string): Promise<void> => {
  world.press(call, keys);
  await settle();
};

/** A host and a guest are in, and have heard all that there was to hear. */
async function inSession(...mixers: string[]): Promise<void> {
  world = new World().keep(...mixers);
  await world.bridge.start();
  host = await world.inConference(HOST_PIN);
  guest = await world.inConference(GUEST_PIN);
  for (const caller of [host, guest]) await world.listen(caller);
  await world.wait(3_100);
}

async function startRecording(): Promise<void> {
  await press(host, '*2');
  await press(host, '1');
}

const begun = (): readonly number[] => world.recordings.begun.map(({ part }) => part);
const sealed = (): readonly string[] => world.recordings.sealed.map(({ id }) => id);

describe('a conference', () => {
  beforeEach(() => inSession('m1', 'm2'));

  it('is recorded by its host, in a part that belongs to its record, until he ends it', async () => {
    await startRecording();
    const record = world.store.conferenceRecords({ limit: 1 });
    expect(record).toHaveLength(1);
    expect(world.recordings.begun).toMatchObject([{ accountId: 'a1', conferenceRecordId: 1, part: 1 }]);
    expect(world.media.roomRecordings.get(ROOM)).toMatchObject({ plays: false, paused: false });
    await world.wait(60_000);
    await press(host, '*2');
    expect(world.media.roomRecordings.size).toBe(0);
    expect(sealed()).toEqual(['r1']);
  });

  it('that ends has its recording sealed', async () => {
    await startRecording();
    for (const caller of [guest, host]) world.bridge.hungUp(caller.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(world.media.roomRecordings.size).toBe(0);
    expect(sealed()).toEqual(['r1']);
  });

  it('that ends with the bridge has its recording sealed', async () => {
    await startRecording();
    await world.bridge.stop();
    expect(sealed()).toEqual(['r1']);
  });

  it('is recorded on when the process dies, and its recording is not taken for one left behind', async () => {
    await startRecording();
    await world.restart();
    expect(world.recordings.swept?.map(({ id }) => id)).toEqual(['r1']);
    expect(world.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r1.wav');
    expect(sealed()).toEqual([]);
    await world.wait(3_100);
    await press(host, '*2');
    expect(sealed()).toEqual(['r1']);
    expect(begun()).toEqual([1]);
  });

  it('whose callers have all gone by then is ended, and what its mixer still ends is not taken for left behind', async () => {
    await startRecording();
    world.crash();
    for (const caller of [guest, host]) caller.ended = { lineLost: false, at: world.clock.wall() };
    let end: (told: { durationMs: number }) => void = () => undefined;
    world.media.stopRecordingRoom = () => new Promise((resolve) => (end = resolve));
    await world.restart();
    expect(world.bridge.status()).toMatchObject({ conferences: 0 });
    expect(world.recordings.swept?.map(({ id }) => id)).toEqual(['r1']);
    expect(sealed()).toEqual([]);
    end({ durationMs: 1_000 });
    await settle();
    expect(sealed()).toEqual(['r1']);
  });

  it('whose process died before a recording was sealed leaves it to the next one', async () => {
    await startRecording();
    world.recordings.seal = () => new Promise(() => undefined);
    await press(host, '*2');
    await world.restart();
    expect(world.recordings.swept).toEqual([]);
  });

  it('is recorded in another part when its mixer dies', async () => {
    await startRecording();
    await world.wait(60_000);
    const before = world.endpoint(host).mixer;
    world.media.roomRecordings.clear();
    world.media.kill(before);
    await settle();
    await world.wait(2_000);
    expect(world.endpoint(host).mixer).not.toBe(before);
    expect(sealed()).toEqual(['r1']);
    expect(begun()).toEqual([1, 2]);
    expect(world.media.roomRecordings.get(ROOM)?.path).toBe('/dev/shm/r2.wav');
  });

  it('has one line in the log where its recording breaks off, though the mixer has nothing more to end', async () => {
    await startRecording();
    await world.wait(60_000);
    world.media.stopRecordingRoom = () => Promise.reject(new Error('there is no such recording'));
    world.media.roomRecordings.clear();
    const before = world.lines.length;
    world.bridge.roomRecordingFailed(ROOM, 'the disk is full');
    await settle();
    expect(world.lines.slice(before).filter((line) => line.includes('the disk is full'))).toHaveLength(1);
    expect(world.lines.slice(before).filter((line) => line.includes('not ended'))).toEqual([]);
    expect(sealed()).toEqual(['r1']);
    expect(begun()).toEqual([1, 2]);
  });

  it('goes on unrecorded, and says so, where there is no memory for it', async () => {
    world.recordings.full = true;
    await startRecording();
    expect(world.bridge.status()).toMatchObject({ recordings: 0, recordingFailures: 1 });
    expect(world.lines.join('\n')).toMatch(/the conference is not recorded .*no memory for a recording/);
    expect(world.endpoint(host).room).toBe(ROOM);
    world.recordings.full = false;
    await world.listen(host);
    await world.wait(3_100);
    await startRecording();
    expect(begun()).toEqual([1]);
    expect(world.bridge.status()).toMatchObject({ recordings: 1, recordingFailures: 1 });
  });
});
