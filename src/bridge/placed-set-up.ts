import { playId, type ConferenceId, type PlayId } from '../domain/identifiers.js';
import type { CallEvent } from '../domain/call-flow/contract.js';
import type { CallOutcome } from '../domain/outcomes.js';
import { tone, type Utterance } from '../domain/prompts.js';
import type { Clock, Timer } from '../ports/clock.js';
import {
  MediaExhausted,
  MediaNotAcceptable,
  type Media,
  type MediaEndpoint,
  type MixerName,
  type PlayItem,
  type PlayOutcome,
} from '../ports/media.js';
import type { PlaceRequest, Signaling } from '../ports/signaling.js';
import type { Attempt } from './attempt.js';
import { asError, within } from './bounded.js';
import type { Log } from './log.js';
import { ENDPOINT_LIMIT_MS, makeEndpoint } from './make-endpoint.js';
import type { PlacedLine } from './placed-line.js';
import { release } from './release.js';
import { sameSession } from './same-session.js';
import type { WithoutTime } from './without-time.js';

/** Between two rings that the host hears, and before one that found nobody in the room is tried again, milliseconds. */
const RING_PAUSE_MS = 2_000;
const RING_AGAIN_MS = 400;

export interface PlacedSetUpParts {
  readonly signaling: Signaling;
  readonly media: Media;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** The mixer a room is on. @throws {MediaExhausted} */
  readonly placeRoom: (room: ConferenceId) => MixerName | null;
  /** The endpoint is brought into the room, for what is heard before the answer; `null`: out of it. */
  readonly inRoom: (room: ConferenceId | null) => void;
  /** The far end has answered; `endpoint` is `null` where it was lost meanwhile. The call is another's from now on. */
  readonly answered: (endpoint: MediaEndpoint | null, remoteSdp: string) => void;
  /** It came to nothing; the endpoint is released. Not after {@link PlacedSetUp.handOver}. */
  readonly ended: (end: PlacedEnd) => void;
}

/** How a call of ours came to nothing. */
export interface PlacedEnd {
  readonly outcome: CallOutcome;
  readonly mixer: string | null;
  /** The far end had answered, though nothing came of it: it is paid for. Wall clock, milliseconds. */
  readonly answeredAt: number | null;
}

/**
 * One call of ours until it is answered or comes to nothing.
 *
 * ```
 *   making ──endpoint──► calling ──200──► answering ──► over
 *      │ given up, no mixer  │ refused, given up            ▲
 *      └─────────────────────┴──────────────────────────────┘
 * ```
 */
type Phase = 'making' | 'calling' | 'answering' | 'over';

export class PlacedSetUp {
  readonly #parts: PlacedSetUpParts;
  readonly #attempt: Attempt;
  readonly #line: PlacedLine;
  readonly #room: ConferenceId;
  #phase: Phase = 'making';
  #answeredAt: number | null = null;
  #endpoint: MediaEndpoint | null = null;
  #mixer: string | null = null;
  /** What the far end sent last and the endpoint has taken, or is taking. */
  #accepted: string | null = null;
  /** What is done with the endpoint, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #rings = 0;
  #ring: Timer | null = null;
  #ringing: PlayId | null = null;

  /** @param room where the host waits. */
  constructor(attempt: Attempt, line: PlacedLine, room: ConferenceId, parts: PlacedSetUpParts) {
    this.#attempt = attempt;
    this.#line = line;
    this.#room = room;
    this.#parts = parts;
  }

