import type { ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import { MediaExhausted, MediaNotAcceptable, type Media, type MediaEndpoint, type MixerName } from '../ports/media.js';
import { CallGone, DialogLost, type SignalingCall } from '../ports/signaling.js';
import { asError, TookTooLong, within } from './bounded.js';
import type { CallMedia } from './call-media.js';
import { CallOffers, type Basis } from './call-offers.js';
import { EndpointLost } from './held-endpoint.js';
import type { Log } from './log.js';
import { ENDPOINT_LIMIT_MS, makeEndpoint } from './make-endpoint.js';
import type { Moves } from './moves.js';
import { release } from './release.js';
import { sameSession } from './same-session.js';

/** How long a call without an endpoint waits for a mixer: one that is started again takes its callers back, milliseconds. */
const NO_MIXER_LIMIT_MS = 20_000;
/** How long a caller whose endpoint lives waits for a place on the mixer of the room, milliseconds. */
const NO_PLACE_LIMIT_MS = 5_000;
/** Between two looks for a mixer, milliseconds: doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Before a far end that refused a re-offer is asked once more, milliseconds. */
const RETRY_PAUSE_MS = 700;
/** Tries that may fail: one, and one more. */
const MOST_FAILURES = 2;
/** Endpoints that may be lost again while the call is being moved. */
const MOST_LOSSES = 5;
/** Longest wait for the answer to a re-offer, milliseconds: beyond timer B (RFC 3261 section 17.1.1.2), which the signalling keeps. */
const REOFFER_LIMIT_MS = 34_000;

export interface MoverParts {
  readonly call: SignalingCall;
  readonly engine: Media;
  readonly clock: Clock;
  readonly log: Log;
  readonly moves: Moves;
  /** For the mixer's own records. */
  readonly label: string;
  /** The mixer a room is on. @throws {MediaExhausted} */
  readonly placeRoom: (room: ConferenceId, near?: MixerName) => MixerName | null;
  /** The endpoint was lost and the call could not be moved. */
  readonly failed: () => void;
  /** The endpoint, which was on this mixer, was lost; or the call is on this one from now on. */
  readonly moved: (what: 'mixer-lost' | 'moved', mixer: MixerName) => void;
  /** The far end is gone. */
  readonly gone: () => void;
  /** Whether the far end may be about to talk to another endpoint than the one held has changed. */
  readonly changed: () => void;
  /** What the far end said last has changed. */
  readonly told: () => void;
}

/** Moves one call to another endpoint: when its own is lost, and to the mixer of the room it joins. */
export class CallMover {
  readonly #parts: MoverParts;
  readonly #media: CallMedia;
  readonly #offers: CallOffers;
  /** How often the endpoint was lost: what was begun before a loss is given up. */
  #losses = 0;
  #recovering = false;
  #over = false;
  #stopPause: () => void = () => undefined;

  constructor(parts: MoverParts, media: CallMedia, remoteSdp: string | null) {
    this.#parts = parts;
    this.#media = media;
    this.#offers = new CallOffers(parts.clock, media, remoteSdp, parts.told);
  }

  /** A call of a process before this one is back. */
  takenBack(remoteSdp: string | null): void {
    this.#offers.remoteSdp = remoteSdp;
  }

  get remoteSdp(): string | null {
    return this.#offers.remoteSdp;
  }

  /** Whether the far end is being told of another endpoint, or is to be. */
  get isMoving(): boolean {
    return this.#recovering || this.#offers.isMoving;
  }

  /** The far end re-offers. */
  offered(offer: string | null): Promise<string> {
    return this.#offers.take(offer);
  }

  /** The answer to an offer of ours that the far end asked for. */
  answered(answer: string): Promise<void> {
    return this.#offers.answered(answer);
  }

  /** The endpoint is lost, or the one that is to take its place. */
  lost(): void {
    if (this.#over) return;
    this.#losses += 1;
    const { call, moves } = this.#parts;
    if (!this.#recovering) {
      moves.began(call.id, this.#media.room);
      this.#parts.moved('mixer-lost', this.#media.mixer);
    }
    this.#media.lost();
    if (this.#recovering) return;
    this.#recovering = true;
    void this.#recover();
  }

  /** Sees to it that the endpoint is on the mixer of this room. @throws {EndpointLost}, or an Error when it cannot be brought there. */
  async place(room: ConferenceId): Promise<void> {
    const until = this.#parts.clock.monotonic() + NO_PLACE_LIMIT_MS;
    const losses = this.#losses;
    try {
      await this.#persist(until, 0, async () => {
        // Another endpoint is on its way already: one at a time, lest the far end talks to the wrong one.
        if (this.#losses !== losses) throw new EndpointLost('the endpoint was lost');
        if (this.#media.wanted.room?.id !== room) return; // given up meanwhile
        const here = this.#media.endpoint?.mixer;
        const mixer = this.#parts.placeRoom(room, here);
        if (mixer === null || here === mixer) return;
        const next = await this.#bring(mixer);
        this.#parts.moved('moved', next.mixer);
        // It is not waited for: whoever waits for the place makes the endpoint do what is owed.
        this.#media.replace(next).catch(() => undefined);
      });
    } catch (error) {
      if (error instanceof CallGone && !this.#over) this.#parts.gone();
      throw error;
    } finally {
      this.#offers.moved();
      this.#parts.changed();
    }
  }

  /** The call is over. */
  end(): void {
    this.#over = true;
    this.#stopPause();
    this.#offers.end();
    this.#parts.moves.settled(this.#parts.call.id, false);
  }

  async #recover(): Promise<void> {
    const { call, clock, log, moves } = this.#parts;
    const until = clock.monotonic() + NO_MIXER_LIMIT_MS;
    const began = clock.monotonic();
    try {
      await this.#persist(until, MOST_LOSSES, async () => {
        const next = await moves.run(() => {
          if (this.#over) throw new CallGone('the call is over');
          return this.#bring(this.#wantedMixer());
        });
        await this.#media.replace(next);
      });
      this.#recovering = false;
      this.#offers.moved();
      moves.settled(call.id, true);
      this.#parts.moved('moved', this.#media.mixer);
      this.#parts.changed();
      log.info(
        { call: call.id, mixer: this.#media.mixer, ms: Math.round(clock.monotonic() - began) },
        'call was moved',
      );
      // Lost once more in this very moment.
      if (this.#media.endpoint === null) this.lost();
    } catch (error) {
      if (this.#over) return;
      this.#recovering = false;
      this.#offers.failed();
      log.error({ call: call.id, error: asError(error).message }, 'call could not be moved to another mixer');
      moves.settled(call.id, false);
      if (error instanceof CallGone) this.#parts.gone();
      else this.#parts.failed();
    }
  }

  #wantedMixer(): MixerName | null {
    const { room } = this.#media.wanted;
    return room === null ? null : this.#parts.placeRoom(room.id);
  }

  /** Tries until it works, within bounds; losses of the endpoint meanwhile are made good so often. @throws the last error; {@link CallGone} at once. */
  async #persist(until: number, mostLosses: number, work: () => Promise<void>): Promise<void> {
    let failures = 0;
    let losses = 0;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      if (this.#over) throw new CallGone('the call is over');
      try {
        await work();
        return;
      } catch (error) {
        if (this.#isOver() || error instanceof CallGone || error instanceof DialogLost) throw error;
        if (error instanceof EndpointLost) {
          losses += 1;
          if (losses > mostLosses) throw error;
        } else if (error instanceof MediaExhausted) {
          if (this.#parts.clock.monotonic() >= until) throw error;
          await this.#pause(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
        } else {
          failures += 1;
          if (failures >= MOST_FAILURES) throw error;
          this.#parts.log.warn({ call: this.#parts.call.id, error: asError(error).message }, 'move is tried once more');
          await this.#pause(RETRY_PAUSE_MS);
        }
      }
    }
  }

  /** A new endpoint that the far end talks to. Whatever goes wrong leaves none. */
  async #bring(mixer: MixerName | null): Promise<MediaEndpoint> {
    const losses = this.#losses;
    const offers = this.#offers;
    offers.begin();
    this.#parts.changed();
    const { next, basis } = await this.#make(mixer);
    const check = (): void => {
      if (this.#over) throw new CallGone('the call is over');
      if (this.#losses !== losses) throw new EndpointLost('the endpoint was lost again');
    };
    try {
      check();
      // An offer of the far end that waits is answered with this endpoint: then there is nothing to re-offer.
      if (!(await offers.answerWith(next, basis))) {
        check();
        await this.#reoffer(next, basis);
      }
      check();
      return next;
    } catch (error) {
      await release(next, this.#parts);
      throw error;
    }
  }

  async #make(mixer: MixerName | null): Promise<{ readonly next: MediaEndpoint; readonly basis: Basis }> {
    const { call, label, engine, clock } = this.#parts;
    const { basis } = this.#offers;
    const request = { callId: call.id, offer: basis.sdp, remoteAddress: call.source.address, label };
    try {
      const next = await makeEndpoint(engine, mixer === null ? request : { ...request, mixer }, clock);
      return { next, basis };
    } catch (error) {
      if (!(error instanceof MediaNotAcceptable) || !this.#offers.refuse(basis, error)) throw error;
      return this.#make(mixer);
    }
  }

  async #reoffer(next: MediaEndpoint, { sdp }: Basis): Promise<void> {
    const { call, clock } = this.#parts;
    const answer = await within(clock, REOFFER_LIMIT_MS, 'the re-offer', call.reoffer(next.localSdp)).catch(unanswered);
    if (sdp === null || !sameSession(answer, sdp)) {
      await within(clock, ENDPOINT_LIMIT_MS, 'taking the answer', next.acceptAnswer(answer));
    }
    this.#offers.remoteSdp = answer;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(ms, resolve);
      this.#stopPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #isOver(): boolean {
    return this.#over;
  }
}

/** A far end that does not answer at all is not there any more. */
function unanswered(error: unknown): never {
  throw error instanceof TookTooLong ? new CallGone('no answer to the re-offer') : error;
}
