import { toCall, toConference } from '../../../src/bridge/reports.js';
import { assertNever } from '../../../src/domain/assert-never.js';
import type { CallEffect, CallEvent } from '../../../src/domain/call-flow/contract.js';
import { startCall, startPlacedCall, stepCall } from '../../../src/domain/call-flow/machine.js';
import { DEFAULT_ENTRY_OPTIONS, type ConferenceOptions } from '../../../src/domain/conference-options.js';
import type { ConferenceEffect, ConferenceEvent } from '../../../src/domain/conference/contract.js';
import { stepConference } from '../../../src/domain/conference/machine.js';
import { callId, type CallId } from '../../../src/domain/identifiers.js';
import type { Key } from '../../../src/domain/keys.js';
import type { Utterance } from '../../../src/domain/prompts.js';
import { admission } from './caller.js';
import type { WithoutTime } from './words.js';
import { answerToPin, HOST_PIN, newConference, newLine, noiseOf, type Conference, type Line } from './world-state.js';

/** How long each piece of a play lasts, and how long a mixer needs to take someone in. */
const PIECE_MS = 1_500;
const JOIN_MS = 150;
/** How long a called telephone rings. */
const RING_MS = 4_000;

/** A bridge in memory: callers with telephones, one account, sounds that take their time, a mixer that may fail. */
export class World {
  now = 0;
  readonly lines: Line[] = [];
  readonly conferences: Conference[] = [];
  /** Guests the mixer took in before any host was in: there must be none. */
  readonly tooEarly: CallId[] = [];
  mixerWorks = true;
  readonly #options: ConferenceOptions;
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];
  readonly #queue: (() => void)[] = [];
  #placed = 0;

  constructor(options: ConferenceOptions) {
    this.#options = options;
  }

  dial(): Line {
    const id = callId(`call${this.lines.length}`);
    const line = newLine(id, startCall({ callId: id, entry: { ...DEFAULT_ENTRY_OPTIONS, pinLength: 2 } }));
    this.lines.push(line);
    this.toLine(line, { type: 'CallAnswered' });
    this.#settle();
    return line;
  }

  /** Of the calls placed every fourth is not allowed, and every fourth not answered. */
  #place(conference: Conference, { placed, room }: Extract<ConferenceEffect, { type: 'PlaceCall' }>): void {
    this.#placed += 1;
    const nth = this.#placed % 4;
    if (nth === 3) {
      this.#toConference(conference, { type: 'PlacedCallEnded', placed, reason: 'not-allowed' });
      return;
    }
    const state = startPlacedCall({ callId: placed, admission: admission('guest', this.#options), room });
    const line = newLine(placed, state, conference);
    this.lines.push(line);
    this.#later(RING_MS, () => {
      if (line.state.kind === 'Ended') return;
      if (nth === 2) {
        this.toLine(line, { type: 'CallerHungUp', lineLost: false });
        this.#toConference(conference, { type: 'PlacedCallEnded', placed, reason: 'not-answered' });
        return;
      }
      this.toLine(line, { type: 'CallAnswered' });
      this.#toConference(conference, { type: 'PlacedCallAnswered', placed });
    });
  }

  /** What the bridge says of a call placed that ends before its answer. */
  #giveUpUnanswered(line: Line): void {
    if (line.state.kind !== 'Placed') return;
    this.#report(line, { type: 'PlacedCallEnded', placed: line.id, reason: 'not-answered' });
  }

  /** What happens to a line outside of the call flow: the conference is told. */
  inConference(line: Line, event: (id: CallId) => WithoutTime<ConferenceEvent>): void {
    this.#report(line, event(line.id));
    this.#settle();
  }

  /** A name ends by `#` or time; every third caller says nothing. */
  #endName(line: Line): void {
    const { recording } = line;
    if (recording === null) return;
    line.recording = null;
    const speechMs = this.lines.indexOf(line) % 3 === 2 ? 0 : 900;
    this.toLine(line, { type: 'NameRecorded', nameId: recording, speechMs });
  }

  press(line: Line, key: Key): void {
    this.toLine(line, { type: 'KeyPressed', key, method: 'event' });
    this.#settle();
  }

  hangUp(line: Line, lineLost: boolean): void {
    this.#giveUpUnanswered(line);
    this.toLine(line, { type: 'CallerHungUp', lineLost });
    this.#settle();
  }

  breakMedia(line: Line): void {
    this.#giveUpUnanswered(line);
    this.toLine(line, { type: 'MediaFailed' });
    this.#settle();
  }

  wait(ms: number): void {
    const end = this.now + ms;
    for (let at = this.#nextAt(); at !== null && at <= end; at = this.#nextAt()) {
      this.now = Math.max(this.now, at);
      this.#runDue();
      this.#settle();
    }
    this.now = end;
  }

  #nextAt(): number | null {
    const timers = [...this.lines, ...this.conferences].flatMap(({ timers: { nextDue } }) => nextDue ?? []);
    const dues = [...timers, ...this.#due.map((entry) => entry.at)];
    return dues.length === 0 ? null : Math.min(...dues);
  }

  #runDue(): void {
    for (const line of this.lines) {
      const timer = line.timers.takeDue(this.now);
      if (timer !== null) this.toLine(line, { type: 'TimerFired', timerId: timer.timerId });
    }
    for (const conference of this.conferences) {
      const timer = conference.timers.takeDue(this.now);
      if (timer !== null) this.#toConference(conference, { type: 'TimerFired', timerId: timer.timerId });
    }
    const index = this.#due.findIndex((entry) => entry.at <= this.now);
    if (index >= 0) this.#due.splice(index, 1)[0]?.run();
  }

  #later(ms: number, run: () => void): void {
    this.#due.push({ at: this.now + ms, run });
  }

  #settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
  }

  toLine(line: Line, event: WithoutTime<CallEvent>): void {
    this.#queue.push(() => {
      const { state, effects } = stepCall(line.state, { ...event, at: this.now });
      line.state = state;
      line.effects.push(...effects);
      for (const effect of effects) this.#carryOut(line, effect);
    });
  }

  #carryOut(line: Line, effect: CallEffect): void {
    switch (effect.type) {
      case 'Play':
        this.#stop(line);
        line.playing = effect.playId;
        this.#endLater(effect.utterances, () => {
          if (line.playing === effect.playId) this.#stop(line);
        });
        return;
      case 'StopPlaying':
        return this.#stop(line);
      case 'SetTimer':
        return line.timers.set(effect.name, effect.timerId, this.now + effect.ms);
      case 'CancelTimer':
        return line.timers.cancel(effect.name);
      case 'LookUpPin':
        return this.toLine(line, answerToPin(effect, this.#options));
      case 'RequestAdmission': {
        const { role, options } = effect.admission;
        const conference = this.#openConference();
        line.conference = conference;
        line.role = role;
        this.#toConference(conference, {
          type: 'CallerArrived',
          callId: line.id,
          role,
          callerNumber: line.id.slice(-1),
          options,
          name: effect.name,
          endsAt: null,
        });
        return;
      }
      case 'LookAtGate': {
        const current = this.conferences.at(-1);
        if (current === undefined || current.closedAt !== null) {
          this.toLine(line, { type: 'GateFoundOpen' });
          return;
        }
        const { role, options } = effect.admission;
        const callerNumber = line.id.slice(-1);
        this.#toConference(current, { type: 'GateLookedAt', callId: line.id, role, callerNumber, options });
        return;
      }
      case 'CheckCode': {
        const { lookupId, digits } = effect;
        this.toLine(line, { type: digits === HOST_PIN ? 'CodeMatched' : 'PinMissed', lookupId });
        return;
      }
      case 'RecordName': {
        line.recording = effect.nameId;
        this.#later(effect.limitMs, () => {
          if (line.recording === effect.nameId) this.#endName(line);
        });
        return;
      }
      case 'StopRecordingName':
        return this.#endName(line);
      case 'JoinMixer': {
        line.muted = effect.muted;
        this.#stop(line);
        const works = this.mixerWorks;
        this.#later(JOIN_MS, () => this.toLine(line, { type: works ? 'MixerJoined' : 'MixerJoinFailed' }));
        return;
      }
      case 'ReportJoined':
        if (line.conference !== null && line.role === 'guest' && !line.conference.hostWasIn)
          this.tooEarly.push(line.id);
        if (line.conference !== null && line.role === 'host') line.conference.hostWasIn = true;
        {
          this.#report(line, { type: 'CallerJoined', callId: line.id });
          return;
        }
      case 'ReportAction':
      case 'ReportUnknownCode':
      case 'ReportChoice':
      case 'ReportEntry':
      case 'ReportMenuSpoken':
      case 'ReportMenuLeft':
      case 'ReportLeft':
        return this.#report(line, toConference(line.id, effect));
      case 'SetMuted':
        line.muted = effect.muted;
        return;
      case 'LeaveMixer':
      case 'SetGains':
      case 'HangUp':
      case 'CloseCall':
        return;
      default:
        return assertNever(effect);
    }
  }

  #stop(line: Line): void {
    const { playing } = line;
    if (playing === null) return;
    line.playing = null;
    this.toLine(line, { type: 'PlayFinished', playId: playing });
  }

  #endLater(utterances: readonly Utterance[], end: () => void): void {
    if (utterances.some((piece) => piece.kind === 'music')) return;
    this.#later(PIECE_MS * utterances.length, end);
  }

  #openConference(): Conference {
    const current = this.conferences.at(-1);
    if (current !== undefined && current.closedAt === null) return current;
    const conference = newConference();
    this.conferences.push(conference);
    return conference;
  }

  #report(line: Line, event: WithoutTime<ConferenceEvent>): void {
    if (line.conference !== null) this.#toConference(line.conference, event);
  }

  #toConference(conference: Conference, event: WithoutTime<ConferenceEvent>): void {
    this.#queue.push(() => {
      // Whoever asks while the last word of a conference is on its way opens the next.
      if (event.type === 'GateLookedAt' && conference.closedAt !== null) {
        this.#tell(event.callId, { type: 'GateFoundOpen' });
        return;
      }
      if (event.type === 'CallerArrived' && conference.closedAt !== null) {
        const line = this.lines.find((other) => other.id === event.callId);
        const next = this.#openConference();
        if (line !== undefined) line.conference = next;
        this.#toConference(next, event);
        return;
      }
      const { state, effects } = stepConference(conference.state, { ...event, at: this.now });
      conference.state = state;
      conference.effects.push(...effects);
      for (const effect of effects) this.#carryOutForConference(conference, effect);
    });
  }

  #carryOutForConference(conference: Conference, effect: ConferenceEffect): void {
    switch (effect.type) {
      case 'Admit':
      case 'KeepWaiting':
      case 'Refuse':
      case 'Tell':
      case 'SendToHold':
      case 'LetPass':
      case 'SendToRoom':
      case 'OpenMenu':
      case 'OpenEntry':
      case 'CloseMenu':
      case 'Mute':
      case 'Dismiss':
        return this.#tell(effect.callId, toCall(effect));
      case 'MeasureLines': {
        const { callId: asking } = effect;
        const lines = noiseOf(this.lines);
        this.#later(3_000, () => this.#toConference(conference, { type: 'LinesMeasured', callId: asking, lines }));
        return;
      }
      case 'PlaceCall':
        return this.#place(conference, effect);
      case 'PlayToRoom':
        return this.#endLater(effect.utterances, () =>
          this.#toConference(conference, { type: 'PlayFinished', playId: effect.playId }),
        );
      case 'SetTimer':
        return conference.timers.set(effect.name, effect.timerId, this.now + effect.ms);
      case 'CancelTimer':
        return conference.timers.cancel(effect.name);
      case 'RecordStarted':
      case 'BlockCaller':
      case 'StartRecording':
      case 'PauseRecording':
      case 'ResumeRecording':
      case 'StopRecording':
        return;
      case 'CloseConference':
        conference.closedAt = this.now;
        return;
      default:
        return assertNever(effect);
    }
  }

  #tell(id: CallId, event: WithoutTime<CallEvent>): void {
    const line = this.lines.find((other) => other.id === id);
    if (line !== undefined) this.toLine(line, event);
  }
}
