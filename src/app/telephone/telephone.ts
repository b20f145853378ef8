import { isIP } from 'node:net';
import {
  RtpPhone,
  type PhoneLevels,
  type PhoneSource,
  type PhoneStatistics,
  type RtpPhoneOptions,
} from '../../adapters/embedded-media/phone.js';
import type { Direction } from '../../adapters/embedded-media/sdp.js';
import { CallRefused, type ClientCall } from '../../adapters/embedded-sip/client-call.js';
import type { SipClient } from '../../adapters/embedded-sip/client.js';
import type { SipTransactionLayer } from '../../adapters/embedded-sip/sip-transaction-layer.js';
import { MediaOfferRefused } from '../../ports/signaling.js';
import { localAddressFor } from '../../adapters/system/route.js';
import { readDialTarget, type DialTarget } from './dial-target.js';
import type { CallEnding, CallInProgress, PressOptions } from './hand-call.js';
import { readKeys } from './key-sequence.js';
import { addressOf, answerUnlessGivenUp, GOODBYE_MS, openLine, sleep, within, type Line } from './line.js';

export { CallRefused } from '../../adapters/embedded-sip/client-call.js';
export type { PhoneLevels, PhoneSource, PhoneStatistics } from '../../adapters/embedded-media/phone.js';
export type { Direction } from '../../adapters/embedded-media/sdp.js';
export type { CallEnding, PressOptions } from './hand-call.js';

export interface DialOptions {
  /** Whom to call, e.g. `sip:conference@127.0.0.1:5060;transport=tcp`. */
  readonly target: string | DialTarget;
  /** Caller number or name shown; left out: anonymous. */
  readonly from?: string;
  /** Of the signalling; left out: what the target says, else UDP. */
  readonly transport?: 'udp' | 'tcp';
  /** `late`: the INVITE has no offer, the answer is in the ACK. Default `early`. */
  readonly offer?: 'early' | 'late';
  /** The audio side; its addresses follow from the route to the target where not given. */
  readonly rtp?: RtpPhoneOptions;
  /** Session timer asked for, seconds (RFC 4028); this telephone refreshes. Left out: none is asked for. */
  readonly sessionExpires?: number;
  /** Gives up while it rings (CANCEL). Nothing once the call is answered. */
  readonly signal?: AbortSignal;
}

const KEY_MS = 100;
const KEY_GAP_MS = 100;

/**
 * A telephone in a call: SIP and audio of our own, as real as any other to whoever is called. One socket for SIP, two for
 * audio, so that a process holds hundreds.
 */
export class Telephone implements CallInProgress {
  /** Resolves once, when the call is over, whoever ended it; what was heard and counted stays readable. */
  readonly ended: Promise<CallEnding>;
  /** When the ACK went out, on the clock of `levels()`: milliseconds of the machine's monotonic clock (`process.hrtime`). */
  readonly answeredAtMs: number;
  readonly #call: ClientCall;
  readonly #phone: RtpPhone;
  readonly #layer: SipTransactionLayer;
  readonly #client: SipClient;
  readonly #manners: Manners;
  readonly #gone: (ending: CallEnding) => void;
  #released: Promise<void> | null = null;
  #keySentMs = 0;
  /** Keys are pressed one after the other. */
  #keying: Promise<void> = Promise.resolve();
  /** What was there when the audio side closed. */
  #last: { readonly heard: Int16Array; readonly levels: PhoneLevels; readonly statistics: PhoneStatistics } | null =
    null;

  private constructor(call: ClientCall, phone: RtpPhone, line: Line, manners: Manners) {
    this.answeredAtMs = now();
    this.#call = call;
    this.#phone = phone;
    this.#layer = line.layer;
    this.#client = line.client;
    this.#manners = manners;
    let gone: (ending: CallEnding) => void = () => undefined;
    this.ended = new Promise((resolve) => (gone = resolve));
    this.#gone = gone;
    void call.ended.then(async (ending) => {
      await this.#release();
      this.#gone(ending);
    });
  }

  /**
   * Calls, and resolves when the call is answered.
   * @throws {CallRefused} the far end's final answer; 408 and 503 for silence, 487 when given up. {@link NotDiallable} for a target
   * that is none.
   */
  static async dial(options: DialOptions): Promise<Telephone> {
    const { signal } = options;
    const target =
      typeof options.target === 'string' ? readDialTarget(options.target, options.transport) : options.target;
    const address = await addressOf(target.host);
    const own = localAddressFor(address);
    const line = await openLine(target.transport, own);
    let phone: RtpPhone | null = null;
    const manners: Manners = { refusals: 0 };
    try {
      const opened = await RtpPhone.open({ bindAddress: own, ...options.rtp });
      phone = opened;
      if (signal?.aborted === true) throw new CallRefused(487, 'given up');
      const call = await line.client.invite({
        target: target.uri,
        localSdp: options.offer === 'late' ? null : opened.offer(),
        via: { address, port: target.port },
        ...(options.from === undefined ? {} : { from: `<sip:${options.from}@${isIP(own) === 6 ? `[${own}]` : own}>` }),
        headers:
          options.sessionExpires === undefined
            ? []
            : [{ name: 'session-expires', value: `${options.sessionExpires};refresher=uac` }],
        events: {
          offered: (offer) => {
            if (manners.refusals > 0) {
              manners.refusals -= 1;
              throw new MediaOfferRefused('refused, as this telephone was asked to');
            }
            return offer === null ? opened.offer() : opened.answer(offer);
          },
          reanswered: (answer) => opened.acceptAnswer(answer),
        },
      });
      const theirs = await answerUnlessGivenUp(call, signal);
      const telephone = new Telephone(call, opened, line, manners);
      try {
        if (options.offer !== 'late') opened.acceptAnswer(theirs ?? '');
      } catch (error) {
        await telephone.hangUp();
        throw error;
      }
      return telephone;
    } catch (error) {
      await phone?.close();
      // Whoever gives up waits for no more answers.
      await (signal?.aborted === true ? line.layer.stop() : line.client.stop());
      throw error;
    }
  }

