import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Admission, CallEffect, CallEvent } from '../../../src/domain/call-flow/contract.js';
import { startCall, startPlacedCall, stepCall, type CallState } from '../../../src/domain/call-flow/machine.js';
import { resumeCall, withoutDigits } from '../../../src/domain/call-flow/resume.js';
import {
  DEFAULT_CONFERENCE_OPTIONS,
  DEFAULT_ENTRY_OPTIONS,
  type ConferenceOptions,
} from '../../../src/domain/conference-options.js';
import { callId, conferenceId, lookupId, menuId, nameId, playId, timerId } from '../../../src/domain/identifiers.js';
import { KEYS, type Key } from '../../../src/domain/keys.js';
import { music, say, type Utterance } from '../../../src/domain/prompts.js';
import { LONGEST_TIMER_MS } from '../../../src/domain/timers.js';
import { admission } from './caller.js';
import type { WithoutTime } from './words.js';

/** A number chooses among the identities given out so far, current or stale; `wild` makes one up. */
const chosen = <T>(given: readonly T[], choice: number, wild: T): T => given[choice % (given.length + 1)] ?? wild;

const role = fc.constantFrom('host' as const, 'guest' as const);
const waitReason = fc.constantFrom('no-host' as const, 'host-away' as const, 'lobby' as const);
const utterances: fc.Arbitrary<readonly Utterance[]> = fc.constantFrom([], [say('joining')], [say('goodbye'), music]);
const options: fc.Arbitrary<ConferenceOptions> = fc
  .record({
    hostLeaves: fc.constantFrom('continue' as const, 'end' as const, 'hold' as const),
    maxCallers: fc.constantFrom(null, 0, 1, 3),
    confirmHangup: fc.boolean(),
    readmit: fc.boolean(),
    lockAllowed: fc.boolean(),
    muteGuestsOnEntry: fc.boolean(),
    graceSeconds: fc.constantFrom(0, 120, 1e12),
    reassureSeconds: fc.constantFrom(0, 60),
    waitLimitSeconds: fc.constantFrom(1, 3600, 1e12),
    nameOnEntry: fc.boolean(),
    nameReview: fc.boolean(),
  })
  .map((some) => ({ ...DEFAULT_CONFERENCE_OPTIONS, ...some }));

const ways = fc.record({
  byAccessCode: fc.boolean(),
  securityCode: fc.boolean(),
  blocked: fc.constantFrom(false, false, true),
  booking: fc.constant(null),
});
const room = fc.constantFrom('room', 'room/aside-1').map(conferenceId);
const menu = fc.constantFrom('m1', 'm2').map(menuId);
const choices = fc.constantFrom(['1', '2', '3'], ['*2', '*3'], ['1', '*1'], []);

interface Given {
  readonly plays: readonly string[];
  readonly timers: readonly string[];
  readonly lookups: readonly string[];
}
type CallMove = (given: Given) => WithoutTime<CallEvent>;

