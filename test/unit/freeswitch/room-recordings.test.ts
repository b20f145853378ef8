import { describe, expect, it } from 'vitest';
import type { RoomThere } from '../../../src/adapters/freeswitch/members.js';
import { RoomRecordings } from '../../../src/adapters/freeswitch/room-recordings.js';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { ScriptedLine, settled } from './scripted-line.js';

const ROOM = conferenceId('r');
const PATH = '/recordings/part one.wav';
const there = (...paths: readonly string[]): RoomThere => ({
  name: 'partyline-r',
  members: new Map(),
  recordings: paths.map((path) => ({ path, paused: false, startedAt: Date.now() / 1_000 })),
  variable: () => '',
});

describe('a recording of a process before this one', () => {
  const recordings = (): { readonly script: ScriptedLine; readonly recordings: RoomRecordings } => {
    const script = new ScriptedLine();
    const user = { failed: () => undefined, trouble: () => undefined };
    return { script, recordings: new RoomRecordings(script.line, user) };
  };

  it('is taken back where its mixer is found', () => {
    const { script, recordings: found } = recordings();
    found.found([there(PATH)]);
    expect(found.phase(ROOM)).toBe('going');
    expect(script.asked).toEqual([]);
    found.release();
  });

  it('is stopped when its mixer is found where it was ended meanwhile', () => {
    const { script, recordings: found } = recordings();
    found.stopWhenFound(ROOM);
    found.found([there(PATH)]);
    expect(script.asked).toEqual([`conference partyline-r recording stop '${PATH}'`]);
    expect(found.phase(ROOM)).toBe('none');
  });

  it('is stopped once: one that begins in the same room later is taken back', () => {
    const { script, recordings: found } = recordings();
    found.stopWhenFound(ROOM);
    found.found([]);
    found.found([there(PATH)]);
    expect(script.asked).toEqual([]);
    expect(found.phase(ROOM)).toBe('going');
    found.release();
  });

  it('that is not ours ends no other in the same room', async () => {
    const { script, recordings: found } = recordings();
    found.found([there(PATH)]);
    found.stopWhenFound(ROOM);
    found.found([there(PATH, '/recordings/of-before.wav')]);
    await settled();
    expect(script.asked).toEqual(["conference partyline-r recording stop '/recordings/of-before.wav'"]);
    expect(found.phase(ROOM)).toBe('going');
    found.release();
  });
});
