import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import { isKey } from '../../domain/keys.js';
import { type LegStatistics, type MediaEndpoint, type MixerName, type PlayItem } from '../../ports/media.js';
import type { MixerLeg } from '../../ports/mixer-legs.js';
import { Channel, within } from './channel.js';
import { MixerUnreachable, type SocketEvent } from './event-socket.js';
import { LegCounters } from './leg-counters.js';
import { formatHandle } from './leg-handle.js';
import { LegGains } from './leg-gains.js';
import { LegKeys } from './leg-keys.js';
import { LegOffers } from './leg-offers.js';
import type { LegOptions } from './leg-options.js';
import { LegPlayer } from './leg-player.js';
import { LegRecorder } from './leg-recorder.js';
import { LegRoom } from './leg-room.js';
import { LegSound } from './leg-sound.js';
import type { Member } from './members.js';

const CLOSE_MS = 2_000;
/** FreeSWITCH's own BYE is waited for so long. */
const BYE_MS = 200;

/** One caller's channel on a FreeSWITCH. */
export class FreeSwitchLeg implements MediaEndpoint {
  readonly callId: CallId;
  readonly counters: LegCounters;
  readonly sound: LegSound;
  readonly #options: LegOptions;
  readonly #dialog: MixerLeg;
  readonly #channel: Channel;
  readonly #offers: LegOffers;
  readonly #keys: LegKeys;
  readonly #gains: LegGains;
  readonly #player: LegPlayer;
  readonly #recorder: LegRecorder;
  readonly #room: LegRoom;
  #closing: Promise<void> | null = null;
  #gone = false;
  readonly #dialogOver: Promise<void>;
  #hungUp: () => void = () => undefined;
  readonly #hangup = new Promise<void>((resolve) => {
    this.#hungUp = resolve;
  });
  #steps: Promise<void> = Promise.resolve();

  constructor(options: LegOptions) {
    const { callId, dialog, line, listener, remoteSdp } = options;
    this.#options = options;
    this.#dialog = dialog;
    this.callId = callId;
    this.#channel = new Channel(dialog.channel, line);
    this.#offers = new LegOffers(this.#channel, dialog, remoteSdp);
    this.counters = new LegCounters(this.#channel);
    this.#keys = new LegKeys(this.#channel, options.toneDetection);
    this.#gains = new LegGains(this.#channel);
    this.#recorder = new LegRecorder(this.#channel);
    this.#player = new LegPlayer(
      this.#channel,
      {
        finished: (playId, outcome) => listener.playFinished(callId, playId, outcome),
        trouble: (message) => listener.trouble(message),
      },
      (work) => this.#step(work),
    );
    this.sound = new LegSound(this.#channel, this.counters, options.listening, () => {
      if (this.#closing === null) listener.spokeWhileMuted(callId);
    });
    this.#room = new LegRoom(this.#channel, options.conferenceProfile, {
      quiet: () => this.#player.clear(),
      moved: (seat) => {
        this.#player.moved(seat);
        this.sound.moved(seat);
      },
      muted: (seat) => this.sound.muted(seat),
      out: (room) => {
        if (this.#closing === null) listener.roomLeft(callId, room);
      },
    });
    this.#dialogOver = new Promise((resolve) => {
      dialog.onEnded((reason) => {
        resolve();
        this.lost(`the mixer ended the leg (${reason})`);
      });
    });
  }

  get uuid(): string {
    return this.#channel.uuid;
  }

  /** The mixer has nothing of it any more. */
  get over(): boolean {
    return this.#gone;
  }

  /** The caller holds: RTP may be missing for long. */
  get held(): boolean {
    return this.#offers.held;
  }

  get mixer(): MixerName {
    return this.#options.mixer();
  }

  get localSdp(): string {
    return this.#dialog.sdp;
  }

  get handle(): string {
    const { handle: leg, sdp } = this.#dialog;
    return formatHandle({ mixer: this.mixer, channel: this.uuid, leg, sdp });
  }

  /** As FreeSWITCH names the room it is in, or `null`. */
  get roomName(): string | null {
    return this.#room.name;
  }

  /** Where the caller has no RFC 4733 events, keys are searched for in the audio until another method shows. */
  async begin(): Promise<void> {
    if (!this.#offers.telephoneEvents) await this.#keys.startInband();
  }

  /** The channel was there before this process. @param seat where it sits. */
  async adopt(seat: { readonly room: ConferenceId; readonly member: Member } | null): Promise<void> {
    if (seat !== null) this.#room.found(seat.room, seat.member);
    this.#player.recovered();
    await Promise.all([this.#keys.adopt(), this.#recorder.adopt()]);
  }

  /** The event socket was cut and is open again. @param member where the channel sits. */
  recovered(member: Member | null): void {
    this.#channel.flushed();
    this.#room.recovered(member);
    this.sound.recovered();
    this.#keys.recovered();
    this.#player.recovered();
  }

  async acceptAnswer(answer: string): Promise<void> {
    await this.#offers.accept(answer);
    await this.begin();
  }

  renegotiate(offer: string | null): Promise<string> {
    return this.#offers.renegotiate(offer);
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    this.#player.play(playId, items);
  }

  stopPlaying(): void {
    this.#player.stop();
  }

  join(room: ConferenceId, { muted }: { readonly muted: boolean }): Promise<void> {
    return this.#stepped(() => {
      this.#check();
      return this.#room.join(room, muted);
    });
  }

  leave(): Promise<void> {
    return this.#stepped(() => this.#room.leave());
  }

  setMuted(muted: boolean): Promise<void> {
    return this.#stepped(() => this.#room.setMuted(muted));
  }

  setGains(gains: { readonly hearDb: number; readonly speakDb: number }): Promise<void> {
    return this.#gains.set(gains);
  }

  stopInbandDetection(): void {
    this.#keys.stopInband();
  }

  statistics(): Promise<LegStatistics> {
    return this.counters.statistics();
  }

  async record(path: string, { limitMs }: { readonly limitMs: number }): Promise<void> {
    this.#check();
    await this.#recorder.begin(path, limitMs);
  }

  stopRecording(): Promise<{ readonly durationMs: number } | null> {
    return this.#recorder.finish();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** An event of this channel's. */
  event(event: SocketEvent): void {
    switch (event.name) {
      case 'CHANNEL_EXECUTE_COMPLETE':
        this.#channel.completed(event);
        return this.#room.completed(event);
      case 'DTMF':
        return this.#key(event);
      case 'SEND_RTCP_MESSAGE':
        return this.counters.reported(event);
      case 'CHANNEL_HANGUP':
        return this.lost(`the mixer ended the leg (${event.header('Hangup-Cause') ?? 'no cause'})`);
      case 'CUSTOM':
        return this.#roomEvent(event);
      default:
    }
  }

  /** The channel is gone: told once, unless we closed it. */
  lost(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.sound.muted(null);
    this.#player.close();
    this.#channel.gone();
    this.#hungUp();
    this.#options.onGone();
    if (this.#closing === null) {
      this.#options.listener.endpointLost(this.callId, reason);
      this.#closing = Promise.all([this.#keepRecording(), this.#endDialog()]).then(() => undefined);
    }
  }

  /** Let go of for another process: goes on at the mixer, and nothing is told of it any more. */
  release(): void {
    this.#gone = true;
    this.#closing = Promise.resolve();
    this.sound.muted(null);
    this.#player.close();
    this.#recorder.release();
    this.#channel.gone();
  }

  #roomEvent(event: SocketEvent): void {
    const action = event.header('Action');
    if (action === 'add-member') this.#room.added(event);
    else if (action === 'play-file-member-done') this.#player.roomFileDone(event);
    else this.sound.event(event);
  }

  #key(event: SocketEvent): void {
    const key = (event.header('DTMF-Digit') ?? '').toUpperCase();
    if (!isKey(key) || this.#closing !== null) return;
    const method = this.#keys.heard(event.header('DTMF-Source') === 'INBAND_AUDIO');
    if (method !== null) this.#options.listener.keyPressed(this.callId, key, method);
  }

  async #close(): Promise<void> {
    this.#player.close();
    await this.#keepRecording();
    if (!this.#gone) {
      await this.#channel.api(`uuid_kill ${this.uuid}`).catch(() => undefined);
      await within(this.#hangup, CLOSE_MS, undefined);
      this.lost('closed');
    }
    await this.#endDialog();
  }

  /** FreeSWITCH says BYE by itself; where it cannot, we do, so that no dialog stays behind. */
  async #endDialog(): Promise<void> {
    await within(this.#dialogOver, BYE_MS, undefined);
    await this.#dialog.end();
  }

  /** What was recorded until now; never rejects. */
  async #keepRecording(): Promise<void> {
    await this.#recorder.finish().catch((error: unknown) => {
      this.#options.listener.trouble(`media: ${error instanceof Error ? error.message : 'a recording failed'}`);
    });
  }

  #check(): void {
    if (this.#gone || this.#closing !== null) throw new Error('the endpoint is closed');
  }

  #step(work: () => Promise<void>): void {
    this.#steps = this.#steps.then(work).catch((error: unknown) => {
      if (this.#gone || this.#closing !== null || error instanceof MixerUnreachable) return;
      this.#options.listener.trouble(`media: ${error instanceof Error ? error.message : 'a step failed'}`);
    });
  }

  #stepped(work: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(work);
    this.#steps = done.catch(() => undefined);
    return done;
  }
}
