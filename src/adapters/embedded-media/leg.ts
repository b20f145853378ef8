import { MessageChannel } from 'node:worker_threads';
import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import { MediaNotAcceptable } from '../../ports/media.js';
import type { LegStatistics, MediaEndpoint, MediaListener, PlayItem, PlayOutcome } from '../../ports/media.js';
import { LegLedger } from './leg-ledger.js';
import { LegRecorder } from './leg-recorder.js';
import type { EndpointHandle, PlayOrder, SessionDescriptor, WorkerEvent } from './protocol.js';
import type { RoomRegistry } from './room-registry.js';
import { acceptAnswer, answerOffer, makeOffer } from './sdp.js';
import type { Agreement, Destination, LocalSession } from './sdp-session.js';
import type { SoundShelf } from './sound-shelf.js';
import { WorkerGone, WorkerRefused } from './worker-link.js';
import type { WorkerSlot } from './worker-team.js';

/** What a leg needs of the engine around it. */
export interface LegSurroundings {
  readonly listener: MediaListener;
  readonly rooms: RoomRegistry;
  readonly sounds: SoundShelf;
  /** The leg has closed, or cannot go on: its ports are free, its name is forgotten. */
  closed(leg: Leg): void;
}

/** What never changes in a leg's life. */
export interface LegFacts {
  readonly callId: CallId;
  readonly handle: EndpointHandle;
  readonly bindAddress: string;
  readonly rtpPort: number;
  readonly ssrc: number;
  readonly cname: string;
  readonly silenceMs: number;
  readonly silenceOnHoldMs: number;
}

interface Playing {
  readonly playId: PlayId;
  /** A file of the list could not be read: the rest is played, and the play ends as failed. */
  incomplete: boolean;
  /** `null` while the files are being read. */
  order: PlayOrder | null;
}

/**
 * The main thread's face of one caller's audio. What the leg should be is kept here and every worker gets it as a
 * {@link SessionDescriptor}, so that any worker can carry it on; operations run one after the other.
 */
export class Leg implements MediaEndpoint {
  readonly facts: LegFacts;
  private readonly ledger = new LegLedger();
  private readonly recorder = new LegRecorder();
  private readonly around: LegSurroundings;
  private session: LocalSession;
  private agreement: Agreement | null;
  private latched: Destination | null = null;
  private room: ConferenceId | null = null;
  private muted = false;
  /** That he talks although muted has been told. */
  private spokeTold = false;
  private gains = { hearDb: 0, speakDb: 0 };
  private inbandOff = false;
  private playing: Playing | null = null;
  private slot: WorkerSlot;
  private isClosed = false;
  private last: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;
  /** Resolves when the latest recovery is through. */
  private recovery: Promise<void> = Promise.resolve();

  constructor(
    facts: LegFacts,
    session: LocalSession,
    agreement: Agreement | null,
    slot: WorkerSlot,
    around: LegSurroundings,
  ) {
    this.facts = facts;
    this.session = session;
    this.agreement = agreement;
    this.slot = slot;
    this.around = around;
  }

  get callId(): CallId {
    return this.facts.callId;
  }

  /** Its sockets and threads are this process's. */
  get handle(): null {
    return null;
  }

  get mixer(): string {
    return this.slot.name;
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
    return this.slot === slot;
  }

  /** Opens the ports. @throws {WorkerRefused} when they cannot be bound. */
  open(): Promise<void> {
    return this.inOrder(async () => {
      await this.request((link) => link.request({ type: 'open', descriptor: this.descriptor(), play: null }));
    });
  }

  acceptAnswer(answer: string): Promise<void> {
    return this.inOrder(async () => {
      const agreement = acceptAnswer(this.session, answer);
      await this.agree(agreement);
    });
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
    if (this.isClosed) return;
    if (this.playing !== null) this.finishPlay(this.playing.playId, 'replaced');
    const playing: Playing = { playId, incomplete: false, order: null };
    this.playing = playing;
    const ready = this.around.sounds.atHand(items);
    if (ready !== null) {
      this.begin(playing, { playId, sounds: ready });
      return;
    }
    this.slot.link.command({ type: 'stopPlaying', handle: this.facts.handle });
    void this.around.sounds.load(items).then(({ sounds, failures }) => {
      if (this.playing !== playing) return;
      for (const failure of failures) this.around.listener.trouble(failure);
      playing.incomplete = failures.length > 0;
      if (playing.incomplete && sounds.length === 0) this.finishPlay(playId, 'failed');
      else this.begin(playing, { playId, sounds });
    });
  }

