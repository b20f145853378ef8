import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../src/domain/conference-options.js';
import { accountId, callId, conferenceId } from '../../src/domain/identifiers.js';
import { Duplicate, StoreUnavailable } from '../../src/ports/store.js';
import type { Account, CallRecord, ConferenceRecord, Recording, Store } from '../../src/ports/store.js';

const account = (id: string, more: Partial<Account> = {}): Account => ({
  id: accountId(id),
  name: `Name of ${id}`,
  enabled: true,
  options: DEFAULT_CONFERENCE_OPTIONS,
  createdAt: 1_700_000_000_000,
  ...more,
});

const call = (id: string, more: Partial<CallRecord> = {}): CallRecord => ({
  id: callId(id),
  direction: 'in',
  sipCallId: `${id}@example.org`,
  startedAt: 1_700_000_000_000,
  answeredAt: null,
  joinedAt: null,
  endedAt: 1_700_000_060_000,
  trunk: null,
  dialled: '+442071234567',
  caller: null,
  accountId: null,
  conferenceRecordId: null,
  role: null,
  outcome: 'abandoned',
  keyMethod: null,
  codec: null,
  mixer: null,
  packetLoss: null,
  jitterMs: null,
  ...more,
});

const conference = (id: string, more: Partial<ConferenceRecord> = {}): ConferenceRecord => ({
  conferenceId: conferenceId(id),
  accountId: accountId(id),
  startedAt: 1_700_000_000_000,
  endedAt: null,
  peak: 1,
  lockedOut: 0,
  outcome: null,
  ...more,
});

const recording = (id: string, more: Partial<Recording> = {}): Recording => ({
  id,
  accountId: accountId('a1'),
  conferenceRecordId: 3,
  part: 1,
  startedAt: 1_700_000_000_000,
  durationMs: 60_000,
  dueAt: 1_702_592_060_000,
  wrappedKey: 'a2V5',
  ...more,
});

