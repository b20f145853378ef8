import type { Store } from '../../ports/store.js';
import type { ReportedCall, ReportedConference } from '../../ports/store-reports.js';
import { localAt, machineTimeZone } from '../bookings/wall-time.js';
import { block, duration, isoTime, table } from '../cli/output.js';
import { whoCalled } from './shapes.js';

/** What a host is told after a conference (product: section 6): nothing that the records do not hold. */
export interface HostReport {
  readonly subject: string;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Calls of one conference that are looked at; beyond, the report says so. */
const MOST_CALLS = 10_000;

/**
 * The report of one conference, from its records as they are now.
 * @returns `null`: there is no such record, its account is gone, or it goes on
 */
export function hostReport(store: Store, conferenceRecordId: number): HostReport | null {
  const conference = store.conferenceReported(conferenceRecordId);
  const account = conference === null ? null : store.account(conference.accountId);
  if (conference === null || account === null || conference.endedAt === null) return null;
  const zone = account.timeZone ?? machineTimeZone();
  const { rows } = store.callPage({ conferenceRecordId }, { limit: MOST_CALLS, after: null });
  const calls = rows.toReversed();
  const title = conference.bookingTitle ?? account.name;
  const began = shown(conference.startedAt, zone);
  return {
    subject: `Conference report: ${title}, ${began}`,
    text: textOf(conference, calls, { title, zone }),
    json: jsonOf(conference, calls, zone),
  };
}

const shown = (at: number, zone: string): string => localAt(at, zone).replace('T', ' ');

const hasBeenIn = ({ joinedAt }: ReportedCall): boolean => joinedAt !== null;
const talkMs = ({ joinedAt, endedAt }: ReportedCall): number => (joinedAt === null ? 0 : endedAt - joinedAt);
const totalTalkMs = (calls: readonly ReportedCall[]): number => calls.reduce((sum, call) => sum + talkMs(call), 0);

function textOf(
  conference: ReportedConference,
  calls: readonly ReportedCall[],
  { title, zone }: { readonly title: string; readonly zone: string },
): string {
  const { startedAt, endedAt, peak, lockedOut, blocked, recordings, outcome } = conference;
  const facts: (readonly [string, string])[] = [
    ['Conference', title],
    ['Began', `${shown(startedAt, zone)} (${zone})`],
    ['Ended', `${shown(endedAt ?? startedAt, zone)}, ${outcome ?? 'unknown'}`],
    ['Lasted', duration((endedAt ?? startedAt) - startedAt)],
    ['Most at once', String(peak)],
    ['Talk time of all', duration(totalTalkMs(calls))],
    ['Turned away', `${lockedOut} by the lock, ${blocked} blocked or not allowed`],
    ['Recordings', String(recordings)],
  ];
  const time = (at: number | null): string => (at === null ? '-' : shown(at, zone).slice(-5));
  const row = (call: ReportedCall): readonly string[] => [
    whoCalled(call),
    call.role ?? '-',
    time(call.joinedAt),
    time(call.endedAt),
    duration(talkMs(call)),
    call.outcome,
  ];
  const section = (heading: string, head: readonly string[], rows: readonly (readonly string[])[]): string =>
    rows.length === 0 ? '' : `\n${heading}\n\n${table(head, rows)}\n`;
  const out = calls.filter((call) => !hasBeenIn(call));
  return [
    `${block(facts)}\n`,
    section('Who was in', ['WHO', 'ROLE', 'JOINED', 'LEFT', 'TALKED', 'WHY'], calls.filter(hasBeenIn).map(row)),
    section(
      'Who was not',
      ['WHO', 'ROLE', 'CALLED', 'WHY'],
      out.map((call) => [whoCalled(call), call.role ?? '-', time(call.startedAt), call.outcome]),
    ),
    calls.length >= MOST_CALLS ? `\nThese are the last ${MOST_CALLS} calls.\n` : '',
  ].join('');
}

function jsonOf(
  conference: ReportedConference,
  calls: readonly ReportedCall[],
  timeZone: string,
): Readonly<Record<string, unknown>> {
  const { id, startedAt, endedAt, accountId, accountName, bookingId, bookingTitle } = conference;
  const { peak, lockedOut, blocked, recordings, outcome } = conference;
  return {
    kind: 'host-report',
    ...{ conferenceRecordId: id, accountId, accountName, bookingId, bookingTitle, timeZone },
    ...{ startedAt: isoTime(startedAt), endedAt: endedAt === null ? null : isoTime(endedAt), outcome },
    durationSeconds: endedAt === null ? null : (endedAt - startedAt) / 1000,
    talkSeconds: totalTalkMs(calls) / 1000,
    ...{ peak, lockedOut, blocked, recordings },
    callers: calls.map((call) => ({
      ...{ callId: call.id, role: call.role, direction: call.direction, caller: call.caller },
      ...{ inviteeId: call.inviteeId, inviteeName: call.inviteeName },
      startedAt: isoTime(call.startedAt),
      joinedAt: call.joinedAt === null ? null : isoTime(call.joinedAt),
      endedAt: isoTime(call.endedAt),
      talkSeconds: talkMs(call) / 1000,
      outcome: call.outcome,
    })),
  };
}
