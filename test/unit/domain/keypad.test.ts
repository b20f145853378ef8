import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/conference-options.js';
import { KEYPAD_ACTIONS, type KeyMap } from '../../../src/domain/keypad/contract.js';
import {
  entryEndedByItself,
  IDLE_KEYPAD,
  pressKey,
  swallowHash,
  type Keyed,
} from '../../../src/domain/keypad/decoder.js';
import { actionFor, completeKeyMap, DEFAULT_KEY_MAP, validateKeyMap } from '../../../src/domain/keypad/key-map.js';
import { speakHelp } from '../../../src/domain/keypad/spoken-code.js';
import type { Key } from '../../../src/domain/keys.js';
import { words } from './words.js';

interface Setting {
  readonly map?: Partial<KeyMap>;
  readonly role?: Role;
  readonly quietSince?: number | null;
  /** When an entry ended by itself, if one did. */
  readonly entryEndedAt?: number;
  readonly choices?: readonly string[];
}

/** Keys as `*@0 6@300`; returns what they came to, nothings left out. */
function decode(keys: string, setting: Setting = {}): string {
  const { map = {}, role = 'host', quietSince = 0, entryEndedAt, choices = [] } = setting;
  let keypad = entryEndedAt === undefined ? IDLE_KEYPAD : entryEndedByItself(IDLE_KEYPAD, entryEndedAt);
  const results: string[] = [];
  for (const stroke of keys.split(' ')) {
    const [key, time] = stroke.split('@');
    const at = Number(time);
    const after = swallowHash(keypad, key as Key, at);
    keypad = after.state;
    if (after.swallowed) {
      results.push('swallowed');
      continue;
    }
    const context = { map: completeKeyMap(map), role, quietSince, choices };
    const { state, keyed } = pressKey(keypad, key as Key, at, context);
    keypad = state;
    if (keyed.type !== 'nothing') results.push(outcome(keyed));
  }
  return results.join(' ');
}

function outcome(keyed: Keyed): string {
  if (keyed.type === 'choice') return `choice:${keyed.choice}`;
  return keyed.type === 'action' ? keyed.action : keyed.type;
}

describe('a code', () => {
  it.each([
    ['*@0 6@200', 'mute'],
    ['*@0 #@200', 'count'],
    ['*@0 *@200', 'help'],
    ['*@0 5@200', 'lock'],
    ['*@0 7@200', 'lock'],
    ['*@0 8@200', 'roll-call'],
    ['#@0 #@200', 'end'],
    ['*@0 9@200', 'hands'],
    ['#@0 4@200', 'hear-quieter'],
    ['#@0 6@200', 'hear-louder'],
    ['#@0 7@200', 'speak-quieter'],
    ['#@0 9@200', 'speak-louder'],
    ['#@0 5@200', 'volume-normal'],
    ['*@0 4@200', 'mute-all'],
    ['*@0 2@200', 'record'],
    ['*@0 3@200', 'announcements'],
    ['#@0 8@200', 'admit-all'],
    ['#@0 1@200', 'screen'],
    ['#@0 2@200', 'find-noise'],
    ['#@0 3@200', 'drop-last'],
    ['#@0 0@200', 'continue'],
    ['*@0 1@200', 'dial-out'],
  ])('%s means %s', (keys, action) => {
    expect(decode(keys)).toBe(action);
  });

  it('lets 2.5 s pass between its keys', () => {
    expect(decode('*@0 6@2500')).toBe('mute');
  });

  it('is forgotten after more than 2.5 s, and what follows begins anew', () => {
    expect(decode('*@0 6@2501')).toBe('');
    expect(decode('*@0 *@2501 6@2700')).toBe('mute');
  });

  it('begins with * or #: bare digits mean nothing', () => {
    expect(decode('6@0 5@100 0@200')).toBe('');
  });

  it('is not disturbed by the keys A to D', () => {
    expect(decode('*@0 A@100 6@200 D@300')).toBe('mute');
  });

  it('that is not in the map is unknown', () => {
    expect(decode('*@0 0@200')).toBe('unknown-code');
    expect(decode('#@0 *@200 0@400')).toBe('unknown-code');
  });

  it('is not spoilt by a stray # before it', () => {
    expect(decode('#@0 *@500 6@900')).toBe('mute');
  });

  it('of the host is found for a guest too, so that it can be answered', () => {
    expect(decode('*@0 5@200', { role: 'guest' })).toBe('lock');
  });

  it('means one thing to a guest and another to a host, where both have it', () => {
    expect(decode('*@0 9@200', { role: 'guest' })).toBe('raise-hand');
    expect(decode('*@0 9@200', { role: 'host' })).toBe('hands');
  });

  it('may be another by the account, which frees the usual one', () => {
    const map = { end: ['*0'] };
    expect(decode('*@0 0@200', { map })).toBe('end');
    expect(decode('#@0 #@200', { map })).not.toContain('end');
  });
});