/** What holds for every store. `factory` opens an empty one. */
export function describeStore(name: string, factory: () => Store): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    const add = (id: string, more: Partial<Account> = {}): Account => {
      const added = account(id, more);
      store.addAccount(added, { host: `${id}-host`, guest: `${id}-guest` });
      return added;
    };

    beforeEach(() => {
      store = factory();
    });
    afterEach(() => {
      store.close();
    });

    describe('accounts', () => {
      it('gives back an account as it was added', () => {
        const options = { ...DEFAULT_CONFERENCE_OPTIONS, hostLeaves: 'hold', maxCallers: 7, readmit: true } as const;
        const added = add('a1', { name: 'Zoë "the chair" O’Neill', enabled: false, options, createdAt: 1 });
        expect(store.account(added.id)).toEqual(added);
      });

      it('knows no account by an id that was never added', () => {
        expect(store.account(accountId('nobody'))).toBeNull();
      });

      it('refuses a second account of the same id', () => {
        add('a1');
        expect(() => store.addAccount(account('a1'), { host: 'x', guest: 'y' })).toThrow(Duplicate);
        expect(store.findPin('x')).toBeNull();
      });

      it('finds accounts by name whatever the case, in any script', () => {
        add('a1', { name: 'ÉMILIE' });
        add('a2', { name: 'émilie' });
        add('a3', { name: 'Emilie' });
        expect(store.accountsNamed('Émilie').map(({ id }) => id)).toEqual(['a1', 'a2']);
        expect(store.accountsNamed('E\u0301milie')).toHaveLength(2);
        expect(store.accountsNamed('mili')).toEqual([]);
      });

      it('takes wildcards and quotes in a name literally', () => {
        add('a1', { name: "Robert'); DROP TABLE accounts;--" });
        expect(store.accountsNamed('%')).toEqual([]);
        expect(store.accountsNamed("robert'); drop table accounts;--")).toHaveLength(1);
      });

      it('lists accounts page by page in order of creation, whatever the clock said', () => {
        add('b', { createdAt: 3 });
        add('a', { createdAt: 2 });
        add('c', { createdAt: 1 });
        const first = store.accounts({ limit: 2 });
        expect(first.map(({ id }) => id)).toEqual(['b', 'a']);
        expect(store.accounts({ limit: 2, after: accountId('a') }).map(({ id }) => id)).toEqual(['c']);
        expect(store.accounts({ limit: 2, after: accountId('c') })).toEqual([]);
        expect(store.accounts({ limit: 2, after: accountId('gone') })).toEqual([]);
      });

      it('refuses limits out of range', () => {
        for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
          expect(() => store.accounts({ limit })).toThrow(RangeError);
          expect(() => store.callRecords({ limit })).toThrow(RangeError);
          expect(() => store.conferenceRecords({ limit })).toThrow(RangeError);
          expect(() => store.recordings({ limit })).toThrow(RangeError);
          expect(() => store.recordingsDue(0, limit)).toThrow(RangeError);
        }
      });

      it('changes what it is told to and leaves the rest', () => {
        const added = add('a1');
        const options = { ...DEFAULT_CONFERENCE_OPTIONS, entry: 'none' } as const;
        expect(store.updateAccount(added.id, { name: 'New' })).toBe(true);
        expect(store.account(added.id)).toEqual({ ...added, name: 'New' });
        store.updateAccount(added.id, { options, enabled: false });
        expect(store.account(added.id)).toEqual({ ...added, name: 'New', enabled: false, options });
        expect(store.accountsNamed('new')).toHaveLength(1);
        expect(store.accountsNamed(added.name)).toEqual([]);
      });

      it('says when there is no account to change or remove', () => {
        expect(store.updateAccount(accountId('nobody'), { enabled: false })).toBe(false);
        expect(store.removeAccount(accountId('nobody'))).toBe(false);
      });

      it('counts accounts', () => {
        expect(store.countAccounts()).toBe(0);
        add('a1');
        add('a2', { enabled: false });
        expect(store.countAccounts()).toBe(2);
        store.removeAccount(accountId('a1'));
        expect(store.countAccounts()).toBe(1);
      });
    });

    describe('PINs', () => {
      it('finds account and role by the hash of a PIN', () => {
        const added = add('a1');
        add('a2');
        const plain = { account: added, byAccessCode: false, securityCode: false };
        expect(store.findPin('a1-host')).toEqual({ ...plain, role: 'host' });
        expect(store.findPin('a1-guest')).toEqual({ ...plain, role: 'guest' });
        expect(store.findPin('A1-HOST')).toBeNull();
        expect(store.findPin('')).toBeNull();
      });

      it('does not find the PINs of a disabled account, until it is enabled again', () => {
        const added = add('a1');
        store.updateAccount(added.id, { enabled: false });
        expect(store.findPin('a1-host')).toBeNull();
        store.updateAccount(added.id, { enabled: true });
        expect(store.findPin('a1-host')?.account.id).toBe('a1');
      });

      it.each([
        ['host', 'host', { host: 'a1-host', guest: 'free' }],
        ['host', 'guest', { host: 'a1-guest', guest: 'free' }],
        ['guest', 'host', { host: 'free', guest: 'a1-host' }],
        ['guest', 'guest', { host: 'free', guest: 'a1-guest' }],
      ])('refuses a %s PIN that is the %s PIN of another account, and writes nothing', (_mine, _theirs, pins) => {
        add('a1');
        expect(() => store.addAccount(account('a2'), pins)).toThrow(Duplicate);
        expect(store.account(accountId('a2'))).toBeNull();
        expect(store.findPin('free')).toBeNull();
        expect(store.countAccounts()).toBe(1);
      });

      it('refuses one PIN for host and guest of the same account', () => {
        expect(() => store.addAccount(account('a1'), { host: 'same', guest: 'same' })).toThrow(Duplicate);
        expect(store.countAccounts()).toBe(0);
      });

      it('keeps the PINs of a disabled account taken', () => {
        add('a1', { enabled: false });
        expect(() => store.addAccount(account('a2'), { host: 'a1-host', guest: 'x' })).toThrow(Duplicate);
      });

      it('frees the PINs of an account that was removed', () => {
        add('a1');
        expect(store.removeAccount(accountId('a1'))).toBe(true);
        expect(store.findPin('a1-host')).toBeNull();
        store.addAccount(account('a2'), { host: 'a1-guest', guest: 'a1-host' });
        expect(store.findPin('a1-host')?.role).toBe('guest');
      });
    });

    describe('codes', () => {
      const addWithAccessCode = (id: string): Account => {
        const added = account(id);
        store.addAccount(added, { access: `${id}-access`, moderator: `${id}-moderator` });
        return added;
      };

      it('finds an account by its access code, which makes nobody host', () => {
        const added = addWithAccessCode('a1');
        const match = { account: added, role: 'guest', byAccessCode: true, securityCode: false };
        expect(store.findPin('a1-access')).toEqual(match);
      });

      it('opens nothing by a moderator PIN or a security code alone', () => {
        const { id } = addWithAccessCode('a1');
        expect(store.setSecurityCode(id, 'a1-security')).toBe(true);
        expect(store.findPin('a1-moderator')).toBeNull();
        expect(store.findPin('a1-security')).toBeNull();
        expect(store.findPin('a1-access')?.securityCode).toBe(true);
      });

      it("knows an account's own moderator PIN and security code, each as what it is", () => {
        const { id } = addWithAccessCode('a1');
        const other = addWithAccessCode('a2');
        store.setSecurityCode(id, 'a1-security');
        expect(store.codeMatches(id, 'moderator', 'a1-moderator')).toBe(true);
        expect(store.codeMatches(id, 'security', 'a1-security')).toBe(true);
        for (const hash of ['a1-access', 'a1-security', 'a2-moderator', '']) {
          expect(store.codeMatches(id, 'moderator', hash), hash).toBe(false);
        }
        for (const hash of ['a1-access', 'a1-moderator', '']) {
          expect(store.codeMatches(id, 'security', hash), hash).toBe(false);
        }
        expect(store.codeMatches(other.id, 'security', 'a1-security')).toBe(false);
        expect(store.codeMatches(accountId('nobody'), 'moderator', 'a1-moderator')).toBe(false);
      });

      it('says what callers of an account key in, of one that is disabled too', () => {
        const { id } = addWithAccessCode('a1');
        expect(store.codesOf(id)).toEqual({ accessCode: true, securityCode: false });
        store.setSecurityCode(id, 'a1-security');
        store.updateAccount(id, { enabled: false });
        expect(store.codesOf(id)).toEqual({ accessCode: true, securityCode: true });
        expect(store.codesOf(add('a2').id)).toEqual({ accessCode: false, securityCode: false });
        expect(store.codesOf(accountId('nobody'))).toBeNull();
      });

      it('knows no code of a disabled account', () => {
        const { id } = addWithAccessCode('a1');
        store.setSecurityCode(id, 'a1-security');
        store.updateAccount(id, { enabled: false });
        expect(store.findPin('a1-access')).toBeNull();
        expect(store.codeMatches(id, 'moderator', 'a1-moderator')).toBe(false);
        expect(store.codeMatches(id, 'security', 'a1-security')).toBe(false);
      });

      it('sets, changes and removes a security code; the one before counts no more and is free again', () => {
        const { id } = add('a1');
        store.setSecurityCode(id, 'first');
        store.setSecurityCode(id, 'second');
        expect(store.codeMatches(id, 'security', 'first')).toBe(false);
        expect(store.codeMatches(id, 'security', 'second')).toBe(true);
        expect(store.setSecurityCode(id, 'second')).toBe(true);
        expect(store.codeMatches(id, 'security', 'second')).toBe(true);
        expect(store.setSecurityCode(id, null)).toBe(true);
        expect(store.codeMatches(id, 'security', 'second')).toBe(false);
        expect(store.findPin('a1-guest')?.securityCode).toBe(false);
        store.addAccount(account('a2'), { host: 'first', guest: 'second' });
      });

      it('says when there is no account to have a security code', () => {
        expect(store.setSecurityCode(accountId('nobody'), 'x')).toBe(false);
        expect(store.setSecurityCode(accountId('nobody'), null)).toBe(false);
        store.addAccount(account('a1'), { host: 'x', guest: 'y' });
      });

      it.each(['a1-host', 'a1-guest', 'a2-access', 'a2-moderator', 'a2-security'])(
        'lets no code of any kind be %s, which is taken',
        (taken) => {
          add('a1');
          store.setSecurityCode(addWithAccessCode('a2').id, 'a2-security');
          for (const pins of [
            { host: taken, guest: 'free' },
            { host: 'free', guest: taken },
            { access: taken, moderator: 'free' },
            { access: 'free', moderator: taken },
          ]) {
            expect(() => store.addAccount(account('a3'), pins)).toThrow(Duplicate);
          }
          const { id } = add('a4');
          store.setSecurityCode(id, 'a4-security');
          expect(() => store.setSecurityCode(id, taken)).toThrow(Duplicate);
          expect(store.codeMatches(id, 'security', 'a4-security')).toBe(true);
          expect(store.account(accountId('a3'))).toBeNull();
          expect(store.findPin('free')).toBeNull();
        },
      );

      it('refuses a moderator PIN that is the access code, and a security code that is a PIN of the account', () => {
        expect(() => store.addAccount(account('a1'), { access: 'same', moderator: 'same' })).toThrow(Duplicate);
        const { id } = add('a1');
        expect(() => store.setSecurityCode(id, 'a1-host')).toThrow(Duplicate);
        expect(store.findPin('a1-host')?.role).toBe('host');
      });

      it('frees the codes of an account that was removed', () => {
        const { id } = addWithAccessCode('a1');
        store.setSecurityCode(id, 'a1-security');
        store.removeAccount(id);
        store.addAccount(account('a2'), { host: 'a1-access', guest: 'a1-moderator' });
        expect(store.setSecurityCode(accountId('a2'), 'a1-security')).toBe(true);
      });
    });

    describe('blocks', () => {
      const block = (id: string | null, callerNumber: string, createdAt = 1): void =>
        store.addBlock({ accountId: id === null ? null : accountId(id), callerNumber, createdAt });

      it('blocks a number for one account, or for all', () => {
        const [first, second] = [add('a1').id, add('a2').id];
        block('a1', '442071234567');
        block(null, '4930123456');
        expect(store.isBlocked(first, '442071234567')).toBe(true);
        expect(store.isBlocked(second, '442071234567')).toBe(false);
        expect(store.isBlocked(first, '4930123456')).toBe(true);
        expect(store.isBlocked(second, '4930123456')).toBe(true);
        expect(store.isBlocked(first, '44207123456')).toBe(false);
        expect(store.isBlocked(first, '%')).toBe(false);
      });

      it('lists what counts for an account, or all, oldest first', () => {
        add('a1');
        add('a2');
        block('a1', '3', 30);
        block(null, '1', 20);
        block('a2', '2', 10);
        expect(store.blocks(accountId('a1'))).toEqual([
          { accountId: 'a1', callerNumber: '3', createdAt: 30 },
          { accountId: null, callerNumber: '1', createdAt: 20 },
        ]);
        expect(store.blocks().map(({ callerNumber }) => callerNumber)).toEqual(['3', '1', '2']);
      });

      it('knows a number once for each account, and unblocks only what it is told to', () => {
        add('a1');
        block('a1', '1', 5);
        block('a1', '1', 6);
        block(null, '1', 7);
        block(null, '1', 8);
        expect(store.blocks().map(({ createdAt }) => createdAt)).toEqual([5, 7]);
        expect(store.removeBlock(null, '1')).toBe(true);
        expect(store.removeBlock(null, '1')).toBe(false);
        expect(store.isBlocked(accountId('a1'), '1')).toBe(true);
        expect(store.removeBlock(accountId('a1'), '1')).toBe(true);
        expect(store.isBlocked(accountId('a1'), '1')).toBe(false);
      });

      it('never becomes bridge-wide because its account is not there, and goes with it', () => {
        add('a1');
        block('nobody', '1');
        block('a1', '2');
        store.removeAccount(accountId('a1'));
        expect(store.blocks()).toEqual([]);
        add('a2');
        expect(store.isBlocked(accountId('a2'), '1')).toBe(false);
      });
    });

    describe('recordings', () => {
      it('gives back a recording as it was added', () => {
        add('a1');
        expect(store.addRecording(recording('r1'))).toBe(true);
        expect(store.addRecording(recording('r2', { conferenceRecordId: null, part: 2, startedAt: 5 }))).toBe(true);
        expect(store.recording('r1')).toEqual(recording('r1'));
        expect(store.recording('r3')).toBeNull();
        expect(store.recordings({ limit: 9 })).toEqual([
          recording('r1'),
          recording('r2', { conferenceRecordId: null, part: 2, startedAt: 5 }),
        ]);
      });

      it('refuses a second recording of the same id', () => {
        add('a1');
        store.addRecording(recording('r1'));
        expect(() => store.addRecording(recording('r1', { part: 2 }))).toThrow(Duplicate);
      });

      it('lists them newest first, of one account or all, and at most as many as asked for', () => {
        add('a1');
        add('a2');
        store.addRecording(recording('r1', { startedAt: 10 }));
        store.addRecording(recording('r2', { startedAt: 30, accountId: accountId('a2') }));
        store.addRecording(recording('r3', { startedAt: 20 }));
        const ids = (filter: object, limit = 9): string[] => store.recordings({ limit, ...filter }).map(({ id }) => id);
        expect(ids({})).toEqual(['r2', 'r3', 'r1']);
        expect(ids({}, 2)).toEqual(['r2', 'r3']);
        expect(ids({ accountId: accountId('a1') })).toEqual(['r3', 'r1']);
        expect(ids({ accountId: accountId('nobody') })).toEqual([]);
      });

      it('tells which are due, to the millisecond, the longest due first', () => {
        add('a1');
        store.addRecording(recording('r1', { dueAt: 200 }));
        store.addRecording(recording('r2', { dueAt: 100 }));
        store.addRecording(recording('r3', { dueAt: 300 }));
        const due = (at: number, limit = 9): string[] => store.recordingsDue(at, limit).map(({ id }) => id);
        expect(due(99)).toEqual([]);
        expect(due(100)).toEqual(['r2']);
        expect(due(299)).toEqual(['r2', 'r1']);
        expect(due(300, 2)).toEqual(['r2', 'r1']);
      });

      it('forgets one that is removed, and says when there was none', () => {
        add('a1');
        store.addRecording(recording('r1'));
        expect(store.removeRecording('r1')).toBe(true);
        expect(store.removeRecording('r1')).toBe(false);
        expect(store.recording('r1')).toBeNull();
      });

      it('keeps nothing of an account that was removed, before or meanwhile', () => {
        add('a1');
        store.addRecording(recording('r1'));
        store.removeAccount(accountId('a1'));
        expect(store.recording('r1')).toBeNull();
        expect(store.addRecording(recording('r2'))).toBe(false);
        expect(store.recordings({ limit: 9 })).toEqual([]);
      });

      it('rounds times to whole milliseconds rather than lose a recording', () => {
        add('a1');
        store.addRecording(recording('r1', { startedAt: 10.4, durationMs: 11.6, dueAt: 12.5 }));
        expect(store.recording('r1')).toMatchObject({ startedAt: 10, durationMs: 12, dueAt: 13 });
      });
    });

    describe('numbers and trunks', () => {
      it('lists numbers as they were added, in order', () => {
        const numbers = [
          { number: '+442071234567', pinLength: 9, greeting: 'welcome', createdAt: 5 },
          { number: 'conference', pinLength: 6, greeting: null, createdAt: 4 },
        ];
        numbers.forEach((number) => store.addNumber(number));
        expect(store.numbers()).toEqual(numbers);
      });

      it('refuses a number that is there, and forgets a removed one', () => {
        const number = { number: '8000', pinLength: 9, greeting: null, createdAt: 1 };
        store.addNumber(number);
        expect(() => store.addNumber({ ...number, pinLength: 7 })).toThrow(Duplicate);
        expect(store.removeNumber('8000')).toBe(true);
        expect(store.removeNumber('8000')).toBe(false);
        expect(store.numbers()).toEqual([]);
      });

      it('lists trunks as they were added, in order', () => {
        const trunks = [
          { name: 'pbx', sources: ['192.0.2.10', '2001:db8::/32'], enabled: true, createdAt: 2 },
          { name: 'Carrier', sources: [], enabled: false, createdAt: 1 },
        ];
        trunks.forEach((trunk) => store.addTrunk(trunk));
        expect(store.trunks()).toEqual(trunks);
      });

      it('refuses a trunk whose name is there in any case, and forgets a removed one', () => {
        const trunk = { name: 'PBX', sources: ['192.0.2.1'], enabled: true, createdAt: 1 };
        store.addTrunk(trunk);
        expect(() => store.addTrunk({ ...trunk, name: 'pbx' })).toThrow(Duplicate);
        expect(store.removeTrunk('Pbx')).toBe(true);
        expect(store.removeTrunk('PBX')).toBe(false);
        expect(store.trunks()).toEqual([]);
      });
    });

    describe('records', () => {
      it('gives back a call record as it was written', () => {
        add('a1');
        const full = call('c1', {
          answeredAt: 1_700_000_001_000,
          joinedAt: 1_700_000_009_000,
          trunk: 'pbx',
          caller: '***567',
          accountId: accountId('a1'),
          conferenceRecordId: 12,
          role: 'host',
          outcome: 'completed',
          keyMethod: 'event',
          codec: 'PCMU',
          mixer: 'worker-1',
          packetLoss: 0.015,
          jitterMs: 3.25,
        });
        store.addCallRecord(full);
        store.addCallRecord(call('c2', { startedAt: 1 }));
        expect(store.callRecords({ limit: 10 })).toEqual([full, call('c2', { startedAt: 1 })]);
      });

      it('tells calls placed from calls received, and sums those of an account', () => {
        add('a1');
        add('a2');
        const placed = (id: string, more: Partial<CallRecord>): void =>
          store.addCallRecord(call(id, { direction: 'out', accountId: accountId('a1'), ...more }));
        placed('c1', { startedAt: 99, answeredAt: 100, endedAt: 1_000 });
        placed('c2', { startedAt: 100, answeredAt: 200, endedAt: 1_200 });
        placed('c3', { startedAt: 150, answeredAt: null, endedAt: 9_000 });
        placed('c4', { startedAt: 160, answeredAt: 170, endedAt: 180, accountId: accountId('a2') });
        placed('c5', { startedAt: 160, answeredAt: 170, endedAt: 180, direction: 'in' });
        expect(store.callRecords({ limit: 9 }).find(({ id }) => id === 'c2')?.direction).toBe('out');
        expect(store.placedSince(accountId('a1'), 100)).toEqual({ calls: 2, answeredMs: 1_900 });
        expect(store.placedSince(accountId('a1'), 0)).toEqual({ calls: 3, answeredMs: 1_900 });
        // A call that began before is counted by the time it lasted since.
        expect(store.placedSince(accountId('a1'), 151)).toEqual({ calls: 0, answeredMs: 849 + 1_000 });
        expect(store.placedSince(accountId('a1'), 2_000)).toEqual({ calls: 0, answeredMs: 0 });
        expect(store.placedSince(accountId('nobody'), 0)).toEqual({ calls: 0, answeredMs: 0 });
      });

      it('rounds times to whole milliseconds rather than lose a record', () => {
        store.addCallRecord(call('c1', { startedAt: 10.4, answeredAt: 11.6, endedAt: 12.5 }));
        expect(store.callRecords({ limit: 1 })[0]).toMatchObject({ startedAt: 10, answeredAt: 12, endedAt: 13 });
      });

      it('refuses a second record of the same call', () => {
        store.addCallRecord(call('c1'));
        expect(() => store.addCallRecord(call('c1'))).toThrow(Duplicate);
      });

      it('lists calls newest first, of the same moment the one written last, and at most as many as asked for', () => {
        for (const [id, startedAt] of [
          ['c1', 20],
          ['c2', 30],
          ['c3', 10],
          ['c4', 30],
        ] as const) {
          store.addCallRecord(call(id, { startedAt }));
        }
        expect(store.callRecords({ limit: 10 }).map(({ id }) => id)).toEqual(['c4', 'c2', 'c1', 'c3']);
        expect(store.callRecords({ limit: 2 }).map(({ id }) => id)).toEqual(['c4', 'c2']);
      });

      it('filters calls by time from-inclusive and to-exclusive, by account and by outcome, alone and together', () => {
        add('a1');
        const own = { accountId: accountId('a1') };
        store.addCallRecord(call('c1', { startedAt: 10, outcome: 'locked' }));
        store.addCallRecord(call('c2', { startedAt: 20, outcome: 'full', ...own }));
        store.addCallRecord(call('c3', { startedAt: 30, outcome: 'locked', ...own }));
        const ids = (filter: object): string[] => store.callRecords({ limit: 10, ...filter }).map(({ id }) => id);
        expect(ids({ from: 20 })).toEqual(['c3', 'c2']);
        expect(ids({ to: 20 })).toEqual(['c1']);
        expect(ids({ from: 10, to: 30 })).toEqual(['c2', 'c1']);
        expect(ids(own)).toEqual(['c3', 'c2']);
        expect(ids({ outcome: 'locked' })).toEqual(['c3', 'c1']);
        expect(ids({ outcome: 'locked', from: 15, to: 99, ...own })).toEqual(['c3']);
        expect(ids({ outcome: 'alone' })).toEqual([]);
      });

      it('keeps the start of a conference, and its end once it ended', () => {
        const id = store.startConferenceRecord(conference('a1'));
        const other = store.startConferenceRecord(conference('a2', { startedAt: 1 }));
        expect(other).not.toBe(id);
        expect(store.conferenceRecords({ limit: 1 })).toEqual([conference('a1')]);
        const end = { endedAt: 1_700_000_100_000, peak: 5, lockedOut: 2, outcome: 'host-ended' } as const;
        store.endConferenceRecord(id, end);
        expect(store.conferenceRecords({ limit: 9 })).toEqual([
          conference('a1', end),
          conference('a2', { startedAt: 1 }),
        ]);
        expect(store.conferenceRecords({ limit: 9, accountId: accountId('a2') })).toHaveLength(1);
      });

      it('keeps the call records of a removed account without it', () => {
        add('a1');
        store.addCallRecord(call('c1', { accountId: accountId('a1'), role: 'guest' }));
        store.removeAccount(accountId('a1'));
        expect(store.callRecords({ limit: 9 })).toEqual([call('c1', { role: 'guest' })]);
      });

      it('writes the record of a call that outlived its account without the account', () => {
        store.addCallRecord(call('c1', { accountId: accountId('removed-meanwhile') }));
        expect(store.callRecords({ limit: 9 })[0]?.accountId).toBeNull();
      });

      it('keeps the conference records of a removed account together under a label that says nothing', () => {
        add('mary');
        add('john');
        for (const startedAt of [30, 20]) store.startConferenceRecord(conference('mary', { startedAt }));
        store.startConferenceRecord(conference('john', { startedAt: 10 }));
        store.removeAccount(accountId('mary'));
        const [first, second, third] = store.conferenceRecords({ limit: 9 });
        expect(first?.accountId).toBe(second?.accountId);
        expect(first?.accountId).not.toContain('mary');
        expect(first?.conferenceId).not.toContain('mary');
        expect(third?.accountId).toBe('john');
        store.removeAccount(accountId('john'));
        expect(store.conferenceRecords({ limit: 9 })[2]?.accountId).not.toBe(first?.accountId);
      });

      it('still ends the record of a conference whose account was removed', () => {
        add('a1');
        const id = store.startConferenceRecord(conference('a1'));
        store.removeAccount(accountId('a1'));
        store.endConferenceRecord(id, { endedAt: 5, peak: 2, lockedOut: 0, outcome: 'emptied' });
        expect(store.conferenceRecords({ limit: 1 })[0]).toMatchObject({ endedAt: 5, outcome: 'emptied' });
      });
    });

    describe('what lives now', () => {
      it('is kept by kind and id, the newest of each, in order of id', () => {
        store.saveLive([
          { kind: 'call', id: 'c2', data: 'two' },
          { kind: 'call', id: 'c1', data: 'one' },
          { kind: 'conference', id: 'c1', data: 'room' },
        ]);
        store.saveLive([{ kind: 'call', id: 'c2', data: 'two again' }]);
        expect(store.live('call')).toEqual([
          { id: 'c1', data: 'one' },
          { id: 'c2', data: 'two again' },
        ]);
        expect(store.live('conference')).toEqual([{ id: 'c1', data: 'room' }]);
      });

      it('takes the changes of one id in their order, and forgets what is over', () => {
        store.saveLive([
          { kind: 'call', id: 'c1', data: 'one' },
          { kind: 'call', id: 'c2', data: 'two' },
          { kind: 'call', id: 'c1', data: null },
          { kind: 'call', id: 'c2', data: null },
          { kind: 'call', id: 'c2', data: 'two again' },
        ]);
        expect(store.live('call')).toEqual([{ id: 'c2', data: 'two again' }]);
        store.saveLive([{ kind: 'conference', id: 'c2', data: null }]);
        expect(store.live('call')).toHaveLength(1);
      });

      it('may be nothing, and any text', () => {
        store.saveLive([]);
        const text = `"'\u0000\n😀 ${'x'.repeat(100_000)}`;
        store.saveLive([{ kind: 'conference', id: "k'1", data: text }]);
        expect(store.live('conference')).toEqual([{ id: "k'1", data: text }]);
        expect(store.live('call')).toEqual([]);
      });
    });

    describe('mixers being drained', () => {
      it('are told in order of name until they are drained no more', () => {
        expect(store.drainedMixers()).toEqual([]);
        expect(store.setMixerDrained('b', true)).toBe(true);
        expect(store.setMixerDrained('a', true)).toBe(true);
        expect(store.drainedMixers()).toEqual(['a', 'b']);
        expect(store.setMixerDrained('b', false)).toBe(true);
        expect(store.drainedMixers()).toEqual(['a']);
      });

      it('are changed only once: the store says when there was nothing to do', () => {
        expect(store.setMixerDrained('a', false)).toBe(false);
        store.setMixerDrained('a', true);
        expect(store.setMixerDrained('a', true)).toBe(false);
        expect(store.drainedMixers()).toEqual(['a']);
      });
    });

    it('has nothing to complain about when all is well', () => {
      add('a1');
      expect(store.check()).toEqual([]);
    });

    it('refuses to work once it is closed, and says so', () => {
      store.close();
      expect(() => store.findPin('x')).toThrow(StoreUnavailable);
      expect(() => add('a1')).toThrow(StoreUnavailable);
      expect(() => store.saveLive([{ kind: 'call', id: 'c1', data: 'x' }])).toThrow(StoreUnavailable);
      expect(() => store.live('call')).toThrow(StoreUnavailable);
      expect(() => store.setMixerDrained('a', true)).toThrow(StoreUnavailable);
      expect(store.check()).not.toEqual([]);
    });
  });
}
