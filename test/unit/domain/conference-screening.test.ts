import { describe, expect, it } from 'vitest';
import { callId } from '../../../src/domain/identifiers.js';
import { brief } from './room.js';
import { lobby, withLobby } from './lobby.js';

describe('#1', () => {
  it('says the name of the next and offers the keys, to the host alone', () => {
    const room = withLobby(['ann', 'bob']);
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): name:ann screening-menu']);
  });

  it('says that the caller is unnamed', () => {
    const room = lobby().comes('host', 'host');
    room.arrives('ann');
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): unnamed-caller screening-menu']);
  });

  it('1 admits, announced as every newcomer; the host hears how many still wait', () => {
    const room = withLobby(['ann', 'bob'], { entry: 'name' });
    room.keys('host', 'screen');
    expect(brief(room.chooses('host', '1'))).toEqual([
      'admit ann: joining there-is-one-other',
      'close menu host: <done> one-is-waiting',
    ]);
    room.joins('ann');
    expect(room.roomHeard).toEqual(['name:ann has-joined']);
  });

  it('2 leaves waiting, who comes again after all the others', () => {
    const room = withLobby(['ann', 'bob']);
    room.keys('host', 'screen');
    expect(brief(room.chooses('host', '2'))).toEqual(['close menu host: <done> 2 are-waiting']);
    const heard = ['screen', 'screen', 'screen'].map(() => {
      const [menu] = brief(room.keys('host', 'screen'));
      room.chooses('host', '2');
      return menu;
    });
    expect(heard).toEqual([
      'menu host (1 2 3): name:bob screening-menu',
      'menu host (1 2 3): name:ann screening-menu',
      'menu host (1 2 3): name:bob screening-menu',
    ]);
  });

  it('2 for one: a newcomer comes before', () => {
    const room = withLobby(['ann']);
    room.keys('host', 'screen');
    room.chooses('host', '2');
    room.arrives('bob', 'guest', null, {}, 'bob');
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): name:bob screening-menu']);
  });

  it('3 refuses: the caller is told and disconnected, and does not count as turned away by the lock', () => {
    const room = withLobby(['ann']);
    room.keys('host', 'screen');
    expect(brief(room.chooses('host', '3'))).toEqual([
      'dismiss ann (refused): not-admitted goodbye',
      'close menu host: <done>',
    ]);
    expect(brief(room.leaves('ann'))).toEqual([]);
    room.keys('host', 'count');
    expect(room.told('host')).toBe('you-are-the-only-one');
  });

  it('* leaves everyone waiting', () => {
    const room = withLobby(['ann']);
    room.keys('host', 'screen');
    const menuId = room.menuOf('host');
    expect(room.happen({ type: 'MenuLeft', callId: callId('host'), menuId })).toEqual([]);
    expect(room.happen({ type: 'ChoiceKeyed', callId: callId('host'), menuId, choice: '1' })).toEqual([]);
    expect(room.state.facts.waiting.map((waiter) => waiter.callId)).toEqual(['ann']);
  });

  it('says so where no one waits', () => {
    expect(brief(withLobby([]).keys('host', 'screen'))).toEqual(['tell host: lobby-empty']);
  });

  it('admits nobody past the lock or into a full conference, and says so', () => {
    const locked = withLobby(['ann']);
    locked.keys('host', 'screen');
    locked.keys('host', 'lock');
    expect(brief(locked.chooses('host', '1'))).toEqual([
      'refuse ann: locked',
      'tell host: <discreet>',
      'close menu host: conference-locked',
    ]);
    const full = withLobby(['ann'], { maxCallers: 1 });
    expect(full.did('Refuse')).toHaveLength(1);
    const filled = withLobby(['ann'], { maxCallers: 2 });
    filled.comes('host2', 'host');
    filled.keys('host', 'screen');
    expect(brief(filled.chooses('host', '1'))).toEqual(['refuse ann: full', 'close menu host: conference-full']);
  });

  it('tells a host whose caller gives up meanwhile', () => {
    const room = withLobby(['ann', 'bob']);
    room.keys('host', 'screen');
    const menuId = room.menuOf('host');
    expect(brief(room.leaves('ann'))).toEqual(['close menu host: name:ann has-left']);
    expect(room.happen({ type: 'ChoiceKeyed', callId: callId('host'), menuId, choice: '3' })).toEqual([]);
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): name:bob screening-menu']);
  });

  it('by two hosts at once: each hears of another caller', () => {
    const room = withLobby(['ann', 'bob']);
    room.comes('host2', 'host');
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): name:ann screening-menu']);
    expect(brief(room.keys('host2', 'screen'))).toEqual(['menu host2 (1 2 3): name:bob screening-menu']);
    expect(brief(room.chooses('host2', '3'))[0]).toContain('dismiss bob');
    expect(brief(room.chooses('host', '1'))[0]).toContain('admit ann');
  });

  it('of one caller by two hosts: the slower one hears what became of him', () => {
    const room = withLobby(['ann']);
    room.comes('host2', 'host');
    room.keys('host', 'screen');
    room.keys('host2', 'screen');
    expect(brief(room.chooses('host2', '1'))).toEqual([
      'admit ann: joining there-are 2 other-callers',
      'close menu host: name:ann has-joined',
      'close menu host2: <done>',
    ]);
  });

  it('while another host admits all or refuses: the menu is closed', () => {
    const room = withLobby(['ann', 'bob']);
    room.comes('host2', 'host');
    room.keys('host', 'screen');
    expect(brief(room.keys('host2', 'admit-all')).slice(2)).toEqual([
      'close menu host: name:ann has-joined',
      'tell host2: all-admitted',
    ]);
    const other = withLobby(['ann']);
    other.comes('host2', 'host');
    other.keys('host', 'screen');
    other.keys('host2', 'screen');
    expect(brief(other.chooses('host', '3'))[1]).toBe('close menu host2: name:ann has-left');
  });

  it('keeps what a caller keyed while waiting, and a line on hold', () => {
    const room = withLobby(['ann', 'bob']);
    room.keys('ann', 'mute');
    room.happen({ type: 'LineHeld', callId: callId('bob'), held: true });
    expect(brief(room.keys('host', 'admit-all')).slice(0, 2)).toEqual([
      'admit ann muted: joining there-are 2 other-callers you-are-muted',
      'admit bob muted: joining there-are 2 other-callers',
    ]);
  });
});
