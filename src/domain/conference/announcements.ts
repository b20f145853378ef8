import type { Announcement } from '../conference-options.js';
import type { PlayId } from '../identifiers.js';
import { say, tone, type SpokenPrompt, type Utterance } from '../prompts.js';
import { isRunning } from '../timers.js';
import { haveJoined, haveLeft } from './names.js';
import type { Announced, Announcements, Member } from './state.js';
import { cancelTimer, NOTHING_ANNOUNCED, playToRoom, setTimer, update, type Turn } from './turn.js';

/*
 * Announcements never pile up. One is heard at a time; whoever comes or goes meanwhile is in the next one. When more than
 * CROWD come or go within CROWD_WITHIN_MS, the next one also waits until FIRST_GAP_MS after the last began, and CROWD_GAP_MS
 * while the crowd lasts: of 60 callers within 10 s the room hears one at the beginning, one 4 s and one 12 s later. What is
 * still to be announced is bounded by the callers who come and go in such a gap.
 */
const CROWD = 3;
const CROWD_WITHIN_MS = 4_000;
const FIRST_GAP_MS = 4_000;
const CROWD_GAP_MS = 8_000;
/** Longer than any announcement, with the names of six at 5 s each: one whose finish never comes keeps back no other for ever. */
export const LONGEST_ANNOUNCEMENT_MS = 40_000;
/** How long others of a batch are waited for before the ones who are in are announced. */
const BATCH_MS = 4_000;

type Kind = 'joined' | 'left';

/** In turn, by `*3`. */
const CHOICES: readonly { readonly setting: Announcement; readonly answer: SpokenPrompt }[] = [
  { setting: 'name', answer: 'announce-names' },
  { setting: 'tone', answer: 'announce-tones' },
  { setting: 'none', answer: 'announce-silent' },
];

/** Callers are really in: the room hears of it, at once or with others. Nobody hears his own coming into an empty room. */
export function announceEntry(turn: Turn, people: readonly Announced[]): void {
  if (settingOf(turn, 'joined') === 'none' || heads(turn) < 2 || people.length === 0) return;
  const { announcements } = turn.facts;
  note(turn, { joined: [...announcements.joined, ...people.map(announced)] }, people.length);
}

/** Someone has left those who stay; not whoever they have not heard of yet. */
export function announceExit(turn: Turn, gone: Member): void {
  if (unheardOf(turn, gone)) {
    forgetEntry(turn, gone);
    return;
  }
  if (settingOf(turn, 'left') === 'none' || heads(turn) < 1) return;
  note(turn, { left: [...turn.facts.announcements.left, announced(gone)] }, 1);
}

/** What the only one who stays is told of those who left, in place of an announcement. */
export function exitAnnouncement(turn: Turn, gone: Member): readonly Utterance[] {
  const { left } = turn.facts.announcements;
  const people = unheardOf(turn, gone) ? left : [...left, announced(gone)];
  forgetPending(turn);
  return phrase(turn, 'left', people);
}

/** The time between announcements is over. */
export function announceNow(turn: Turn): void {
  consider(turn);
}

/** Something was heard by the room: if it was the announcement, whoever came or went meanwhile is next. */
export function playFinished(turn: Turn, playId: PlayId): void {
  if (turn.facts.announcements.sounding === playId) announcementEnded(turn);
}

/** The announcement was heard, or must have been by now. */
export function announcementEnded(turn: Turn): void {
  cancelTimer(turn, 'sounding');
  remember(turn, { sounding: null });
  consider(turn);
}

/** The room is empty, as under `hold`: nothing is owed to anyone in it. What a host chose stays. */
export function forgetAnnouncements(turn: Turn): void {
  for (const name of ['batch', 'announce', 'sounding'] as const) cancelTimer(turn, name);
  update(turn, { announcements: { ...NOTHING_ANNOUNCED, chosen: turn.facts.announcements.chosen } });
}

/** `*3`: names, tones, silent, in turn, for comings and goings, in place of the account's settings. @returns the answer */
export function cycleAnnouncements(turn: Turn): readonly Utterance[] {
  const now = CHOICES.findIndex(({ setting }) => setting === settingOf(turn, 'joined'));
  const next = CHOICES[(now + 1) % CHOICES.length];
  if (next === undefined) return [];
  remember(turn, { chosen: next.setting });
  if (next.setting === 'none') forgetPending(turn);
  return [say(next.answer)];
}

