import type { Utterance } from '../../../src/domain/prompts.js';

/** What is heard, in one line: `joining there-are 3 other-callers`, `<entry>` for tones. */
export const words = (utterances: readonly Utterance[]): string => utterances.map(word).join(' ');

function word(utterance: Utterance): string {
  switch (utterance.kind) {
    case 'prompt':
      return utterance.prompt;
    case 'number':
      return String(utterance.value);
    case 'digits':
      return utterance.digits;
    case 'tone':
      return `<${utterance.tone}>`;
    case 'greeting':
      return `greeting:${utterance.name}`;
    case 'name':
      return `name:${utterance.name}`;
    case 'silence':
      return '_';
    case 'music':
      return 'music';
  }
}

/** An event as the tests write it: the driver adds the time. */
export type WithoutTime<E> = E extends { readonly at: number } ? Omit<E, 'at'> : never;