describe('with a menu open', () => {
  const choices = ['1', '*2'];

  it('its choices come before the codes of the map, a digit at once', () => {
    expect(decode('1@0', { choices })).toBe('choice:1');
    expect(decode('*@0 2@200', { choices })).toBe('choice:*2');
  });

  it('other codes go on to mean what they do', () => {
    expect(decode('*@0 6@200 2@400 *@600 3@800', { choices })).toBe('mute announcements');
  });

  it('a digit after the beginning of a code is no choice', () => {
    expect(decode('#@0 1@200', { choices })).toBe('screen');
    expect(decode('#@0 1@2501', { choices })).toBe('choice:1');
  });

  it('a code can be a choice that the map does not have', () => {
    expect(decode('*@0 0@200 1@400', { choices: ['*01'] })).toBe('choice:*01');
  });
});

describe('the code ##', () => {
  it('has its keys at most 1 s apart', () => {
    expect(decode('#@0 #@1000')).toBe('end');
    expect(decode('#@0 #@1001')).toBe('');
  });

  it('is made of the last two of three, when only these are close together', () => {
    expect(decode('#@0 #@1500 #@2000')).toBe('end');
  });

  it('does nothing while a prompt speaks', () => {
    expect(decode('#@0 #@200', { quietSince: null })).toBe('');
  });

  it('does nothing when the prompt ended between its keys', () => {
    expect(decode('#@1000 #@1600', { quietSince: 1300 })).toBe('');
  });

  it('counts once both keys come after the prompt', () => {
    expect(decode('#@1000 #@1600 #@1900', { quietSince: 1300 })).toBe('end');
  });
});

describe('another code that ends the conference', () => {
  const map: Partial<KeyMap> = { end: ['*0', '##', '**'], help: ['#*'] };
  const long: Partial<KeyMap> = { end: ['*00'] };

  it('works after the last prompt ended, its keys as far apart as those of every code', () => {
    expect(decode('*@1000 0@3400', { map, quietSince: 900 })).toBe('end');
    expect(decode('*@1000 0@3000 0@5000', { map: long, quietSince: 900 })).toBe('end');
  });

  it('does nothing while a prompt speaks, nor when it ended between its keys', () => {
    expect(decode('*@0 0@200', { map, quietSince: null })).toBe('');
    expect(decode('*@1000 0@1600', { map, quietSince: 1300 })).toBe('');
    expect(decode('*@1000 0@1600 0@1800', { map: long, quietSince: 1300 })).toBe('');
    expect(decode('*@1000 0@1200 0@1600', { map: long, quietSince: 1300 })).toBe('');
  });

  it('has its keys at most 1 s apart where they are the same', () => {
    expect(decode('*@0 *@1000', { map })).toBe('end');
    expect(decode('*@0 *@1001', { map })).toBe('');
  });

  it('leaves ## free: given to another action it is a code like others', () => {
    const free: Partial<KeyMap> = { end: ['*0'], lock: ['##'] };
    expect(decode('#@1000 #@3400', { map: free, quietSince: null })).toBe('lock');
  });

  it('does nothing either for a guest by accident', () => {
    expect(decode('*@0 0@200', { map, role: 'guest', quietSince: null })).toBe('');
    expect(decode('*@0 0@200', { map, role: 'guest' })).toBe('end');
  });
});

describe('an entry that ended by itself', () => {
  it('swallows one # within the next 3 s', () => {
    expect(decode('#@3000', { entryEndedAt: 0 })).toBe('swallowed');
    expect(decode('#@3001 #@3500', { entryEndedAt: 0 })).toBe('end');
  });

  it('swallows it whatever comes after: it is never the first of ##', () => {
    expect(decode('#@500 #@900', { entryEndedAt: 0 })).toBe('swallowed');
    expect(decode('#@500 #@900 #@1200', { entryEndedAt: 0 })).toBe('swallowed end');
  });

  it('swallows it also after a digit too many', () => {
    expect(decode('5@300 #@700', { entryEndedAt: 0 })).toBe('swallowed');
  });

  it('leaves the # of a code begun with *', () => {
    expect(decode('*@300 #@700', { entryEndedAt: 0 })).toBe('count');
  });
});

