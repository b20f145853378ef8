import type { Command } from 'commander';
import { readCall } from '../../bridge/snapshots.js';
import type { CallSnapshot } from '../../bridge/snapshots.js';
import { NO_STORY } from '../../domain/call-flow/story.js';
import type { Story } from '../../domain/call-flow/story.js';
import type { Store } from '../../ports/store.js';
import type { ReportedCall } from '../../ports/store-reports.js';
import { callJson, whoCalled } from '../reports/shapes.js';
import { ENDINGS, missesOf, readStory, tellStory } from '../reports/tell-story.js';
import { jsonOption, withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block, duration, isoTime, localTime, printable } from './output.js';

/** Calls that are named where more than one is meant, and the shortest beginning of an id. */
const MOST_NAMED = 5;
const SHORTEST = 4;

export function registerWhy(program: Command, context: CliContext): void {
  const command = program
    .command('why')
    .description('tell the story of one call: how it came, what was keyed, who ended it and why')
    .argument('<call>', 'its id or SIP Call-ID, or the beginning of either')
    .addOption(jsonOption());
  withExamples(command, 'partyline why 0f8fad5b', 'partyline why "a84b4c76e66710@192.0.2.10" --json').action(
    (reference: string, { json }: { readonly json?: boolean }) =>
      context.withStore((store) => {
        const found = findCall(store, reference.trim());
        if (json === true) context.printJson('call' in found ? endedJson(found) : liveJson(found));
        else context.print('call' in found ? endedWords(found) : liveWords(found));
      }),
  );
}

interface EndedCall {
  readonly call: ReportedCall;
  readonly story: Story | null;
}

interface LiveCall {
  readonly snapshot: CallSnapshot;
  readonly accountName: string | null;
}

/** @throws {Refused} */
function findCall(store: Store, reference: string): EndedCall | LiveCall {
  if (reference.length < SHORTEST)
    throw new Refused(`"${reference}" is too short: give ${SHORTEST} characters or more`);
  const ended = store.callsLike(reference, MOST_NAMED + 1);
  const live = liveCalls(store, reference).filter(({ identity }) => ended.every(({ id }) => id !== identity.id));
  const ids = [...live.map(({ identity }) => identity.id), ...ended.map(({ id }) => id)];
  if (ids.length > 1) {
    const named = `${ids.slice(0, MOST_NAMED).join(', ')}${ids.length > MOST_NAMED ? ' and more' : ''}`;
    throw new Refused(`"${printable(reference)}" may be several calls, give more of it: ${named}`);
  }
  const [call] = ended;
  if (call !== undefined) return { call, story: readStory(store.callStory(call.id)) };
  const [snapshot] = live;
  if (snapshot === undefined) {
    throw new Refused(`there is no call "${printable(reference)}": see partyline report calls --json`);
  }
  const accountId = snapshot.memory?.admission?.accountId;
  return { snapshot, accountName: accountId === undefined ? null : (store.account(accountId)?.name ?? null) };
}

/** Calls that are up, as the bridge stores them; those named whole alone. */
function liveCalls(store: Store, reference: string): readonly CallSnapshot[] {
  const found = store.live('call').flatMap(({ id, data }) => {
    try {
      const snapshot = readCall(id, data);
      const names = [id, snapshot.identity.sipCallId];
      return names.some((name) => name.startsWith(reference)) ? [{ snapshot, whole: names.includes(reference) }] : [];
    } catch {
      // of a version that cannot be read: the bridge says so in its log
      return [];
    }
  });
  const whole = found.filter((one) => one.whole);
  return (whole.length > 0 ? whole : found).map(({ snapshot }) => snapshot);
}

// --- for programs

function storyJson(story: Story | null): object {
  if (story === null) return { misses: null, story: null, leftOut: null };
  const { lines, leftOut } = tellStory(story);
  return { misses: missesOf(story), story: lines, leftOut };
}

function endedJson({ call, story }: EndedCall): object {
  const [endedBy, why] = ENDINGS[call.outcome];
  return { ...callJson(call), state: 'ended', endedBy, why, ...storyJson(story) };
}

