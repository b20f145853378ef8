import type { NameId } from '../identifiers.js';
import { say, type Utterance } from '../prompts.js';

/** How a caller is called: by the name as it was said, or as "an unnamed caller". */
export const nameOf = ({ name }: { readonly name: NameId | null }): Utterance =>
  name === null ? say('unnamed-caller') : { kind: 'name', name };