  stopPlaying(): void {
    if (this.playing === null) return;
    if (this.playing.order === null) this.finishPlay(this.playing.playId, 'stopped');
    else this.slot.link.command({ type: 'stopPlaying', handle: this.facts.handle });
  }

  join(room: ConferenceId, { muted }: { readonly muted: boolean }): Promise<void> {
    return this.inOrder(async () => {
      this.stopPlaying();
      if (this.room !== null && this.room !== room) await this.leaveRoom(this.room);
      const home = this.around.rooms.enter(room, this, this.slot);
      try {
        // The old worker tells the end of what it recorded as it lets go; what is said in between is left out.
        if (home !== this.slot) await this.moveTo(home).finally(() => this.goOnRecording());
        if (this.room !== room || muted !== this.muted) this.spokeTold = false;
        this.room = room;
        this.muted = muted;
        await this.request((link) => link.request({ type: 'join', handle: this.facts.handle, room, muted }));
      } catch (error) {
        await this.leaveRoom(room).catch(() => undefined);
        throw error;
      }
    });
  }

  leave(): Promise<void> {
    return this.inOrder(async () => {
      if (this.room !== null) await this.leaveRoom(this.room);
    });
  }

  setMuted(muted: boolean): Promise<void> {
    return this.inOrder(async () => {
      if (muted !== this.muted) this.spokeTold = false;
      this.muted = muted;
      await this.request((link) => link.request({ type: 'mute', handle: this.facts.handle, muted }));
    });
  }

  setGains({ hearDb, speakDb }: { readonly hearDb: number; readonly speakDb: number }): Promise<void> {
    return this.inOrder(async () => {
      this.gains = { hearDb, speakDb };
      await this.request((link) => link.request({ type: 'gains', handle: this.facts.handle, hearDb, speakDb }));
    });
  }

  stopInbandDetection(): void {
    this.inbandOff = true;
    this.slot.link.command({ type: 'stopInband', handle: this.facts.handle });
  }

  statistics(): Promise<LegStatistics> {
    return Promise.resolve(this.ledger.statistics());
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
        if (event.method === 'event') this.inbandOff = true;
        listener.keyPressed(this.callId, event.key, event.method);
        return;
      case 'playFinished':
        if (this.playing?.playId === event.playId) {
          const { playId, incomplete } = this.playing;
          this.finishPlay(playId, incomplete && event.outcome === 'completed' ? 'failed' : event.outcome);
        }
        return;
      case 'audioMissing':
        listener.audioMissing(this.callId, event.silentMs);
        return;
      case 'spokeWhileMuted':
        if (!this.muted || this.room === null || this.spokeTold) return;
        this.spokeTold = true;
        listener.spokeWhileMuted(this.callId);
        return;
      case 'latched':
        this.latched = event.source;
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
    const { playing } = this;
    let again: PlayOrder | null = null;
    if (playing?.order != null) {
      const last = playing.order.sounds.at(-1);
      if (last?.loop === true) again = { playId: playing.playId, sounds: [last] };
      else this.finishPlay(playing.playId, 'failed');
    }
    const { link } = this.slot;
    this.recovery = link
      .request({ type: 'open', descriptor: this.descriptor(), play: again })
      .then(() => undefined)
      .catch((error: unknown) => {
        // Gone again: the next recovery is under way already.
        if (error instanceof WorkerGone) return;
        this.lose(`the audio could not be carried on: ${error instanceof Error ? error.message : String(error)}`);
      });
    this.goOnRecording();
    return this.recovery;
  }

  /** The leg cannot go on. */
  lose(reason: string): void {
    if (this.isClosed) return;
    this.around.listener.endpointLost(this.callId, reason);
    void this.close();
  }

  private async leaveRoom(room: ConferenceId): Promise<void> {
    this.room = null;
    try {
      await this.request((link) => link.request({ type: 'leave', handle: this.facts.handle }));
    } finally {
      this.around.rooms.leave(room, this);
    }
  }

  private begin(playing: Playing, order: PlayOrder): void {
    playing.order = order;
    this.slot.link.command({ type: 'play', handle: this.facts.handle, play: order });
  }

