import type { Key } from '../../domain/keys.js';
import type { PlayOutcome } from '../../ports/media.js';
import { FRAME_SAMPLES } from './frame.js';
import { Gain } from './gain.js';
import { InboundAudio } from './inbound.js';
import { LegLedger } from './leg-ledger.js';
import { LegRtcp } from './leg-rtcp.js';
import { MixMember } from './mix.js';
import { OutboundAudio } from './outbound.js';
import { PrivateSound } from './private-sound.js';
import type { PlayOrder, ReleasedLeg, SessionDescriptor } from './protocol.js';
import { RecordingTap } from './recording-tap.js';
import { isRtcp } from './rtp-packet.js';
import type { Agreement, Destination } from './sdp-session.js';
import { Seam } from './seam.js';
import { SpeechMeter, type LineFigure } from './speech-meter.js';

/** The ports of one leg; sends are fire and forget. */
export interface SessionSockets {
  sendRtp(packet: Buffer, length: number, to: Destination): void;
  /** From the RTCP port, or from the RTP port where they are one. */
  sendRtcp(packet: Buffer, to: Destination, multiplexed: boolean): void;
  close(): void;
}

export interface SessionListener {
  key(key: Key, method: 'event' | 'inband'): void;
  latched(source: Destination): void;
  audioMissing(silentMs: number): void;
  playFinished(playId: string, outcome: PlayOutcome): void;
  /** He is muted in a room, and talks: once for each time of being muted. */
  spokeWhileMuted(): void;
  /** What the caller said next, while he is recorded; not to be kept but as a copy. */
  recorded(samples: Int16Array): void;
}

const SILENT_FRAME = new Int16Array(FRAME_SAMPLES);

/**
 * One caller's leg inside a worker: fed with packets and ticks, it drains into its sockets and its listener.
 * It owns no socket, no timer and no clock.
 */
export class Session {
  /** The caller as a member of a room: `input`, `speaking` and `muted` are kept here. */
  readonly member = new MixMember();
  readonly descriptor: SessionDescriptor;
  private readonly sockets: SessionSockets;
  private readonly listener: SessionListener;
  private readonly ledger: LegLedger;
  private readonly inbound: InboundAudio;
  private readonly outbound: OutboundAudio;
  private readonly rtcp: LegRtcp;
  private agreement: Agreement | null = null;
  /** Port that the caller's RTCP really came from, behind a NAT. */
  private rtcpSource: Destination | null = null;
  private readonly sound: PrivateSound;
  private readonly hears = new Gain();
  private readonly speaks = new Gain();
  private readonly louder = new Int16Array(FRAME_SAMPLES);
  private readonly meter = new SpeechMeter();
  private inRoom = false;
  private readonly seam = new Seam();
  private tap: RecordingTap | null = null;
  private givenAway = false;

  /** @param random 32 random bits. */
  constructor(
    descriptor: SessionDescriptor,
    sockets: SessionSockets,
    listener: SessionListener,
    nowMs: number,
    random: number,
  ) {
    this.descriptor = descriptor;
    this.sockets = sockets;
    this.listener = listener;
    this.ledger = new LegLedger(descriptor.ledger);
    this.inbound = new InboundAudio(this.ledger, descriptor.inbandOff, listener);
    this.outbound = new OutboundAudio(descriptor.ssrc, this.ledger, nowMs, random, (packet, length, to) => {
      this.sockets.sendRtp(packet, length, to);
    });
    this.rtcp = new LegRtcp(descriptor, this.ledger, this.inbound.reception, nowMs, (random >>> 16) / 0x1_0000);
    this.sound = new PrivateSound((playId, outcome) => this.listener.playFinished(playId, outcome));
    this.member.muted = descriptor.muted;
    this.setGains(descriptor.hearDb, descriptor.speakDb);
    if (descriptor.agreement !== null) this.takeAgreement(descriptor.agreement);
    this.inbound.latch.restore(descriptor.latched);
    if (this.ledger.lifeMs === 0) this.ledger.alive(nowMs);
  }

  /** A new offer or answer went through. The signalling is a sign of life, too. */
  agree(agreement: Agreement, nowMs: number): void {
    this.takeAgreement(agreement);
    this.ledger.alive(nowMs);
  }

  receiveRtp(packet: Buffer, address: string, port: number, nowMs: number): void {
    const { agreement } = this;
    if (agreement === null) return;
    if (isRtcp(packet, packet.length)) {
      if (agreement.rtcpMux) this.receiveRtcp(packet, address, port, nowMs);
      return;
    }
    // What we agreed not to receive is no attack: it is left alone.
    if (agreement.direction === 'inactive') return;
    this.inbound.receive(packet, packet.length, address, port, nowMs);
  }

  receiveRtcp(packet: Buffer, address: string, port: number, nowMs: number): void {
    const { agreement } = this;
    if (agreement === null) return;
    if (!this.inbound.latch.admitRtcp(address, agreement.remoteRtcp)) {
      this.ledger.rejected();
      return;
    }
    if (!this.rtcp.receive(packet, packet.length, nowMs)) return;
    this.ledger.alive(nowMs);
    if (!agreement.rtcpMux) this.rtcpSource = { address, port };
  }