/** Announces a batch once, when the last of it is in or gone; the first of it only sets a limit to that. */
export function settleBatch(turn: Turn): void {
  const batch = turn.facts.members.filter((member) => member.inBatch);
  if (!batch.some((member) => member.phase === 'in')) return;
  if (batch.some((member) => member.phase === 'joining')) {
    if (!isRunning(turn.facts.timers, 'batch')) setTimer(turn, 'batch', BATCH_MS);
    return;
  }
  announceBatch(turn);
}

/** Whoever of the batch is in is announced together; who is not in yet comes in singly. */
export function announceBatch(turn: Turn): void {
  cancelTimer(turn, 'batch');
  const cameIn = turn.facts.members.filter((member) => member.inBatch && member.phase === 'in');
  update(turn, { members: turn.facts.members.map((member) => ({ ...member, inBatch: false })) });
  announceEntry(turn, cameIn);
}

const announced = ({ callId, name }: Announced): Announced => ({ callId, name });

const heads = (turn: Turn): number => turn.facts.members.filter((member) => member.phase === 'in').length;

const settingOf = ({ facts: { announcements, options } }: Turn, kind: Kind): Announcement =>
  announcements.chosen ?? (kind === 'joined' ? options.entry : options.exit);

/** Is in, but the room was not told so yet. */
const unheardOf = (turn: Turn, { callId, inBatch }: Member): boolean =>
  inBatch || turn.facts.announcements.joined.some((other) => other.callId === callId);

function forgetEntry(turn: Turn, { callId }: Member): void {
  remember(turn, { joined: turn.facts.announcements.joined.filter((other) => other.callId !== callId) });
}

function forgetPending(turn: Turn): void {
  cancelTimer(turn, 'announce');
  remember(turn, { joined: [], left: [] });
}

function note(turn: Turn, pending: Partial<Pick<Announcements, Kind>>, people: number): void {
  const times = Array.from({ length: Math.min(people, CROWD + 1) }, () => turn.at);
  const recent = [...turn.facts.announcements.recent, ...times].slice(-(CROWD + 1));
  remember(turn, { ...pending, recent });
  consider(turn);
}

/** Announces what is to be announced, unless something is being heard or a crowd is still coming. */
function consider(turn: Turn): void {
  const { joined, left, sounding, recent, lastAt, lastOfCrowd } = turn.facts.announcements;
  if (joined.length + left.length === 0 || sounding !== null || isRunning(turn.facts.timers, 'announce')) return;
  const ofCrowd = recent.filter((at) => turn.at - at < CROWD_WITHIN_MS).length > CROWD;
  const gap = lastOfCrowd ? CROWD_GAP_MS : FIRST_GAP_MS;
  const due = ofCrowd && lastAt !== null ? lastAt + gap : turn.at;
  if (due > turn.at) setTimer(turn, 'announce', due - turn.at);
  else sound(turn, ofCrowd);
}

function sound(turn: Turn, ofCrowd: boolean): void {
  const { joined, left } = turn.facts.announcements;
  forgetPending(turn);
  const words = [...(heads(turn) < 2 ? [] : phrase(turn, 'joined', joined)), ...phrase(turn, 'left', left)];
  if (words.length === 0) return;
  const sounding = playToRoom(turn, words);
  remember(turn, { sounding, lastAt: turn.at, lastOfCrowd: ofCrowd });
  setTimer(turn, 'sounding', LONGEST_ANNOUNCEMENT_MS);
}

/** In rooms with many callers names become tones by themselves. */
function phrase(turn: Turn, kind: Kind, people: readonly Announced[]): readonly Utterance[] {
  const setting = settingOf(turn, kind);
  if (people.length === 0 || setting === 'none') return [];
  if (setting === 'tone' || heads(turn) > turn.facts.options.namesUpTo) {
    return [tone(kind === 'joined' ? 'entry' : 'exit')];
  }
  return kind === 'joined' ? haveJoined(people) : haveLeft(people);
}

function remember(turn: Turn, changes: Partial<Announcements>): void {
  update(turn, { announcements: { ...turn.facts.announcements, ...changes } });
}
