import type { CallId } from '../identifiers.js';
import { say, silence, tone, type Utterance } from '../prompts.js';
import { headCount } from './counting.js';
import { drop, droppable } from './drops.js';
import { openMenu } from './menus.js';
import { muteLine } from './mutes.js';
import { nameOf } from './names.js';
import { present } from './presence.js';
import type { Member, Menu } from './state.js';
import { tell, type Turn } from './turn.js';

/** Names read by themselves before the host is asked how to go on. */
const PAGE = 10;
/** After each name: time to press a key that acts on it. */
const PAUSE = silence(1_400);
const CHOICES = ['1', '2', '3', '4'] as const;

type RollCall = Extract<Menu, { kind: 'roll-call' }>;

/**
 * `*8`: reads the names one by one, by itself, in order of joining; keys act on the one read last. Every name is a menu of its own, so
 * that a key pressed just as the next begins acts on nobody. A caller who leaves is passed over, a newcomer comes at the end.
 * Without any name the count is all.
 */
export function rollCall(turn: Turn, host: CallId): void {
  if (present(turn.facts).some(({ name }) => name !== null)) readNext(turn, host, [], 0);
  else tell(turn, host, headCount(turn.facts, host));
}

/** A name was heard to its end, and no key was pressed. */
export function rollCallSpoken(turn: Turn, host: CallId, { goesOn, read, onPage }: RollCall): void {
  if (goesOn) readNext(turn, host, read, onPage);
}

export function rollCallChosen(turn: Turn, host: CallId, menu: RollCall, choice: string): void {
  switch (choice) {
    case '1':
      goOn(turn, host, menu);
      return;
    case '2':
      stay(turn, host, menu, muteLine(turn, host, menu.subject) ? say('caller-muted') : tone('refused'));
      return;
    default:
      stay(turn, host, menu, dropSubject(turn, menu.subject, choice === '4'));
  }
}

/** After the last one it begins again. */
function goOn(turn: Turn, host: CallId, { read }: RollCall): void {
  const someoneIsLeft = present(turn.facts).some(({ callId }) => !read.includes(callId));
  readNext(turn, host, someoneIsLeft ? read : [], 0);
}

/** Where the number cannot be blocked the caller is only dropped, and the host hears no more than that. */
function dropSubject(turn: Turn, callId: CallId, block: boolean): Utterance {
  const member = droppable(turn, callId);
  if (member === undefined) return tone('refused');
  const callerNumber = block ? blockable(turn, member) : null;
  if (callerNumber !== null) turn.effects.push({ type: 'BlockCaller', callId, callerNumber });
  drop(turn, member);
  return say(callerNumber === null ? 'caller-dropped' : 'caller-blocked');
}

/** Not a withheld number, nor one that a host calls from too (that of a company): a block keeps out whoever shows it, hosts as well. */
function blockable({ facts }: Turn, { callerNumber }: Member): string | null {
  const isHosts = facts.members.some((other) => other.role === 'host' && other.callerNumber === callerNumber);
  return isHosts ? null : callerNumber;
}

/** The answer to a key, then silence until the next one. */
function stay(turn: Turn, host: CallId, menu: RollCall, answer: Utterance): void {
  openMenu(turn, host, { ...menu, goesOn: false }, [answer], CHOICES);
}

/** @param onPage how many were read by themselves before */
function readNext(turn: Turn, host: CallId, read: readonly CallId[], onPage: number): void {
  const here = present(turn.facts);
  const still = read.filter((callId) => here.some((member) => member.callId === callId));
  const [next, ...others] = here.filter(({ callId }) => !still.includes(callId));
  const last = read.at(-1);
  if (next === undefined) {
    if (last !== undefined) ask(turn, host, { read: still, subject: last }, headCount(turn.facts, host));
    return;
  }
  const menu = { read: [...still, next.callId], subject: next.callId };
  const pageEnds = onPage + 1 === PAGE && others.length > 0;
  if (pageEnds) ask(turn, host, menu, [nameOf(next)]);
  else {
    const reading: RollCall = { kind: 'roll-call', ...menu, onPage: onPage + 1, goesOn: true };
    openMenu(turn, host, reading, [nameOf(next), PAUSE], CHOICES);
  }
}

/** The end, of a page or of all: the host is told the keys. */
function ask(turn: Turn, host: CallId, menu: Pick<RollCall, 'read' | 'subject'>, words: readonly Utterance[]): void {
  const asking: RollCall = { kind: 'roll-call', ...menu, onPage: 0, goesOn: false };
  openMenu(turn, host, asking, [...words, say('roll-call-menu')], CHOICES);
}