  /** Never rejects: what fails ends it. */
  async start(trunk: Pick<PlaceRequest, 'target' | 'credentials'>): Promise<void> {
    const { signaling, media, clock } = this.#parts;
    const { id } = this.#line;
    try {
      const mixer = this.#parts.placeRoom(this.#room);
      const request = { callId: id, offer: null, remoteAddress: trunk.target.host, label: this.#attempt.label };
      const endpoint = await makeEndpoint(media, mixer === null ? request : { ...request, mixer }, clock);
      if (this.#isOver()) return void release(endpoint, this.#parts);
      this.#endpoint = endpoint;
      this.#mixer = endpoint.mixer;
      this.#phase = 'calling';
      this.#line.place(signaling, { ...trunk, localSdp: endpoint.localSdp });
    } catch (error) {
      this.#parts.log.warn({ call: id, error: asError(error).message }, 'call could not be placed');
      this.#end(error instanceof MediaExhausted ? 'overloaded' : 'failed');
    }
  }

  /** An event for the call flow, which there is none of yet. */
  told(event: WithoutTime<CallEvent>): void {
    if (event.type === 'Dismissed' && this.#phase !== 'answering') this.giveUp(event.outcome);
  }

  progressed(sdp: string | null): void {
    if (this.#phase !== 'calling') return;
    if (sdp !== null) this.#earlyMedia(sdp);
    else if (this.#accepted === null) this.#startRinging();
  }

  answered(sdp: string): void {
    if (this.#phase !== 'calling') return;
    this.#phase = 'answering';
    this.#answeredAt = this.#parts.clock.wall();
    this.#stopRinging();
    void this.#takeAnswer(sdp);
  }

  notAnswered(status: number): void {
    if (this.#phase !== 'calling') return;
    this.#parts.log.info({ call: this.#line.id, status }, 'call placed came to nothing');
    this.#end('not-answered');
  }

  /** The host, the conference or the bridge wants it no more: CANCEL. */
  giveUp(outcome: CallOutcome): void {
    if (this.#isOver()) return;
    void this.#line.hangUp();
    this.#end(outcome);
  }

  roomPlayFinished(play: PlayId, outcome: PlayOutcome): void {
    if (play !== this.#ringing) return;
    this.#ringing = null;
    this.#ring = this.#parts.clock.after(outcome === 'failed' ? RING_AGAIN_MS : RING_PAUSE_MS, () => this.#ringNow());
  }

  /** It dies with this process: CANCEL, and what is left at the mixer is for the next to sweep. */
  handOver(): PlacedEnd {
    this.#stopRinging();
    this.#phase = 'over';
    void this.#line.hangUp();
    return { outcome: 'failed', mixer: this.#mixer, answeredAt: this.#answeredAt };
  }

  /** What the far end lets us hear before it answers goes to the host, who is in the room alone. */
  #earlyMedia(sdp: string): void {
    if (sdp === this.#accepted) return;
    this.#accepted = sdp;
    this.#stopRinging();
    this.#inTurn(
      async (endpoint) => {
        await this.#accept(endpoint, sdp);
        await within(this.#parts.clock, ENDPOINT_LIMIT_MS, 'joining', endpoint.join(this.#room, { muted: false }));
        if (!this.#isOver()) this.#parts.inRoom(this.#room);
      },
      (error) => {
        this.#parts.log.warn({ call: this.#line.id, error: asError(error).message }, 'early media cannot be heard');
        this.#accepted = null;
        if (this.#phase === 'calling') this.#startRinging();
      },
    );
  }

  async #takeAnswer(sdp: string): Promise<void> {
    await this.#work;
    const before = this.#accepted;
    const { log } = this.#parts;
    const { id } = this.#line;
    const endpoint = this.#endpoint;
    try {
      if (endpoint !== null && !this.#attempt.endpointLost && (before === null || !sameSession(sdp, before))) {
        await this.#accept(endpoint, sdp);
      }
    } catch (error) {
      if (!this.#attempt.endpointLost) {
        log.warn({ call: id, error: asError(error).message }, 'answer to a call of ours cannot be taken');
        void this.#line.hangUp();
        this.#end(error instanceof MediaNotAcceptable ? 'not-acceptable' : 'failed');
        return;
      }
    }
    if (this.#isOver()) return;
    this.#phase = 'over';
    const isLost = this.#attempt.endpointLost;
    if (isLost && endpoint !== null) void release(endpoint, this.#parts);
    this.#parts.answered(isLost ? null : endpoint, sdp);
  }

  #accept(endpoint: MediaEndpoint, sdp: string): Promise<void> {
    return within(this.#parts.clock, ENDPOINT_LIMIT_MS, 'taking the answer', endpoint.acceptAnswer(sdp));
  }

  #inTurn(work: (endpoint: MediaEndpoint) => Promise<void>, failed: (error: unknown) => void): void {
    this.#work = this.#work.then(async () => {
      const endpoint = this.#endpoint;
      if (endpoint === null || this.#isOver() || this.#attempt.endpointLost) return;
      await work(endpoint).catch(failed);
    });
  }

  /** The far end rings and sends nothing of it: the host hears a ringing tone. */
  #startRinging(): void {
    if (this.#ring === null && this.#ringing === null) this.#ringNow();
  }

  #ringNow(): void {
    this.#ring = null;
    if (this.#phase !== 'calling') return;
    this.#rings += 1;
    this.#ringing = playId(`${this.#line.id}/ring-${this.#rings}`);
    this.#parts.media.playToRoom(this.#room, this.#ringing, this.#parts.resolve([tone('ringing')]));
  }

  #stopRinging(): void {
    this.#ring?.cancel();
    this.#ring = null;
    this.#ringing = null;
  }

  #end(outcome: CallOutcome): void {
    if (this.#isOver()) return;
    this.#phase = 'over';
    this.#stopRinging();
    const endpoint = this.#endpoint;
    this.#endpoint = null;
    this.#parts.inRoom(null);
    if (endpoint !== null) void release(endpoint, this.#parts);
    this.#parts.ended({ outcome, mixer: this.#mixer, answeredAt: this.#answeredAt });
  }

  #isOver(): boolean {
    return this.#phase === 'over';
  }
}
