import type { Acknowledge } from 'drachtio-srf';
import type { Endpoint } from 'drachtio-fsmrf';
import type { CallId, ConferenceId, PlayId } from '../../domain/identifiers.js';
import { isKey } from '../../domain/keys.js';
import type { LegStatistics, MediaEndpoint, MediaListener, MixerName, PlayItem } from '../../ports/media.js';
import { Channel, within } from './channel.js';
import type { EventSocket, SocketEvent } from './event-socket.js';
import { LegPlayer } from './leg-player.js';
import { LegCounters } from './leg-counters.js';
import { offerToMixer } from './leg-dialog.js';
import { LegRecorder } from './leg-recorder.js';
import { roomName } from './names.js';
import { factsOf, withAddress } from './offer.js';

export interface ToneDetection {
  readonly start: string;
  readonly stop: string;
}

export interface LegOptions {
  readonly callId: CallId;
  readonly mixer: MixerName;
  readonly endpoint: Endpoint;
  readonly socket: EventSocket;
  readonly listener: MediaListener;
  /** The caller's offer, or `null` where the mixer made one. */
  readonly offer: string | null;
  /** Put into our SDP, or `null`: as the mixer wrote it. */
  readonly advertise: string | null;
  /** Conference profile of the mixer's. */
  readonly conferenceProfile: string;
  /** Finds keys in the audio: application that begins it, and that ends it. */
  readonly toneDetection: ToneDetection;
  /** The leg holds nothing of the mixer any more. */
  onGone(leg: FreeSwitchLeg): void;
}

const JOIN_MS = 5_000;
const LEAVE_MS = 3_000;
const CLOSE_MS = 2_000;
/** FreeSWITCH's own BYE is waited for so long. */
const BYE_MS = 200;

