import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import { MediaNotAcceptable } from '../../ports/media.js';
import type { LegStatistics, MediaEndpoint, MediaListener, PlayItem } from '../../ports/media.js';
import { LegCarrier } from './leg-carrier.js';
import { LegPlays } from './leg-plays.js';
import { LegRecorder } from './leg-recorder.js';
import { LegState, type LegFacts } from './leg-state.js';
import type { WorkerEvent } from './protocol.js';
import type { RoomRegistry } from './room-registry.js';
import { acceptAnswer, answerOffer, makeOffer } from './sdp.js';
import type { Agreement, LocalSession } from './sdp-session.js';
import type { SoundShelf } from './sound-shelf.js';
import type { WorkerSlot } from './worker-team.js';

/** What a leg needs of the engine around it. */
export interface LegSurroundings {
  readonly listener: MediaListener;
  readonly rooms: RoomRegistry;
  readonly sounds: SoundShelf;
  /** The leg has closed, or cannot go on: its ports are free, its name is forgotten. */
  closed(leg: Leg): void;
}

/**
 * The main thread's face of one caller's audio: has whichever worker carries the leg make it what it should be. Operations run one after
 * the other.
 */
export class Leg implements MediaEndpoint {
  readonly facts: LegFacts;
  private readonly recorder = new LegRecorder();
  private readonly around: LegSurroundings;
  private session: LocalSession;
  private readonly state: LegState;
  private readonly plays: LegPlays;
  private readonly carrier: LegCarrier;
  private isClosed = false;
  private last: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;

  constructor(
    facts: LegFacts,
    session: LocalSession,
    agreement: Agreement | null,
    slot: WorkerSlot,
    around: LegSurroundings,
  ) {
    this.facts = facts;
    this.session = session;
    this.around = around;
    this.state = new LegState(facts, agreement);
    const { handle, callId } = facts;
    this.plays = new LegPlays(around.sounds, {
      begin: (order) => this.carrier.command({ type: 'play', handle, play: order }),
      stop: () => this.carrier.command({ type: 'stopPlaying', handle }),
      finished: (playId, outcome) => {
        if (!this.isClosed) around.listener.playFinished(callId, playId, outcome);
      },
      trouble: (message) => around.listener.trouble(message),
    });
    this.carrier = new LegCarrier(handle, slot, {
      ...{ state: this.state, plays: this.plays },
      recover: () => this.recover(),
      lose: (reason) => this.lose(reason),
    });
  }

  get callId(): CallId {
    return this.facts.callId;
  }

  /** Its sockets and threads are this process's. */
  get handle(): null {
    return null;
  }

  get mixer(): string {
    return this.carrier.slot.name;
  }

  get localSdp(): string {
    return this.session.sdp;
  }

  /** Nothing can be done with it any more. */
  get closed(): boolean {
    return this.isClosed;
  }

  /** Whether this leg is carried by the worker in `slot`. */
  isOn(slot: WorkerSlot): boolean {
    return this.carrier.slot === slot;
  }

  /** Opens the ports. @throws {WorkerRefused} when they cannot be bound. */
  open(): Promise<void> {
    return this.inOrder(async () => {
      await this.carrier.ask({ type: 'open', descriptor: this.state.descriptor(), play: null });
    });
  }

  acceptAnswer(answer: string): Promise<void> {
    return this.inOrder(() => this.agree(acceptAnswer(this.session, answer)));
  }

  renegotiate(offer: string | null): Promise<string> {
    return this.inOrder(async () => {
      if (offer === null) {
        this.session = makeOffer(this.session);
        return this.session.sdp;
      }
      const { session, agreement } = answerOffer(this.session, offer);
      await this.agree(agreement);
      this.session = session;
      return session.sdp;
    });
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    if (!this.isClosed) this.plays.play(playId, items);
  }

  stopPlaying(): void {
    this.plays.stop();
  }

  join(room: ConferenceId, { muted }: { readonly muted: boolean }): Promise<void> {
    return this.inOrder(async () => {
      this.stopPlaying();
      const before = this.state.room;
      if (before !== null && before !== room) await this.leaveRoom(before);
      const home = this.around.rooms.enter(room, this, this.carrier.slot);
      try {
        // The old worker tells the end of what it recorded as it lets go; what is said in between is left out.
        if (home !== this.carrier.slot) await this.carrier.moveTo(home).finally(() => this.goOnRecording());
        this.state.enter(room, muted);
        await this.carrier.ask({ type: 'join', handle: this.facts.handle, room, muted });
      } catch (error) {
        await this.leaveRoom(room).catch(() => undefined);
        throw error;
      }
    });
  }

