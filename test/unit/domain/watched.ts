import { expect } from 'vitest';
import type { ConferenceEffect, ConferenceEvent } from '../../../src/domain/conference/contract.js';
import { isSilent } from '../../../src/domain/conference/lines.js';
import { startConference, stepConference, type ConferenceState } from '../../../src/domain/conference/machine.js';
import { resumeConference } from '../../../src/domain/conference/resume.js';
import { conferenceId, type CallId, type MenuId, type PlayId, type TimerId } from '../../../src/domain/identifiers.js';
import { LONGEST_TIMER_MS } from '../../../src/domain/timers.js';
import type { WithoutTime } from './words.js';

const isAtTheGate = (event: WithoutTime<ConferenceEvent>, id: CallId): boolean =>
  (event.type === 'CallerArrived' || event.type === 'GateLookedAt') && event.callId === id;

const ROOM = conferenceId('room');

/**
 * A conference of which every step is checked against what its callers have been told: a model of nothing but who is known, where
 * each of them was sent, who is muted, and whether there is a recording.
 */
export class Watched {
  now = 0;
  state: ConferenceState = startConference({ conferenceId: ROOM });
  readonly plays: PlayId[] = [];
  readonly timers: TimerId[] = [];
  readonly menus: { readonly callId: CallId; readonly menuId: MenuId }[] = [];
  readonly placed: CallId[] = [];
  readonly #done: ConferenceEffect[] = [];
  /** Where those are who were told anything and not let go since. */
  readonly #known = new Map<CallId, 'waiting' | 'admitted' | 'held' | 'aside' | 'placed'>();
  readonly #muted = new Map<CallId, boolean>();
  /** Names of those who were really in. */
  readonly #haveBeenIn = new Set<string>();
  #recording: 'off' | 'on' | 'paused' = 'off';
  #hostWasIn = false;
  #lockedOut = 0;

  happen(event: WithoutTime<ConferenceEvent>): void {
    const before = this.state;
    if (event.type === 'CallerJoined') {
      const member = before.facts.members.find(({ callId }) => callId === event.callId);
      if (member?.phase === 'joining' && member.name !== null) this.#haveBeenIn.add(member.name);
    }
    const step = stepConference(before, { ...event, at: this.now });
    this.state = step.state;
    if (before.kind === 'Closed') {
      expect(step).toEqual({ state: before, effects: [] });
      return;
    }
    if (event.type === 'CallerLeft') this.#known.delete(event.callId);
    if (event.type === 'PlacedCallEnded') this.#known.delete(event.placed);
    for (const effect of step.effects) this.#heed(effect, event);
    this.#done.push(...step.effects);
    this.#expectSound();
  }

  /** Another process goes on from what was stored. */
  takeOver(): void {
    this.state = resumeConference(JSON.parse(JSON.stringify(this.state)) as ConferenceState);
  }