/** One caller's channel on a FreeSWITCH. */
export class FreeSwitchLeg implements MediaEndpoint {
  readonly callId: CallId;
  readonly mixer: MixerName;
  readonly handle: string | null = null;
  readonly counters: LegCounters;
  /** The caller holds: RTP may be missing for long. */
  held: boolean;
  readonly #options: LegOptions;
  readonly #endpoint: Endpoint;
  readonly #channel: Channel;
  readonly #player: LegPlayer;
  readonly #recorder: LegRecorder;
  #localSdp: string;
  #room: { readonly name: string; readonly member: string; readonly ended: Promise<unknown> } | null = null;
  #joining: ((member: string) => void) | null = null;
  /** Tones are searched for in the audio. */
  #inband = false;
  #closing: Promise<void> | null = null;
  #gone = false;
  #hungUp: () => void = () => undefined;
  readonly #hangup = new Promise<void>((resolve) => {
    this.#hungUp = resolve;
  });
  /** A re-INVITE without SDP waits for the caller's answer. */
  #owed: Acknowledge | null = null;
  #steps: Promise<void> = Promise.resolve();

  constructor(options: LegOptions) {
    this.#options = options;
    this.#endpoint = options.endpoint;
    this.callId = options.callId;
    this.mixer = options.mixer;
    this.held = options.offer !== null && factsOf(options.offer).held;
    this.#localSdp = options.endpoint.dialog.remote.sdp;
    this.#channel = new Channel(options.endpoint.uuid, options.socket);
    this.counters = new LegCounters(this.#channel);
    this.#recorder = new LegRecorder(this.#channel);
    this.#player = new LegPlayer(
      this.#channel,
      {
        finished: (playId, outcome) => options.listener.playFinished(this.callId, playId, outcome),
        trouble: (message) => options.listener.trouble(message),
      },
      (work) => this.#step(work),
    );
    options.endpoint.dialog.once('destroy', () => this.lost('the mixer ended the leg'));
  }

  get uuid(): string {
    return this.#channel.uuid;
  }

  get localSdp(): string {
    return this.#outwards(this.#localSdp);
  }

  /** Where the caller has no RFC 4733 events, keys are searched for in the audio until another method shows. */
  async begin(): Promise<void> {
    if (this.#options.offer === null || factsOf(this.#options.offer).telephoneEvents) return;
    await this.#startInband();
  }

  async acceptAnswer(answer: string): Promise<void> {
    const facts = factsOf(answer);
    const owed = this.#owed;
    this.#owed = null;
    if (owed === null) {
      // The first offer was acknowledged to the mixer with silence; the caller's answer follows as an offer.
      const { sdp } = await offerToMixer(this.#endpoint.dialog, answer);
      this.#localSdp = sdp;
    } else {
      owed({ body: answer });
    }
    this.held = facts.held;
    if (!facts.telephoneEvents) await this.#startInband();
  }

  async renegotiate(offer: string | null): Promise<string> {
    const facts = offer === null ? null : factsOf(offer);
    const { sdp, acknowledge } = await offerToMixer(this.#endpoint.dialog, offer);
    this.#owed = acknowledge;
    this.#localSdp = sdp;
    if (facts !== null) this.held = facts.held;
    return this.localSdp;
  }

  play(playId: PlayId, items: readonly PlayItem[]): void {
    this.#player.play(playId, items);
  }

  stopPlaying(): void {
    this.#player.stop();
  }

  join(room: ConferenceId, options: { readonly muted: boolean }): Promise<void> {
    return this.#stepped(() => this.#join(roomName(room), options.muted));
  }

  leave(): Promise<void> {
    return this.#stepped(() => this.#leave());
  }

  setMuted(muted: boolean): Promise<void> {
    return this.#stepped(async () => {
      if (this.#room === null) return;
      const { name, member } = this.#room;
      const reply = await this.#channel.api(`conference ${name} ${muted ? 'mute' : 'unmute'} ${member} quiet`);
      if (!reply.startsWith('OK') && !reply.startsWith('+OK')) throw new Error(`the mixer did not mute: ${reply}`);
    });
  }

  stopInbandDetection(): void {
    if (!this.#inband) return;
    this.#inband = false;
    // A step of its own would wait behind a play; this interrupts it for less than a frame.
    this.#channel.execute(this.#options.toneDetection.stop, '', false);
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
        return this.#channel.completed(event);
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
    this.#player.close();
    this.#channel.gone();
    this.#hungUp();
    this.#options.onGone(this);
    if (this.#closing === null) {
      this.#options.listener.endpointLost(this.callId, reason);
      this.#closing = Promise.all([this.#keepRecording(), this.#endDialog()]).then(() => undefined);
    }
  }

  /** The mixer is unreachable: nothing can be said to it but a BYE. */
  abandoned(reason: string): void {
    this.lost(reason);
  }

  async #join(room: string, muted: boolean): Promise<void> {
    this.#check();
    await this.#player.clear();
    if (this.#room !== null) await this.#leave();
    const added = new Promise<string>((resolve) => {
      this.#joining = resolve;
    });
    const flags = ['nomoh', ...(muted ? ['mute'] : [])].join('|');
    const { done } = this.#channel.execute(
      'conference',
      `${room}@${this.#options.conferenceProfile}+flags{${flags}}`,
      false,
    );
    const refused = done.then(() => null);
    const member = await within(Promise.race([added, refused]), JOIN_MS, undefined);
    this.#joining = null;
    if (typeof member !== 'string') {
      if (member === undefined) await this.#channel.api(`uuid_break ${this.uuid} all`);
      throw new Error(
        member === null ? 'the mixer did not let the leg into the room' : 'the mixer did not join the leg in time',
      );
    }
    const seat = { name: room, member, ended: done };
    this.#room = seat;
    this.#player.moved({ room, member });
    void done.then(() => {
      // Not by us: the room ended, or someone at the mixer's console took the member out.
      if (this.#room === seat) this.#left();
    });
  }

  async #leave(): Promise<void> {
    const seat = this.#room;
    if (seat === null) return;
    await this.#channel.api(`conference ${seat.name} hup ${seat.member}`);
    if ((await within(seat.ended, LEAVE_MS, 'late')) === 'late')
      throw new Error('the mixer did not let the leg out of the room');
    if (this.#room === seat) this.#left();
  }

  #left(): void {
    this.#room = null;
    this.#player.moved(null);
  }

  #roomEvent(event: SocketEvent): void {
    switch (event.header('Action')) {
      case 'add-member':
        return this.#joining?.(event.header('Member-ID') ?? '');
      case 'play-file-member-done':
        return this.#player.roomFileDone(event);
      default:
    }
  }

  #key(event: SocketEvent): void {
    const key = (event.header('DTMF-Digit') ?? '').toUpperCase();
    if (!isKey(key) || this.#closing !== null) return;
    const inband = event.header('DTMF-Source') === 'INBAND_AUDIO';
    if (inband && !this.#inband) return;
    if (!inband) this.stopInbandDetection();
    this.#options.listener.keyPressed(this.callId, key, inband ? 'inband' : 'event');
  }

  async #startInband(): Promise<void> {
    this.#inband = true;
    await within(this.#channel.execute(this.#options.toneDetection.start, '', false).done, 1_000, null);
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

  /** What was recorded until now; never rejects. */
  async #keepRecording(): Promise<void> {
    await this.#recorder.finish().catch((error: unknown) => {
      this.#options.listener.trouble(`media: ${error instanceof Error ? error.message : 'a recording failed'}`);
    });
  }

  /** FreeSWITCH says BYE by itself; where it cannot, we do, so that no dialog stays behind. */
  async #endDialog(): Promise<void> {
    const { dialog } = this.#endpoint;
    if (!dialog.connected) return;
    const ended = new Promise<true>((resolve) => dialog.once('destroy', () => resolve(true)));
    if (await within(ended, BYE_MS, false)) return;
    await within(
      dialog.destroy().catch(() => undefined),
      CLOSE_MS,
      undefined,
    );
  }

  #check(): void {
    if (this.#gone || this.#closing !== null) throw new Error('the endpoint is closed');
  }

  #step(work: () => Promise<void>): void {
    this.#steps = this.#steps.then(work).catch((error: unknown) => {
      if (this.#gone || this.#closing !== null) return;
      this.#options.listener.trouble(`media: ${error instanceof Error ? error.message : 'a step failed'}`);
    });
  }

  #stepped(work: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(work);
    this.#steps = done.catch(() => undefined);
    return done;
  }

  #outwards(sdp: string): string {
    return withAddress(sdp, this.#options.advertise);
  }
}
