import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { happened, NO_STORY, tell } from '../../../src/domain/call-flow/story.js';
import { startCall } from '../../../src/domain/call-flow/machine.js';
import { DEFAULT_ENTRY_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId, callId } from '../../../src/domain/identifiers.js';
import { CALL_OUTCOMES } from '../../../src/domain/outcomes.js';
import { freshMemory } from '../../../src/bridge/call-memory.js';
import { writeSnapshot } from '../../../src/bridge/snapshots.js';
import { ENDINGS, tellStory } from '../../../src/app/reports/tell-story.js';
import { STORY_WORDS } from '../../../src/domain/call-flow/story.js';
import { call } from '../../conformance/store-stage.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
let account: string;
const noon = new Date(2026, 0, 15, 12, 0, 0).getTime();

const STORY = JSON.stringify({
  lines: [
    [200, 'answered'],
    [4_100, 'first-key', { method: 'info' }],
    [9_000, 'pin-wrong', { misses: 1 }],
    [19_000, 'nothing-entered', { misses: 2 }],
    [25_000, 'pin-accepted', { kind: 'guest', booking: true, personal: true }],
    [25_010, 'waits', { reason: 'no-host' }],
    [61_000, 'joined'],
    [75_000, 'moved', { mixer: 'm2' }],
    [90_000, 'caller-hung-up'],
    [90_000, 'ended', { outcome: 'completed' }],
  ],
  leftOut: 0,
});

function record(id: string, more: Parameters<typeof call>[1] = {}, story: string | null = STORY): void {
  cli.withStore((store) =>
    store.addCallRecord(
      call(id, {
        ...{ startedAt: noon, answeredAt: noon + 200, joinedAt: noon + 61_000, endedAt: noon + 90_000, trunk: 'pbx' },
        ...{ caller: '***567', accountId: accountId(account), role: 'guest', outcome: 'completed', keyMethod: 'info' },
        ...{ codec: 'PCMU', mixer: 'm2', packetLoss: 0.0125, jitterMs: 2.34, ...more },
      }),
      story,
    ),
  );
}

beforeEach(async () => {
  cli = new CommandLine();
  account = (await cli.addAccount('--name', 'Board')).id;
});
afterEach(() => cli.dispose());

