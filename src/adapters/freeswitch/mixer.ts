import type { CallId, ConferenceId } from '../../domain/identifiers.js';
import {
  EndpointGone,
  MediaExhausted,
  type EndpointRequest,
  type MixerName,
  type MixerStatus,
} from '../../ports/media.js';
import type { MixerLeg } from '../../ports/mixer-legs.js';
import { Capacity } from './capacity.js';
import { dial } from './dial.js';
import type { SocketEvent } from './event-socket.js';
import { FreeSwitchLeg } from './leg.js';
import { LostLeg, type LegHandle } from './leg-handle.js';
import { Link } from './link.js';
import { membersOf, roomsOf, type Member } from './members.js';
import { measureLegs, type LineFigure } from './measuring.js';
import type { MixerCommon, MixerUser } from './mixer-common.js';
import { MixerRooms } from './mixer-rooms.js';
import { MOST_LISTENED_TO } from './muted-talk.js';
import { roomName } from './names.js';
import { factsOf } from './offer.js';
import type { Load } from './placement.js';
import type { MixerPlace, Session } from './session.js';
import { Slots } from './slots.js';
import { endChannels, endStrangers, markOf } from './strangers.js';

/** One FreeSWITCH: its legs and rooms, and whether it lives. */
export class Mixer {
  name: MixerName;
  draining = false;
  readonly rooms: MixerRooms;
  readonly #common: MixerCommon;
  readonly #user: MixerUser;
  readonly #link: Link;
  readonly #legs = new Map<string, FreeSwitchLeg>();
  /** Channels that were lost with the mixer: they must not go on when it is back. */
  readonly #givenUp = new Set<string>();
  #placing = 0;
  readonly #capacity = new Capacity();
  readonly #listening = new Slots(MOST_LISTENED_TO);
  /** A look at all members that serves several askers. */
  #looking: Promise<ReadonlyMap<string, Member>> | null = null;

