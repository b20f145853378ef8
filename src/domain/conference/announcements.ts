import { tone, type Utterance } from '../prompts.js';
import type { Announcements } from './state.js';
import { playToRoom, setTimer, update, type Turn } from './turn.js';

/** Announcements never pile up: of one kind the room hears so many singly within the window, then one for all the rest. */
const SINGLY = 3;
const WINDOW_MS = 4_000;
/** How long others of a batch are waited for before the ones who are in are announced. */
const BATCH_MS = 4_000;

type Kind = 'entries' | 'exits';

/** Someone is really in: the room hears of it, at once or with others. Nobody hears his own coming into an empty room. */
export function announceEntry(turn: Turn): void {
  if (turn.facts.options.entry === 'none' || heads(turn) < 2) return;
  announce(turn, 'entries');
}

/** Someone has left those who stay. */
export function announceExit(turn: Turn): void {
  if (turn.facts.options.exit === 'none' || heads(turn) < 1) return;
  announce(turn, 'exits');
}

/** What is heard of someone who left. */
export const exitAnnouncement = (turn: Turn): readonly Utterance[] =>
  turn.facts.options.exit === 'none' ? [] : [tone('exit')];

const heads = (turn: Turn): number => turn.facts.members.filter((member) => member.phase === 'in').length;

function announce(turn: Turn, kind: Kind): void {
  const recent = turn.facts[kind].recent.filter((at) => turn.at - at < WINDOW_MS);
  const [oldest] = recent;
  if (oldest === undefined || recent.length < SINGLY) {
    sound(turn, kind, recent);
    return;
  }
  const already = turn.facts[kind].owed;
  remember(turn, kind, { recent, owed: true });
  if (!already) setTimer(turn, kind, oldest + WINDOW_MS - turn.at);
}

/** The window is over: one announcement for all who came or went meanwhile. */
export function announceOwed(turn: Turn, kind: Kind): void {
  const { owed, recent } = turn.facts[kind];
  if (!owed) return;
  sound(turn, kind, recent);
}

/** Names join here with name recording. */
function sound(turn: Turn, kind: Kind, before: readonly number[]): void {
  const recent = [...before, turn.at].filter((at) => turn.at - at < WINDOW_MS);
  remember(turn, kind, { recent, owed: false });
  playToRoom(turn, [tone(kind === 'entries' ? 'entry' : 'exit')]);
}

function remember(turn: Turn, kind: Kind, announcements: Announcements): void {
  update(turn, kind === 'entries' ? { entries: announcements } : { exits: announcements });
}

/** Announces a batch once, when the last of it is in or gone; the first of it only sets a limit to that. */
export function settleBatch(turn: Turn): void {
  const batch = turn.facts.members.filter((member) => member.inBatch);
  if (!batch.some((member) => member.phase === 'in')) return;
  if (batch.some((member) => member.phase === 'joining')) {
    if (turn.facts.timers.running['batch'] === undefined) setTimer(turn, 'batch', BATCH_MS);
    return;
  }
  announceBatch(turn);
}

/** Whoever of the batch is in is announced together; who is not in yet comes in singly. */
export function announceBatch(turn: Turn): void {
  const someoneIsIn = turn.facts.members.some((member) => member.inBatch && member.phase === 'in');
  update(turn, { members: turn.facts.members.map((member) => ({ ...member, inBatch: false })) });
  if (someoneIsIn) announceEntry(turn);
}
