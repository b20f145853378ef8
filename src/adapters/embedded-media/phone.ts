import { randomInt } from 'node:crypto';
import type { Key } from '../../domain/keys.js';
import { SAMPLE_RATE_HZ } from './frame.js';
import { LegLedger } from './leg-ledger.js';
import type { PhoneLevels, PhoneSource, PhoneStatistics } from './phone-facts.js';
import { PhoneMemory, type PhoneMemoryBlocks } from './phone-memory.js';
import { openApart, openHere, type PhoneControl } from './phone-thread.js';
import { SdesSession } from './sdes.js';
import { acceptAnswer, answerOffer, makeOffer, newLocalSession } from './sdp.js';
import type { Agreement, CodecName, Direction, LocalSession } from './sdp-session.js';

export interface RtpPhoneOptions {
  /** Default 127.0.0.1. */
  readonly bindAddress?: string;
  /** The address in our SDP; differs from `bindAddress` to play a telephone behind NAT. Default: `bindAddress`. */
  readonly advertise?: string;
  /** Local RTP port, even; RTCP is one above. Default: any free pair. */
  readonly port?: number;
  /** In order of preference. Default PCMU, PCMA. */
  readonly codecs?: readonly CodecName[];
  /** Milliseconds per packet sent and asked for: 10 to 60. Default 20. */
  readonly ptimeMs?: number;
  /** Payload type of telephone-event in our offers; `null`: no RFC 4733. Default 101. */
  readonly eventPayloadType?: number | null;
  /** Offers RTP and RTCP on one port (RFC 5761). Default false. */
  readonly rtcpMux?: boolean;
  /** Sends RTCP every 5 s. Default true. */
  readonly rtcp?: boolean;
  /** SRTP with keys by SDES (RFC 4568); plain RTP is refused then. Default false. */
  readonly secure?: boolean;
  /** How much of what is heard is kept, seconds: the latest. Default 60. */
  readonly recordSeconds?: number;
  /** Runs socket, timing and recording in a worker thread shared by all such phones of the process, so that this thread may stall. Default false. */
  readonly ownThread?: boolean;
}

export type { Direction } from './sdp-session.js';
export type { PhoneLevels, PhoneSource, PhoneStatistics } from './phone-facts.js';

/**
 * The RTP side of a telephone: for the test telephone and for tests, hundreds in one process at one tick.
 * Construction: `const phone = await RtpPhone.open(options)`.
 */
export class RtpPhone {
  /** Local RTP port. */
  readonly port: number;
  private readonly control: PhoneControl;
  private readonly memory: PhoneMemory;
  private readonly ledger: LegLedger;
  private session: LocalSession;
  private agreed: Agreement | null = null;
  private clearedAt = 0;
  private readonly sdes: SdesSession | null;

  private constructor(control: PhoneControl, session: LocalSession, blocks: PhoneMemoryBlocks, secure: boolean) {
    this.port = control.port;
    this.sdes = secure ? new SdesSession() : null;
    this.control = control;
    this.session = session;
    this.memory = new PhoneMemory(blocks);
    this.ledger = new LegLedger(blocks.ledger);
  }

  /** Binds the ports. @throws Error of the system when they cannot be bound. */
  static async open(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    const bindAddress = options.bindAddress ?? '127.0.0.1';
    const recordSamples = Math.round((options.recordSeconds ?? 60) * SAMPLE_RATE_HZ);
    const blocks = PhoneMemory.blocks(recordSamples, new LegLedger().memory);
    const line = { bindAddress, port: options.port ?? null, rtcp: options.rtcp ?? true, memory: blocks };
    const control = await (options.ownThread === true ? openApart(line) : openHere(line));
    const session = newLocalSession({
      sessionId: randomInt(1, 2 ** 47),
      address: options.advertise ?? bindAddress,
      rtpPort: control.port,
      codecs: options.codecs ?? ['PCMU', 'PCMA'],
      eventPayloadType: options.eventPayloadType === undefined ? 101 : options.eventPayloadType,
      ptimeMs: options.ptimeMs ?? 20,
      offerRtcpMux: options.rtcpMux ?? false,
    });
    return new RtpPhone(control, session, blocks, options.secure ?? false);
  }

  /** A new offer; the session id stays, the version rises when something changed. */
  offer(direction: Direction = 'sendrecv'): string {
    this.session = makeOffer(this.session, direction);
    return this.sdes?.secured(this.session.sdp) ?? this.session.sdp;
  }

  /** @throws {MediaNotAcceptable} */
  acceptAnswer(answer: string): void {
    this.agree(acceptAnswer(this.session, this.sdes?.opened(answer, 'answer') ?? answer));
  }

  /** @throws {MediaNotAcceptable} */
  answer(offer: string): string {
    const { session, agreement } = answerOffer(this.session, this.sdes?.opened(offer, 'offer') ?? offer);
    this.session = session;
    this.agree(agreement);
    return this.sdes?.secured(session.sdp) ?? session.sdp;
  }

  /** Codec, payload types, addresses and direction in force; `null` before an answer. */
  get agreement(): Agreement | null {
    return this.agreed;
  }

  say(source: PhoneSource): void {
    this.control.say(source);
  }

  /**
   * Resolves when the key was sent whole, with when that was (clock of {@link levels}); keys pressed meanwhile wait. Default: RFC 4733 where agreed, else tones; 100 ms.
   */
  pressKey(
    key: Key,
    options: { readonly method?: 'event' | 'inband'; readonly durationMs?: number } = {},
  ): Promise<number> {
    const events = (this.agreed?.eventSendPayloadType ?? null) !== null;
    const method = events ? (options.method ?? 'event') : 'inband';
    return this.control.press(key, method, options.durationMs ?? 100);
  }

  /**
   * What was heard since the first packet or `clearHeard`, as far as it is still kept: 8 kHz, placed by RTP timestamps,
   * so that what never came is zeros.
   */
  heard(): Int16Array {
    return this.memory.since(this.clearedAt);
  }

  clearHeard(): void {
    this.clearedAt = this.memory.samples;
  }

  /** What `heard` gives, forgotten with it; nothing is lost between two takings, whichever thread records. */
  takeHeard(): Int16Array {
    const end = this.memory.samples;
    const heard = this.memory.since(this.clearedAt, end);
    this.clearedAt = end;
    return heard;
  }

  levels(): PhoneLevels {
    return this.memory.levels();
  }

  statistics(): PhoneStatistics {
    return this.memory.statistics(this.ledger.packetsSent);
  }

  /** Forgets the gaps measured so far; the counts stay. */
  resetGaps(): void {
    this.memory.resetGaps();
  }

  /** Sends BYE (RTCP) and closes; may be called twice. */
  close(): Promise<void> {
    return this.control.close();
  }

  private agree(agreement: Agreement): void {
    this.agreed = agreement;
    this.control.agree(agreement, this.sdes?.keys() ?? null);
  }
}
