import { describe, expect, it } from 'vitest';
import type { ConferenceEffect } from '../../../src/domain/conference/contract.js';
import { callId } from '../../../src/domain/identifiers.js';
import { brief, Room } from './room.js';

type Line = readonly [name: string, levelDb: number, activeShare: number];

const measured = (room: Room, ...lines: readonly Line[]): readonly ConferenceEffect[] =>
  room.happen({
    type: 'LinesMeasured',
    callId: callId('host'),
    lines: lines.map(([name, levelDb, activeShare]) => ({ callId: callId(name), levelDb, activeShare })),
  });

describe('#2', () => {
  it('answers at once, measures, and names the loudest line that never pauses', () => {
    const room = new Room().withHostAnd('ann').comesNamed('bob').comesNamed('cid');
    expect(brief(room.keys('host', 'find-noise'))).toEqual(['measure for host', 'tell host: <done>']);
    expect(brief(measured(room, ['ann', -20, 0.6], ['bob', -35, 0.97], ['cid', -28, 0.9]))).toEqual([
      'menu host (1 2): name:cid noisy-line-menu',
    ]);
  });

  it('1 mutes it, and its caller is told', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'find-noise');
    measured(room, ['ann', -30, 1]);
    expect(brief(room.chooses('host', '1'))).toEqual([
      'mute ann',
      'tell ann: host-muted-you',
      'close menu host: caller-muted',
    ]);
  });

  it('2 goes on to the next; after the last there is none', () => {
    const room = new Room().withHostAnd('ann').comesNamed('bob');
    room.keys('host', 'find-noise');
    measured(room, ['ann', -30, 1], ['bob', -40, 1]);
    expect(brief(room.chooses('host', '2'))).toEqual(['menu host (1 2): name:bob noisy-line-menu']);
    expect(brief(room.chooses('host', '2'))).toEqual(['close menu host: no-noisy-line']);
  });

  it.each<[string, Line]>([
    ['talks', ['ann', -20, 0.8]],
    ['is quiet', ['ann', -51, 1]],
    ['is the host’s own', ['host', -10, 1]],
    ['is muted already', ['bob', -10, 1]],
    ['is gone', ['cid', -10, 1]],
  ])('finds none where the line %s', (_, line) => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.keys('bob', 'mute');
    room.keys('host', 'find-noise');
    expect(brief(measured(room, line))).toEqual(['tell host: no-noisy-line']);
  });

  it('is answered once, however often it is keyed meanwhile, and never unasked', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'find-noise');
    room.keys('host', 'find-noise');
    expect(brief(measured(room))).toEqual(['tell host: no-noisy-line']);
    expect(measured(room)).toEqual([]);
  });

  it('does not open its menu in place of another', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'find-noise');
    room.keys('host', 'record');
    expect(measured(room, ['ann', -30, 1])).toEqual([]);
  });

  it('names nobody who has left meanwhile', () => {
    const room = new Room().withHostAnd('ann', 'bob').comesNamed('cid');
    room.keys('host', 'find-noise');
    measured(room, ['ann', -30, 1], ['bob', -35, 1], ['cid', -40, 1]);
    room.leaves('bob');
    expect(brief(room.chooses('host', '2'))).toEqual(['menu host (1 2): name:cid noisy-line-menu']);
    room.leaves('cid');
    expect(brief(room.chooses('host', '1'))).toEqual(['close menu host: <refused>']);
  });
});