describe('why', () => {
  it('tells people how a call came, what happened, who ended it and why', async () => {
    record('call-1');
    const { status, stdout } = await cli.run('why', 'call-1');
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        '2026-01-15 12:00  came in by trunk pbx for +442071234567, from ***567',
        '   +0.2 s  answered',
        '   +4.1 s  first key, by SIP INFO',
        '   +9.0 s  wrong PIN (miss 1)',
        '  +19.0 s  nothing entered (miss 2)',
        '  +25.0 s  PIN accepted: guest PIN of an invitee',
        '  +25.0 s  waits: no host is in yet',
        '  +61.0 s  in the conference',
        '  +75.0 s  moved to mixer m2',
        '  +90.0 s  the far end hung up',
        '  +90.0 s  ended: completed',
        'Ended by           caller: was in the conference and hung up (completed)',
        'Account            Board',
        'Role               guest',
        'Lasted             1:30',
        'In the conference  0:29',
        'Media              PCMU, mixer m2, 1.3 % of packets lost, jitter 2.3 ms, keys by info',
        'Call               call-1',
        'SIP Call-ID        call-1@example.org',
        '',
      ].join('\n'),
    );
  });

  it('tells programs the same, with the words and with the facts', async () => {
    record('call-1');
    expect(await cli.json('why', 'call-1')).toMatchObject({
      ...{ id: 'call-1', state: 'ended', endedBy: 'caller', outcome: 'completed', misses: 2, leftOut: 0 },
      accountName: 'Board',
      story: expect.arrayContaining([
        { atMs: 9_000, what: 'pin-wrong', facts: { misses: 1 }, words: 'wrong PIN (miss 1)' },
      ]) as unknown,
    });
  });

  it('finds a call by its SIP Call-ID, or the beginning of either', async () => {
    record('aaaa-1111', { sipCallId: 'xyz123@host' });
    record('aaaa-2222', { sipCallId: 'xyz456@host' });
    for (const reference of ['aaaa-1', 'xyz123@host', 'xyz1']) {
      expect(await cli.json('why', reference)).toMatchObject({ id: 'aaaa-1111' });
    }
    const several = await cli.run('why', 'aaaa');
    expect(several.status).toBe(1);
    expect(several.stderr).toMatch(ONE_LINE_ERROR);
    expect(several.stderr).toContain('aaaa-2222, aaaa-1111');
  });

  it.each([
    ['nothing', /there is no call "nothing"/],
    ['abc', /too short/],
    ['%%%%', /there is no call/],
  ])('refuses %s in one line', async (reference, words) => {
    record('call-1');
    const { status, stderr } = await cli.run('why', reference);
    expect(status).toBe(1);
    expect(stderr).toMatch(ONE_LINE_ERROR);
    expect(stderr).toMatch(words);
  });

  it('says what it can of a call that has no story, or one that cannot be read', async () => {
    record(
      'refused-1',
      { outcome: 'unknown-source', trunk: null, answeredAt: null, joinedAt: null, accountId: null },
      null,
    );
    record('odd-story', {}, '{"lines":[["x"]]');
    expect((await cli.run('why', 'refused-1')).stdout).toContain(
      'Ended by           bridge: the call came from no known trunk (unknown-source)',
    );
    expect((await cli.run('why', 'odd-story')).stdout).toContain('was not kept');
    expect(await cli.json('why', 'odd-story')).toMatchObject({ story: null, misses: null });
  });

  it('tells of a call that is still up what the bridge has stored of it', async () => {
    const entry = DEFAULT_ENTRY_OPTIONS;
    const id = callId('live-1');
    const before = startCall({ callId: id, entry });
    const story = tell(NO_STORY, 150, happened(before, { at: 0, type: 'CallAnswered' }, before, []));
    const data = writeSnapshot({
      identity: {
        ...{ id, direction: 'in', sipCallId: 'sip-live@host', startedAt: noon, trunk: 'pbx', dialled: '8000' },
        caller: '***567',
      },
      ...{ handle: 'h', label: '8000', endpoint: null, conferenceRecordId: null, placedFor: null },
      memory: { ...freshMemory(id, entry, noon + 150), story },
    });
    cli.withStore((store) => {
      store.saveLive([
        { kind: 'call', id, data },
        { kind: 'call', id: 'live-broken', data: '{}' },
      ]);
    });
    expect((await cli.run('why', 'sip-live')).stdout).toMatch(/answered\nState +still up\n/);
    expect(await cli.json('why', 'live-1')).toMatchObject({ state: 'up', story: [{ what: 'answered', atMs: 150 }] });
  });

  it('lets no caller steer the terminal', async () => {
    record('call-1', { dialled: '\u001b[2J8000', sipCallId: 'a\u0007b' });
    const { stdout } = await cli.run('why', 'call-1');
    expect(stdout).toContain('?[2J8000');
    expect(stdout).not.toContain('\u0007');
  });
});

describe('the words of a story', () => {
  it('are there for everything that can happen, and for every outcome', () => {
    for (const word of STORY_WORDS) {
      const [line] = tellStory({ lines: [[0, word, { reason: 'locked', mixer: 'm' }]], leftOut: 0 }).lines;
      expect(line?.words.length).toBeGreaterThan(3);
      expect(line?.words).not.toContain('undefined');
    }
    expect(Object.keys(ENDINGS).sort()).toEqual([...CALL_OUTCOMES].sort());
  });

  it('say where lines are left out', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => [n * 1_000, 'action', { action: 'mute' }]);
    record('call-1', {}, JSON.stringify({ lines, leftOut: 12 }));
    const told = (await cli.run('why', 'call-1')).stdout.split('\n');
    expect(told[26]).toBe('  (12 more in between)');
  });
});

describe('a story', () => {
  it('never goes back in time, nor before its call, whatever the clock does', () => {
    const story = [500, -20, 400, 700].reduce((so, ms) => tell(so, ms, [['answered']]), NO_STORY);
    expect(story.lines.map(([ms]) => ms)).toEqual([500, 500, 500, 700]);
    expect(tell(story, 900, [])).toBe(story);
  });
});