  private finishPlay(playId: PlayId, outcome: PlayOutcome): void {
    if (this.playing?.playId === playId) this.playing = null;
    // Not from within `play` or `stopPlaying`: whoever listens may call them again.
    queueMicrotask(() => {
      if (!this.isClosed) this.around.listener.playFinished(this.callId, playId, outcome);
    });
  }

  private async agree(agreement: Agreement): Promise<void> {
    const before = { agreement: this.agreement, latched: this.latched };
    this.agreement = agreement;
    // As the latch does: while the caller names the same place, the source believed stays where we send to.
    if (agreement.remote !== null && !samePlace(agreement.remote, before.agreement?.remote ?? null))
      this.latched = null;
    try {
      await this.request((link) => link.request({ type: 'agree', handle: this.facts.handle, agreement }));
    } catch (error) {
      this.agreement = before.agreement;
      this.latched = before.latched;
      throw error;
    }
  }

  /**
   * Hands the leg over to the worker in `home`, from thread to thread: the new one opens the ports beside the old
   * one, which then lets go. A stall of this thread delays the end of the promise, not the audio.
   */
  private async moveTo(home: WorkerSlot): Promise<void> {
    if (!home.link.alive) throw new WorkerRefused('the media worker of the room keeps failing');
    const { port1, port2 } = new MessageChannel();
    const { playing, slot: old } = this;
    const { link } = old;
    const { handle } = this.facts;
    const adopted = home.link.request({ type: 'adopt', descriptor: this.descriptor(), from: port1 }, [port1]);
    link.command({ type: 'handOver', handle, to: port2 }, [port2]);
    this.slot = home;
    try {
      await adopted;
    } catch (error) {
      if (!(error instanceof WorkerGone)) {
        await this.stayOn(old, link, playing);
        throw error;
      }
      // The new worker died under it; its successor opened the leg again by the descriptor.
      await link.request({ type: 'letGo', handle }).catch(() => undefined);
      await this.recovery;
    }
  }

  /** The leg could not be moved and is still where it was, on `link`; `playing` is what was played there. */
  private async stayOn(old: WorkerSlot, link: WorkerSlot['link'], playing: Playing | null): Promise<void> {
    this.slot = old;
    // Where its worker was replaced meanwhile, this leg was not among those opened again.
    if (old.link !== link) await this.recover();
    else if (!link.alive) this.lose('its media worker keeps failing');
    else if (this.playing !== playing && this.playing?.order != null) this.begin(this.playing, this.playing.order);
  }

  /** Whichever worker carries the leg now tells what the caller says, where it is recorded. */
  private goOnRecording(): void {
    const samples = this.recorder.missingSamples;
    if (samples > 0) this.slot.link.command({ type: 'record', handle: this.facts.handle, samples });
  }

  /** When it resolves, all that the worker recorded has been taken. Never rejects: of a dead worker there is no more. */
  private async pauseRecording(): Promise<void> {
    if (this.recorder.missingSamples === 0) return;
    await this.slot.link.request({ type: 'stopRecording', handle: this.facts.handle }).catch(() => undefined);
  }

  private async closeOnce(): Promise<void> {
    this.isClosed = true;
    this.playing = null;
    // What is under way may yet enter a room.
    await this.last;
    if (this.room !== null) this.around.rooms.leave(this.room, this);
    this.room = null;
    await this.slot.link.request({ type: 'close', handle: this.facts.handle }).catch(() => undefined);
    this.around.closed(this);
    await this.recorder.finish().catch((error: unknown) => {
      this.around.listener.trouble(error instanceof Error ? error.message : String(error));
    });
  }

  private descriptor(): SessionDescriptor {
    const { handle, bindAddress, rtpPort, ssrc, cname, silenceMs, silenceOnHoldMs } = this.facts;
    const { agreement, latched, room, muted, inbandOff } = this;
    const ledger = this.ledger.memory;
    return {
      ...{ handle, bindAddress, rtpPort, ssrc, cname, silenceMs, silenceOnHoldMs },
      ...{ agreement, latched, room, muted, inbandOff, ledger },
      ...this.gains,
    };
  }

  /** A request whose effect is part of the descriptor: when the worker dies under it, the recovery brings it about. */
  private async request(send: (link: WorkerSlot['link']) => Promise<number>): Promise<void> {
    try {
      await send(this.slot.link);
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error;
      await this.recovery;
    }
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

function samePlace(one: Destination, other: Destination | null): boolean {
  return one.address === other?.address && one.port === other.port;
}