function liveJson({ snapshot, accountName }: LiveCall): object {
  const { identity, memory, conferenceRecordId } = snapshot;
  const { id, sipCallId, startedAt, trunk, dialled, caller, direction } = identity;
  const at = (time: number | null | undefined): string | null => (time == null ? null : isoTime(time));
  return {
    ...{
      id,
      sipCallId,
      startedAt: isoTime(startedAt),
      answeredAt: at(memory?.answeredAt),
      joinedAt: at(memory?.joinedAt),
    },
    ...{ trunk, dialled, caller, accountId: memory?.admission?.accountId ?? null, accountName, conferenceRecordId },
    ...{ role: memory?.admission?.role ?? null, keyMethod: memory?.keyMethod ?? null, direction, state: 'up' },
    ...storyJson(memory === null ? null : (memory.story ?? NO_STORY)),
  };
}

// --- for people

function storyWords(story: Story | null): readonly string[] {
  if (story === null) return ['  (what happened in between was not kept)'];
  const { lines, leftOut, leftOutAfter } = tellStory(story);
  const width = Math.max(0, ...lines.map(({ atMs }) => sinceStart(atMs).length));
  const told = lines.map(({ atMs, words }) => `  ${sinceStart(atMs).padStart(width)}  ${printable(words)}`);
  return leftOut === 0 ? told : told.toSpliced(leftOutAfter, 0, `  (${leftOut} more in between)`);
}

const sinceStart = (ms: number): string => `+${(ms / 1000).toFixed(1)} s`;

/** How it came, or was placed. */
const cameIn = (call: Pick<ReportedCall, 'direction' | 'startedAt' | 'trunk' | 'dialled'>, who: string): string => {
  const trunk = call.trunk === null ? 'from an unknown source' : `by trunk ${call.trunk}`;
  const what = call.direction === 'in' ? `came in ${trunk} for` : `was placed ${trunk} to`;
  return printable(
    `${localTime(call.startedAt)}  ${what} ${call.dialled}${call.direction === 'in' ? `, from ${who}` : ''}`,
  );
};

function endedWords({ call, story }: EndedCall): string {
  const [by, why] = ENDINGS[call.outcome];
  const { accountName, bookingTitle, role, codec, mixer, packetLoss, jitterMs, keyMethod } = call;
  const media = [
    ...(codec === null ? [] : [codec]),
    ...(mixer === null ? [] : [`mixer ${mixer}`]),
    ...(packetLoss === null ? [] : [`${(packetLoss * 100).toFixed(1)} % of packets lost`]),
    ...(jitterMs === null ? [] : [`jitter ${jitterMs.toFixed(1)} ms`]),
    ...(keyMethod === null ? [] : [`keys by ${keyMethod}`]),
  ];
  return [
    cameIn(call, whoCalled(call)),
    ...storyWords(story),
    block([
      ['Ended by', `${by}: ${why} (${call.outcome})`],
      ['Account', `${accountName ?? '-'}${bookingTitle === null ? '' : `, booking ${bookingTitle}`}`],
      ['Role', role ?? '-'],
      ['Lasted', duration(call.endedAt - call.startedAt)],
      ['In the conference', call.joinedAt === null ? 'never' : duration(call.endedAt - call.joinedAt)],
      ['Media', media.length === 0 ? '-' : media.join(', ')],
      ['Call', call.id],
      ['SIP Call-ID', call.sipCallId],
    ]),
  ].join('\n');
}

function liveWords({ snapshot: { identity, memory }, accountName }: LiveCall): string {
  return [
    cameIn(identity, identity.caller ?? 'withheld'),
    ...storyWords(memory === null ? NO_STORY : (memory.story ?? NO_STORY)),
    block([
      ['State', 'still up'],
      ['Account', accountName ?? '-'],
      ['Role', memory?.admission?.role ?? '-'],
      ['Call', identity.id],
      ['SIP Call-ID', identity.sipCallId],
    ]),
  ].join('\n');
}
