import { say, type SpokenPrompt, type Utterance } from '../prompts.js';
import { KEYPAD_ACTIONS, type KeyMap, type KeypadAction } from './contract.js';

/** Actions that the help names together, and the second half of their sentence: "press hash four or hash six" ... "to hear ...". */
interface HelpSentence {
  readonly actions: readonly KeypadAction[];
  readonly sentence: SpokenPrompt;
  /** Where only some of the actions have a code. */
  readonly forSome?: SpokenPrompt;
}

/** The second half of a help sentence: "press star six" ... "to mute or unmute your line". */
const SENTENCES: Readonly<Record<KeypadAction, HelpSentence | null>> = {
  mute: { actions: ['mute'], sentence: 'help-mute' },
  count: { actions: ['count'], sentence: 'help-count' },
  help: { actions: ['help'], sentence: 'help-menu' },
  'raise-hand': { actions: ['raise-hand'], sentence: 'help-hand' },
  hands: { actions: ['hands'], sentence: 'help-hands' },
  'hear-quieter': { actions: ['hear-quieter', 'hear-louder'], sentence: 'help-hear', forSome: 'help-volume' },
  'hear-louder': null,
  'speak-quieter': { actions: ['speak-quieter', 'speak-louder'], sentence: 'help-speak', forSome: 'help-volume' },
  'speak-louder': null,
  'volume-normal': { actions: ['volume-normal'], sentence: 'help-volume-normal' },
  lock: { actions: ['lock'], sentence: 'help-lock' },
  'roll-call': { actions: ['roll-call'], sentence: 'help-roll-call' },
  end: { actions: ['end'], sentence: 'help-end' },
  'mute-all': { actions: ['mute-all'], sentence: 'help-mute-all' },
  record: { actions: ['record'], sentence: 'help-record' },
  announcements: { actions: ['announcements'], sentence: 'help-announcements' },
  'admit-all': { actions: ['admit-all'], sentence: 'help-admit-all' },
  screen: { actions: ['screen'], sentence: 'help-screen' },
  'find-noise': { actions: ['find-noise'], sentence: 'help-find-noise' },
  'drop-last': { actions: ['drop-last'], sentence: 'help-drop-last' },
  continue: { actions: ['continue'], sentence: 'help-continue' },
  'dial-out': { actions: ['dial-out'], sentence: 'help-dial-out' },
};

/** The help menu, made from the map: the first code of every action that may be used, in the order of `KEYPAD_ACTIONS`. */
export function speakHelp(map: KeyMap, mayUse: (action: KeypadAction) => boolean): readonly Utterance[] {
  const sentences = KEYPAD_ACTIONS.flatMap((first): readonly Utterance[] => {
    const help = SENTENCES[first];
    return help === null ? [] : speak(map, help, mayUse);
  });
  return [say('help-intro'), ...sentences];
}

/** "Press star six to mute or unmute your line"; nothing where the map has no code for it. */
export const speakMuteHelp = (map: KeyMap): readonly Utterance[] =>
  speak(map, { actions: ['mute'], sentence: 'help-mute' }, () => true);

function speak(
  map: KeyMap,
  { actions, sentence, forSome = sentence }: HelpSentence,
  mayUse: (action: KeypadAction) => boolean,
): readonly Utterance[] {
  const codes = actions.filter(mayUse).flatMap((action) => map[action].slice(0, 1));
  if (codes.length === 0) return [];
  return [say('press'), ...eitherOf(codes), say(codes.length === actions.length ? sentence : forSome)];
}

/** "star six", "star six or star four". */
const eitherOf = (codes: readonly string[]): readonly Utterance[] =>
  codes.flatMap((code, index) => (index === 0 ? speakKeys(code) : [say('or'), ...speakKeys(code)]));

/** A code as it is read out: "star", "6". */
function speakKeys(code: string): readonly Utterance[] {
  const parts = code.match(/[*#]|[0-9]+/g) ?? [];
  return parts.map((part): Utterance => {
    if (part === '*') return say('star');
    if (part === '#') return say('hash');
    return { kind: 'digits', digits: part };
  });
}
