import { setTimeout as pause } from 'node:timers/promises';
import type { EventSocketUser, SocketEvent } from './event-socket.js';
import { Line } from './line.js';
import { Pulse } from './pulse.js';
import { openSession, reopenSession, Restarted, type MixerPlace, type Session } from './session.js';

export interface LinkUser {
  event(event: SocketEvent): void;
  /** A session is open; before the mixer counts as healthy. `again`: after it was lost, or was not there at first. */
  opened(session: Session, again: boolean): Promise<void>;
  /** It counts as healthy now. */
  up(again: boolean): void;
  /** The event socket was cut and is open again; the mixer went on meanwhile, and what it told is lost. */
  resumed(): Promise<void>;
  /** The mixer is dead or frozen; it is looked for from now on, and `opened` when it is found. */
  lost(reason: string): void;
  /** It cannot be reached, or cannot work, as far as was tried in vain; once per reason. */
  unreachable(reason: string): void;
}

/** A cut socket is reopened within so long, or the mixer is lost, milliseconds. */
const REOPEN_MS = 1_500;
/** The same where the mixer went silent on it: most likely it is frozen. */
const SILENT_REOPEN_MS = 600;
const REOPEN_PAUSE_MS = 50;
/** Something before a dead mixer may take a connection and drop it at once; a mixer that lives answers sooner. */
const REOPEN_TRIES = 4;
/** One that is cut again and again while its legs are looked after is as good as lost. */
const MEND_ROUNDS = 4;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 2_000;
const UPTIME_MS = 30_000;

/** Keeps the event socket to one mixer, and knows whether that is alive. */
export class Link {
  readonly line = new Line();
  readonly #user: LinkUser;
  #place: MixerPlace;
  #session: Session | null = null;
  #state: 'up' | 'cut' | 'down' | 'closed' = 'down';
  #pulse: Pulse | null = null;
  /** What was told last about its being unreachable. */
  #told: string | null = null;
  /** Settled when a cut socket is open again, or the mixer lost; never rejects. */
  #mending: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(place: MixerPlace, user: LinkUser) {
    this.#place = place;
    this.#user = user;
  }

  /** What is open to a healthy mixer, or `null`. */
  get session(): Session | null {
    return this.#state === 'up' ? this.#session : null;
  }

  /** The socket is cut, and the mixer neither found again nor lost yet. */
  get uncertain(): boolean {
    return this.#state === 'cut';
  }

  /** As {@link session}; where the socket is cut, as soon as it is known whether the mixer lives. */
  async found(): Promise<Session | null> {
    await this.#mending;
    return this.session;
  }

  get place(): MixerPlace {
    return this.#place;
  }

  /** Holds from the next opening on. */
  set place(place: MixerPlace) {
    this.#place = place;
  }

  /** The first opening. @throws Error with one clear line; nothing is tried again then, unless {@link retry} is called. */
  async open(): Promise<void> {
    await this.#open(false);
  }

  /** Looks for the mixer in the background. @param reason told why it was not there, by whoever knows. */
  retry(reason: string): void {
    this.#told = reason;
    void this.#search();
  }

  close(): void {
    this.#state = 'closed';
    this.#closing.abort();
    this.#pulse?.stop();
    this.#session?.socket.close();
    this.#session = null;
    this.line.lost();
  }

  async #open(again: boolean): Promise<void> {
    const opened: { session: Session | null } = { session: null };
    const session = await openSession(this.#place, this.#socketUser(opened));
    opened.session = session;
    if (this.#isClosed()) {
      session.socket.close();
      return;
    }
    this.line.opened(session.socket);
    try {
      await this.#user.opened(session, again);
    } catch (error) {
      session.socket.close();
      throw error;
    }
    if (this.#isClosed()) {
      session.socket.close();
      return;
    }
    if (session.socket.closed) throw new Error('the event socket was cut at once');
    this.#up(session);
    this.#user.up(again);
  }

  /** Until the session is there, whoever opens it notices that it is closed. */
  #socketUser(opened: { readonly session: Session | null }): EventSocketUser {
    return {
      event: (event) => this.#user.event(event),
      closed: (reason) => {
        if (opened.session !== null) this.#cut(opened.session, reason, REOPEN_MS);
      },
    };
  }

  #up(session: Session): void {
    this.#session = session;
    this.#state = 'up';
    this.#told = null;
    this.#pulse?.stop();
    this.#pulse = new Pulse(
      () => session.socket.api('uptime', UPTIME_MS),
      () => this.#cut(session, 'no answer', SILENT_REOPEN_MS),
    );
  }

  #cut(session: Session, reason: string, withinMs: number): void {
    if (this.#session !== session || this.#state !== 'up') return;
    this.#state = 'cut';
    this.#pulse?.stop();
    this.#mending = this.#mend(session, reason, withinMs);
  }

  async #mend(cut: Session, reason: string, withinMs: number): Promise<void> {
    let session = cut;
    for (let round = 0; round < MEND_ROUNDS; round++) {
      this.line.interrupted();
      session.socket.close();
      const reopened = await this.#reopen(session, performance.now() + withinMs);
      if (reopened === null) break;
      session = reopened;
      if (this.#isClosed()) break;
      this.line.opened(session.socket);
      const resumed = await this.#user.resumed().then(
        () => true,
        () => false,
      );
      if (this.#isClosed()) break;
      // Else cut once more while that was done: nobody listened.
      if (resumed && !session.socket.closed) {
        this.#up(session);
        return;
      }
    }
    session.socket.close();
    if (this.#isClosed()) return;
    this.#session = null;
    this.#state = 'down';
    this.line.lost();
    this.#user.lost(reason);
    void this.#search();
  }

  /** @returns `null` where the mixer is dead, frozen, or was started anew. */
  async #reopen(session: Session, until: number): Promise<Session | null> {
    for (let attempt = 0; attempt < REOPEN_TRIES && !this.#isClosed(); attempt++) {
      const left = until - performance.now();
      if (left <= 0) return null;
      try {
        const opened: { session: Session | null } = { session: null };
        const reopened = await reopenSession(session, this.#place, this.#socketUser(opened), left);
        opened.session = reopened;
        return reopened;
      } catch (error) {
        // Nobody listens any more: it ended.
        if (error instanceof Restarted || (error instanceof Error && error.message.includes('ECONNREFUSED')))
          return null;
      }
      await this.#pause(REOPEN_PAUSE_MS);
    }
    return null;
  }

  async #search(): Promise<void> {
    for (let wait = RETRY_FIRST_MS; !this.#isClosed(); wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      await this.#pause(wait);
      if (this.#isClosed()) return;
      try {
        await this.#open(true);
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        // That nobody answers is known: it was lost.
        if (reason === this.#told || this.#isClosed() || reason.includes('does not answer')) continue;
        this.#told = reason;
        this.#user.unreachable(reason);
      }
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #pause(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
  }
}
