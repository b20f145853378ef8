import type { CallSum, ReportedCall, ReportedConference } from '../../ports/store-reports.js';
import { localAt } from '../bookings/wall-time.js';
import { duration, isoTime } from '../cli/output.js';

/** How rows of one kind are shown: to people in columns, to spreadsheets by plain values, to programs whole. */
export interface Shape<T> {
  readonly head: readonly string[];
  readonly cells: (row: T) => readonly string[];
  readonly columns: readonly string[];
  readonly json: (row: T) => Readonly<Record<string, unknown>>;
}

/** On the clock of a time zone, to the minute. */
const shownAt = (at: number, timeZone: string): string => localAt(at, timeZone).replace('T', ' ');

const timeOrNull = (time: number | null): string | null => (time === null ? null : isoTime(time));

const talkMs = ({ joinedAt, endedAt }: Pick<ReportedCall, 'joinedAt' | 'endedAt'>): number | null =>
  joinedAt === null ? null : endedAt - joinedAt;

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** Who called, as far as it is known: the invitee, else the number as the record keeps it. */
export const whoCalled = ({ inviteeName, caller }: Pick<ReportedCall, 'inviteeName' | 'caller'>): string =>
  inviteeName ?? caller ?? 'withheld';

/** A call record as programs see it: times as RFC 3339, talk time in seconds. */
export function callJson(call: ReportedCall): Readonly<Record<string, string | number | null>> {
  return {
    id: call.id,
    sipCallId: call.sipCallId,
    startedAt: isoTime(call.startedAt),
    answeredAt: timeOrNull(call.answeredAt),
    joinedAt: timeOrNull(call.joinedAt),
    endedAt: isoTime(call.endedAt),
    talkSeconds: seconds(talkMs(call)),
    trunk: call.trunk,
    dialled: call.dialled,
    caller: call.caller,
    accountId: call.accountId,
    accountName: call.accountName,
    conferenceRecordId: call.conferenceRecordId,
    role: call.role,
    outcome: call.outcome,
    keyMethod: call.keyMethod,
    codec: call.codec,
    mixer: call.mixer,
    packetLoss: call.packetLoss,
    jitterMs: call.jitterMs,
    direction: call.direction,
    bookingId: call.bookingId,
    bookingTitle: call.bookingTitle,
    inviteeId: call.inviteeId,
    inviteeName: call.inviteeName,
  };
}

export const callShape = (timeZone: string): Shape<ReportedCall> => ({
  head: ['STARTED', 'TRUNK', 'DIALLED', 'CALLER', 'ACCOUNT', 'ROLE', 'TALKED', 'OUTCOME'],
  cells(call) {
    const talk = talkMs(call);
    return [
      shownAt(call.startedAt, timeZone),
      call.trunk ?? '-',
      call.dialled,
      whoCalled(call),
      call.bookingTitle === null ? (call.accountName ?? '-') : `${call.accountName ?? '-'}: ${call.bookingTitle}`,
      call.role ?? '-',
      talk === null ? '-' : duration(talk),
      call.outcome,
    ];
  },
  columns: [
    ...['id', 'sipCallId', 'startedAt', 'answeredAt', 'joinedAt', 'endedAt', 'talkSeconds', 'trunk', 'dialled'],
    ...['caller', 'accountId', 'accountName', 'conferenceRecordId', 'role', 'outcome', 'keyMethod', 'codec'],
    ...['mixer', 'packetLoss', 'jitterMs', 'direction', 'bookingId', 'bookingTitle', 'inviteeId', 'inviteeName'],
  ],
  json: callJson,
});

/** A conference and who called for it, those first who called first. */
export interface Room {
  readonly conference: ReportedConference;
  readonly calls: readonly ReportedCall[];
}

/** Names a table shows of a conference; programs are given all. */
const MOST_SHOWN = 5;

