import { keyHeard, entryEnded } from './menu-keys.js';
import { beginMenu, closeMenu, leaveByTime, menuOf, told, wordsEnded } from './menus.js';
import type { Listener, StageEvent } from './state.js';
import type { Turn } from './turn.js';

/** What is the same in the room and on hold music: messages, codes, menus. */
export function listening<S extends Listener>(stage: S, event: StageEvent, turn: Turn): S {
  switch (event.type) {
    case 'Told':
      return told(stage, event.utterances, turn);
    case 'SpeechFinished':
      return wordsEnded(stage, turn);
    case 'KeyPressed':
      return keyHeard(stage, event.key, turn);
    case 'MenuOpened':
    case 'EntryOpened':
      return beginMenu(stage, menuOf(event), event.utterances, turn);
    case 'MenuClosed':
      return closeMenu(stage, event, turn);
    case 'TimerExpired':
      return event.name === 'menu' ? menuTimeOver(stage, turn) : stage;
    default:
      return stage;
  }
}

/** An entry with digits in it is over, anything else is left. */
function menuTimeOver<S extends Listener>(stage: S, turn: Turn): S {
  const { menu } = stage;
  if (menu?.kind === 'entry' && menu.digits !== '') return entryEnded(stage, menu, turn);
  return leaveByTime(stage, turn);
}