  leave(): Promise<void> {
    return this.inOrder(async () => {
      const { room } = this.state;
      if (room !== null) await this.leaveRoom(room);
    });
  }

  setMuted(muted: boolean): Promise<void> {
    return this.inOrder(async () => {
      this.state.mute(muted);
      await this.carrier.ask({ type: 'mute', handle: this.facts.handle, muted });
    });
  }

  setGains({ hearDb, speakDb }: { readonly hearDb: number; readonly speakDb: number }): Promise<void> {
    return this.inOrder(async () => {
      this.state.gains = { hearDb, speakDb };
      await this.carrier.ask({ type: 'gains', handle: this.facts.handle, hearDb, speakDb });
    });
  }

  stopInbandDetection(): void {
    this.state.inbandOff = true;
    this.carrier.command({ type: 'stopInband', handle: this.facts.handle });
  }

  statistics(): Promise<LegStatistics> {
    return Promise.resolve(this.state.ledger.statistics());
  }

  record(path: string, { limitMs }: { readonly limitMs: number }): Promise<void> {
    return this.inOrder(async () => {
      await this.recorder.begin(path, limitMs);
      this.goOnRecording();
    });
  }

  stopRecording(): Promise<{ readonly durationMs: number } | null> {
    const paused = this.last.then(() => this.pauseRecording());
    this.last = paused;
    // Nothing else of this caller's waits for the disk.
    return paused.then(() => this.recorder.finish());
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  /** What the worker tells of this leg. */
  happened(event: WorkerEvent): void {
    // The end of what was recorded is told while the leg closes.
    if (event.type === 'recorded') this.recorder.take(event.samples);
    if (this.isClosed) return;
    const { listener } = this.around;
    switch (event.type) {
      case 'key':
        if (event.method === 'event') this.state.inbandOff = true;
        listener.keyPressed(this.callId, event.key, event.method);
        return;
      case 'playFinished':
        this.plays.ended(event.playId, event.outcome);
        return;
      case 'audioMissing':
        listener.audioMissing(this.callId, event.silentMs);
        return;
      case 'spokeWhileMuted':
        if (this.state.spoke()) listener.spokeWhileMuted(this.callId);
        return;
      case 'latched':
        this.state.latched = event.source;
        return;
      case 'legFailed':
        this.lose(event.reason);
        return;
      case 'recorded':
      case 'roomPlayFinished':
      case 'roomRecorded':
      case 'roomRecordingEnded':
      case 'trouble':
        return;
    }
  }

  /** The worker in the leg's slot was replaced: opens the leg there again as it was. Never rejects. */
  recover(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    const recovery = this.carrier.reopen(this.plays.again());
    this.goOnRecording();
    return recovery;
  }

  /** The leg cannot go on. */
  lose(reason: string): void {
    if (this.isClosed) return;
    this.around.listener.endpointLost(this.callId, reason);
    void this.close();
  }

  private async leaveRoom(room: ConferenceId): Promise<void> {
    this.state.leave();
    try {
      await this.carrier.ask({ type: 'leave', handle: this.facts.handle });
    } finally {
      this.around.rooms.leave(room, this);
    }
  }

  private async agree(agreement: Agreement): Promise<void> {
    const undo = this.state.agree(agreement);
    try {
      await this.carrier.ask({ type: 'agree', handle: this.facts.handle, agreement });
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Whichever worker carries the leg now tells what the caller says, where it is recorded. */
  private goOnRecording(): void {
    const samples = this.recorder.missingSamples;
    if (samples > 0) this.carrier.command({ type: 'record', handle: this.facts.handle, samples });
  }

  /** When it resolves, all that the worker recorded has been taken. Never rejects: of a dead worker there is no more. */
  private async pauseRecording(): Promise<void> {
    if (this.recorder.missingSamples === 0) return;
    await this.carrier.askIfAlive({ type: 'stopRecording', handle: this.facts.handle });
  }

  private async closeOnce(): Promise<void> {
    this.isClosed = true;
    this.plays.drop();
    // What is under way may yet enter a room.
    await this.last;
    const { room } = this.state;
    if (room !== null) this.around.rooms.leave(room, this);
    this.state.leave();
    await this.carrier.askIfAlive({ type: 'close', handle: this.facts.handle });
    this.around.closed(this);
    await this.recorder.finish().catch((error: unknown) => {
      this.around.listener.trouble(error instanceof Error ? error.message : String(error));
    });
  }

  private inOrder<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => {
      if (this.isClosed) throw new MediaNotAcceptable('the endpoint is closed');
      return operation();
    });
    this.last = result.catch(() => undefined);
    return result;
  }
}