const callMove: fc.Arbitrary<CallMove> = fc.oneof(
  fc.constant<CallMove>(() => ({ type: 'CallAnswered' })),
  fc.constantFrom(...KEYS).map((key): CallMove => () => ({ type: 'KeyPressed', key, method: 'event' })),
  fc.nat(30).map((n): CallMove => ({ plays }) => ({
    type: 'PlayFinished',
    playId: playId(chosen([...plays].reverse(), n, 'wild')),
  })),
  fc.nat(30).map((n): CallMove => ({ timers }) => ({
    type: 'TimerFired',
    timerId: timerId(chosen([...timers].reverse(), n, 'wild')),
  })),
  fc.tuple(fc.nat(3), role, options, ways).map(([n, as, chosenOptions, chosenWays]): CallMove => ({ lookups }) => ({
    type: 'PinMatched',
    lookupId: lookupId(chosen([...lookups].reverse(), n, 'wild')),
    admission: admission(as, chosenOptions, chosenWays),
  })),
  fc.constant<CallMove>(() => ({ type: 'GateFoundOpen' })),
  fc
    .tuple(fc.constantFrom('call-name', 'wild'), fc.constantFrom(0, 900))
    .map(([name, speechMs]): CallMove => () => ({ type: 'NameRecorded', nameId: nameId(name), speechMs })),
  fc.tuple(room, fc.boolean()).map(([to, muted]): CallMove => () => ({ type: 'SentToRoom', room: to, muted })),
  fc.tuple(menu, utterances, choices).map(([id, words, taken]): CallMove => () => ({
    type: 'MenuOpened',
    menuId: id,
    utterances: words,
    choices: taken,
  })),
  fc.tuple(menu, utterances, fc.constantFrom(1, 15)).map(([id, words, mostDigits]): CallMove => () => ({
    type: 'EntryOpened',
    menuId: id,
    utterances: words,
    mostDigits,
  })),
  fc
    .tuple(menu, utterances)
    .map(([id, words]): CallMove => () => ({ type: 'MenuClosed', menuId: id, utterances: words })),
  fc
    .tuple(fc.nat(3), fc.constantFrom('PinMissed' as const, 'PinLookupFailed' as const, 'CodeMatched' as const))
    .map(([n, type]): CallMove => ({ lookups }) => ({
      type,
      lookupId: lookupId(chosen([...lookups].reverse(), n, 'wild')),
    })),
  waitReason.map((reason): CallMove => () => ({ type: 'KeptWaiting', reason })),
  fc
    .tuple(fc.boolean(), utterances)
    .map(([muted, introduction]): CallMove => () => ({ type: 'Admitted', muted, introduction })),
  fc
    .constantFrom('full' as const, 'locked' as const, 'closing' as const)
    .map((reason): CallMove => () => ({ type: 'Refused', reason })),
  utterances.map((told): CallMove => () => ({ type: 'Told', utterances: told })),
  waitReason.map((reason): CallMove => () => ({ type: 'SentToHold', reason })),
  fc.boolean().map((muted): CallMove => () => ({ type: 'MuteChanged', muted })),
  utterances.map((farewell): CallMove => () => ({ type: 'Dismissed', outcome: 'host-ended', farewell })),
  fc.constant<CallMove>(() => ({ type: 'MixerJoined' })),
  fc.constant<CallMove>(() => ({ type: 'MixerJoinFailed' })),
  fc.constant<CallMove>(() => ({ type: 'MediaFailed' })),
  fc.constant<CallMove>(() => ({ type: 'MoveFailed' })),
  fc.boolean().map((lineLost): CallMove => () => ({ type: 'CallerHungUp', lineLost })),
);

/** Of a call that came in by a PIN. */
const incomingMove: fc.Arbitrary<CallMove> = fc.oneof(
  { weight: 20, arbitrary: callMove },
  { weight: 1, arbitrary: fc.constant<CallMove>(() => ({ type: 'PinStopped' })) },
);

const key =
  (pressed: Key): CallMove =>
  () => ({ type: 'KeyPressed', key: pressed, method: 'event' });
const heard: CallMove = ({ plays }) => ({ type: 'PlayFinished', playId: playId(plays.at(-1) ?? 'wild') });
const lookedUp =
  (type: 'PinMissed' | 'CodeMatched'): CallMove =>
  ({ lookups }) => ({ type, lookupId: lookupId(lookups.at(-1) ?? 'wild') });
const matched =
  (admitted: Admission): CallMove =>
  ({ lookups }) => ({ type: 'PinMatched', lookupId: lookupId(lookups.at(-1) ?? 'wild'), admission: admitted });
const toTheRoom: readonly CallMove[] = [
  () => ({ type: 'Admitted', muted: false, introduction: [] }),
  () => ({ type: 'MixerJoined' }),
];

/** Likely beginnings, cut off somewhere, so that random events meet a call in every stage. */
const callBeginning: fc.Arbitrary<readonly CallMove[]> = fc
  .tuple(role, options, fc.constantFrom('plain', 'codes', 'name'), fc.nat(12))
  .map(([as, some, way, length]) => {
    const asked: readonly CallMove[] = [
      () => ({ type: 'CallAnswered' }),
      ({ timers }) => ({ type: 'TimerFired', timerId: timerId(timers.at(-1) ?? 'wild') }),
      key('1'),
    ];
    const ways: Readonly<Record<typeof way, readonly CallMove[]>> = {
      plain: [matched(admission(as, { ...some, nameOnEntry: false })), ...toTheRoom],
      codes: [
        matched(admission('guest', { ...some, nameOnEntry: false }, { byAccessCode: true, securityCode: true })),
        ...[key('*'), key('1'), lookedUp('PinMissed'), key('1'), lookedUp('CodeMatched')],
        ...[key('1'), lookedUp('CodeMatched'), ...toTheRoom],
      ],
      name: [
        matched(admission(as, { ...some, nameOnEntry: true, nameReview: true })),
        ...[(): WithoutTime<CallEvent> => ({ type: 'GateFoundOpen' }), heard, key('#')],
        () => ({ type: 'NameRecorded', nameId: nameId('call-name'), speechMs: 900 }),
        ...[key('1'), ...toTheRoom],
      ],
    };
    return [...asked, ...ways[way]].slice(0, length + 1);
  });

