import { randomUUID } from 'node:crypto';
import { matchesSource } from '../../domain/access/sources.js';
import { callId, type CallId } from '../../domain/identifiers.js';
import type { Key } from '../../domain/keys.js';
import {
  CallGone,
  type PlaceRequest,
  type Refusal,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../../ports/signaling.js';
import type { Asked, Control, HeldSignaling } from './held-ports.js';
import { HeldCall, showHandle } from './held-call.js';
import { HeldLedger } from './held-ledger.js';
import { HeldLegs } from './held-legs.js';
import type { End } from './noted-ends.js';
import { placedAsCall } from './placed-as-call.js';
import { ConnectionLost } from './port-errors.js';
import type { TakenBackFacts } from './protocol.js';
import { StandIn } from './stand-in.js';

/** An INVITE waits so long for a control process, milliseconds, and so many do. */
const PATIENCE_MS = 4_000;
const MAX_WAITING = 200;
const NO_CONTROL: Refusal = { status: 503, retryAfter: 5 };

/**
 * The calls, and what is done with them while there is no control process: INVITEs wait a little, offers of a caller go straight to
 * the caller's leg, ends are noted.
 */
export class HeldCalls implements SignalingListener {
  readonly legs: HeldLegs;
  readonly #signaling: HeldSignaling;
  readonly #incarnation: string;
  readonly #note: (message: string) => void;
  readonly #calls: HeldLedger;
  readonly #standIn: StandIn;
  /** `null`: none was ever told. */
  #sources: readonly string[] | null = null;
  /** A control process that has taken its calls back. */
  #control: Control | null = null;

  /** @param note where trouble is noted. */
  constructor(signaling: HeldSignaling, incarnation: string, note: (message: string) => void) {
    this.#signaling = signaling;
    this.#incarnation = incarnation;
    this.#note = note;
    this.#calls = new HeldLedger(signaling, incarnation, note);
    this.legs = new HeldLegs(signaling.legs, (handle, reason) => this.#control?.tell('legEnded', { handle, reason }));
    this.#standIn = new StandIn(this.legs);
  }

  serve(sources: readonly string[]): void {
    this.#sources = sources;
  }

  /** The control process is gone, or has let go: what was not answered yet is told to the next one. */
  detach(): void {
    this.#control = null;
    for (const held of this.#calls.all()) {
      if (held.phase === 'offered') this.#wait(held);
      // Whoever wanted it called hears nothing of it any more.
      if (held.phase === 'placed') this.#drop(held);
    }
    this.legs.endUnless((id) => this.#calls.named(id)?.answered === true);
  }

  /** What became of the calls a control process asks for; the others are hung up. From now on it is told everything. */
  async takeBack(control: Control, asked: readonly Asked[]): Promise<readonly TakenBackFacts[]> {
    await Promise.all(this.#calls.all().map((held) => held.negotiating));
    await this.#calls.adopt(asked);
    // Events would be told to nobody, and new calls offered to nobody.
    if (!control.open) throw new Error('the control process is gone');
    // From here to the end nothing may happen in between: an end would be told to nobody.
    const taken = asked.map((one) => this.#calls.whatBecameOf(one));
    const wanted = new Set(asked.map(({ id }) => id));
    for (const held of this.#calls.all()) {
      if (held.answered && !wanted.has(held.id)) this.#drop(held);
    }
    this.#calls.ends.clear();
    this.#control = control;
    // After the answer to this request.
    setImmediate(() => this.#tellWaiting());
    return taken;
  }

  /** Calls someone for the control process. @returns the Call-ID. @throws Error where nothing can be sent. */
  place(request: PlaceRequest): string {
    if (this.#calls.named(request.id) !== undefined) throw new Error('there is a call of this name');
    const placed = this.#signaling.place(request);
    const held = new HeldCall(placedAsCall(placed, request), 'placed', showHandle(this.#incarnation, placed.handle));
    held.told = true;
    this.#calls.keep(held);
    return placed.sipCallId;
  }

  ring(id: CallId): void {
    this.#calls.named(id)?.call.ring();
  }

  refuse(id: CallId, refusal: Refusal): void {
    const held = this.#calls.named(id);
    if (held?.phase !== 'offered') return;
    held.call.refuse(refusal);
    this.#over(held);
  }

  async answer(id: CallId, sdp: string): Promise<string | null> {
    const held = this.#find(id);
    held.phase = 'answered';
    const answering = held.call.answer(sdp);
    held.acknowledged = answering.catch(() => undefined);
    const asking = this.#control;
    const answer = await answering;
    if (answer === null) return answer;
    held.remoteSdp = answer;
    // Another one took the call back before the ACK was in.
    if (this.#control !== asking && held.told) this.#control?.tell('mediaAnswered', { id: held.id, answer });
    return answer;
  }

  async hangUp(id: CallId): Promise<void> {
    const held = this.#calls.named(id);
    if (held === undefined) return;
    held.ending = true;
    await held.call.hangUp();
    this.#over(held);
  }

  async reoffer(id: CallId, sdp: string): Promise<string> {
    const held = this.#find(id);
    await held.acknowledged;
    const answer = await held.call.reoffer(sdp);
    held.remoteSdp = answer;
    return answer;
  }

  probe(id: CallId): Promise<boolean> {
    const held = this.#calls.named(id);
    return held === undefined ? Promise.resolve(false) : held.call.probe();
  }

  /** Every call was hung up, since the dialog owner ends. */
  stopped(): void {
    for (const { id, told } of this.#calls.all()) {
      if (told) this.#control?.tell('hungUp', { id, lineLost: true, cause: 'the dialog owner was stopped' });
    }
  }

  isKnownSource(source: Source): boolean {
    // Without a list a control process must be waited for.
    return this.#sources === null || matchesSource(this.#sources, source.address);
  }

  incomingCall(call: SignalingCall): void {
    const held = new HeldCall(call, 'waiting', showHandle(this.#incarnation, call.handle));
    this.#calls.keep(held);
    if (this.#control !== null) return this.#offer(held, this.#control);
    const waiting = this.#calls.all().filter(({ phase }) => phase === 'waiting').length;
    if (waiting <= MAX_WAITING) return this.#wait(held);
    call.refuse(NO_CONTROL);
    this.#over(held);
  }

  cancelled(inner: CallId): void {
    const held = this.#calls.ofSignaling(inner);
    if (held === undefined) return;
    this.#over(held);
    if (held.told) this.#control?.tell('cancelled', { id: held.id });
  }

  hungUp(inner: CallId, { lineLost, cause }: End): void {
    const held = this.#calls.ofSignaling(inner);
    if (held === undefined) return;
    this.#over(held);
    const control = this.#control;
    if (held.told) control?.tell('hungUp', { id: held.id, lineLost, cause });
    // A control process that dies now may not have read it.
    this.#calls.ends.note(held, { lineLost, cause }, () => control !== null && this.#control === control);
  }

  progressed(inner: CallId, { status, sdp }: { readonly status: number; readonly sdp: string | null }): void {
    const held = this.#calls.ofSignaling(inner);
    if (held?.phase === 'placed') this.#control?.tell('progressed', { id: held.id, status, sdp });
  }

  answered(inner: CallId, sdp: string): void {
    const held = this.#calls.ofSignaling(inner);
    if (held?.phase !== 'placed' || held.ending) return;
    held.phase = 'answered';
    held.remoteSdp = sdp;
    this.#control?.tell('answered', { id: held.id, sdp, handle: held.handle });
  }

  notAnswered(inner: CallId, { status, cause }: { readonly status: number; readonly cause: string }): void {
    const held = this.#calls.ofSignaling(inner);
    if (held === undefined) return;
    this.#over(held);
    this.#control?.tell('notAnswered', { id: held.id, status, cause });
  }

  keyPressed(inner: CallId, key: Key): void {
    const held = this.#calls.ofSignaling(inner);
    if (held?.told === true) this.#control?.tell('keyPressed', { id: held.id, key });
  }

  async mediaOffered(inner: CallId, offer: string | null): Promise<string> {
    const held = this.#calls.ofSignaling(inner);
    if (held === undefined) throw new CallGone('the call is over');
    const sdp = await this.#answerOffer(held, offer);
    if (offer !== null) held.remoteSdp = offer;
    return sdp;
  }

  mediaAnswered(inner: CallId, answer: string): void {
    const held = this.#calls.ofSignaling(inner);
    if (held === undefined) return;
    held.remoteSdp = answer;
    if (this.#control === null || held.answerDue) this.#standIn.answered(held, answer);
    if (held.told) this.#control?.tell('mediaAnswered', { id: held.id, answer });
  }

  trouble(message: string): void {
    this.#note(message);
    this.#control?.tell('trouble', { message });
  }

  async #answerOffer(held: HeldCall, offer: string | null): Promise<string> {
    const control = this.#control;
    if (control !== null && held.told) {
      try {
        return await control.ask('mediaOffered', { id: held.id, offer });
      } catch (error) {
        // It died over it, which may be seen before the end of its connection: then it is our turn.
        if (this.#control === control && !(error instanceof ConnectionLost)) throw error;
      }
    }
    return this.#standIn.offered(held, offer);
  }

  /** Nobody wants it any more. */
  #drop(held: HeldCall): void {
    void this.hangUp(held.id);
    this.legs.endOf(held.id, 'now');
  }

  #wait(held: HeldCall): void {
    this.legs.endOf(held.id, 'now');
    held.phase = 'waiting';
    held.patience = setTimeout(() => {
      held.call.refuse(NO_CONTROL);
      this.#over(held);
    }, PATIENCE_MS).unref();
  }

  #tellWaiting(): void {
    const control = this.#control;
    if (control === null) return;
    for (const held of this.#calls.all()) {
      if (held.phase !== 'waiting') continue;
      if (this.isKnownSource(held.call.source)) this.#offer(held, control);
      else {
        held.call.refuse({ status: 403 });
        this.#over(held);
      }
    }
  }

  #offer(held: HeldCall, control: Control): void {
    if (held.patience !== null) clearTimeout(held.patience);
    if (held.told) {
      // The control process before this one has a record of it under its old name.
      this.#calls.rename(held, callId(randomUUID()));
    }
    held.told = true;
    held.phase = 'offered';
    control.tell('incomingCall', held.facts());
  }

  #over(held: HeldCall): void {
    if (held.patience !== null) clearTimeout(held.patience);
    this.#calls.remove(held);
    this.legs.endOf(held.id, this.#control === null ? 'now' : 'later');
  }

  #find(id: CallId): HeldCall {
    const held = this.#calls.named(id);
    if (held === undefined) throw new CallGone('the call is over');
    return held;
  }
}