  expectOver(): void {
    expect(this.state.kind).toBe('Closed');
    expect([...this.#known]).toEqual([]);
    expect(this.#recording).toBe('off');
    expect(this.state.facts.timers.running).toEqual({});
    const count = (type: ConferenceEffect['type']): number =>
      this.#done.filter((effect) => effect.type === type).length;
    expect(count('RecordStarted')).toBeLessThanOrEqual(1);
    expect(count('CloseConference')).toBe(1);
    expect(this.#done.at(-1)).toMatchObject({ type: 'CloseConference', lockedOut: this.#lockedOut });
    for (const given of [this.plays, this.timers, this.menus.map(({ menuId }) => menuId), this.placed]) {
      expect(new Set<string>(given).size).toBe(given.length);
    }
  }

  #heed(effect: ConferenceEffect, event: WithoutTime<ConferenceEvent>): void {
    switch (effect.type) {
      case 'KeepWaiting':
        this.#move(effect.callId, [undefined, 'waiting'], 'waiting');
        return;
      case 'Admit':
        this.#move(effect.callId, [undefined, 'waiting', 'held'], 'admitted');
        this.#muted.set(effect.callId, effect.muted);
        return;
      case 'SendToHold':
        this.#move(effect.callId, ['admitted'], 'held');
        return;
      case 'SendToRoom':
        this.#move(effect.callId, ['admitted', 'aside', 'placed'], effect.room === ROOM ? 'admitted' : 'aside');
        this.#muted.set(effect.callId, effect.muted);
        return;
      case 'Mute':
        expect(['admitted', 'aside']).toContain(this.#known.get(effect.callId));
        this.#muted.set(effect.callId, effect.muted);
        return;
      case 'Refuse':
        if (effect.reason === 'locked') this.#lockedOut += 1;
        this.#letGo(effect.callId, isAtTheGate(event, effect.callId));
        return;
      case 'Dismiss':
        this.#letGo(effect.callId, false);
        return;
      case 'LetPass':
        expect(event.type).toBe('GateLookedAt');
        return;
      case 'Tell':
      case 'CloseMenu':
      case 'MeasureLines':
        expect(this.#known.has(effect.callId)).toBe(true);
        return;
      case 'OpenMenu':
      case 'OpenEntry':
        expect(['admitted', 'aside']).toContain(this.#known.get(effect.callId));
        this.menus.push({ callId: effect.callId, menuId: effect.menuId });
        return;
      case 'PlaceCall':
        expect(this.#known.get(effect.callId)).toBe('admitted');
        this.#move(effect.placed, [undefined], 'placed');
        this.placed.push(effect.placed);
        return;
      case 'PlayToRoom':
        this.plays.push(effect.playId);
        for (const piece of effect.utterances) {
          if (piece.kind === 'name') expect([...this.#haveBeenIn]).toContain(piece.name);
        }
        return;
      case 'StartRecording':
      case 'PauseRecording':
      case 'ResumeRecording':
      case 'StopRecording':
        this.#record(effect.type);
        return;
      case 'SetTimer':
        this.timers.push(effect.timerId);
        expect(Number.isInteger(effect.ms) && effect.ms >= 0 && effect.ms <= LONGEST_TIMER_MS).toBe(true);
        return;
      case 'BlockCaller':
      case 'CancelTimer':
      case 'RecordStarted':
      case 'CloseConference':
        return;
    }
  }

  #move(
    id: CallId,
    from: readonly (string | undefined)[],
    to: 'waiting' | 'admitted' | 'held' | 'aside' | 'placed',
  ): void {
    expect(from).toContain(this.#known.get(id));
    this.#known.set(id, to);
  }

  /** Exactly once: whoever is let go is not known any more. */
  #letGo(id: CallId, atTheGate: boolean): void {
    expect(this.#known.has(id)).toBe(!atTheGate);
    this.#known.delete(id);
  }

  #record(type: 'StartRecording' | 'PauseRecording' | 'ResumeRecording' | 'StopRecording'): void {
    const from = {
      StartRecording: ['off'],
      PauseRecording: ['on'],
      ResumeRecording: ['paused'],
      StopRecording: ['on', 'paused'],
    };
    const to = { StartRecording: 'on', PauseRecording: 'paused', ResumeRecording: 'on', StopRecording: 'off' } as const;
    expect(from[type]).toContain(this.#recording);
    this.#recording = to[type];
  }

  #expectSound(): void {
    const { state } = this;
    const { members, waiting, menus, hands, placed, options, recording, sayings } = state.facts;
    expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
    if (recording === 'off') this.#recording = 'off'; // It may have failed by itself.
    expect(this.#recording).toBe(recording);

    const inIt = [...members, ...waiting].map(({ callId }) => callId);
    const everyone = [...inIt, ...placed.map((call) => call.placed)];
    expect(new Set(everyone).size).toBe(everyone.length);
    expect(everyone.toSorted()).toEqual([...this.#known.keys()].toSorted());
    for (const { callId, phase } of members) {
      expect(this.#known.get(callId)).toBe(phase === 'joining' || phase === 'in' ? 'admitted' : phase);
    }
    for (const member of members.filter(({ phase }) => phase === 'joining' || phase === 'in')) {
      expect(this.#muted.get(member.callId)).toBe(isSilent(member));
    }
    this.#hostWasIn ||= members.some(({ role, phase }) => role === 'host' && phase === 'in');
    if (!this.#hostWasIn) expect(members.filter(({ role }) => role === 'guest')).toEqual([]);
    for (const { callId } of menus) expect(members.map((member) => member.callId)).toContain(callId);
    const topics = sayings.pending.map(({ topic }) => topic);
    expect(new Set(topics).size).toBe(topics.length);
    if (sayings.sounding === null) expect(topics).toEqual([]);
    for (const hand of hands) expect(inIt).toContain(hand);
    this.#expectCallsPlaced();
    this.#expectStage(state.kind, options.lobby);
  }

  /** A host is aside exactly as long as there is a call to bring in or give up, and its menu is open. */
  #expectCallsPlaced(): void {
    const { members, menus, measuring, placed } = this.state.facts;
    const hosts = members.filter(({ role }) => role === 'host');
    const aside = hosts.filter(({ phase }) => phase === 'aside').map(({ callId }) => callId);
    expect(placed.map(({ host }) => host).toSorted()).toEqual(aside.toSorted());
    for (const call of placed) {
      expect(menus.find(({ callId }) => callId === call.host)?.menu).toEqual({ kind: 'dial-out', placed: call.placed });
    }
    for (const asking of measuring) expect(hosts.map(({ callId }) => callId)).toContain(asking);
    for (const { callId } of menus) expect(hosts.map((host) => host.callId)).toContain(callId);
  }

  #expectStage(kind: ConferenceState['kind'], lobby: boolean): void {
    const { members, waiting, hostless } = this.state.facts;
    const reasons = new Set(waiting.map(({ reason }) => reason));
    const phases = new Set(members.map(({ phase }) => phase));
    if (kind === 'WaitingForHost') expect([...reasons].filter((reason) => reason !== 'no-host')).toEqual([]);
    if (kind === 'InSession') {
      expect(phases.has('held')).toBe(false);
      const why = hostless ? 'no-host' : 'lobby';
      expect([...reasons].filter((reason) => !lobby || reason !== why)).toEqual([]);
      const isIn = members.some(({ role, phase }) => role === 'host' && (phase === 'in' || phase === 'aside'));
      expect(hostless && isIn).toBe(false);
    }
    if (kind === 'HostAway') {
      expect(phases.has('in') || phases.has('aside')).toBe(false);
      expect([...reasons].filter((reason) => reason !== 'host-away')).toEqual([]);
    }
    if (kind === 'Closed') expect(members.length + waiting.length).toBe(0);
    if (kind !== 'Empty' && kind !== 'Closed') expect(members.length + waiting.length).toBeGreaterThan(0);
  }
}