  /** First half of a tick: what the caller said, into {@link member}; keys are told. */
  hear(nowMs: number): void {
    const { member } = this;
    member.speaking = this.inbound.pull(member.input, nowMs);
    // What is no speech may be a key's tone.
    this.tap?.take(member.speaking ? member.input : SILENT_FRAME);
    if (member.speaking) this.speaks.apply(member.input, member.input);
    else this.speaks.rest();
    if (this.meter.take(member.speaking ? member.input : null) && this.inRoom) this.listener.spokeWhileMuted();
  }

  /** Second half of a tick: what the caller hears; `room` is `null` outside of any. */
  speak(room: Int16Array | null, nowMs: number): void {
    const heard = this.hears.apply(this.seam.close(this.sound.over(room)), this.louder);
    this.outbound.frame(heard, this.sendsTo(), nowMs);
    const report = this.rtcp.due(nowMs, this.outbound.rtpTimestamp);
    if (report !== null) this.sendRtcp(report);
    this.checkLife(nowMs);
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    this.outbound.pass(ticks);
    this.tap?.skip(ticks);
  }

  /** What the room sends from here on does not follow on what it sent before: another room, none any more, or somebody is gone. */
  roomChanged(): void {
    this.seam.open();
  }

  /** He comes into a room, which has heard nothing of him so far. */
  enterRoom(muted: boolean): void {
    this.member.enter(muted);
    this.inRoom = true;
    this.watch(muted);
    this.roomChanged();
  }

  leaveRoom(): void {
    this.inRoom = false;
    this.roomChanged();
  }

  mute(muted: boolean): void {
    if (muted === this.member.muted) return;
    this.member.muted = muted;
    this.watch(muted);
  }

  setGains(hearDb: number, speakDb: number): void {
    this.hears.set(hearDb);
    this.speaks.set(speakDb);
  }

  /** How he sounded lately, muted or not. */
  figure(): LineFigure {
    return this.meter.figure();
  }

  /** A play still running is dropped; the main thread has told its end. */
  play(order: PlayOrder): void {
    if (this.sound.playing) this.seam.open();
    this.sound.play(order);
  }

  stopPlaying(): void {
    this.sound.stop();
  }

  stopInband(): void {
    this.inbound.stopInband();
  }

  /** So many samples of what the caller says are told from now on, whether a room hears him or not. */
  record(samples: number): void {
    this.stopRecording();
    this.tap = new RecordingTap(samples, (recorded) => this.listener.recorded(recorded));
  }

  /** Tells what is left over, and no more. */
  stopRecording(): void {
    this.tap?.flush();
    this.tap = null;
  }

  /** For the thread that takes the leg over. Nothing is sent from here on. */
  giveAway(nowMs: number): ReleasedLeg {
    this.givenAway = true;
    const { toneTold } = this.inbound;
    return { ...this.inbound.unheard(nowMs), latched: this.inbound.latch.latched, toneTold };
  }

  takeOver({ packets, arrivalsMs, latched, toneTold }: ReleasedLeg, nowMs: number): void {
    this.inbound.latch.restore(latched);
    this.inbound.takeOver(packets, arrivalsMs, toneTold, nowMs);
  }

  /** BYE, unless another thread goes on with the leg; then the ports close. */
  close(nowMs: number): void {
    this.stopRecording();
    if (!this.givenAway && this.agreement !== null) {
      this.sendRtcp(this.rtcp.goodbye(nowMs, this.outbound.rtpTimestamp));
    }
    this.sockets.close();
  }

  private watch(muted: boolean): void {
    if (muted) this.meter.watch();
    else this.meter.unwatch();
  }

  private takeAgreement(agreement: Agreement): void {
    this.agreement = agreement;
    this.rtcpSource = null;
    this.inbound.agree(agreement);
    this.outbound.agree(agreement);
    this.ledger.codecIs(agreement.codec);
  }

  private sendsTo(): Destination | null {
    const { agreement } = this;
    if (agreement?.remote == null) return null;
    if (agreement.direction === 'recvonly' || agreement.direction === 'inactive') return null;
    return this.inbound.latch.destination;
  }

  private sendRtcp(packet: Buffer): void {
    const { agreement } = this;
    if (agreement?.remote == null) return;
    const { latched } = this.inbound.latch;
    if (agreement.rtcpMux) {
      const to = this.inbound.latch.destination;
      if (to !== null) this.sockets.sendRtcp(packet, to, true);
      return;
    }
    const moved = latched !== null && latched.address !== agreement.remote.address;
    const guess = moved ? { address: latched.address, port: latched.port + 1 } : agreement.remoteRtcp;
    const to = this.rtcpSource ?? guess;
    if (to !== null && to.port <= 65_535) this.sockets.sendRtcp(packet, to, false);
  }

  private checkLife(nowMs: number): void {
    const { agreement, ledger } = this;
    if (agreement === null || ledger.lifeMs === ledger.toldLifeMs) return;
    const silentMs = nowMs - ledger.lifeMs;
    const limit = agreement.held ? this.descriptor.silenceOnHoldMs : this.descriptor.silenceMs;
    if (silentMs < limit) return;
    ledger.silenceTold();
    this.listener.audioMissing(Math.round(silentMs));
  }
}
