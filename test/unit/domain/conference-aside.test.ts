import { describe, expect, it } from 'vitest';
import { callId } from '../../../src/domain/identifiers.js';
import { KEYPAD_ACTIONS, type KeypadAction } from '../../../src/domain/keypad/contract.js';
import { brief, Room } from './room.js';

const dialOut = { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 2, minutesPerDay: 60 };
const CALLED = 'host-out-1';

/** A host speaks with someone called, aside. */
function aside(): Room {
  const room = new Room({ dialOut }).withHostAnd('ann');
  room.keys('host', 'dial-out');
  room.happen({ type: 'EntryKeyed', callId: callId('host'), menuId: room.menuOf('host'), digits: '447700900123' });
  room.happen({ type: 'PlacedCallAnswered', placed: callId(CALLED) });
  return room;
}

/** Volumes are the call flow's own: they do not come to the conference. */
const isVolume = (action: KeypadAction): boolean => /^(hear|speak|volume)-/.test(action);

describe('a code keyed aside', () => {
  it.each(KEYPAD_ACTIONS.filter((action) => !isVolume(action)))(
    '(%s) is answered to the one called by a tone',
    (action) => {
      expect(brief(aside().keys(CALLED, action))).toEqual([`tell ${CALLED}: <refused>`]);
    },
  );

  it('that is not in the map is answered to both', () => {
    const room = aside();
    expect(brief(room.happen({ type: 'UnknownCodeKeyed', callId: callId(CALLED) }))).toEqual([
      `tell ${CALLED}: <refused>`,
    ]);
    expect(brief(room.happen({ type: 'UnknownCodeKeyed', callId: callId('host') }))).toEqual([
      'tell host: unknown-code',
    ]);
  });

  it.each(KEYPAD_ACTIONS.filter((action) => !isVolume(action) && action !== 'end'))(
    '(%s) is answered to the host',
    (action) => {
      const answers = brief(aside().keys('host', action)).filter((line) => line.startsWith('tell host: '));
      expect(answers).toHaveLength(1);
    },
  );

  it('by somebody the conference does not know is not answered', () => {
    const room = aside();
    expect(room.keys('nobody', 'help')).toEqual([]);
    expect(room.happen({ type: 'UnknownCodeKeyed', callId: callId('nobody') })).toEqual([]);
  });
});