function whoWasIn(calls: readonly ReportedCall[]): string {
  const who = [...new Set(calls.filter(({ joinedAt }) => joinedAt !== null).map(whoCalled))];
  const more = who.length - MOST_SHOWN;
  return [...who.slice(0, MOST_SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

export const roomShape = (timeZone: string): Shape<Room> => ({
  head: ['STARTED', 'LASTED', 'ACCOUNT', 'PEAK', 'LOCKED OUT', 'BLOCKED', 'RECORDINGS', 'ENDED', 'WHO'],
  cells({ conference, calls }) {
    const { startedAt, endedAt, accountName, bookingTitle, peak, lockedOut, blocked, recordings, outcome } = conference;
    const going = endedAt === null;
    return [
      shownAt(startedAt, timeZone),
      going ? '-' : duration(endedAt - startedAt),
      bookingTitle === null ? (accountName ?? '-') : `${accountName ?? '-'}: ${bookingTitle}`,
      // counted when it ends
      ...[peak, lockedOut, blocked].map((count) => (going ? '-' : String(count))),
      String(recordings),
      outcome ?? 'goes on',
      whoWasIn(calls),
    ];
  },
  columns: [
    ...['id', 'startedAt', 'endedAt', 'accountId', 'accountName', 'bookingId', 'bookingTitle', 'peak', 'lockedOut'],
    ...['blocked', 'recordings', 'outcome', 'calls', 'joined'],
  ],
  json({ conference, calls }) {
    const { id, startedAt, endedAt, accountId, accountName, bookingId, bookingTitle } = conference;
    const { peak, lockedOut, blocked, recordings, outcome } = conference;
    return {
      ...{ id, startedAt: isoTime(startedAt), endedAt: timeOrNull(endedAt) },
      ...{ accountId, accountName, bookingId, bookingTitle, peak, lockedOut, blocked, recordings, outcome },
      calls: calls.length,
      joined: calls.filter(({ joinedAt }) => joinedAt !== null).length,
      callers: calls.map((call) => ({
        ...{ id: call.id, role: call.role, direction: call.direction },
        ...{ caller: call.caller, inviteeId: call.inviteeId, inviteeName: call.inviteeName },
        joinedAt: timeOrNull(call.joinedAt),
        endedAt: isoTime(call.endedAt),
        talkSeconds: seconds(talkMs(call)),
        outcome: call.outcome,
      })),
    };
  },
});

/** Calls summed by something. */
export interface SumRow extends CallSum {
  readonly key: string | null;
  readonly name: string | null;
}

export type SumBy = 'account' | 'day' | 'number' | 'trunk';

const SUM_KEYS: Readonly<Record<SumBy, readonly string[]>> = {
  account: ['accountId', 'accountName'],
  day: ['day'],
  number: ['dialled'],
  trunk: ['trunk'],
};

const sumJson = ({ calls, joined, talkMs: talk, placed, placedMs }: CallSum): Readonly<Record<string, number>> => ({
  calls,
  joined,
  talkSeconds: talk / 1000,
  placed,
  placedSeconds: placedMs / 1000,
});

/** Of up to a million rows: without copies on the way. */
const accountSumJson = (sum: SumRow): Readonly<Record<string, string | number | null>> => ({
  accountId: sum.key,
  accountName: sum.name,
  calls: sum.calls,
  joined: sum.joined,
  talkSeconds: sum.talkMs / 1000,
  placed: sum.placed,
  placedSeconds: sum.placedMs / 1000,
});

export function sumShape(by: SumBy): Shape<SumRow> {
  const keys = SUM_KEYS[by];
  const [first = 'key'] = keys;
  return {
    head: [by.toUpperCase(), 'CALLS', 'JOINED', 'TALKED', 'PLACED', 'PLACED FOR'],
    cells: ({ key, name, calls, joined, talkMs: talk, placed, placedMs }) => [
      name ?? key ?? '-',
      ...[String(calls), String(joined), duration(talk), String(placed), duration(placedMs)],
    ],
    columns: [...keys, 'calls', 'joined', 'talkSeconds', 'placed', 'placedSeconds'],
    json: by === 'account' ? accountSumJson : (sum) => ({ [first]: sum.key, ...sumJson(sum) }),
  };
}