const paced = <T>(move: fc.Arbitrary<T>, size: number): fc.Arbitrary<readonly { after: number; move: T }[]> =>
  fc.array(fc.record({ after: fc.constantFrom(0, 1, 200, 1_500, 5_000, 120_000), move }), { maxLength: size });

const count = (effects: readonly { type: string }[], type: string): number =>
  effects.filter((effect) => effect.type === type).length;

describe('a call, whatever happens in whatever order,', () => {
  /** Lives through the moves, then hangs up; `taken`: after which of them another process goes on with it. */
  function live(start: CallState, moves: readonly { after: number; move: CallMove }[], taken: number): CallEffect[] {
    let state = start;
    const done: CallEffect[] = [];
    let now = 0;
    const goOn = (step: { readonly state: CallState; readonly effects: readonly CallEffect[] }): void => {
      state = step.state;
      expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
      done.push(...step.effects);
    };
    const happen = (event: WithoutTime<CallEvent>): void => {
      const before = state;
      const { length } = done;
      goOn(stepCall(state, { ...event, at: now }));
      if (before.kind === 'Ended') expect([state, done.length]).toEqual([before, length]);
    };
    const given = (): Given => ({
      plays: done.flatMap((effect) => (effect.type === 'Play' ? [effect.playId] : [])),
      timers: done.flatMap((effect) => (effect.type === 'SetTimer' ? [effect.timerId] : [])),
      lookups: done.flatMap((effect) => ('lookupId' in effect ? [effect.lookupId] : [])),
    });
    for (const [index, { after, move }] of moves.entries()) {
      now += after;
      happen(move(given()));
      if (index !== taken || state.kind === 'Ended') continue;
      const stored = withoutDigits(state);
      expect(JSON.stringify(stored)).not.toMatch(/"digits":"[0-9]/);
      goOn(resumeCall(stored, now));
    }
    happen({ type: 'CallerHungUp', lineLost: false });
    expect(state.kind).toBe('Ended');
    expect(count(done, 'CloseCall')).toBe(1);
    expect(done.at(-1)?.type).toBe('CloseCall');
    expect(count(done, 'HangUp')).toBeLessThanOrEqual(1);
    expectUniqueIdentities(done);
    expectBoundedTimers(done);
    return done;
  }

  const atOnce = (moves: readonly CallMove[]) => moves.map((move) => ({ after: 0, move }));

  it('closes exactly once, reports leaving once for each time it asked for a place, and then does nothing', () => {
    fc.assert(
      fc.property(callBeginning, paced(incomingMove, 40), fc.nat(60), (beginning, moves, taken) => {
        const start = startCall({ callId: callId('call'), entry: { ...DEFAULT_ENTRY_OPTIONS, pinLength: 1 } });
        const done = live(start, [...atOnce(beginning), ...moves], taken);
        expect(count(done, 'ReportLeft')).toBe(count(done, 'RequestAdmission'));
        // once more for each PIN that was stopped, which is a miss
        expect(count(done, 'RequestAdmission')).toBeLessThanOrEqual(DEFAULT_ENTRY_OPTIONS.tries);
        expect(count(done, 'StopRecordingName')).toBeLessThanOrEqual(count(done, 'RecordName'));
        for (const effect of done) {
          if (effect.type !== 'SetGains') continue;
          expect(Math.max(Math.abs(effect.gains.hearDb), Math.abs(effect.gains.speakDb))).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('placed by us it never asks for anything, and reports leaving exactly once if it was answered', () => {
    fc.assert(
      fc.property(paced(callMove, 40), fc.nat(60), (moves, taken) => {
        const room = conferenceId('room/aside-1');
        const start = startPlacedCall({ callId: callId('call'), admission: admission('guest'), room });
        const done = live(start, moves, taken);
        expect(count(done, 'ReportLeft')).toBe(count(done, 'JoinMixer') > 0 ? 1 : 0);
        for (const never of ['LookUpPin', 'CheckCode', 'LookAtGate', 'RequestAdmission', 'RecordName']) {
          expect(count(done, never)).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function expectUniqueIdentities(effects: readonly CallEffect[]): void {
  const plays = effects.flatMap((effect) => ('playId' in effect ? [effect.playId] : []));
  const timers = effects.flatMap((effect) => ('timerId' in effect ? [effect.timerId] : []));
  expect(new Set(plays).size).toBe(plays.length);
  expect(new Set(timers).size).toBe(timers.length);
}

function expectBoundedTimers(effects: readonly CallEffect[]): void {
  for (const effect of effects) {
    if (effect.type !== 'SetTimer') continue;
    expect(Number.isInteger(effect.ms)).toBe(true);
    expect(effect.ms).toBeGreaterThanOrEqual(0);
    expect(effect.ms).toBeLessThanOrEqual(LONGEST_TIMER_MS);
  }
}