describe('a key map', () => {
  const faults = (map: Partial<KeyMap>): readonly string[] =>
    validateKeyMap(completeKeyMap(map)).map((fault) => fault.reason);

  it('as delivered can be used', () => {
    expect(validateKeyMap(DEFAULT_KEY_MAP)).toEqual([]);
  });

  it('may have aliases, and actions without a code', () => {
    expect(faults({ mute: ['*6', '*0'], end: [] })).toEqual([]);
  });

  it('is refused where one code means two things to the same caller', () => {
    expect(faults({ lock: ['*6'] })).toEqual([expect.stringContaining('ambiguous')]);
    expect(faults({ mute: ['*6', '*6'] })).toEqual([expect.stringContaining('already means mute')]);
  });

  it('is refused where a code cannot be reached behind a shorter one', () => {
    expect(faults({ lock: ['*61'] })).toEqual(['"*61" is unreachable: "*6" (mute) is complete before it']);
  });

  it.each([
    ['61', 'does not begin with * or #'],
    ['', 'does not begin with * or #'],
    ['*', 'single key'],
    ['*A', 'other keys'],
    ['*12345', 'more than'],
  ])('is refused with the code "%s": it %s', (code, reason) => {
    expect(faults({ mute: [code] })).toContainEqual(expect.stringContaining(reason));
  });

  it('names the action and the code of every fault', () => {
    expect(validateKeyMap(completeKeyMap({ lock: ['*6', '5'] }))).toMatchObject([
      { action: 'lock', code: '*6' },
      { action: 'lock', code: '5' },
    ]);
  });

  it('knows no action for a code that is not in it', () => {
    expect(actionFor(DEFAULT_KEY_MAP, '*0', 'host')).toBeNull();
  });

  it('may give one code to a guest and to a host, not two of them to the same', () => {
    expect(faults({ 'raise-hand': ['*5'], lock: ['*5'] })).toEqual([]);
    expect(faults({ 'raise-hand': ['*6'] })).toEqual([expect.stringContaining('ambiguous')]);
    expect(faults({ hands: ['*5'] })).toEqual([expect.stringContaining('ambiguous: it already means hands')]);
  });

  it('frees a code by giving its action another, as where a PBX uses ## and *2 for transfer', () => {
    expect(faults({ end: ['*00'], record: ['*02'] })).toEqual([]);
  });
});

describe('help', () => {
  const everything = (): boolean => true;
  const only =
    (...actions: readonly string[]) =>
    (action: string): boolean =>
      actions.includes(action);

  it('reads the first code of every action that may be used, key by key', () => {
    expect(words(speakHelp(DEFAULT_KEY_MAP, only('mute', 'count', 'end')))).toBe(
      'help-intro press star 6 help-mute press star hash help-count press hash hash help-end',
    );
  });

  it('has a sentence for every action', () => {
    const heard = words(speakHelp(DEFAULT_KEY_MAP, everything));
    expect(heard.match(/press/g)).toHaveLength(KEYPAD_ACTIONS.length - 2);
  });

  it('names the two directions of a volume together', () => {
    expect(
      words(speakHelp(DEFAULT_KEY_MAP, only('hear-quieter', 'hear-louder', 'speak-quieter', 'speak-louder'))),
    ).toBe('help-intro press hash 4 or hash 6 help-hear press hash 7 or hash 9 help-speak');
    expect(words(speakHelp(DEFAULT_KEY_MAP, only('volume-normal')))).toBe('help-intro press hash 5 help-volume-normal');
  });

  it('says so in general where only one direction has a code', () => {
    const map = completeKeyMap({ 'hear-quieter': [] });
    expect(words(speakHelp(map, only('hear-quieter', 'hear-louder')))).toBe('help-intro press hash 6 help-volume');
  });

  it('leaves out what has no code, and reads the codes of the account', () => {
    const map = completeKeyMap({ mute: ['*12#'], count: [] });
    expect(words(speakHelp(map, only('mute', 'count')))).toBe('help-intro press star 12 hash help-mute');
  });
});
