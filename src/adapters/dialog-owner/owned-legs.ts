import type { LegRequest, MixerLeg, MixerLegs } from '../../ports/mixer-legs.js';
import type { OwnerLink } from './owner-link.js';
import type { LegFacts } from './protocol.js';

type Track = <T>(work: Promise<T>) => Promise<T>;

/** Legs whose dialogs the dialog owner holds. */
export class OwnedLegs implements MixerLegs {
  readonly #link: OwnerLink;
  readonly #track: Track;
  readonly #legs = new Map<string, OwnedLeg>();

  constructor(link: OwnerLink, track: Track) {
    this.#link = link;
    this.#track = track;
  }

  async place(request: LegRequest): Promise<MixerLeg> {
    return this.#keep(await this.#track(this.#link.ask('placeLeg', request)));
  }

  async takeBack(handle: string): Promise<MixerLeg | null> {
    const facts = await this.#track(this.#link.ask('takeBackLeg', { handle }));
    return facts === null ? null : this.#keep(facts);
  }

  /** The mixer ended it. */
  ended(handle: string, reason: string): void {
    this.#legs.get(handle)?.lost(reason);
    this.#legs.delete(handle);
  }

  /** The connection is another one: which legs ended meanwhile is asked. */
  async recover(): Promise<void> {
    await Promise.all(
      [...this.#legs.keys()].map(async (handle) => {
        const facts = await this.#link.askNow('takeBackLeg', { handle });
        if (facts === null) this.ended(handle, 'ended by the mixer');
      }),
    );
  }

  /** The dialog owner that held them died: the mixers do not know, and their audio goes on. */
  forget(): void {
    this.#legs.clear();
  }

  /** BYE to all of them. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#legs.values()].map((leg) => leg.end()));
  }

  #keep(facts: LegFacts): OwnedLeg {
    const leg = new OwnedLeg(facts, this.#link, this.#track, () => this.#legs.delete(facts.handle));
    this.#legs.set(facts.handle, leg);
    return leg;
  }
}

class OwnedLeg implements MixerLeg {
  readonly handle: string;
  readonly channel: string;
  readonly #link: OwnerLink;
  readonly #track: Track;
  readonly #onEnd: () => void;
  #sdp: string;
  #state: 'live' | 'ended' = 'live';
  #cause: string | null = null;
  #listener: ((reason: string) => void) | null = null;
  #ending: Promise<void> | null = null;

  constructor(facts: LegFacts, link: OwnerLink, track: Track, onEnd: () => void) {
    this.handle = facts.handle;
    this.channel = facts.channel;
    this.#sdp = facts.sdp;
    this.#link = link;
    this.#track = track;
    this.#onEnd = onEnd;
  }

  get sdp(): string {
    return this.#sdp;
  }

  async renegotiate(offer: string | null): Promise<string> {
    if (this.#state !== 'live') throw new Error('the leg is over');
    this.#sdp = await this.#track(this.#link.ask('renegotiateLeg', { handle: this.handle, offer }));
    return this.#sdp;
  }

  acknowledge(answer: string): void {
    this.#link.tell('acknowledgeLeg', { handle: this.handle, answer });
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  onEnded(listener: (reason: string) => void): void {
    this.#listener = listener;
    this.#say();
  }

  lost(reason: string): void {
    if (this.#state !== 'live') return;
    this.#state = 'ended';
    this.#cause = reason;
    this.#say();
  }

  async #end(): Promise<void> {
    if (this.#state !== 'live') return;
    this.#state = 'ended';
    this.#onEnd();
    // Without a connection the dialog owner ends it with its call.
    await this.#track(this.#link.ask('endLeg', { handle: this.handle })).catch(() => undefined);
  }

  #say(): void {
    if (this.#cause === null || this.#listener === null) return;
    const cause = this.#cause;
    this.#cause = null;
    this.#listener(cause);
  }
}