  /** Presses keys one after the other; a comma is a pause of a second. @throws {NotKeyable}; Error when a key was not taken */
  press(keys: string, options: PressOptions = {}): Promise<void> {
    const steps = readKeys(keys);
    const work = this.#keying.then(async () => {
      for (const [index, step] of steps.entries()) {
        if (step.kind === 'pause') {
          await sleep(step.ms);
          continue;
        }
        const durationMs = options.durationMs ?? KEY_MS;
        if (options.method === 'info') {
          const status = await this.#call.info(step.key, durationMs);
          if (status === null || status >= 300) throw new Error(`INFO was answered ${status ?? 'by silence'}`);
        } else {
          this.#keySentMs = await this.#phone.pressKey(step.key, {
            durationMs,
            ...(options.method === undefined ? {} : { method: options.method }),
          });
        }
        if (index + 1 < steps.length) await sleep(options.gapMs ?? KEY_GAP_MS);
      }
    });
    this.#keying = work.catch(() => undefined);
    return work;
  }

  /** When the latest key was sent whole, on the clock of `levels()`; not those by INFO. 0: none yet. */
  get keySentMs(): number {
    return this.#keySentMs;
  }

  say(source: PhoneSource): void {
    if (this.#last === null) this.#phone.say(source);
  }

  /** Everything heard since the call began, or since `clearHeard` or `takeHeard`, as far as it is kept (`recordSeconds`); 8 kHz. */
  heard(): Int16Array {
    return this.#last?.heard ?? this.#phone.heard();
  }

  clearHeard(): void {
    if (this.#last !== null) this.#last = { ...this.#last, heard: new Int16Array(0) };
    else this.#phone.clearHeard();
  }

  takeHeard(): Int16Array {
    if (this.#last === null) return this.#phone.takeHeard();
    const { heard } = this.#last;
    this.clearHeard();
    return heard;
  }

  levels(): PhoneLevels {
    return this.#last?.levels ?? this.#phone.levels();
  }

  statistics(): PhoneStatistics {
    return this.#last?.statistics ?? this.#phone.statistics();
  }

  /** The gaps between packets are counted afresh from here. */
  resetGaps(): void {
    this.#phone.resetGaps();
  }

  /** The next so many offers of the far end are refused with 488; the call goes on as before. */
  refuseOffers(count: number): void {
    this.#manners.refusals = count;
  }

  /** Puts the far end on hold (RFC 3264 section 8.4). @throws {ReofferRefused} {CallGone} */
  hold(): Promise<void> {
    return this.reinvite('sendonly');
  }

  resume(): Promise<void> {
    return this.reinvite('sendrecv');
  }

  /** Call-ID header, as call records have it. */
  get sipCallId(): string {
    return this.#call.sipCallId;
  }

  /** Refreshes the session by UPDATE without an offer (RFC 4028 section 7.4). @throws {ReofferRefused} {CallGone} */
  async refresh(): Promise<void> {
    await this.#call.update(null);
  }

  /**
   * Offers again with this direction; `nowhere`: with the address 0.0.0.0, the hold of RFC 2543; `null`: asks the far end for an offer.
   * @throws {ReofferRefused} {CallGone}
   */
  async reinvite(direction: Direction | 'nowhere' | null): Promise<void> {
    if (direction === null) await this.#call.reinvite(null);
    else this.#phone.acceptAnswer(await this.#call.reinvite(this.#offer(direction)));
  }

  #offer(direction: Direction | 'nowhere'): string {
    if (direction !== 'nowhere') return this.#phone.offer(direction);
    const offer = this.#phone.offer('sendonly').replaceAll('a=sendonly', 'a=sendrecv');
    return offer.replaceAll(/^c=IN IP4 [0-9.]+/gm, 'c=IN IP4 0.0.0.0');
  }

  /** Ends the call in order, bounded. Resolves when nothing of it is left; never rejects, may be called at any time. */
  async hangUp(): Promise<void> {
    const answered = await within(GOODBYE_MS, this.#call.hangUp());
    if (!answered) await this.#disappear({ by: 'us', cause: 'hung up, the far end did not answer' });
    await this.ended;
  }

  /** Is gone without a word, as a telephone whose power failed: no BYE, no audio, sockets closed. */
  async vanish(): Promise<void> {
    await this.#disappear({ by: 'line', cause: 'vanished' });
  }

  async #disappear(ending: CallEnding): Promise<void> {
    this.#keep();
    this.#released ??= Promise.all([this.#layer.stop(), this.#phone.close()]).then(() => undefined);
    await this.#released;
    this.#gone(ending);
  }

  #release(): Promise<void> {
    this.#keep();
    this.#released ??= (async () => {
      await this.#phone.close();
      await this.#client.stop();
    })();
    return this.#released;
  }

  #keep(): void {
    this.#last ??= {
      heard: this.#phone.heard(),
      levels: this.#phone.levels(),
      statistics: this.#phone.statistics(),
    };
  }
}

/** How this telephone behaves towards the far end. */
interface Manners {
  /** Offers still to be refused. */
  refusals: number;
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
