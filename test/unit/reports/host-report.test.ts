import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { hostReport } from '../../../src/app/reports/host-report.js';
import { hostReportQueue } from '../../../src/app/reports/host-report-queue.js';
import type { HostReport } from '../../../src/domain/conference-options.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { Account } from '../../../src/ports/store.js';
import { account, call, conference, pin } from '../../conformance/store-stage.js';

const MARY = accountId('mary');
const START = Date.UTC(2026, 5, 1, 13, 0);
const MINUTE = 60_000;

let store: SqliteStore;
beforeEach(() => {
  store = SqliteStore.open({ file: ':memory:' });
});
afterEach(() => store.close());

function add(more: Partial<Account> = {}): void {
  store.addAccount(account('mary', { name: 'Mary', ...more }), { host: pin('h'), guest: pin('g') });
}

function held(): number {
  const id = store.startConferenceRecord(conference('mary', { startedAt: START, accountId: MARY }));
  const of = { accountId: MARY, conferenceRecordId: id } as const;
  const inside = (name: string, from: number, to: number, more: object): void =>
    store.addCallRecord(
      call(name, {
        ...{ ...of, startedAt: START + (from - 1) * MINUTE, joinedAt: START + from * MINUTE },
        ...{ endedAt: START + to * MINUTE, outcome: 'completed', role: 'guest', ...more },
      }),
    );
  inside('c1', 0, 30, { role: 'host', caller: '***111' });
  inside('c2', 5, 20, { caller: '***222' });
  store.addCallRecord(
    call('c3', { ...of, startedAt: START + 7 * MINUTE, outcome: 'locked', caller: null, role: 'guest' }),
  );
  store.addCallRecord(call('c4', { accountId: MARY, startedAt: START, caller: '***999' }));
  const end = { endedAt: START + 30 * MINUTE, peak: 2, lockedOut: 1, blocked: 0, outcome: 'emptied' } as const;
  store.endConferenceRecord(id, end);
  return id;
}

describe("the host's report", () => {
  it('says when, how long, who, and who was turned away, on the clock of the account', () => {
    add({ timeZone: 'Europe/Berlin' });
    const report = hostReport(store, held());
    expect(report?.subject).toBe('Conference report: Mary, 2026-06-01 15:00');
    expect(report?.text).toBe(
      [
        'Conference        Mary',
        'Began             2026-06-01 15:00 (Europe/Berlin)',
        'Ended             2026-06-01 15:30, emptied',
        'Lasted            30:00',
        'Most at once      2',
        'Talk time of all  45:00',
        'Turned away       1 by the lock, 0 blocked or not allowed',
        'Recordings        0',
        '',
        'Who was in',
        '',
        'WHO     ROLE   JOINED  LEFT   TALKED  WHY',
        '***111  host   15:00   15:30  30:00   completed',
        '***222  guest  15:05   15:20  15:00   completed',
        '',
        'Who was not',
        '',
        'WHO       ROLE   CALLED  WHY',
        'withheld  guest  15:07   locked',
        '',
      ].join('\n'),
    );
    expect(report?.json).toMatchObject({
      ...{
        kind: 'host-report',
        accountName: 'Mary',
        peak: 2,
        lockedOut: 1,
        durationSeconds: 1_800,
        talkSeconds: 2_700,
      },
      callers: [{ callId: 'c1', talkSeconds: 1_800 }, { callId: 'c2' }, { callId: 'c3', joinedAt: null }],
    });
  });

  it('is none of a conference that goes on, of one that is not there, or of an account that is gone', () => {
    add();
    const going = store.startConferenceRecord(conference('mary', { accountId: MARY }));
    expect(hostReport(store, going)).toBeNull();
    expect(hostReport(store, 999)).toBeNull();
    const id = held();
    store.removeAccount(MARY);
    expect(hostReport(store, id)).toBeNull();
  });

  it.each<[HostReport | undefined, HostReport, string | undefined, unknown]>([
    [undefined, 'none', 'm@example.org', null],
    [undefined, 'mail', 'm@example.org', { channel: 'mail', address: 'm@example.org' }],
    ['none', 'mail', 'm@example.org', null],
    ['mail', 'none', undefined, null],
    ['webhook', 'none', undefined, { channel: 'webhook', address: 'https://example.org/r' }],
    ['file', 'mail', undefined, { channel: 'file', address: '/var/reports/mary' }],
  ])('of an account that chose %s, where the bridge has %s, goes to its place', (own, usual, email, expected) => {
    add({
      ...(email === undefined ? {} : { email }),
      options: { ...DEFAULT_CONFERENCE_OPTIONS, ...(own === undefined ? {} : { hostReport: own }) },
    });
    const config = { hostReport: { usual, webhookUrl: 'https://example.org/r', directory: '/var/reports' } };
    const queue = hostReportQueue(store, { wall: () => START }, config);
    const queued = queue({ accountId: MARY, bookingId: null, recordId: 7 });
    if (expected === null) expect(queued).toBeNull();
    else expect(queued).toMatchObject({ ...(expected as object), conferenceRecordId: 7, nextAt: START + 15_000 });
    expect(queue({ accountId: accountId('gone'), bookingId: null, recordId: 7 })).toBeNull();
  });
});
