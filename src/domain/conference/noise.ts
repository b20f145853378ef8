import type { CallId } from '../identifiers.js';
import { say, tone } from '../prompts.js';
import type { MeasuredLine } from './contract.js';
import { isSilent } from './lines.js';
import { closeMenu, menuOf, openMenu } from './menus.js';
import { muteLine } from './mutes.js';
import { nameOf } from './names.js';
import { findMember } from './presence.js';
import type { Member, Menu } from './state.js';
import { tell, update, type Turn } from './turn.js';

/** Whoever talks pauses; hold music and noise do not: sound for so much of the time, 0 to 1, is no talker. */
const CEASELESS = 0.85;
/** Below this, dBFS, a line disturbs nobody. */
const FLOOR_DB = -50;

type Noise = Extract<Menu, { kind: 'noise' }>;

/** `#2`: measuring takes some seconds, so that the key is answered first. */
export function findNoise(turn: Turn, host: CallId): void {
  const { measuring } = turn.facts;
  if (!measuring.includes(host)) update(turn, { measuring: [...measuring, host] });
  turn.effects.push({ type: 'MeasureLines', callId: host });
  tell(turn, host, [tone('done')]);
}

/** The answer is for a host who still waits for it, and does nothing else meanwhile. */
export function linesMeasured(turn: Turn, host: CallId, lines: readonly MeasuredLine[]): void {
  const { measuring } = turn.facts;
  if (!measuring.includes(host)) return;
  update(turn, { measuring: measuring.filter((other) => other !== host) });
  if (menuOf(turn.facts, host) !== null) return;
  const noisy = lines
    .filter((line) => line.callId !== host && line.activeShare >= CEASELESS && line.levelDb >= FLOOR_DB)
    .sort((one, other) => other.levelDb - one.levelDb);
  const [loudest, ...rest] = noisy.flatMap(({ callId }) => heard(turn, callId) ?? []);
  if (loudest === undefined) tell(turn, host, [say('no-noisy-line')]);
  else
    show(
      turn,
      host,
      loudest,
      rest.map(({ callId }) => callId),
    );
}

/** `1` mutes the line, and its caller is told; `2` goes on to the next. */
export function noiseChosen(turn: Turn, host: CallId, { subject, rest }: Noise, choice: string): void {
  if (choice === '1') {
    closeMenu(turn, host, [muteLine(turn, host, subject) ? say('caller-muted') : tone('refused')]);
    return;
  }
  const [next, ...others] = rest.flatMap((callId) => heard(turn, callId) ?? []);
  if (next === undefined) closeMenu(turn, host, [say('no-noisy-line')]);
  else
    show(
      turn,
      host,
      next,
      others.map(({ callId }) => callId),
    );
}

/** A line the room hears. */
function heard(turn: Turn, callId: CallId): Member | null {
  const member = findMember(turn.facts, callId);
  return member?.phase === 'in' && !isSilent(member) ? member : null;
}

function show(turn: Turn, host: CallId, member: Member, rest: readonly CallId[]): void {
  const menu: Noise = { kind: 'noise', subject: member.callId, rest };
  openMenu(turn, host, menu, [nameOf(member), say('noisy-line-menu')], ['1', '2']);
}
