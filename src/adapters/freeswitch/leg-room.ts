import type { ConferenceId } from '../../domain/identifiers.js';
import { within, type Channel } from './channel.js';
import type { SocketEvent } from './event-socket.js';
import type { Member } from './members.js';
import { roomName } from './names.js';

/** Where a leg sits, as FreeSWITCH names it. */
export interface RoomSeat {
  readonly room: string;
  readonly member: string;
}

export interface LegRoomUser {
  /** Before the leg enters. */
  quiet(): Promise<void>;
  moved(seat: RoomSeat | null): void;
  /** The leg sits there muted from now on; `null`: it does not, or not any more. */
  muted(seat: RoomSeat | null): void;
  /** The mixer took the leg out of the room, not we; the leg goes on. */
  out(room: ConferenceId): void;
}

interface Seat extends RoomSeat {
  readonly id: ConferenceId;
  /** Resolves when the leg is out of the room. */
  readonly ended: Promise<void>;
  end(): void;
}

const JOIN_MS = 5_000;
const LEAVE_MS = 3_000;

/** The room of one leg. What returns a promise is called one after the other, among the leg's steps. */
export class LegRoom {
  readonly #channel: Channel;
  /** Conference profile of the mixer's. */
  readonly #profile: string;
  readonly #user: LegRoomUser;
  #seat: Seat | null = null;
  #joining: { readonly name: string; readonly added: (member: string) => void; readonly again: () => void } | null =
    null;
  #leaving = false;
  #muted = false;

  constructor(channel: Channel, profile: string, user: LegRoomUser) {
    this.#channel = channel;
    this.#profile = profile;
    this.#user = user;
  }

  /** As FreeSWITCH names it, or `null`. */
  get name(): string | null {
    return this.#seat?.room ?? null;
  }

  /** Where it sits, or `null`. */
  get seat(): RoomSeat | null {
    return this.#seat;
  }

  /** In the room it is in already, only sets whether it is muted. @throws Error */
  async join(id: ConferenceId, muted: boolean): Promise<void> {
    const name = roomName(id);
    if (this.#seat?.room === name) return this.setMuted(muted);
    await this.#user.quiet();
    if (this.#seat !== null) await this.leave();
    const member = await this.#enter(name, muted);
    this.#sit(id, { room: name, member }, muted);
  }

  /** @throws Error */
  async leave(): Promise<void> {
    const seat = this.#seat;
    if (seat === null) return;
    this.#leaving = true;
    try {
      await this.#channel.api(`conference ${seat.room} hup ${seat.member}`);
      if ((await within(seat.ended, LEAVE_MS, 'late')) === 'late')
        throw new Error('the mixer did not let the leg out of the room');
    } finally {
      this.#leaving = false;
    }
  }

  /** Nothing outside a room. @throws Error */
  async setMuted(muted: boolean): Promise<void> {
    const seat = this.#seat;
    if (seat === null) return;
    const before = this.#muted;
    // Whoever watches someone muted mutes him once more at times: never behind the word that ends it.
    if (!muted) this.#noteMuted(false);
    try {
      const reply = await this.#channel.api(
        `conference ${seat.room} ${muted ? 'mute' : 'unmute'} ${seat.member} quiet`,
      );
      if (!reply.startsWith('OK') && !reply.startsWith('+OK')) throw new Error(`the mixer did not mute: ${reply}`);
    } catch (error) {
      if (this.#seat === seat) this.#noteMuted(before);
      throw error;
    }
    if (this.#seat === seat) this.#noteMuted(muted);
  }

  /** It sits there from a process before this one. */
  found(id: ConferenceId, { room, member, speaks }: Member): void {
    this.#sit(id, { room, member }, !speaks);
  }

  /** The socket was cut, and what happened meanwhile was not told: this is how it is. */
  recovered(member: Member | null): void {
    const seat = this.#seat;
    if (seat !== null && (member?.room !== seat.room || member.member !== seat.member)) seat.end();
    const joining = this.#joining;
    if (joining === null) return;
    if (member?.room === joining.name) joining.added(member.member);
    else joining.again();
  }

  /** Takes `add-member` of this channel. */
  added(event: SocketEvent): void {
    const joining = this.#joining;
    if (joining !== null && event.header('Conference-Name') === joining.name)
      joining.added(event.header('Member-ID') ?? '');
  }

  /** Takes `CHANNEL_EXECUTE_COMPLETE` of this channel. */
  completed(event: SocketEvent): void {
    if (event.header('Application') !== 'conference') return;
    if (event.header('Answer-State') === 'hangup') this.#leaving = true;
    this.#seat?.end();
  }

  async #enter(name: string, muted: boolean): Promise<string> {
    // The audio of someone muted is read all the same, so that it can be recorded and is noticed when he talks.
    const flags = ['nomoh', 'mute-detect', ...(muted ? ['mute'] : [])].join('|');
    const entered = new Promise<string | null>((resolve) => {
      const execute = (): void => {
        const { done } = this.#channel.execute('conference', `${name}@${this.#profile}+flags{${flags}}`, false);
        void done.then((event) => {
          if (event !== null || this.#channel.lost) resolve(null);
        });
      };
      this.#joining = { name, added: resolve, again: execute };
      execute();
    });
    const member = await within(entered, JOIN_MS, undefined);
    this.#joining = null;
    if (typeof member === 'string') return member;
    if (member === undefined) await this.#channel.api(`uuid_break ${this.#channel.uuid} all`);
    throw new Error(
      member === null ? 'the mixer did not let the leg into the room' : 'the mixer did not join the leg in time',
    );
  }

  #noteMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#user.muted(muted ? this.#seat : null);
  }

  #sit(id: ConferenceId, { room, member }: RoomSeat, muted: boolean): void {
    let resolve: () => void = () => undefined;
    const ended = new Promise<void>((settle) => {
      resolve = settle;
    });
    const seat: Seat = {
      id,
      room,
      member,
      ended,
      end: () => {
        if (this.#seat !== seat) return;
        this.#noteMuted(false);
        this.#seat = null;
        this.#user.moved(null);
        resolve();
        // Not by us: the room ended, or someone at the mixer's console took the member out.
        if (!this.#leaving && !this.#channel.lost) this.#user.out(id);
      },
    };
    this.#seat = seat;
    this.#user.moved(seat);
    this.#noteMuted(muted);
  }
}