  constructor(name: MixerName, place: MixerPlace, common: MixerCommon, user: MixerUser) {
    this.name = name;
    this.#common = common;
    this.#user = user;
    this.#link = new Link(place, {
      event: (event) => this.#event(event),
      opened: (session, again) => this.#opened(session, again),
      up: (again) => {
        if (again) common.listener.trouble(`mixer ${this.name} is back`);
        user.opened();
      },
      resumed: () => this.#resumed(),
      lost: (reason) => this.#lost(reason),
      unreachable: (reason) => common.listener.trouble(`mixer ${this.name}: ${reason}`),
    });
    this.rooms = new MixerRooms(this.#link.line, common.listener, (name) => this.#legsIn(name).map(({ uuid }) => uuid));
  }

  get place(): MixerPlace {
    return this.#link.place;
  }

  /** Another secret holds from the next opening of the event socket on. */
  set place(place: MixerPlace) {
    this.#link.place = place;
  }

  get healthy(): boolean {
    return this.#link.session !== null;
  }

  /** Its event socket is cut, and whether it lives will be known within seconds. */
  get uncertain(): boolean {
    return this.#link.uncertain;
  }

  get empty(): boolean {
    return this.#legs.size === 0 && this.#placing === 0;
  }

  get legs(): Iterable<FreeSwitchLeg> {
    return this.#legs.values();
  }

  /** E.g. `1.11.1`; `null` while it is unreachable. */
  get version(): string | null {
    return this.#link.session?.version ?? null;
  }

  has(channel: string): boolean {
    return this.#legs.has(channel);
  }

  /** @throws Error with one clear line. */
  open(): Promise<void> {
    return this.#link.open();
  }

  /** Looks for it in the background; why it was not found the first time is known. */
  retry(reason: string): void {
    this.#link.retry(reason);
  }

  /** Ends its legs, or lets go of them for another process. */
  async stop(legs: 'end' | 'release'): Promise<void> {
    if (legs === 'end') await Promise.all([...this.#legs.values()].map((leg) => leg.close()));
    else for (const leg of this.#legs.values()) leg.release();
    this.rooms.recordings.release();
    this.#legs.clear();
    this.#link.close();
  }

  status(): MixerStatus {
    return {
      name: this.name,
      healthy: this.healthy,
      draining: this.draining,
      endpoints: this.#legs.size,
      rooms: this.rooms.count,
      limit: this.#capacity.limit,
      version: this.version === null ? 'unreachable' : `FreeSWITCH ${this.version}`,
    };
  }

  /** @param placed rooms that are to be here. */
  load(placed: readonly ConferenceId[]): Load {
    const members = new Map<string, number>(placed.map((room) => [roomName(room), 0]));
    for (const { roomName: name } of this.#legs.values()) {
      if (name !== null) members.set(name, (members.get(name) ?? 0) + 1);
    }
    return { ...this.#capacity.figures, legs: this.#legs.size + this.#placing, rooms: [...members.values()] };
  }

  /** @throws {MediaNotAcceptable} or {MediaExhausted} */
  async createLeg(request: EndpointRequest): Promise<FreeSwitchLeg> {
    // What no mixer takes is refused before one is asked.
    if (request.offer !== null) factsOf(request.offer);
    this.#placing++;
    try {
      this.#capacity.check(this.name, this.#legs.size + this.#placing);
      const session = await this.#session();
      const advertise = this.place.advertise?.(request.remoteAddress) ?? null;
      const dialog = await dial(this.name, session.sipUri, advertise, request, this.#common);
      if ((await this.#link.found())?.core !== session.core) {
        void dialog.end();
        throw new MediaExhausted('the mixer was lost');
      }
      const leg = this.#keep(request.callId, dialog, session, request.offer);
      await leg.begin();
      return leg;
    } finally {
      this.#placing--;
      if (this.empty) this.#user.emptied();
    }
  }

  /** @throws {EndpointGone} */
  async adopt(
    callId: CallId,
    handle: LegHandle,
    state: { readonly room: ConferenceId | null; readonly remoteSdp: string | null },
  ): Promise<FreeSwitchLeg> {
    const session = await this.#link.found();
    const dialog = (await this.#common.legs.takeBack(handle.leg)) ?? new LostLeg(handle);
    try {
      if (session === null) throw new EndpointGone(`mixer ${this.name} is unreachable`);
      const { line } = this.#link;
      if ((await markOf(line, handle.channel)) !== this.#common.instance)
        throw new EndpointGone('the mixer does not have the leg any more');
      const leg = this.#keep(callId, dialog, session, state.remoteSdp);
      const member = (await this.#members()).get(leg.uuid) ?? null;
      const room = member !== null && state.room !== null && member.room === roomName(state.room) ? state.room : null;
      // A room nobody asked for: it can only be where it should have left.
      if (member !== null && room === null) await line.api(`conference ${member.room} hup ${member.member}`);
      await leg.adopt(member === null || room === null ? null : { room, member });
      if (leg.over) throw new EndpointGone('the mixer ended the leg');
      return leg;
    } catch (error) {
      this.#legs.get(handle.channel)?.release();
      if (this.#legs.delete(handle.channel)) void endChannels(this.#link.line, [handle.channel]).catch(() => undefined);
      void dialog.end();
      throw error instanceof EndpointGone ? error : new EndpointGone(`mixer ${this.name}: ${messageOf(error)}`);
    }
  }

  /** How those in a room sound; resolves within 4 s. */
  measure(room: ConferenceId): Promise<readonly LineFigure[]> {
    return measureLegs(this.#legsIn(roomName(room)));
  }

  /** Ends legs of processes before this one. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#link.session === null) return;
    await this.#endStrangers().catch((error: unknown) => {
      this.#common.listener.trouble(`mixer ${this.name}: legs of before could not be ended: ${messageOf(error)}`);
    });
  }

  #keep(callId: CallId, dialog: MixerLeg, session: Session, remoteSdp: string | null): FreeSwitchLeg {
    const leg = new FreeSwitchLeg({
      callId,
      mixer: () => this.name,
      dialog,
      line: this.#link.line,
      listener: this.#common.listener,
      remoteSdp,
      conferenceProfile: this.#common.conferenceProfile,
      toneDetection: session.toneDetection,
      listening: this.#listening,
      onGone: () => {
        this.#legs.delete(dialog.channel);
        if (this.empty) this.#user.emptied();
      },
    });
    if (!leg.over) this.#legs.set(leg.uuid, leg);
    return leg;
  }

  async #session(): Promise<Session> {
    const session = await this.#link.found();
    if (session === null) throw new MediaExhausted('the mixer is unreachable');
    return session;
  }

  /** Those who ask at once get one answer. */
  #members(): Promise<ReadonlyMap<string, Member>> {
    this.#looking ??= roomsOf(this.#link.line)
      .then(membersOf)
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  #legsIn(name: string): readonly FreeSwitchLeg[] {
    return [...this.#legs.values()].filter((leg) => leg.roomName === name);
  }

  #event(event: SocketEvent): void {
    if (event.name === 'MEDIA_BUG_STOP') return this.rooms.bugEnded(event);
    if (event.name === 'HEARTBEAT') return this.#capacity.beat(event, this.#legs.size);
    if (event.name === 'CUSTOM') this.rooms.event(event);
    const uuid = event.header('Unique-ID');
    if (uuid !== null) this.#legs.get(uuid)?.event(event);
  }

  async #opened(session: Session, again: boolean): Promise<void> {
    this.#capacity.found(session.maxSessions);
    if (again || this.#user.swept()) {
      await endChannels(this.#link.line, [...this.#givenUp]);
      await this.#endStrangers();
    }
    this.#givenUp.clear();
    this.rooms.found(await roomsOf(this.#link.line));
  }

  async #resumed(): Promise<void> {
    const { line } = this.#link;
    const rooms = await roomsOf(line);
    const members = membersOf(rooms);
    this.rooms.found(rooms);
    await Promise.all(
      [...this.#legs.values()].map(async (leg) => {
        const there = (await line.api(`uuid_exists ${leg.uuid}`)) === 'true';
        if (there) leg.recovered(members.get(leg.uuid) ?? null);
        else leg.lost('the mixer ended the leg');
      }),
    );
    this.#common.listener.trouble(`mixer ${this.name}: the event socket was cut, and is open again`);
  }

  #lost(reason: string): void {
    this.#common.listener.trouble(`mixer ${this.name} lost: ${reason}`);
    this.#user.lost();
    this.rooms.lost();
    for (const leg of [...this.#legs.values()]) {
      this.#givenUp.add(leg.uuid);
      leg.lost('the mixer was lost');
    }
  }

  /** Ends our channels that nobody holds: those of this process, and once it has taken back what it wants, of those before. @throws {MixerUnreachable} */
  #endStrangers(): Promise<void> {
    const { instance, process } = this.#common;
    return endStrangers(
      this.#link.line,
      instance,
      (channel) => this.#user.isKnown(channel),
      // While the mixer is in use, one of this process may be a leg that is just being made.
      (made) => (made === process ? this.#link.session === null : this.#user.swept()),
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
