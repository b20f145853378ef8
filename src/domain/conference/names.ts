import type { NameId } from '../identifiers.js';
import { say, sayNumber, type SpokenPrompt, type Utterance } from '../prompts.js';

interface Named {
  readonly name: NameId | null;
}

/** What is said of one, of several who are all named, after "and six", and after a number alone. */
interface Verb {
  readonly one: SpokenPrompt;
  readonly some: SpokenPrompt;
  readonly others: SpokenPrompt;
  readonly more: SpokenPrompt;
}

const JOINED: Verb = {
  one: 'has-joined',
  some: 'have-joined',
  others: 'others-have-joined',
  more: 'more-have-joined',
};

const LEFT: Verb = { one: 'has-left', some: 'have-left', others: 'others-have-left', more: 'more-have-left' };

/** So many are called by name at most; of more the first two, so that the room is not spoken to for long. */
const ALL_BY_NAME = 3;
const FIRST_BY_NAME = 2;

/** How a caller is called: by the name as it was said, or as "an unnamed caller". */
export const nameOf = ({ name }: Named): Utterance => (name === null ? say('unnamed-caller') : { kind: 'name', name });

/** "Mary has joined", "Mary, Tom and six others have joined". */
export const haveJoined = (people: readonly Named[]): readonly Utterance[] => sentence(people, JOINED);

/** "Mary has left", "Mary, Tom and six others have left". */
export const haveLeft = (people: readonly Named[]): readonly Utterance[] => sentence(people, LEFT);

function sentence(people: readonly Named[], verb: Verb): readonly Utterance[] {
  const named = people.filter(({ name }) => name !== null);
  const unnamed = people.filter(({ name }) => name === null);
  if (people.length === 0) return [];
  if (people.length <= ALL_BY_NAME && unnamed.length <= 1) return list([...named, ...unnamed], verb);
  if (named.length === 0) return [sayNumber(unnamed.length), say(verb.more)];
  const said = named.slice(0, FIRST_BY_NAME);
  return [...said.map(nameOf), say('and'), sayNumber(people.length - said.length), say(verb.others)];
}

function list(people: readonly Named[], verb: Verb): readonly Utterance[] {
  const names = people.map(nameOf);
  if (names.length === 1) return [...names, say(verb.one)];
  return [...names.slice(0, -1), say('and'), ...names.slice(-1), say(verb.some)];
}
