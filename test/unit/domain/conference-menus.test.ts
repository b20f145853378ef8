import { describe, expect, it } from 'vitest';
import { callId, menuId } from '../../../src/domain/identifiers.js';
import { resumeConference } from '../../../src/domain/conference/resume.js';
import { brief, Room } from './room.js';

const host = callId('host');

describe('a menu', () => {
  it('is answered by its own keys only', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'record');
    expect(room.chooses('host', '2')).toEqual([]);
    expect(brief(room.chooses('host', '1'))).toContain('StartRecording');
  });

  it('has an identity: what is keyed in an earlier one means nothing', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'record');
    const earlier = room.menuOf('host');
    room.keys('host', 'record');
    expect(room.menuOf('host')).not.toBe(earlier);
    expect(room.happen({ type: 'ChoiceKeyed', callId: host, menuId: earlier, choice: '1' })).toEqual([]);
    expect(room.happen({ type: 'ChoiceKeyed', callId: host, menuId: menuId('no such menu'), choice: '1' })).toEqual([]);
  });

  it('is its caller’s alone', () => {
    const room = new Room().withHostAnd('ann').comes('host2', 'host');
    room.keys('host', 'record');
    const stolen = { type: 'ChoiceKeyed', callId: callId('host2'), menuId: room.menuOf('host'), choice: '1' } as const;
    expect(room.happen(stolen)).toEqual([]);
    room.keys('host2', 'record');
    expect(brief(room.chooses('host', '1'))).toContain('StartRecording');
  });

  it('takes no digits of an entry, nor an entry its keys', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'record');
    const digits = { type: 'EntryKeyed', callId: host, menuId: room.menuOf('host'), digits: '447' } as const;
    expect(room.happen(digits)).toEqual([]);
  });

  it('is gone with its caller, with a hold, and with the conference', () => {
    const left = new Room().withHostAnd('ann');
    left.keys('host', 'record');
    left.leaves('host');
    expect(left.state.facts.menus).toEqual([]);

    const ended = new Room().withHostAnd('ann').comes('host2', 'host');
    ended.keys('host', 'record');
    ended.keys('host2', 'end');
    expect(ended.chooses('host', '1')).toEqual([]);
  });

  it('that another process opens has an identity of its own', () => {
    const room = new Room().withHostAnd('ann');
    const stored = room.state;
    room.keys('host', 'record');
    const lost = room.menuOf('host');
    room.state = resumeConference(stored);
    room.keys('host', 'record');
    expect(room.menuOf('host')).not.toBe(lost);
    expect(room.happen({ type: 'ChoiceKeyed', callId: host, menuId: lost, choice: '1' })).toEqual([]);
  });
});
